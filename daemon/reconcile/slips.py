"""Payslips as they are counted: what of each is set beside HMRC's taxable pay and tax, in whole pence."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from storage.records import Payslip

CountedAt = Literal["taxable", "derived", "gross"]


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """A payslip with the pay and tax that it counts for. `counted_at` tells where the pay comes from: printed as taxable pay,
    derived from gross pay and the kind of pension, or gross pay for want of anything better.
    """

    record: Payslip
    pay: int
    tax: int
    counted_at: CountedAt

    @property
    def id(self) -> str:
        """The payslip's identity."""
        return self.record.id


def pence(amount: Decimal) -> int:
    """An amount of the records, exact to the penny, in whole pence."""
    return int(amount * 100)


def known_pence(amount: Decimal | None) -> int:
    """An amount in whole pence; nothing printed counts for nothing."""
    return 0 if amount is None else int(amount * 100)


def derived_taxable(slip: Payslip) -> int | None:
    """Taxable pay in pence from gross pay and the kind of pension; None where either is unknown.

    A net pay arrangement lowers taxable pay by the contribution; salary sacrifice is out of gross pay already; relief at
    source comes out of net pay. Payrolled benefits are taxable pay beside gross pay.
    """
    if slip.gross_pay is None or slip.pension_kind is None:
        return None
    pension = known_pence(slip.pension_employee) if slip.pension_kind == "net_pay" else 0
    return pence(slip.gross_pay) - pension + known_pence(slip.payrolled_benefits)


def taxable_beside(record: Payslip, gross: int) -> set[int]:
    """What taxable pay may be beside that much gross pay, in pence: less a pension contribution, with payrolled benefits, or neither."""
    pension, benefits = known_pence(record.pension_employee), known_pence(record.payrolled_benefits)
    base = gross if record.pension_kind in {"sacrifice", "relief_at_source"} else gross - pension
    return {base, base + benefits, base + pension + benefits}


def count(slip: Payslip) -> Slip:
    """The slip as it counts."""
    tax = known_pence(slip.income_tax)
    if slip.taxable_pay is not None:
        return Slip(slip, pence(slip.taxable_pay), tax, "taxable")
    derived = derived_taxable(slip)
    if derived is not None:
        return Slip(slip, derived, tax, "derived")
    return Slip(slip, known_pence(slip.gross_pay), tax, "gross")


def in_order(slips: Iterable[Slip]) -> tuple[Slip, ...]:
    """By pay date, then by year-to-date pay, the earlier import first, then by identity: one order, whatever order they came in."""
    return tuple(sorted(slips, key=_place))


def _place(slip: Slip) -> tuple[object, ...]:
    record = slip.record
    imported = record.imported_at.timestamp() if record.imported_at else 0.0
    return record.pay_date, record.ytd_taxable or Decimal(0), slip.pay, imported, record.id


def nicable(slip: Payslip) -> tuple[int, bool]:
    """Pay for National Insurance in pence, and whether it was printed: otherwise gross pay (or taxable pay) stands in for it."""
    if slip.nicable_pay is not None:
        return pence(slip.nicable_pay), True
    return known_pence(slip.gross_pay if slip.gross_pay is not None else slip.taxable_pay), False
