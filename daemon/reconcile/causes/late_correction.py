"""The employer corrected its figures later: the payslips agree with what HMRC said before."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import pence
from daemon.reconcile.status import apart, within
from daemon.reconcile.support import near
from daemon.reconcile.ytd import STEP_TOLERANCE, follows
from storage.clock import london_date

REMEDY = "Ask the employer what was corrected and why; a corrected payslip or P60 should say so. HMRC's newer figures count until then."


def candidates(case: Case) -> Iterator[Proposal]:
    """Each change of HMRC's figures since some earlier answer, and what the P60 has beyond payslips that are complete."""
    yield from _by_history(case)
    yield from _by_p60(case)


def _by_history(case: Case) -> Iterator[Proposal]:
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


def _by_p60(case: Case) -> Iterator[Proposal]:
    """What P60 and HMRC both have beyond payslips whose year-to-date figures follow to the last one of the year.

    A P60 is of a job that went on at the year's end: no pay day may be empty, but before a first payslip that begins at nought.
    """
    if case.basis != "hmrc" or case.p60_totals is None or case.steps.last is None or not _follow(case):
        return
    first = case.slips[0].record.pay_date
    if any(slot.day > first for slot in case.slots):
        return
    (now_pay, now_tax), (our_pay, our_tax) = case.basis_totals, case.totals
    pay, tax = now_pay - our_pay, now_tax - our_tax
    facts = (*_p60(case, pay, tax), *_payslips_hold(case))
    if facts[0].kind != "p60_newer":
        return
    told = f"The employer corrected its figures after the last payslip of the year, by {sterling(pay)} of pay and {sterling(tax)} of tax."
    yield Candidate("late_correction", pay, tax, told, facts, REMEDY, side="hmrc", fitted=True)


def _follow(case: Case) -> bool:
    """Whether each payslip's year-to-date figures follow from the one before, the first beginning at nought or where the job before ended."""
    pay, tax = case.steps.opening
    if case.steps.perfect or pay is None or tax is None:
        return case.steps.perfect
    later = zip(case.steps.pay[1:], case.steps.tax[1:], strict=True)
    carried = any(within(apart(other.basis_totals, (pay, tax)), STEP_TOLERANCE) for other in case.siblings)
    return carried and all(follows(step) and (t is None or follows(t)) for step, t in later)


def _payslips_hold(case: Case) -> list[Fact]:
    facts: list[Fact] = []
    if _follow(case):
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
