"""Student and postgraduate loans recomputed: which plan the deductions follow, or that they follow none."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from daemon.reconcile.case import Case
from daemon.reconcile.model import Finding
from daemon.reconcile.slips import Slip, known_pence, nicable
from daemon.reconcile.student_loan import PLANS, deduction


def findings(case: Case) -> Iterator[Finding]:
    """The plan, or plans, whose deductions are those of every payslip that prints one."""
    repaid = [slip for slip in case.slips if slip.record.student_loan is not None]
    if any(slip.record.student_loan for slip in repaid):
        fitting = [plans for count in (1, 2) for plans in combinations(PLANS, count) if _fit(case, repaid, plans)]
        singles = [plans for plans in fitting if len(plans) == 1]
        if singles:
            names = " or ".join(plan.replace("plan", "plan ") for (plan,) in singles)
            yield Finding("student_loan", f"The student loan deductions are those of {names}.")
        elif not fitting and _every_known(repaid):
            text = "The student loan deductions are not those of any plan: ask payroll which plan it uses."
            yield Finding("student_loan", text, tuple(slip.id for slip in repaid))
    postgraduate = [slip for slip in case.slips if slip.record.postgrad_loan is not None]
    if any(slip.record.postgrad_loan for slip in postgraduate) and _every_known(postgraduate):
        off = [
            slip
            for slip in postgraduate
            if _amount(case, slip, ("postgrad",)) not in {None, known_pence(slip.record.postgrad_loan)}
        ]
        if off:
            text = "The postgraduate loan deductions are not 6 % of pay above the threshold: ask payroll."
            yield Finding("postgraduate_loan", text, tuple(slip.id for slip in off))


def _fit(case: Case, slips: Sequence[Slip], plans: Sequence[str]) -> bool:
    return all(_amount(case, slip, plans) == known_pence(slip.record.student_loan) for slip in slips)


def _amount(case: Case, slip: Slip, plans: Sequence[str]) -> int | None:
    return deduction(nicable(slip.record)[0], plans, case.tax_year, case.often)


def _every_known(slips: Sequence[Slip]) -> bool:
    return all(nicable(slip.record)[1] for slip in slips)
