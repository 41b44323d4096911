"""Benefits in kind (P11D): they stand beside pay at HMRC, and here they are in one side's pay."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Candidate, Fact, Proposal, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import known_pence

REMEDY = "Ask the employer whether these benefits are on the P11D or taxed through payroll: they may not be both."


def candidates(case: Case) -> Iterator[Proposal]:
    """The employment's benefits as the whole of the difference in pay, in either direction."""
    benefits = known_pence(case.group.hmrc.benefits) if case.group.hmrc and case.basis == "hmrc" else 0
    if not benefits:
        return
    for pay in (-benefits, benefits):
        where = "the payslips' pay" if pay < 0 else "HMRC's pay"
        told = f"Benefits in kind of {sterling(benefits)}, which HMRC has from the P11D beside pay, are in {where}."
        facts = [Fact("benefits", f"HMRC's benefits for this employment are {sterling(benefits)}, to the penny.")]
        if (
            case.p60_totals is not None
            and abs(case.p60_totals[0] - (case.basis_totals if pay < 0 else case.totals)[0]) <= case.tolerance
        ):
            facts.append(Fact("p60_pay", "The P60's pay is without them."))
        yield Candidate("benefits_in_kind", pay, 0, told, tuple(facts), REMEDY, side="payslips" if pay < 0 else "hmrc")
