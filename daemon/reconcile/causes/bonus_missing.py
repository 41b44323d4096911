"""A bonus stands on a payslip and is not in its pay; its tax may be missing too."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Proposal
from daemon.reconcile.case import Case
from daemon.reconcile.increments import Increment, left_out
from daemon.reconcile.slips import known_pence

BONUS = Increment(
    "bonus_missing",
    "bonus",
    "Correct the payslip's taxable pay (and tax) so that the bonus is in it, and import it again.",
)


def candidates(case: Case) -> Iterator[Proposal]:
    """Each payslip with a bonus, and all of them at once."""
    bonuses = {number: known_pence(slip.record.bonus) for number, slip in enumerate(case.slips) if slip.record.bonus}
    yield from left_out(case, BONUS, bonuses)
