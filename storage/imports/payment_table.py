"""HMRC's payment table, pasted from the tax account: a date, taxable income, Income Tax and National Insurance on each line."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from storage.clock import Clock
from storage.employers import PayeReference
from storage.imports.conventions import PRINTED, plausible_pay_date, read_amount, read_date
from storage.imports.excerpt import excerpt
from storage.imports.identity import payment_id
from storage.imports.intake import Imported, description, new_import_id
from storage.imports.reading import Reading
from storage.imports.table import decoded
from storage.records import Payment
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.ledger import Ledger

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = re.compile(
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[ ](?:{_MONTHS})[a-z]*[ ]\d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}})\b",
    re.IGNORECASE | re.ASCII,
)
_AMOUNT = re.compile(
    r"(?<![\w.,])[-−–+]?(?:£[ ]?[-−–]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+)-?(?![\w.]|,\d)",
    re.ASCII,
)
_SEPARATING_COMMA = re.compile(r"(?<=\.\d\d),|,(?=[ ]?[-−–]?£)|^,")
_SPAN = re.compile(rf"[ ]?(?:to|until|and|-|–)[ ]?{_DATE.pattern}.*", re.IGNORECASE | re.ASCII)
"""What follows the first day of a period in a heading such as `6 April 2024 to 5 April 2025`."""
_NOTHING = re.compile(r"(?:n/?a|none|not available|[-–—])$", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:PAYE|employer)[^\d\n]{0,30}(?P<value>\d{3}[ ]?/[ ]?[A-Z0-9]{1,10})\b", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:employer(?: name)?|payments? from|income from)[ ]?[: ][ ]?(?P<value>[^\s\d].{0,79})", re.IGNORECASE
)
_NOT_AN_EMPLOYER = re.compile(r"(?i:payroll|paye|ref|number|your)\b")
_TOTAL = re.compile(r"(?:grand |year |tax year )?totals?\b", re.IGNORECASE)
_FEWEST, _MOST = 2, 3


@dataclass(slots=True)
class _Pending:
    """A payment whose date was read and whose amounts are still coming, perhaps on lines of their own."""

    line: int
    day: date
    amounts: list[Decimal]


def read_payment_table(content: bytes, name: str, today: date, constants: Mapping[str, str]) -> Reading[Payment]:
    """The payments of a pasted table. `constants` gives employer and reference, which a heading may give too.

    Header lines and totals are passed over. Raises `BadInput` naming the line where a payment cannot be read whole.
    """
    text = decoded(content, name)
    rows: list[tuple[date, tuple[Decimal, Decimal, Decimal | None]]] = []
    pending: _Pending | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        body = " ".join(line.replace(",\t", "\t").split())
        if not body or _TOTAL.match(body):
            continue
        matched = _DATE.match(body)
        if matched and _SPAN.fullmatch(body[matched.end() :]):
            continue
        amounts = _amounts(body[matched.end() :] if matched else body, name, number, strict=bool(matched))
        if matched:
            rows += _closed(pending, name)
            pending = _Pending(number, _day(matched.group(), name, number, today), amounts)
        elif amounts and pending and len(pending.amounts) < _MOST:
            pending.amounts += amounts
        elif amounts:
            raise BadInput(
                f"{name}: line {number}: {excerpt(body)} has amounts and no date before them; paste whole lines"
            )
    rows += _closed(pending, name)
    if not rows:
        raise BadInput(
            f"{name}: no payment was found; paste the table's lines, as in 26 April 2024  £2,850.00  £360.20  £156.16"
        )
    employer, reference = _employer(text, constants)
    return Reading(name, "payment-table", tuple(_payments(rows, employer, reference, name)))


def store_payments(ledger: "Ledger", reading: Reading[Payment], clock: Clock) -> Imported:
    """Stores the payments of `reading`, all or nothing; a table pasted twice changes nothing."""
    now = clock.now()
    payments = [replace(payment, imported_at=now) for payment in reading.records]
    import_id = new_import_id(clock, [payment.id for payment in payments])
    added = ledger.add_payments(payments, import_id=import_id, description=description("payments", [reading]))
    return Imported(import_id, added.new, added.known, added.changed, reading.notes, ())


def _amounts(text: str, name: str, number: int, *, strict: bool) -> list[Decimal]:
    """The amounts of a line. In a payment's own line (`strict`) nothing else may stand, lest a column be missed."""
    spaced = _SEPARATING_COMMA.sub(" ", text)
    try:
        amounts = [read_amount(match.group(), PRINTED) for match in _AMOUNT.finditer(spaced)]
    except ValueError as problem:
        raise BadInput(f"{name}: line {number}: {problem}") from None
    rest = _AMOUNT.sub(" ", spaced).strip()
    if len(amounts) >= _FEWEST:
        rest = _NOTHING.sub("", rest)
    if strict and any(letter.isalnum() for letter in rest):
        raise BadInput(f"{name}: line {number}: {excerpt(rest)} is not an amount; write amounts as £1,234.50")
    return amounts


def _day(text: str, name: str, number: int, today: date) -> date:
    try:
        return plausible_pay_date(read_date(text, PRINTED), today)
    except ValueError as problem:
        raise BadInput(f"{name}: line {number}: {problem}") from None


def _closed(pending: _Pending | None, name: str) -> list[tuple[date, tuple[Decimal, Decimal, Decimal | None]]]:
    if pending is None:
        return []
    if not _FEWEST <= len(pending.amounts) <= _MOST:
        raise BadInput(
            f"{name}: line {pending.line}: {len(pending.amounts)} amounts stand beside {pending.day}; "
            "taxable income, Income Tax and National Insurance are expected"
        )
    pay, tax, *rest = pending.amounts
    return [(pending.day, (pay, tax, rest[0] if rest else None))]


def _employer(text: str, constants: Mapping[str, str]) -> tuple[str | None, PayeReference | None]:
    reference = constants.get("employer_paye_ref")
    if reference is None and (match := _REFERENCE.search(text)):
        reference = match["value"].replace(" ", "")
    employer = constants.get("employer")
    if employer is None:
        headings = (_HEADING.match(" ".join(line.split())) for line in text.splitlines())
        names = [match["value"].strip() for match in headings if match and not _NOT_AN_EMPLOYER.match(match["value"])]
        employer = next((found for found in names if found.isprintable()), None)
    return employer, PayeReference(reference) if reference else None


def _payments(
    rows: list[tuple[date, tuple[Decimal, Decimal, Decimal | None]]],
    employer: str | None,
    reference: PayeReference | None,
    name: str,
) -> list[Payment]:
    """The payments, equal lines numbered: HMRC lists two equal payments of a day twice."""
    seen: Counter[object] = Counter()
    payments: list[Payment] = []
    for day, amounts in rows:
        seen[day, amounts] += 1
        pay, tax, contribution = amounts
        payments.append(
            Payment(
                id=payment_id(employer, reference, day, amounts, seen[day, amounts]),
                pay_date=day,
                taxable_pay=pay,
                income_tax=tax,
                national_insurance=contribution,
                employer=employer,
                employer_paye_ref=reference,
                source=name,
            )
        )
    return payments
