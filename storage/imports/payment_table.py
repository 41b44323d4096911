"""HMRC's payment table, pasted from the tax account: a date, taxable income, Income Tax and National Insurance on each line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from storage.clock import Clock
from storage.employers import PayeReference, employer_key
from storage.imports.conventions import PRINTED, plausible_pay_date, read_date
from storage.imports.excerpt import excerpt
from storage.imports.identity import known_again, payment_id
from storage.imports.intake import Imported, description, new_import_id
from storage.imports.payment_lines import COLUMNS, Column, Line, read_line
from storage.imports.reading import Reading
from storage.imports.table import decoded
from storage.records import Payment
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.ledger import Ledger

_FEWEST = 2
_Amounts = tuple[Decimal, Decimal, Decimal | None]
"""Taxable income, Income Tax, and National Insurance where it is given."""


@dataclass(slots=True)
class _Section:
    """The payments of one employer, under the heading that names it."""

    employer: str | None = None
    reference: PayeReference | None = None
    rows: list[tuple[date, _Amounts]] = field(default_factory=list[tuple[date, _Amounts]])


@dataclass(slots=True)
class _Pending:
    """A payment whose date was read and whose amounts are still coming, perhaps on lines of their own."""

    line: int
    day: date
    cells: list[Decimal | None]


class _Reader:
    """Takes the lines one after the other; what it makes of them is in `sections`."""

    def __init__(self, name: str, today: date) -> None:
        self.sections = [_Section()]
        self._name = name
        self._today = today
        self._pending: _Pending | None = None
        self._columns: tuple[Column, ...] = ()
        self._header_known = False
        """Whether one line named several columns; names one below the other tell the order only where none did."""
        self._in_total = False

    def take(self, line: Line) -> None:
        """One more line. Raises `BadInput` naming the line where a payment cannot be read whole."""
        if line.total:
            self.close()
            self._in_total = True
        elif line.day:
            self.close()
            self._in_total = False
            self._pending = _Pending(line.number, self._day(line.day, line.number), list(line.cells))
        elif line.labels:
            self._label(line)
        elif line.cells:
            self._more_cells(line)
        elif line.employer or line.reference:
            self._head(line)

    def close(self) -> None:
        """Ends the payment that is still open."""
        if self._pending:
            self.sections[-1].rows.append((self._pending.day, self._amounts(self._pending)))
        self._pending = None

    def _label(self, line: Line) -> None:
        columns: tuple[Column, ...] = tuple(label for label in line.labels if label != "date")
        if len(columns) > 1:
            self.close()
            self._columns, self._header_known = columns, True
        elif not self._header_known and line.labels == ("date",):
            self.close()
            self._columns = ()
        elif not self._header_known:
            self._columns = (*self._columns, *(column for column in columns if column not in self._columns))

    def _more_cells(self, line: Line) -> None:
        if self._in_total:
            return
        if self._pending is None or len(self._pending.cells) >= len(COLUMNS):
            raise BadInput(
                f"{self._name}: line {line.number}: {excerpt(line.text)} has amounts and no date before them; paste whole lines"
            )
        self._pending.cells += line.cells

    def _head(self, line: Line) -> None:
        self.close()
        if self.sections[-1].rows:
            self.sections.append(_Section())
        section = self.sections[-1]
        section.employer, section.reference = line.employer or section.employer, line.reference or section.reference

    def _day(self, text: str, number: int) -> date:
        try:
            return plausible_pay_date(read_date(text, PRINTED), self._today)
        except ValueError as problem:
            raise BadInput(f"{self._name}: line {number}: {problem}") from None

    def _amounts(self, pending: _Pending) -> _Amounts:
        """The cells by the columns that the heading names, else in the tax account's own order."""
        columns = self._columns if len(self._columns) >= _FEWEST else COLUMNS
        usual = columns == COLUMNS[: len(columns)]
        too_few = len(pending.cells) < (_FEWEST if usual else len(columns))
        if too_few or len(pending.cells) > len(columns):
            expected = "taxable income, Income Tax and National Insurance are expected"
            if not usual:
                expected = f"its heading names {len(columns)} columns: paste whole lines, tabs included"
            raise BadInput(
                f"{self._name}: line {pending.line}: {_counted(len(pending.cells))} beside {pending.day}; {expected}"
            )
        given = dict(zip(columns, pending.cells, strict=False))
        pay, tax = given.get("taxable_pay"), given.get("income_tax")
        if pay is None or tax is None:
            raise BadInput(
                f"{self._name}: line {pending.line}: {pending.day} has no "
                f"{'taxable income' if pay is None else 'Income Tax'}; write 0.00 if that is so"
            )
        return pay, tax, given.get("national_insurance")


def _counted(amounts: int) -> str:
    return "one amount is" if amounts == 1 else f"{amounts or 'no'} amounts are"


def read_payment_table(content: bytes, name: str, today: date, constants: Mapping[str, str]) -> Reading[Payment]:
    """The payments of a pasted table. `constants` gives employer and reference, which headings may give too.

    A heading with another employer begins another employer's payments. Column headings tell the columns' order. Totals
    are passed over. Raises `BadInput` naming the line where a payment cannot be read whole.
    """
    reader = _Reader(name, today)
    for number, raw in enumerate(decoded(content, name).splitlines(), start=1):
        reader.take(read_line(raw, number, name))
    reader.close()
    sections = [section for section in reader.sections if section.rows]
    if not sections:
        raise BadInput(
            f"{name}: no payment was found; paste the table's lines, as in 26 April 2024  £2,850.00  £360.20  £156.16"
        )
    if constants:
        _require_one_employer(sections, name)
    payments = [
        payment
        for section in sections
        for payment in _payments(
            section.rows,
            constants.get("employer") or section.employer,
            PayeReference(constants["employer_paye_ref"]) if "employer_paye_ref" in constants else section.reference,
            name,
        )
    ]
    return Reading(name, "payment-table", tuple(payments))


def _require_one_employer(sections: Sequence[_Section], name: str) -> None:
    named = {section.reference or employer_key(section.employer or "") for section in sections}
    if len(named) > 1:
        told = " and ".join(dict.fromkeys(str(each.reference or each.employer or "no employer") for each in sections))
        raise BadInput(
            f"{name}: payments of {told} are in it; leave out --employer and --paye-ref, or paste one at a time"
        )


def store_payments(ledger: "Ledger", reading: Reading[Payment], clock: Clock) -> Imported:
    """Stores the payments of `reading`, all or nothing; a table pasted twice changes nothing."""
    now = clock.now()
    payments = [
        replace(payment, imported_at=now) for payment in known_again(reading.records, ledger.payments(), _figures)
    ]
    import_id = new_import_id(clock, [payment.id for payment in payments])
    added = ledger.add_payments(payments, import_id=import_id, description=description("payments", [reading]))
    return Imported(import_id, added.new, added.known, added.changed, reading.notes, ())


def _figures(payment: Payment) -> tuple[object, ...]:
    return (payment.pay_date, payment.taxable_pay, payment.income_tax, payment.national_insurance)


def _payments(
    rows: Sequence[tuple[date, _Amounts]],
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
