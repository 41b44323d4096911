"""HMRC refunded tax itself: the refund stands in HMRC's figures and went through no payslip, or the other way round."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Candidate, Fact, Proposal, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import known_pence

REMEDY = "Nothing is wrong with the payslips. Compare the refund with HMRC's letter or tax calculation (P800)."


def candidates(case: Case) -> Iterator[Proposal]:
    """The refund that Individual Tax reports for the year, as the whole of the difference in tax."""
    refund = known_pence(case.year.refunds) if case.year else 0
    if not refund or case.basis != "hmrc":
        return
    for tax in (-refund, refund):
        how = "less" if tax < 0 else "more"
        told = f"HMRC has {sterling(refund)} {how} tax, which is the amount that it refunded or set off in the year."
        facts = [
            Fact(
                "refunds",
                f"HMRC's answer for the year has a refund of {sterling(refund)}, apart from the tax taken off pay.",
            )
        ]
        if case.steps.perfect:
            facts.append(Fact("ytd", "The payslips' year-to-date figures follow from one another throughout."))
        yield Candidate("hmrc_refund", 0, tax, told, tuple(facts), REMEDY, side="hmrc")
