"""The employer corrected its figures later: the payslips agree with what HMRC said before."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import pence
from daemon.reconcile.support import near
from storage.clock import london_date

REMEDY = "Ask the employer what was corrected and why; a corrected payslip or P60 should say so. HMRC's newer figures count until then."


def candidates(case: Case) -> Iterator[Proposal]:
    """Each change of HMRC's figures since some earlier answer."""
    group = case.group
    if case.basis != "hmrc" or group.hmrc is None or len({revision.reference for revision in group.revisions}) != 1:
        return
    now_pay, now_tax = case.basis_totals
    seen: set[tuple[int, int]] = set()
    for revision in group.revisions:
        if revision.pay is None or revision.tax is None:
            continue
        pay, tax = now_pay - pence(revision.pay), now_tax - pence(revision.tax)
        if (pay, tax) in seen or (not pay and not tax):
            continue
        seen.add((pay, tax))
        when = day(london_date(revision.seen_at))
        before = f"pay {sterling(now_pay - pay)} and tax {sterling(now_tax - tax)}"
        facts = [
            Fact("history", f"HMRC had {before} when it was asked on {when}, and changed it since."),
            *_payslips_hold(case),
        ]
        facts += _p60(case, pay, tax)
        told = f"HMRC changed its figures after {when}, by {sterling(pay)} of pay and {sterling(tax)} of tax; the payslips are from before."
        yield Candidate("late_correction", pay, tax, told, tuple(facts), REMEDY, side="hmrc")


def _payslips_hold(case: Case) -> list[Fact]:
    facts: list[Fact] = []
    if case.steps.perfect:
        facts.append(Fact("ytd", "The payslips' year-to-date figures follow from one another throughout."))
    if case.slips and not any(slot.within for slot in case.slots):
        facts.append(Fact("calendar", "No payslip is missing between the first and the last."))
    return facts


def _p60(case: Case, pay: int, tax: int) -> list[Fact]:
    """Whether the P60 has the older figures, or the newer."""
    if case.p60_totals is None:
        return []
    now_pay, now_tax = case.basis_totals
    if near(case.p60_totals[0], now_pay - pay, case.tolerance) and near(
        case.p60_totals[1], now_tax - tax, case.tolerance
    ):
        return [Fact("p60_older", "The P60 has the older figures.")]
    if near(case.p60_totals[0], now_pay, case.tolerance) and near(case.p60_totals[1], now_tax, case.tolerance):
        return [Fact("p60_newer", "The P60 has the newer figures.")]
    return []
