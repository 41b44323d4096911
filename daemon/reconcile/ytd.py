"""Year-to-date figures: what each payslip says that the year has come to, and where that does not follow from the payslip before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from daemon.reconcile.slips import Slip, pence

STEP_TOLERANCE = 2
"""How far, in pence, a year-to-date step may be from the payslip's own figure."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Per payslip, in pence: `printed` are its year-to-date pay and tax; `pay` and `tax` are by how much the step from the payslip
    before exceeds the payslip's own figure (None: not known). The first payslip's excess, what the year held before it, is `opening`.
    """

    printed: tuple[tuple[int | None, int | None], ...]
    pay: tuple[int | None, ...]
    tax: tuple[int | None, ...]
    earlier: tuple[int, int] = (0, 0)
    """Pay and tax of the year before it began anew, as it does for somebody taken on again."""

    @property
    def known(self) -> bool:
        """Whether any payslip prints year-to-date pay."""
        return any(step is not None for step in self.pay)

    @property
    def opening(self) -> tuple[int | None, int | None]:
        """What the year-to-date figures of the first payslip held before it."""
        return (self.pay[0], self.tax[0]) if self.pay else (None, None)

    @property
    def perfect(self) -> bool:
        """Whether every payslip prints year-to-date pay that follows from the one before."""
        return (
            bool(self.pay)
            and all(follows(step) for step in self.pay)
            and all(step is None or follows(step) for step in self.tax)
        )

    @property
    def last(self) -> tuple[int, int] | None:
        """Pay and tax for the year by the last payslip, where it prints both."""
        pay, tax = self.printed[-1] if self.printed else (None, None)
        return None if pay is None or tax is None else (pay + self.earlier[0], tax + self.earlier[1])


def follows(step: int | None) -> bool:
    """Whether a step agrees with the payslip's own figure, within two pence."""
    return step is not None and abs(step) <= STEP_TOLERANCE


def steps(slips: Sequence[Slip]) -> Steps:
    """The steps of a tax year's payslips, in order."""
    printed = tuple((_pence(slip.record.ytd_taxable), _pence(slip.record.ytd_tax)) for slip in slips)
    pays, own = [ytd for ytd, _ in printed], [slip.pay for slip in slips]
    again = _begins_anew(pays, own)
    pay, earlier_pay = _excesses(pays, own, again)
    tax, earlier_tax = _excesses([ytd for _, ytd in printed], [slip.tax for slip in slips], again)
    return Steps(printed, pay, tax, (earlier_pay, earlier_tax))


def _begins_anew(printed: Sequence[int | None], own: Sequence[int]) -> int | None:
    """The number of the payslip with which year-to-date pay begins anew: it falls there, and goes on from there with the next."""
    for number in range(1, len(printed) - 1):
        before, here, after = printed[number - 1 : number + 2]
        if before is None or here is None or after is None or not 0 < own[number] <= here + STEP_TOLERANCE:
            continue
        if here < before and follows(after - here - own[number + 1]):
            return number
    return None


def _excesses(
    printed: Sequence[int | None], own: Sequence[int], again: int | None
) -> tuple[tuple[int | None, ...], int]:
    """By how much each step is above the payslip's own figure, and what the year had come to before it began `again`."""
    found: list[int | None] = []
    so_far = earlier = 0
    for number, (ytd, amount) in enumerate(zip(printed, own, strict=True)):
        if number == again:
            earlier, so_far = so_far, 0
        found.append(None if ytd is None else ytd - so_far - amount)
        so_far = so_far + amount if ytd is None else ytd
    return tuple(found), earlier


def _pence(amount: Decimal | None) -> int | None:
    return None if amount is None else pence(amount)
