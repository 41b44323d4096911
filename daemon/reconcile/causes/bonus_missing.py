"""A bonus stands on a payslip and is not in its pay; its tax may be missing too."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Proposal
from daemon.reconcile.case import Case
from daemon.reconcile.increments import Increment, in_net_pay, left_out
from daemon.reconcile.slips import known_pence

BONUS = Increment(
    "bonus_missing",
    "bonus",
    "Correct the payslip's taxable pay (and tax) so that the bonus is in it, and import it again.",
)
FEW = 2
"""How many payslips may fail to add up for a bonus to be the reason: where more do, they were read wrongly."""


def candidates(case: Case) -> Iterator[Proposal]:
    """Each payslip with a bonus, and all of them at once; then each whose net pay has in it what stands in no column."""
    bonuses = {number: known_pence(slip.record.bonus) for number, slip in enumerate(case.slips) if slip.record.bonus}
    yield from left_out(case, BONUS, bonuses)
    left = {number: off for number, off in enumerate(case.residuals) if off}
    if len(left) <= FEW:
        short = {number: -off for number, off in left.items() if off < 0 and number not in bonuses}
        yield from in_net_pay(case, BONUS, short)
