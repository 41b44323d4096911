"""The first ledger: HMRC's answers, the fetch log, snapshots, payslips, P60s, payments, decisions, runs.

Shared tables are append-only with ids made from content. Where a thing can change, each row is one event about it and
the latest by (`recorded_at`, `id`) holds; the views `…_in_force` show what holds. Money is numeric(12,2) in Postgres and
whole pence in SQLite. In Postgres `arrived` counts rows in the order in which they were committed.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES = {
    "sqlite": {"money": "INTEGER", "moment": "TEXT", "day": "TEXT", "flag": "INTEGER", "whole": "INTEGER"},
    "postgresql": {
        "money": "numeric(12,2)",
        "moment": "timestamptz",
        "day": "date",
        "flag": "boolean",
        "whole": "integer",
    },
}

_SHARED = {
    "answer": "api text!, body text!, first_seen moment!",
    "fetch_log": """run_id text!, asked_at moment!, tax_year text!, api text!, api_version text!, outcome text!,
        status whole, code text, answer_hash text, duration_ms whole!, attempts whole!, note text""",
    "tax_year_snapshot": """previous_id text, tax_year text!, employer_paye_ref text!, snapshot_date moment!,
        gross_pay money, income_tax money, ni_contributions money, employer_name text""",
    "payslip": """payslip_id text!, import_id text, recorded_at moment!, retired flag!, tax_year text!, pay_date day!,
        employer text!, employer_paye_ref text, tax_code text, ni_category text, period text, gross_pay money,
        taxable_pay money, nicable_pay money, income_tax money, national_insurance money, student_loan money,
        postgrad_loan money, pension_employee money, pension_kind text, pension_sacrifice money, notional_pay money,
        payrolled_benefits money, bonus money, net_pay money, ytd_gross money, ytd_taxable money, ytd_tax money,
        ytd_ni money, ytd_nicable money, source_id text, warnings text!, source text!, imported_at moment!""",
    "p60": """p60_id text!, import_id text, recorded_at moment!, retired flag!, tax_year text!, employer text!,
        employer_paye_ref text, pay money!, income_tax money!, national_insurance money, nicable_band money,
        student_loan money, postgrad_loan money, previous_pay money, previous_tax money, tax_code text, source text!,
        imported_at moment!""",
    "payment": """payment_id text!, import_id text, recorded_at moment!, retired flag!, tax_year text!, pay_date day!,
        taxable_pay money!, income_tax money!, national_insurance money, employer text, employer_paye_ref text,
        source text!, imported_at moment!""",
    "import_log": "import_id text!, recorded_at moment!, undone flag!, imported_at moment!, description text!",
    "acceptance": """recorded_at moment!, withdrawn flag!, tax_year text!, employer text!, note text!,
        pay_difference money, tax_difference money, decided_at moment!""",
    "reference_link": """recorded_at moment!, withdrawn flag!, old_reference text!, new_reference text!,
        decided_at moment!""",
    "sync_run": """run_id text!, recorded_at moment!, business_date day!, started_at moment!, finished_at moment,
        outcome text!, unattended flag!, host text!, summary text!""",
    "validator_verdict": """connection_method text!, recorded_at moment!, asked_at moment!, code text!, body text!,
        headers text!""",
    "grant_dates": "recorded_at moment!, granted_at moment!, grant_expires_at moment!",
}

_INDEXES = {
    "fetch_log": "tax_year, asked_at",
    "tax_year_snapshot": "tax_year, employer_paye_ref, snapshot_date",
    "payslip": "payslip_id, recorded_at",
    "p60": "p60_id, recorded_at",
    "payment": "payment_id, recorded_at",
    "import_log": "import_id, recorded_at",
    "sync_run": "run_id, recorded_at",
}

_IN_FORCE = {
    "payslip": ("payslip_id", "retired"),
    "p60": ("p60_id", "retired"),
    "payment": ("payment_id", "retired"),
    "acceptance": ("tax_year, employer", "withdrawn"),
    "reference_link": ("old_reference", "withdrawn"),
}

_SQLITE_ONLY = [
    "CREATE TABLE ledger_state (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE note (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, table_name TEXT NOT NULL, row_id TEXT NOT NULL,
        set_aside_at TEXT, reason TEXT, UNIQUE (table_name, row_id)) STRICT""",
    "INSERT INTO ledger_state VALUES ('version', '0')",
]

_POSTGRES_ONLY = [
    "CREATE TABLE ledger_state (name text NOT NULL PRIMARY KEY, value text NOT NULL)",
    """CREATE TABLE sync_claim (business_date date NOT NULL PRIMARY KEY, owner text NOT NULL,
        lease_until timestamptz NOT NULL)""",
    "INSERT INTO ledger_state VALUES ('store_id', gen_random_uuid()::text)",
]


def statements(engine: str) -> list[str]:
    """The SQL of this revision for `sqlite` or `postgresql`, in order."""
    made = [_create(engine, table, columns) for table, columns in _SHARED.items()]
    made += [f"CREATE INDEX {table}_by_subject ON {table} ({columns})" for table, columns in _INDEXES.items()]
    made += [_view(engine, table, *how) for table, how in _IN_FORCE.items()]
    return made + (_SQLITE_ONLY if engine == "sqlite" else _POSTGRES_ONLY)


def _create(engine: str, table: str, columns: str) -> str:
    types = _TYPES[engine]
    made = ["id text NOT NULL PRIMARY KEY"]
    for column in columns.split(","):
        name, kind = column.split()
        required = " NOT NULL" if kind.endswith("!") else ""
        made.append(f"{name} {types.get(kind.rstrip('!'), 'text')}{required}")
    if engine == "postgresql":
        made.append("arrived bigint GENERATED ALWAYS AS IDENTITY UNIQUE")
    return f"CREATE TABLE {table} ({', '.join(made)}){' STRICT' if engine == 'sqlite' else ''}"


def _view(engine: str, table: str, subject: str, ended: str) -> str:
    held = f"{ended} = 0" if engine == "sqlite" else f"NOT {ended}"
    return f"""CREATE VIEW {table}_in_force AS SELECT * FROM (
        SELECT {table}.*, row_number() OVER (PARTITION BY {subject} ORDER BY recorded_at DESC, id DESC) AS newest
        FROM {table}) AS events WHERE newest = 1 AND {held}"""  # noqa: S608 - names of ours


def upgrade() -> None:
    """Applies this revision through Alembic."""
    from alembic import op

    for statement in statements(op.get_context().dialect.name):
        op.execute(statement)
