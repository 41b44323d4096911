"""Payslips that do not add up: which do not as they stand, and which still would not if some causes held."""

from collections.abc import Iterable

from daemon.reconcile.candidate import Candidate
from daemon.reconcile.case import Case


class Doubts:
    """The payslips' own arithmetic, as far as it says anything: nothing at all where most of them do not add up."""

    def __init__(self, case: Case) -> None:
        left = {slip.id: off for slip, off in zip(case.slips, case.residuals, strict=True) if off is not None}
        holding = sum(off == 0 for off in left.values())
        self._left = left if holding * 2 > len(left) else {}
        self._failing = {slip: off for slip, off in self._left.items() if off}

    def __bool__(self) -> bool:
        """Whether any payslip fails as it stands."""
        return bool(self._failing)

    def after(self, candidates: Iterable[Candidate]) -> int:
        """How many payslips would not add up if all of `candidates` held: a cause mends some, and may break others."""
        if not self._left:
            return 0
        failing = set(self._failing)
        pays: dict[str, int] = {}
        taxes: dict[str, int] = {}
        for candidate in candidates:
            failing.difference_update(candidate.removes)
            for slip, (pay, tax) in candidate.changes.items():
                pays[slip], taxes[slip] = pays.get(slip, 0) + pay, taxes.get(slip, 0) + tax
        for slip, tax in taxes.items():
            off = self._left.get(slip, 0) - tax if slip in self._left else 0
            # What is missing from taxable pay may be missing from gross pay too, or not.
            (failing.discard if off in {0, -pays[slip]} else failing.add)(slip)
        return len(failing)
