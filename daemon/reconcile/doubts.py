"""Payslips that cannot stand as they are: which do not add up or lack an amount that they print, and which still would if some causes held."""

from collections import Counter
from collections.abc import Iterable

from daemon.reconcile.candidate import Candidate
from daemon.reconcile.case import Case
from daemon.reconcile.slips import Slip

_USUAL = 2
"""How many other payslips must have the very same pay, without any bonus, for a printed bonus not to be in it."""


class Doubts:
    """The payslips' own arithmetic, as far as it says anything: nothing at all where most of them do not add up.

    And those whose bonus or notional pay cannot be in their pay, which is to the penny that of payslips without one.
    """

    def __init__(self, case: Case) -> None:
        left = {slip.id: off for slip, off in zip(case.slips, case.residuals, strict=True) if off is not None}
        holding = sum(off == 0 for off in left.values())
        self._left = left if holding * 2 > len(left) else {}
        self._failing = {slip for slip, off in self._left.items() if off}
        self._lacking = _lacking(case.slips)

    def __bool__(self) -> bool:
        """Whether any payslip is doubtful as it stands."""
        return bool(self._failing or self._lacking)

    def after(self, candidates: Iterable[Candidate]) -> int:
        """How many payslips would be doubtful if all of `candidates` held: a cause mends some, and may break others."""
        failing, lacking = set(self._failing), set(self._lacking)
        pays: dict[str, int] = {}
        taxes: dict[str, int] = {}
        for candidate in candidates:
            failing.difference_update(candidate.removes)
            lacking.difference_update(candidate.removes, candidate.changes)
            for slip, (pay, tax) in candidate.changes.items():
                pays[slip], taxes[slip] = pays.get(slip, 0) + pay, taxes.get(slip, 0) + tax
        for slip, tax in taxes.items():
            off = self._left.get(slip, 0) - tax if slip in self._left else 0
            # What is missing from taxable pay may be missing from gross pay too, or not.
            (failing.discard if off in {0, -pays[slip]} else failing.add)(slip)
        return len(failing | lacking)


def _lacking(slips: Iterable[Slip]) -> set[str]:
    """The payslips with a bonus or notional pay whose pay is exactly that of others without."""
    plain, with_extra = Counter[int](), list[Slip]()
    for slip in slips:
        if slip.record.bonus or slip.record.notional_pay:
            with_extra.append(slip)
        else:
            plain[slip.pay] += 1
    return {slip.id for slip in with_extra if slip.pay > 0 and plain[slip.pay] >= _USUAL}
