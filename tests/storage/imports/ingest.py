"""A payslip_ingest database in any of its versions, with made-up rows."""

from typing import Any

from tests.postgres import PostgresServer

BASIC = """
    paperless_doc_id integer UNIQUE, pay_date date NOT NULL, employer text NOT NULL, tax_year text NOT NULL,
    gross_pay numeric(12,2) NOT NULL, net_pay numeric(12,2) NOT NULL, income_tax numeric(12,2) NOT NULL,
    national_insurance numeric(12,2) NOT NULL, pension_employee numeric(12,2) NOT NULL DEFAULT 0,
    pension_employer numeric(12,2) NOT NULL DEFAULT 0, student_loan numeric(12,2) NOT NULL DEFAULT 0,
    other_deductions jsonb, validated boolean NOT NULL DEFAULT true
"""
MIGRATIONS = {
    2: "ALTER TABLE payslip_ingest.payslip ADD rsu_vest numeric(12,2) NOT NULL DEFAULT 0, "
    "ADD rsu_offset numeric(12,2) NOT NULL DEFAULT 0",
    3: "ALTER TABLE payslip_ingest.payslip ADD salary numeric(12,2) DEFAULT 0, ADD bonus numeric(12,2) DEFAULT 0, "
    "ADD pension_sacrifice numeric(12,2) DEFAULT 0, ADD taxable_pay numeric(12,2), ADD ytd_tax_paid numeric(12,2), "
    "ADD ytd_taxable_pay numeric(12,2), ADD ytd_gross numeric(12,2)",
    4: "ALTER TABLE payslip_ingest.payslip ADD cash_income_tax numeric(12,2), ADD ytd_rsu_tax_offset numeric(12,2)",
    5: "CREATE TABLE payslip_ingest.p60_reference (tax_year text, employer text, gross_pay numeric(12,2), "
    "income_tax numeric(12,2), national_insurance numeric(12,2), tax_code text, paperless_doc_id integer UNIQUE, "
    "UNIQUE (tax_year, employer))",
    6: "ALTER TABLE payslip_ingest.payslip ADD cash_income_tax_source text",
    8: "CREATE TABLE payslip_ingest.rsu_vest_events (vest_date date, ticker text)",
}


class Ingest:
    """One payslip_ingest database at a version."""

    def __init__(self, server: PostgresServer, dsn: str, version: int = 8) -> None:
        self._server = server
        self.dsn = dsn
        self.query("CREATE SCHEMA payslip_ingest")
        self.query(f"CREATE TABLE payslip_ingest.payslip ({BASIC})")
        for number, statement in MIGRATIONS.items():
            if number <= version:
                self.query(statement)

    def query(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        """Runs one statement."""
        return self._server.query(statement, *given, dsn=self.dsn)

    def add(self, document: int, pay_date: str = "2024-04-26", **changes: Any) -> None:
        """Adds a payslip of Example Ltd as the old layout prints it: nothing but gross, net, tax and contribution."""
        values: dict[str, Any] = {
            "paperless_doc_id": document,
            "pay_date": pay_date,
            "employer": "Example Ltd",
            "tax_year": "2024/25",
            "gross_pay": "3000.00",
            "net_pay": "2333.64",
            "income_tax": "360.20",
            "national_insurance": "156.16",
            **changes,
        }
        marks = ", ".join(["%s"] * len(values))
        self.query(f"INSERT INTO payslip_ingest.payslip ({', '.join(values)}) VALUES ({marks})", *values.values())

    def add_p60(self, document: int, **changes: Any) -> None:
        """Adds Example Ltd's P60."""
        values: dict[str, Any] = {
            "tax_year": "2024/25",
            "employer": "Example Ltd",
            "gross_pay": "34200.00",
            "income_tax": "4324.00",
            "national_insurance": "1873.92",
            "tax_code": "1257L",
            "paperless_doc_id": document,
            **changes,
        }
        marks = ", ".join(["%s"] * len(values))
        self.query(f"INSERT INTO payslip_ingest.p60_reference ({', '.join(values)}) VALUES ({marks})", *values.values())
