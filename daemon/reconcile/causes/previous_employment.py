"""A job before this one in the same tax year: its pay, carried over by the P45, is in year-to-date figures or on a row of its own."""

from collections.abc import Callable, Iterator, Sequence

from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.causes.wrong_tax_year import closes_both_years
from daemon.reconcile.paye import period_tax
from daemon.reconcile.search import Closing
from daemon.reconcile.slips import known_pence, pence, taxable_beside
from daemon.reconcile.status import ROUNDING, within
from daemon.reconcile.support import near, paid_before_here, usual_pay
from daemon.reconcile.ytd import STEP_TOLERANCE
from storage.employers import employer_key

REMEDY = "Only pay in this employment counts. Keep the P45: the earlier pay belongs to the job before, under its own reference."
_OUTSIZE = 1.5
"""How many times the usual pay the first payslip must have for its tax to tell that other pay is in it."""
IMPORT = "Nothing is wrong with this employer. To compare the job before too, import its payslips or its P45's final payslip."


def candidates(case: Case) -> Iterator[Proposal]:
    """The earlier job's pay and tax as the whole of the difference: in the basis' figures, or in the payslips'."""
    for pay, tax, facts in _carried(case):
        told = f"Pay of {sterling(pay)} and tax of {sterling(tax)} are of the job before, carried over by the P45."
        opening = _opening(case, pay, tax)
        yield Candidate("previous_employment", pay, tax, told, (*facts, *opening), REMEDY, side="hmrc")
        first = case.slips[0]
        if first.pay > pay and not opening:  # what the year held before the payslip is not in the payslip's own pay
            yield Candidate("previous_employment", -pay, -tax, told, facts, REMEDY, {first.id: (-pay, -tax)})
    yield from _entered_as_a_payslip(case)
    if case.slips and not case.slips_of(case.tax_year.previous):
        yield Open(lambda pay, tax: _in_the_first(case, pay, tax))


def _entered_as_a_payslip(case: Case) -> Iterator[Candidate]:
    """A row before the first payslip that holds the P45's figures: the job before is not pay of this one."""
    if len(case.slips) < 2:
        return
    row, following = case.slips[:2]
    for (pay, tax), facts in _known(case).items():
        if not facts or not near(row.pay, pay) or not near(row.tax, tax):
            continue
        when = day(row.record.pay_date)
        told = f"The row of {when}, pay {sterling(pay)} and tax {sterling(tax)}, is the P45 of the job before and no payslip of this one."
        more = list(facts)
        if case.steps.printed[1][0] is not None and near(case.steps.pay[1], 0):
            more.append(Fact("ytd", f"The year-to-date pay of {day(following.record.pay_date)} goes on from it."))
        yield Candidate("previous_employment", -row.pay, -row.tax, told, tuple(more), REMEDY, removes=(row.id,))


def _in_the_first(case: Case, pay: int, tax: int) -> Candidate | None:
    """The first payslip's pay and tax as the year so far, the job before included: `pay` and `tax` are what it has too much, below nought.

    Its year-to-date figure must say so, and its pay be out of all proportion.
    """
    first = case.slips[0]
    own_pay, own_tax = first.pay + pay, first.tax + tax
    (printed_pay, printed_tax), usual = case.steps.printed[0], usual_pay(case, [0])
    if pay >= 0 or tax > 0 or own_pay <= 0 or not usual:
        return None
    if not near(printed_pay, first.pay) or (printed_tax is not None and not near(printed_tax, first.tax)):
        return None  # a first payslip that was misread is no job before
    facts = [
        Fact("ytd", f"Its pay, {sterling(first.pay)}, is what it prints as the year so far."),
        *_own_figures(case, own_pay, own_tax),
        *_of_one(case, own_pay, own_tax),
    ]
    kinds = {fact.kind for fact in facts}
    outsize = first.pay >= _OUTSIZE * usual
    if "basis" not in kinds and not (outsize and ("same" in kinds or (tax and "paye" in kinds))):
        return None
    when = day(first.record.pay_date)
    told = f"The first payslip ({when}) has {sterling(-pay)} of pay and {sterling(-tax)} of tax of the job before in it, carried over by the P45."
    return Candidate("previous_employment", pay, tax, told, tuple(facts), REMEDY, {first.id: (pay, tax)}, alone=True)


def _own_figures(case: Case, pay: int, tax: int) -> list[Fact]:
    """Whether the first payslip's other figures are those of a payslip of `pay` and `tax`: its gross and net pay; its tax code."""
    first, facts = case.slips[0].record, list[Fact]()
    pension = known_pence(first.pension_employee)
    gross = {known_pence(first.gross_pay) - less for less in (0, pension)}
    benefits = known_pence(first.payrolled_benefits)
    if first.gross_pay is not None and pay in gross | {each + benefits for each in gross}:
        facts.append(
            Fact("basis", f"Its gross pay is {sterling(known_pence(first.gross_pay))}, of this employment alone.")
        )
    code = case.codes[0]
    slip = case.slips[0]
    expected, whole = (
        None if code is None else period_tax(code, first.pay_date, case.often, each, 0, 0) for each in (pay, slip.pay)
    )
    if near(expected, tax) and not near(whole, slip.tax):
        text = f"What is left of its tax is what code {first.tax_code} gives on what is left of its pay."
        facts.append(Fact("paye", text))
    return facts


def _of_one(case: Case, pay: int, tax: int) -> list[Fact]:
    """Whether pay and tax are those of another payslip, or of the size of the others."""
    others = [slip for slip in case.slips[1:] if slip.pay == pay and near(slip.tax, tax, TAX_HINT)]
    if others:
        return [Fact("same", f"Without them it is like the payslip of {day(others[0].record.pay_date)}.")]
    usual = usual_pay(case, [0])
    if usual and 0.5 * usual <= pay <= 1.6 * usual:
        return [Fact("size", f"Without them its pay is {sterling(pay)}; the usual is {sterling(usual)}.")]
    return []


def carried_over(case: Case, pay: int, tax: int) -> bool:
    """Whether the P60's own line, or another employer's year, says that these amounts are of the job before."""
    return any(facts and near(known, pay) and near(taken, tax) for (known, taken), facts in _known(case).items())


def _carried(case: Case) -> Iterator[tuple[int, int, tuple[Fact, ...]]]:
    """What was carried over, with the facts that say so beside the first year-to-date figures; what these hold may need no other."""
    if not case.slips:
        return
    known = _known(case)
    begun_pay, begun_tax = case.steps.opening
    if begun_pay is not None and begun_tax is not None and _may_be_carried(case, begun_pay, begun_tax):
        known.setdefault((begun_pay, begun_tax), [])
    for (pay, tax), facts in known.items():
        yield pay, tax, tuple(facts)


def _may_be_carried(case: Case, pay: int, tax: int) -> bool:
    """Whether what the first year-to-date figures hold beside the first payslip can be a job's before: not a pay day's own pay,
    nor what the payslip itself was read without, nor what the neighbouring year's payslip tells.
    """
    first, usual, here = case.slips[0], usual_pay(case) or 0, paid_before_here(case, pay)
    bases = [pence(base) for base in (first.record.gross_pay, first.record.nicable_pay) if base is not None]
    misread = any(first.pay + pay in taxable_beside(first.record, base) for base in bases)
    if here is not None:
        enough = not here and pay > STEP_TOLERANCE
    elif _room_before(case):
        enough = pay >= max(1, usual) and all(slip.pay != pay for slip in case.slips)
    else:
        enough = tax > 0 and pay >= max(1, 2 * usual)
    return enough and not misread and begun_here(case) and not closes_both_years(case)


def begun_here(case: Case) -> bool:
    """Whether the job may have begun within the tax year: it has no payslip in the year before, or no pay day is empty before the first."""
    return not case.slips_of(case.tax_year.previous) or not _room_before(case)


def _room_before(case: Case) -> bool:
    """Whether any pay day before the first payslip is empty."""
    return any(slot.day < case.slips[0].record.pay_date for slot in case.slots)


def _known(case: Case) -> dict[tuple[int, int], list[Fact]]:
    """Pay and tax of a job before: by the P60's own line, or by another employer's year that ended before this one."""
    if not case.slips:
        return {}
    p60 = case.group.p60
    known: dict[tuple[int, int], list[Fact]] = {}
    if p60 is not None and p60.previous_pay and p60.previous_tax is not None:
        text = "The P60 prints these as pay and tax in previous employment."
        known.setdefault((known_pence(p60.previous_pay), known_pence(p60.previous_tax)), []).append(
            Fact("p60_previous", text)
        )
    for other in case.siblings:
        ended = bool(other.slips) and other.slips[-1].record.pay_date <= case.slips[0].record.pay_date
        if ended and other.group.hmrc is None and _one_name(case, other):
            continue  # not the job before, but this one under an older reference
        for totals, whose in (
            (other.totals if ended else None, "the payslips of"),
            (_hmrc_totals(other), "HMRC's figures for"),
        ):
            if totals is not None and totals[0] > 0:
                known.setdefault(totals, []).append(
                    Fact("other_employer", f"They are {whose} {other.group.employer} in the same tax year.")
                )
    return known


def _one_name(case: Case, other: Case) -> bool:
    return employer_key(case.group.employer) == employer_key(other.group.employer)


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
    facts = [
        Fact("ytd", f"The year-to-date figures of the first payslip ({first}) hold just that much from before it.")
    ]
    if paid_before_here(case, pay) is False:
        text = "Its other figures of the year to date begin with it: this employment paid nothing before."
        facts.append(Fact("begun", text))
    return facts


def across(cases: Sequence[Case], _: Callable[[Case], Closing | None]) -> Iterator[tuple[Case, Closing]]:
    """Rows that only HMRC has, whose pay and tax another employer's payslips or P60 carry over."""
    for case in cases:
        if case.slips or case.group.hmrc is None or case.gap is None or _namesake(case):
            continue
        facts = [fact for other in case.siblings if other.slips for fact in _carried_by(other, *case.gap)]
        if facts:
            told = f"{case.group.employer} is the job before: its pay and tax were carried over by the P45, and its payslips are not here."
            yield case, Closing((Candidate("previous_employment", *case.gap, told, tuple(facts), IMPORT),), (0, 0))


def _namesake(case: Case) -> bool:
    """Whether an employer of that name has its payslips here, and they agree: then HMRC has one employment twice."""
    name = employer_key(case.group.employer)
    return any(
        other.slips and employer_key(other.group.employer) == name and other.gap and within(other.gap, ROUNDING)
        for other in case.siblings
    )


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
