"""Payslips are missing: HMRC has more, and the calendar, the year-to-date figures or HMRC's payment table show where."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise

from daemon.reconcile.calendar import Slot, period_number
from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, listed, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.causes.previous_employment import carried_over
from daemon.reconcile.causes.wrong_tax_year import closes_both_years
from daemon.reconcile.likeness import alike, as_many, later_payslip, surely_alike
from daemon.reconcile.paye import period_tax
from daemon.reconcile.slips import Slip, pence, taxable_beside
from daemon.reconcile.support import carried_on, near, paid_before_here, usual_pay, ytd_denies_later_pay
from daemon.reconcile.ytd import STEP_TOLERANCE, follows

_EACH = 6
"""How many empty pay days are looked at each by itself."""
REMEDY = "Find the payslip (your employer's portal, or ask payroll) and import it: hmrc-tui payslips import FILE."


def candidates(case: Case) -> Iterator[Proposal]:
    """Amounts known from the payment table or from year-to-date steps; else an open amount for the empty pay days."""
    if not case.slips or closes_both_years(case):
        return
    yield from _from_payments(case)
    jumps = tuple(_jumps(case))
    for jump in jumps:
        yield _from_jumps(case, [jump])
    if len(jumps) > 1:
        yield _from_jumps(case, jumps)
    yield from _open_amounts(case)


def _from_payments(case: Case) -> Iterator[Candidate]:
    """Lines of HMRC's payment table on days without a payslip."""
    within = 0.4 * case.often.days
    paid = [slip.record.pay_date for slip in case.slips]
    for payment in case.group.payments:
        if any(abs((payment.pay_date - other).days) <= within for other in paid):
            continue
        pay, tax = pence(payment.taxable_pay), pence(payment.income_tax)
        told = f"The payslip of {day(payment.pay_date)} is missing: pay {sterling(pay)}, tax {sterling(tax)}."
        facts = [Fact("payments", "HMRC's payment table lists this payment."), *_calendar(case, [payment.pay_date])]
        facts += alike(case, [payment.pay_date], pay, tax)
        yield Candidate("missing_payslip", pay, tax, told, tuple(facts), REMEDY, fills=(payment.pay_date,))


Jump = tuple[int, int, int, tuple[Slot, ...]]
"""The number of the payslip after the gap, the pay and the tax by which its year-to-date figures jump, and the empty pay days before it."""


def _jumps(case: Case) -> Iterator[Jump]:
    """Year-to-date steps in pay and tax larger than the slip's own figures, where the calendar has room for a payslip."""
    for number, (pay, tax) in enumerate(zip(case.steps.pay, case.steps.tax, strict=True)):
        if pay is None or tax is None or pay <= STEP_TOLERANCE:
            continue
        here = None if number else paid_before_here(case, pay)
        if here is False:
            continue  # it is of a job before
        if (
            not here
            and abs(tax) <= STEP_TOLERANCE
            and (all(slip.tax for slip in case.slips) or _lacks_its_own(case.slips[number], pay))
        ):
            continue  # pay without tax is no payslip's where every other bears some, nor where the payslip's own gross pay has it
        after = case.slips[number - 1].record.pay_date if number else case.tax_year.begins
        until = case.slips[number].record.pay_date
        room = tuple(slot for slot in case.slots if after < slot.day < until or (not number and slot.day <= until))
        irregular = not case.regular and number > 0 and tax > STEP_TOLERANCE
        if (
            irregular
            or any(slot.within for slot in room)
            or _skipped_periods(case, number)
            or _between_pay_days(case, number, pay, tax)
        ):
            yield number, pay, tax, room
            continue
        if number or carried_over(case, pay, tax):
            continue
        if begun := _begun(case, room, pay, tax) or (room[-1:] if here else ()):
            yield number, pay, tax, begun


def _between_pay_days(case: Case, number: int, pay: int, tax: int) -> bool:
    """Whether something was paid between two pay days, a bonus say: the year to date has it, taxed, and the payslips around it are right as they are."""
    around = case.residuals[number - 1 : number + 1]
    others = all(follows(step) for place, step in enumerate(case.steps.pay) if place != number)
    return bool(number) and tax > 0 and 0.05 * pay < tax < 0.6 * pay and others and not any(around)


def _begun(case: Case, room: tuple[Slot, ...], pay: int, tax: int) -> tuple[Slot, ...]:
    """The pay days before the first payslip that a jump fills: the job may have begun at any of them, so the latest, or the two latest, or more."""
    for length in range(1, len(room) + 1):
        latest = room[-length:]
        fills = _one_begun(case, latest[0].day, pay, tax) if length == 1 else as_many(case, length, pay, tax)
        if fills:
            return () if _first_bears_its_own_tax(case, pay, tax) else latest
    return ()


def _one_begun(case: Case, when: date, pay: int, tax: int) -> bool:
    """Whether a jump before the first payslip is one payslip's, by its size; not if it bears no tax where the others do,
    nor if the first payslip's own gross pay has it.
    """
    taxed = tax > 0 or any(not slip.tax for slip in case.slips[:3])
    # Of the very same pay the first payslip may have borne other tax, on an emergency code.
    the_same = 0 < tax < pay // 2 and any(slip.pay == pay for slip in case.slips)
    like = the_same or bool({fact.kind for fact in alike(case, [when], pay, tax)} & {"same", "size", "extra"})
    return taxed and like and not _lacks_its_own(case.slips[0], pay)


def _lacks_its_own(slip: Slip, pay: int) -> bool:
    """Whether a payslip's own gross pay has `pay` pence that the pay counted has not: then the payslip was misread."""
    gross = slip.record.gross_pay
    return gross is not None and slip.pay + pay in taxable_beside(slip.record, pence(gross))


def _first_bears_its_own_tax(case: Case, pay: int, tax: int) -> bool:
    """Whether the first payslip bears the tax of its cumulative code as the first of the year, and not with `pay` and `tax` before it."""
    first, code = case.slips[0], case.codes[0]
    if code is None or not code.cumulative:
        return False
    alone, after = (
        period_tax(code, first.record.pay_date, case.often, first.pay, before, taken)
        for before, taken in ((0, 0), (pay, tax))
    )
    return near(alone, first.tax) and not near(after, first.tax, TAX_HINT)


def _skipped_periods(case: Case, number: int) -> bool:
    """Whether the period numbers printed on the payslips jump before payslip `number`. Before the first they may: a job begins in any period."""
    if not number:
        return False
    numbers = [period_number(slip.record.period) for slip in case.slips]
    earlier, later = numbers[number - 1], numbers[number]
    # Weeks are numbered one by one also where pay is every second or fourth week.
    if later is None or earlier is None or later - earlier < 2:
        return False
    steps = {later - earlier for earlier, later in pairwise(numbers) if earlier is not None and later is not None}
    return later - earlier > min((step for step in steps if step > 0), default=1)


def _from_jumps(case: Case, jumps: Sequence[Jump]) -> Candidate:
    pay, tax = sum(jump[1] for jump in jumps), sum(jump[2] for jump in jumps)
    days = [slot.day for jump in jumps for slot in jump[3]]
    places = [f"between {_before(case, number)} and {day(case.slips[number].record.pay_date)}" for number, *_ in jumps]
    what = "A payslip is" if len(jumps) == 1 and len(days) < 2 else f"{max(len(days), len(jumps))} payslips are"
    told = f"{what} missing {listed(places)}: pay {sterling(pay)}, tax {sterling(tax)}."
    step = [
        Fact("ytd", f"The year-to-date pay jumps by {sterling(pay)} more than was paid."),
        Fact("ytd_tax", f"The year-to-date tax jumps by {sterling(tax)} more than was taken."),
    ]
    numbers = (
        [Fact("period", "The period numbers skip there.")]
        if all(_skipped_periods(case, number) for number, *_ in jumps)
        else []
    )
    like = alike(case, days, pay, tax)
    if any(not number and paid_before_here(case, before) for number, before, *_ in jumps):
        text = "National Insurance of the year to date is of more than the first payslip too, and no P45 carries that over."
        step.append(Fact("ytd_insurance", text))
    facts = (*step, *_calendar(case, days), *numbers, *like)
    return Candidate("missing_payslip", pay, tax, told, facts, REMEDY, fills=tuple(days))


def _before(case: Case, number: int) -> str:
    return day(case.slips[number - 1].record.pay_date) if number else "the start of the tax year"


def _calendar(case: Case, days: Sequence[date]) -> list[Fact]:
    close = 0.4 * case.often.days
    empty = [each for each in days if any(abs((slot.day - each).days) <= close for slot in case.slots)]
    if not empty or len(empty) < len(days) or not case.regular:
        return []
    return [
        Fact("calendar", f"Pay is {case.often.name}, and no payslip is near {listed([day(each) for each in empty])}.")
    ]


def _open_amounts(case: Case) -> Iterator[Proposal]:
    """Empty pay days whose amounts no figure tells: all of them together, and each one by itself."""
    if not case.regular:
        return
    known = case.steps.known
    slots = [slot for slot in case.slots if not known or _unknown_by_ytd(case, slot)]
    seen: set[tuple[date, ...]] = set()
    for chosen in _sets(case, slots):
        days = tuple(slot.day for slot in chosen)
        if days and days not in seen:
            seen.add(days)
            proposal = _open(case, days, all(slot.within for slot in chosen))
            yield proposal
            for pay, tax in _likely(case, days[0]) if len(days) == 1 else ():
                if (like := proposal.fit(pay, tax)) is not None:
                    yield like


def _sets(case: Case, slots: Sequence[Slot]) -> Iterator[Sequence[Slot]]:
    """Empty pay days that may be missing together: those between payslips, all, each, each two; and those next to the first or the last payslip.

    Beyond the ends of the payslips they run up to them: a lone one beyond further empty ones says nothing.
    """
    within = [slot for slot in slots if slot.within]
    first = case.slips[0].record.pay_date
    before = [slot for slot in slots if not slot.within and slot.day < first]
    after = [slot for slot in slots if not slot.within and slot.day > first]
    runs = [before, after, *(before[-length:] for length in (1, 2)), *(after[:length] for length in (1, 2))]
    yield within
    yield slots
    yield from runs
    yield from ([slot] for slot in within[:_EACH])
    if len(within) <= 4:
        yield from combinations(within, 2)
        yield from (sorted([slot, *run], key=lambda each: each.day) for slot in within for run in runs if len(run) == 1)


def _likely(case: Case, when: date) -> Iterator[tuple[int, int]]:
    """Pay and tax that a missing payslip most likely had, to be tried beside another cause: those of the payslips around it,
    of the usual one, and what the tax code gives on the usual pay.
    """
    place = bisect_left([slip.record.pay_date for slip in case.slips], when)
    around = [(slip.pay, slip.tax) for slip in case.slips[max(0, place - 2) : place + 2]]
    usual = usual_pay(case) or 0
    taxes = {slip.tax for slip in case.slips if slip.pay == usual}
    expected = case.expected_tax_on(when, usual)
    likely = [*around, *((usual, tax) for tax in sorted(taxes)[:_EACH])]
    if expected is not None:
        likely.append((usual, expected))
    yield from dict.fromkeys(likely)


def _unknown_by_ytd(case: Case, slot: Slot) -> bool:
    """Whether the year-to-date figures are silent about a pay day: the payslip after it prints none, or there is none after it."""
    following = next((number for number, slip in enumerate(case.slips) if slip.record.pay_date > slot.day), None)
    return following is None or case.steps.pay[following] is None or case.steps.tax[following] is None


def _open(case: Case, days: tuple[date, ...], within: bool) -> Open:
    def fit(pay: int, tax: int) -> Candidate | None:
        if pay <= 0:
            return None
        begins = days[0] < case.slips[0].record.pay_date
        if begins and (carried_over(case, pay, tax) or paid_before_here(case, pay) is False):
            return None
        like = alike(case, days, pay, tax)
        if days[-1] > case.slips[-1].record.pay_date and (ytd_denies_later_pay(case, pay) or carried_on(case)):
            return None
        if not like or (not within and not surely_alike(like, tax)):
            return None
        later = later_payslip(case, days, pay, tax)
        if later is False:
            return None
        if later:
            text = "The tax of the payslip after it is what its code gives only with this pay and tax before it."
            like = [*like, Fact("later", text)]
        what = "The payslip" if len(days) == 1 else f"{len(days)} payslips"
        verb = "is" if len(days) == 1 else "are"
        told = f"{what} of about {listed([day(each) for each in days])} {verb} missing: pay {sterling(pay)}, tax {sterling(tax)}."
        facts = (*_calendar(case, days), *like)
        return Candidate("missing_payslip", pay, tax, told, facts, REMEDY, fills=days, alone=not within)

    return Open(fit)
