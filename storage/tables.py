"""The ledger's tables: one description for SQLite and Postgres. `storage.rows` makes rows of them, the migrations make them."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "whole", "money", "moment", "day", "flag", "list", "tax_year", "reference"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `field` is the record's name for it where that differs."""

    name: str
    kind: Kind = "text"
    field: str = ""

    @property
    def attribute(self) -> str:
        """The record's attribute that this column holds."""
        return self.field or self.name


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One append-only table that machines share. `subject` names what later rows decide anew: the latest row of it holds."""

    name: str
    columns: tuple[Column, ...]
    subject: tuple[str, ...] = ()
    ended: str = ""
    """The flag that says that the subject is no longer there: retired, withdrawn, undone."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns' names."""
        return tuple(column.name for column in self.columns)

    def kind(self, name: str) -> Kind:
        """The kind of the column `name`."""
        return next(column.kind for column in self.columns if column.name == name)


def _columns(*specifications: str) -> tuple[Column, ...]:
    """Columns from `name`, `name:kind` or `name:kind:field`."""
    made: list[Column] = []
    for specification in specifications:
        name, _, rest = specification.partition(":")
        kind, _, field = rest.partition(":")
        made.append(Column(name, kind or "text", field))  # pyright: ignore[reportArgumentType]
    return tuple(made)


def _imported(subject: str, *specifications: str) -> tuple[Column, ...]:
    """The columns of something that is imported: its row's id, its own id, and the event by which it came or went."""
    event = (f"{subject}:text:id", "import_id", "recorded_at:moment", "retired:flag")
    return _columns("id", *event, *specifications, "source", "imported_at:moment")


ANSWER = Table("answer", _columns("id:text:answer_hash", "api", "body", "first_seen:moment"))
FETCH_LOG = Table(
    "fetch_log",
    _columns(
        "id",
        "run_id",
        "asked_at:moment",
        "tax_year:tax_year",
        "api",
        "api_version",
        "outcome",
        "status:whole",
        "code",
        "answer_hash",
        "duration_ms:whole",
        "attempts:whole",
        "note",
    ),
)
SNAPSHOT = Table(
    "tax_year_snapshot",
    _columns(
        "id",
        "previous_id",
        "tax_year:tax_year",
        "employer_paye_ref:reference",
        "snapshot_date:moment",
        "gross_pay:money",
        "income_tax:money",
        "employer_name",
    ),
)
"""Its column `ni_contributions` is never written: no HMRC API returns the National Insurance a person paid."""
PAYSLIP = Table(
    "payslip",
    _imported(
        "payslip_id",
        "tax_year:tax_year",
        "pay_date:day",
        "employer",
        "employer_paye_ref:reference",
        "tax_code",
        "ni_category",
        "period",
        "gross_pay:money",
        "taxable_pay:money",
        "nicable_pay:money",
        "income_tax:money",
        "national_insurance:money",
        "student_loan:money",
        "postgrad_loan:money",
        "pension_employee:money",
        "pension_kind",
        "pension_sacrifice:money",
        "notional_pay:money",
        "payrolled_benefits:money",
        "bonus:money",
        "net_pay:money",
        "ytd_gross:money",
        "ytd_taxable:money",
        "ytd_tax:money",
        "ytd_ni:money",
        "ytd_nicable:money",
        "source_id",
        "warnings:list",
    ),
    subject=("payslip_id",),
    ended="retired",
)
P60_TABLE = Table(
    "p60",
    _imported(
        "p60_id",
        "tax_year:tax_year",
        "employer",
        "employer_paye_ref:reference",
        "pay:money",
        "income_tax:money",
        "national_insurance:money",
        "nicable_band:money",
        "student_loan:money",
        "postgrad_loan:money",
        "previous_pay:money",
        "previous_tax:money",
        "tax_code",
    ),
    subject=("p60_id",),
    ended="retired",
)
PAYMENT = Table(
    "payment",
    _imported(
        "payment_id",
        "tax_year:tax_year",
        "pay_date:day",
        "taxable_pay:money",
        "income_tax:money",
        "national_insurance:money",
        "employer",
        "employer_paye_ref:reference",
    ),
    subject=("payment_id",),
    ended="retired",
)
IMPORT = Table(
    "import_log",
    _columns("id", "import_id", "recorded_at:moment", "undone:flag", "imported_at:moment", "description"),
    subject=("import_id",),
    ended="undone",
)
ACCEPTANCE = Table(
    "acceptance",
    _columns(
        "id",
        "recorded_at:moment",
        "withdrawn:flag",
        "tax_year:tax_year",
        "employer",
        "note",
        "pay_difference:money",
        "tax_difference:money",
        "decided_at:moment",
    ),
    subject=("tax_year", "employer"),
    ended="withdrawn",
)
LINK = Table(
    "reference_link",
    _columns(
        "id",
        "recorded_at:moment",
        "withdrawn:flag",
        "old_reference:reference:old",
        "new_reference:reference:new",
        "decided_at:moment",
    ),
    subject=("old_reference",),
    ended="withdrawn",
)
RUN = Table(
    "sync_run",
    _columns(
        "id",
        "run_id:text:id",
        "recorded_at:moment",
        "business_date:day",
        "started_at:moment",
        "finished_at:moment",
        "outcome",
        "unattended:flag",
        "host",
        "summary",
    ),
    subject=("run_id",),
)
VERDICT = Table(
    "validator_verdict",
    _columns("id", "connection_method", "recorded_at:moment", "asked_at:moment", "code", "body", "headers:list"),
    subject=("connection_method",),
)
GRANT_DATES = Table("grant_dates", _columns("id", "recorded_at:moment", "granted_at:moment", "grant_expires_at:moment"))
"""When the person signed in and until when that holds, for the dashboard: never a token."""
ALERT_TOLD = Table(
    "alert_told",
    _columns("id", "audience", "subject", "recorded_at:moment", "state", "ended:flag"),
    subject=("audience", "subject"),
    ended="ended",
)
"""What was told to an address, which stands here as a hash; the machines on one Postgres tell it once."""

SHARED: tuple[Table, ...] = (
    ANSWER,
    FETCH_LOG,
    SNAPSHOT,
    PAYSLIP,
    P60_TABLE,
    PAYMENT,
    IMPORT,
    ACCEPTANCE,
    LINK,
    RUN,
    VERDICT,
    GRANT_DATES,
    ALERT_TOLD,
)
"""Every table whose rows travel between machines, in the order in which they are pushed: answers before what names them."""
