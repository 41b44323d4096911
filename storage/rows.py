"""The ledger's tables and how a record becomes a row of them: one description for SQLite and Postgres."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar

from storage.employers import PayeReference
from storage.money import exact, from_pence, to_pence
from storage.tax_year import TaxYear

Kind = Literal["text", "whole", "money", "moment", "day", "flag", "list", "tax_year", "reference"]
Row = dict[str, Any]
"""Column names and the values as the records have them: `Decimal`, aware `datetime`, `TaxYear`, …"""
Record = TypeVar("Record")

_ID_LENGTH = 32
"""Hex digits of an id: 128 bits of SHA-256."""


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


@dataclass(frozen=True, slots=True)
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
)
"""Every table whose rows travel between machines, in the order in which they are pushed: answers before what names them."""
BY_NAME: Mapping[str, Table] = {table.name: table for table in SHARED}


def row_of(table: Table, record: object, **given: Any) -> Row:
    """`record` as a row of `table`; `given` holds the columns that are not the record's own."""
    return {
        column.name: given[column.name] if column.name in given else getattr(record, column.attribute, None)
        for column in table.columns
    }


def record_of(kind: type[Record], table: Table, row: Mapping[str, Any]) -> Record:
    """The record of type `kind` that `row` holds."""
    by_attribute = {
        column.attribute: column.name for column in table.columns if column.name != "id" or not table.subject
    }
    return kind(**{each.name: row[by_attribute[each.name]] for each in fields(kind)})  # pyright: ignore[reportArgumentType]


def content_id(*parts: object) -> str:
    """An id made from content: equal parts give equal ids on every machine. Parts are texts, numbers, None, and lists of these."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def row_id(table: Table, row: Row) -> str:
    """The id of a row of `table` by everything else that it holds."""
    encoded = to_sqlite(table, {**row, "id": ""})
    return content_id(table.name, *encoded)


def to_sqlite(table: Table, row: Row) -> tuple[Any, ...]:
    """The values of `row` in the order of the columns, as SQLite keeps them: money in whole pence, moments as text in UTC.

    Raises `ValueError` for an amount with more than two decimals.
    """
    return tuple(sqlite_value(column.kind, row[column.name]) for column in table.columns)


def from_sqlite(table: Table, values: Sequence[Any]) -> Row:
    """The row that `to_sqlite` made `values` of."""
    return {column.name: _from_sqlite(column.kind, value) for column, value in zip(table.columns, values, strict=True)}


def to_postgres(table: Table, row: Row) -> tuple[Any, ...]:
    """The values of `row` in the order of the columns, as psycopg takes them."""
    return tuple(_postgres_value(column.kind, row[column.name]) for column in table.columns)


def from_postgres(table: Table, values: Sequence[Any]) -> Row:
    """The row that `to_postgres` made `values` of."""
    return {
        column.name: _from_postgres(column.kind, value) for column, value in zip(table.columns, values, strict=True)
    }


def moment_text(moment: datetime) -> str:
    """`moment` in UTC to the microsecond, of fixed width, so that texts sort as the moments do."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def moment_of(text: str) -> datetime:
    """The moment that `moment_text` wrote."""
    return datetime.fromisoformat(text)


def sqlite_value(kind: Kind, value: Any) -> Any:
    """One value as SQLite keeps it."""
    if value is None:
        return None
    match kind:
        case "money":
            return to_pence(value)
        case "moment":
            return moment_text(value)
        case "day":
            return value.isoformat()
        case "flag":
            return int(value)
        case _:
            return _plain_value(kind, value)


def _plain_value(kind: Kind, value: Any) -> Any:
    """What both engines keep in the same way."""
    match kind:
        case "list":
            return json.dumps(value, ensure_ascii=False)
        case "tax_year":
            return value.database
        case "reference":
            return str(value)
        case _:
            return value


def _postgres_value(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    return exact(value) if kind == "money" else _plain_value(kind, value)


def _from_sqlite(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case "money":
            return from_pence(value)
        case "moment":
            return moment_of(value)
        case "day":
            return date.fromisoformat(value)
        case "flag":
            return bool(value)
        case _:
            return _from_plain(kind, value)


def _from_plain(kind: Kind, value: Any) -> Any:
    match kind:
        case "list":
            return tuple(tuple(part) if isinstance(part, list) else part for part in json.loads(value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case "tax_year":
            return TaxYear.parse(value)
        case "reference":
            return PayeReference(value)
        case _:
            return value


def _from_postgres(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case "money":
            return exact(value)
        case "moment":
            return value.astimezone(UTC)
        case _:
            return _from_plain(kind, value)
