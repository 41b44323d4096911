"""The payslip_ingest database as a live source: read only, mirrored into the ledger at each reading, missed without harm."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from storage.clock import Clock, london_date, rfc3339
from storage.employers import PayeReference
from storage.imports.checks import checked
from storage.imports.conventions import plausible_pay_date
from storage.imports.employer_memory import employer_memory
from storage.imports.identity import p60_id, payslip_id
from storage.imports.ingest_database import IngestAway, IngestRows, read_database
from storage.money import ZERO, exact
from storage.records import P60, Payment, Payslip
from storage.settings import Settings
from storage.shown_text import one_line
from storage.tax_year import TaxYear
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.ledger import Ledger

SOURCE = "payslip_ingest"
SLOW = 2.0
RETRY_AFTER = timedelta(seconds=30)
"""For how long a database that kept us waiting over `SLOW` seconds in vain is not asked again. One that refuses is."""
_READ_AT, _FAILED_AT, _TOLD_MISSING = "payslip_ingest.read_at", "payslip_ingest.failed_at", "payslip_ingest.missing"
ReferenceOf = Callable[[str, TaxYear], PayeReference | None]

_AMOUNTS = {
    "income_tax": "income_tax",
    "taxable_pay": "taxable_pay",
    "ytd_gross": "ytd_gross",
    "ytd_taxable_pay": "ytd_taxable",
    "ytd_tax_paid": "ytd_tax",
}
"""Columns whose zero means zero: missing tax is stored as 0 and adds up the same; the others are NULL where not printed."""
_WEAK_AMOUNTS = {
    "gross_pay": "gross_pay",
    "net_pay": "net_pay",
    "national_insurance": "national_insurance",
    "pension_employee": "pension_employee",
    "student_loan": "student_loan",
    "pension_sacrifice": "pension_sacrifice",
    "bonus": "bonus",
}
"""Columns where a stored 0 may mean "not printed": it becomes None."""


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """What came of mirroring: `off` where no database is configured, `away` where the mirror of `read_at` serves."""

    state: Literal["off", "read", "away"]
    payslips: int = 0
    p60s: int = 0
    changed: int = 0
    """New and changed rows."""
    read_at: datetime | None = None
    """When the database was last read."""
    trouble: str | None = None
    """Why it is away, and as of when its payslips are, in one line."""
    notes: tuple[str, ...] = ()
    """Rows that were left out, and columns that this version lacks; the columns are told once."""


def refresh_mirror(settings: Settings, ledger: "Ledger", clock: Clock) -> MirrorReport:
    """Reads `[payslips] database` and makes the ledger's mirror equal to it, within about ten seconds.

    Never raises for a database that is absent, refuses, or lacks its tables: then the mirror stays as it was, and the
    report says so. Raises `StorageTrouble` only where the ledger itself cannot be written.
    """
    if settings.payslips.database is None:
        return MirrorReport("off")
    now = clock.now()
    read_at = _moment(ledger.note(_READ_AT))
    failed_at = _moment(ledger.note(_FAILED_AT))
    if failed_at is not None and now - RETRY_AFTER < failed_at <= now:
        return _away(ledger, read_at, "it was away a moment ago")
    started = time.monotonic()
    try:
        rows = read_database(settings)
    except IngestAway as away:
        if time.monotonic() - started > SLOW:
            ledger.keep_note(_FAILED_AT, now.isoformat())
        return _away(ledger, read_at, str(away))
    memory = employer_memory(ledger, but_not=SOURCE)
    slips, left_out = payslips_from_rows(rows.payslips, memory.reference, london_date(now))
    p60s, more_left_out = p60s_from_rows(rows.p60s, memory.reference)
    added = ledger.replace_mirror(SOURCE, slips) + ledger.replace_p60_mirror(SOURCE, p60s)
    ledger.keep_note(_READ_AT, now.isoformat())
    if failed_at is not None:
        ledger.keep_note(_FAILED_AT, "")
    notes = (*_missing_columns(ledger, rows), *left_out, *more_left_out)
    return MirrorReport("read", len(slips), len(p60s), added.new + added.changed, now, notes=notes)


def refuse_mirrored(paper: Payslip | P60 | Payment) -> None:
    """Raises `BadInput` for a payslip or P60 of the mirror: removed here, it would be back at the next reading."""
    if paper.source != SOURCE or isinstance(paper, Payment):
        return
    if isinstance(paper, P60):
        raise BadInput(f"the P60 for {paper.tax_year} comes from payslip_ingest; remove it there")
    raise BadInput(f"the payslip of {paper.pay_date} comes from payslip_ingest; remove {paper.source_id} there")


def payslips_from_rows(
    rows: Sequence[Mapping[str, Any]], reference_of: ReferenceOf, today: date
) -> tuple[list[Payslip], list[str]]:
    """The payslips of rows of `payslip_ingest.payslip` by column name, in any of its versions, and a note for each left out.

    `taxable_pay` is NULL on the old layout and stays unknown. Nothing is taken from `rsu_vest`, whose meaning changed.
    """
    slips: list[Payslip] = []
    notes: list[str] = []
    for row in rows:
        try:
            slips.append(_payslip(row, reference_of, today))
        except ValueError as problem:
            notes.append(f"payslip_ingest: document {row.get('paperless_doc_id')} was left out: {problem}")
    return checked(slips), notes


def p60s_from_rows(rows: Sequence[Mapping[str, Any]], reference_of: ReferenceOf) -> tuple[list[P60], list[str]]:
    """The P60s of rows of `payslip_ingest.p60_reference`, and a note for each left out."""
    p60s: dict[str, P60] = {}
    notes: list[str] = []
    for row in rows:
        try:
            p60 = _p60(row, reference_of)
            p60s[p60.id] = p60
        except ValueError as problem:
            notes.append(f"payslip_ingest: the P60 of document {row.get('paperless_doc_id')} was left out: {problem}")
    return list(p60s.values()), notes


def _payslip(row: Mapping[str, Any], reference_of: ReferenceOf, today: date) -> Payslip:
    pay_date = plausible_pay_date(_day(row.get("pay_date")), today)
    tax_year = TaxYear.containing(pay_date)
    employer = _name(row.get("employer"))
    values: dict[str, Any] = {ours: _amount(row, theirs) for theirs, ours in _AMOUNTS.items()}
    values |= {ours: _amount(row, theirs) or None for theirs, ours in _WEAK_AMOUNTS.items()}
    if values["taxable_pay"] is None and values["gross_pay"] is None:
        if not any(values.values()):
            raise ValueError("every amount is zero or missing")
        values["gross_pay"] = ZERO
    if row.get("paperless_doc_id") is None:
        raise ValueError("it has no document id")
    source_id = f"{SOURCE}:{row['paperless_doc_id']}"
    identity = payslip_id(
        source_id=source_id,
        employer=employer,
        reference=None,
        pay_date=pay_date,
        taxable_pay=values["taxable_pay"],
        gross_pay=values["gross_pay"],
        income_tax=values["income_tax"],
        net_pay=values["net_pay"],
    )
    return Payslip(
        id=identity,
        pay_date=pay_date,
        employer=employer,
        employer_paye_ref=reference_of(employer, tax_year),
        source_id=source_id,
        source=SOURCE,
        warnings=tuple(_warnings(row, tax_year)),
        **values,
    )


def _warnings(row: Mapping[str, Any], tax_year: TaxYear) -> list[str]:
    """What payslip_ingest itself says against a slip; `checked` keeps warnings that begin with their source."""
    warnings: list[str] = []
    if row.get("validated") is False:
        warnings.append(f"{SOURCE}: the amounts of this slip did not add up when it was read")
    filed = row.get("tax_year")
    if isinstance(filed, str) and filed.strip() and filed.strip() != tax_year.database:
        warnings.append(f"{SOURCE}: filed under {filed.strip()}, and its pay date is in {tax_year}")
    return warnings


def _p60(row: Mapping[str, Any], reference_of: ReferenceOf) -> P60:
    tax_year = TaxYear.parse(str(row.get("tax_year")))
    employer = _name(row.get("employer"))
    pay, income_tax = _amount(row, "gross_pay"), _amount(row, "income_tax")
    if pay is None or income_tax is None:
        raise ValueError("it has no pay or no tax")
    reference = reference_of(employer, tax_year)
    code = row.get("tax_code")
    return P60(
        id=p60_id(employer, reference, tax_year, pay, income_tax),
        tax_year=tax_year,
        employer=employer,
        employer_paye_ref=reference,
        pay=pay,
        income_tax=income_tax,
        national_insurance=_amount(row, "national_insurance") or None,
        tax_code=" ".join(str(code).upper().split()) or None if code else None,
        source=SOURCE,
    )


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    raise ValueError("it has no pay date")


def _name(value: object) -> str:
    return one_line(str(value or "")) or "employer not named"


def _amount(row: Mapping[str, Any], column: str) -> Decimal | None:
    """The amount in `column`. What is wrong with one is told by its column: the daemon logs it, and a log holds no figures."""
    value = row.get(column)
    try:
        return None if value is None else exact(Decimal(str(value)))
    except (InvalidOperation, ValueError):
        raise ValueError(f"its {column} is no amount in pounds and pence") from None


def _missing_columns(ledger: "Ledger", rows: IngestRows) -> list[str]:
    """One line about what this version of the database lacks, unless it was told before."""
    told = ledger.note(_TOLD_MISSING) or ""
    missing = ", ".join(rows.missing)
    if missing == told:
        return []
    ledger.keep_note(_TOLD_MISSING, missing)
    return [f"payslip_ingest: this database has no {missing}; what they hold stays unknown"] if missing else []


def _away(ledger: "Ledger", read_at: datetime | None, reason: str) -> MirrorReport:
    slips = sum(slip.source == SOURCE for slip in ledger.payslips())
    p60s = sum(p60.source == SOURCE for p60 in ledger.p60s())
    served = f"its payslips are as of {rfc3339(read_at)}" if read_at else "it was never read from this machine"
    return MirrorReport("away", slips, p60s, 0, read_at, f"payslip_ingest is away ({reason}); {served}")


def _moment(note: str | None) -> datetime | None:
    return datetime.fromisoformat(note) if note else None
