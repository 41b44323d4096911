"""A job before this one in the same tax year: its pay, carried over by the P45, is in year-to-date figures or on a row of its own."""

from collections.abc import Callable, Iterator, Sequence

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.search import Closing
from daemon.reconcile.slips import known_pence
from daemon.reconcile.support import near, usual_pay

REMEDY = "Only pay in this employment counts. Keep the P45: the earlier pay belongs to the job before, under its own reference."
IMPORT = "Nothing is wrong with this employer. To compare the job before too, import its payslips or its P45's final payslip."


def candidates(case: Case) -> Iterator[Proposal]:
    """The earlier job's pay and tax as the whole of the difference: in the basis' figures, or in the payslips'."""
    for pay, tax, facts in _carried(case):
        told = f"Pay of {sterling(pay)} and tax of {sterling(tax)} are of the job before, carried over by the P45."
        yield Candidate("previous_employment", pay, tax, told, facts, REMEDY, side="hmrc")
        first = case.slips[0]
        if first.pay > pay:
            yield Candidate("previous_employment", -pay, -tax, told, facts, REMEDY, {first.id: (-pay, -tax)})


def _carried(case: Case) -> Iterator[tuple[int, int, tuple[Fact, ...]]]:
    """What was carried over, each way of knowing it: the P60's own line, or another employer's year that ended before this one."""
    if not case.slips:
        return
    p60 = case.group.p60
    known: dict[tuple[int, int], list[Fact]] = {}
    if p60 is not None and p60.previous_pay and p60.previous_tax is not None:
        text = "The P60 prints these as pay and tax in previous employment."
        known.setdefault((known_pence(p60.previous_pay), known_pence(p60.previous_tax)), []).append(
            Fact("p60_previous", text)
        )
    for other in case.siblings:
        ended = bool(other.slips) and other.slips[-1].record.pay_date <= case.slips[0].record.pay_date
        for totals, whose in (
            (other.totals if ended else None, "the payslips of"),
            (_hmrc_totals(other), "HMRC's figures for"),
        ):
            if totals is not None and totals[0] > 0:
                known.setdefault(totals, []).append(
                    Fact("other_employer", f"They are {whose} {other.group.employer} in the same tax year.")
                )
    begun_pay, begun_tax = case.steps.opening
    began_here = not case.slips_of(case.tax_year.previous) and any(
        slot.day < case.slips[0].record.pay_date for slot in case.slots
    )
    if began_here and begun_pay is not None and begun_tax is not None and begun_pay >= max(1, usual_pay(case) or 0):
        known.setdefault((begun_pay, begun_tax), [])
    for (pay, tax), facts in known.items():
        opening = _opening(case, pay, tax)
        yield pay, tax, (*facts, *opening)


def _hmrc_totals(case: Case) -> tuple[int, int] | None:
    hmrc = case.group.hmrc
    return (
        None if hmrc is None or hmrc.pay is None or hmrc.tax is None else (known_pence(hmrc.pay), known_pence(hmrc.tax))
    )


def _opening(case: Case, pay: int, tax: int) -> list[Fact]:
    """Whether the first payslip's year-to-date figures hold just that much from before."""
    opening_pay, opening_tax = case.steps.opening
    if not near(opening_pay, pay) or not near(opening_tax, tax):
        return []
    first = day(case.slips[0].record.pay_date)
    return [Fact("ytd", f"The year-to-date figures of the first payslip ({first}) hold just that much from before it.")]


def across(cases: Sequence[Case], _: Callable[[Case], Closing | None]) -> Iterator[tuple[Case, Closing]]:
    """Rows that only HMRC has, whose pay and tax another employer's payslips or P60 carry over."""
    for case in cases:
        if case.slips or case.group.hmrc is None or case.gap is None:
            continue
        facts = [fact for other in case.siblings if other.slips for fact in _carried_by(other, *case.gap)]
        if facts:
            told = f"{case.group.employer} is the job before: its pay and tax were carried over by the P45, and its payslips are not here."
            yield case, Closing((Candidate("previous_employment", *case.gap, told, tuple(facts), IMPORT),), (0, 0))


def _carried_by(other: Case, pay: int, tax: int) -> list[Fact]:
    facts = [
        Fact("ytd", f"At {other.group.employer}: {fact.text[0].lower()}{fact.text[1:]}")
        for fact in _opening(other, pay, tax)
    ]
    p60 = other.group.p60
    if p60 and near(known_pence(p60.previous_pay), pay) and near(known_pence(p60.previous_tax), tax) and pay:
        facts.append(
            Fact(
                "p60_previous", f"The P60 of {other.group.employer} prints them as pay and tax in previous employment."
            )
        )
    return facts
