"""Payslips are missing: HMRC has more, and the calendar, the year-to-date figures or HMRC's payment table show where."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from daemon.reconcile.calendar import Slot, period_number
from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, listed, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.causes.wrong_tax_year import closes_both_years
from daemon.reconcile.slips import pence
from daemon.reconcile.support import near, usual_pay, ytd_denies_later_pay
from daemon.reconcile.ytd import STEP_TOLERANCE

REMEDY = "Find the payslip (your employer's portal, or ask payroll) and import it: hmrc-tui payslips import FILE."
_ALIKE = 0.1
"""How far, as a share, a missing payslip's pay may be outside of what the others pay (half as far again as they are apart)."""
_RATE_ALIKE = 0.05
"""How far its tax, as a share of its pay, may be outside of theirs."""


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
        yield Candidate(
            "missing_payslip", pay, tax, told, (*facts, *_like_others(case, payment.pay_date, pay, tax)), REMEDY
        )


Jump = tuple[int, int, int, tuple[Slot, ...]]
"""The number of the payslip after the gap, the pay and the tax by which its year-to-date figures jump, and the empty pay days before it."""


def _jumps(case: Case) -> Iterator[Jump]:
    """Year-to-date steps in pay and tax larger than the slip's own figures, where the calendar has room for a payslip."""
    for number, (pay, tax) in enumerate(zip(case.steps.pay, case.steps.tax, strict=True)):
        if pay is None or tax is None or pay <= STEP_TOLERANCE:
            continue
        after = case.slips[number - 1].record.pay_date if number else case.tax_year.begins
        until = case.slips[number].record.pay_date
        room = tuple(slot for slot in case.slots if after < slot.day < until or (not number and slot.day <= until))
        if any(slot.within for slot in room) or _skipped_periods(case, number):
            yield number, pay, tax, room
            continue
        # Before the first payslip of all the job may have begun at any pay day: it is the latest, or the two latest, or more.
        latest = (room[-length:] for length in range(1, len(room) + 1))
        alike = (each for each in latest if _surely_alike(_alike(case, [slot.day for slot in each], pay, tax), tax))
        if (begun := next(alike, None)) is not None:
            yield number, pay, tax, begun


def _skipped_periods(case: Case, number: int) -> bool:
    """Whether the period numbers printed on the payslips jump before payslip `number`."""
    later = period_number(case.slips[number].record.period)
    earlier = period_number(case.slips[number - 1].record.period) if number else 0
    return later is not None and earlier is not None and later - earlier > 1


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
    alike = _alike(case, days, pay, tax)
    return Candidate("missing_payslip", pay, tax, told, (*step, *_calendar(case, days), *numbers, *alike), REMEDY)


def _before(case: Case, number: int) -> str:
    return day(case.slips[number - 1].record.pay_date) if number else "the start of the tax year"


def _calendar(case: Case, days: Sequence[date]) -> list[Fact]:
    close = 0.4 * case.often.days
    empty = [each for each in days if any(abs((slot.day - each).days) <= close for slot in case.slots)]
    if not empty or len(empty) < len(days):
        return []
    return [
        Fact("calendar", f"Pay is {case.often.name}, and no payslip is near {listed([day(each) for each in empty])}.")
    ]


def _open_amounts(case: Case) -> Iterator[Proposal]:
    """Empty pay days whose amounts no figure tells: all of them together, and each one by itself."""
    known = case.steps.known
    slots = [slot for slot in case.slots if not known or _unknown_by_ytd(case, slot)]
    within = [slot for slot in slots if slot.within]
    edges = [slot for slot in slots if not slot.within]
    sets = [within, [*within, *edges]] if within else [edges]
    sets += [[slot] for slot in slots[:6]] if len(slots) > 1 else []
    sets += [list(pair) for pair in combinations(slots, 2)] if 2 < len(slots) <= 4 else []
    seen: set[tuple[date, ...]] = set()
    for chosen in sets:
        days = tuple(slot.day for slot in chosen)
        if days and days not in seen and _reaches_the_others(case, chosen):
            seen.add(days)
            proposal = _open(case, days, all(slot.within for slot in chosen))
            yield proposal
            if len(days) == 1 and (alike := proposal.fit(*_nearest(case, days[0]))) is not None:
                yield alike


def _reaches_the_others(case: Case, chosen: Sequence[Slot]) -> bool:
    """Whether pay days before the first payslip or after the last run up to it: a lone one beyond further empty ones says nothing."""
    first, last = case.slips[0].record.pay_date, case.slips[-1].record.pay_date
    edges = [slot.day for slot in chosen if not slot.within]
    early = min((when for when in edges if when < first), default=first)
    late = max((when for when in edges if when > last), default=last)
    between = [
        slot.day for slot in case.slots if not slot.within and (early <= slot.day < first or last < slot.day <= late)
    ]
    return set(between) <= set(edges)


def _nearest(case: Case, when: date) -> tuple[int, int]:
    """Pay and tax of the payslip nearest to a day: what a missing one most likely had, to be tried beside another cause."""
    slip = min(case.slips, key=lambda each: abs((each.record.pay_date - when).days))
    return slip.pay, slip.tax


def _unknown_by_ytd(case: Case, slot: Slot) -> bool:
    """Whether the year-to-date figures are silent about a pay day: the payslip after it prints none, or there is none after it."""
    following = next((number for number, slip in enumerate(case.slips) if slip.record.pay_date > slot.day), None)
    return following is None or case.steps.pay[following] is None or case.steps.tax[following] is None


def _open(case: Case, days: tuple[date, ...], within: bool) -> Open:
    def fit(pay: int, tax: int) -> Candidate | None:
        if pay <= 0:
            return None
        alike = _alike(case, days, pay, tax)
        if days[-1] > case.slips[-1].record.pay_date and ytd_denies_later_pay(case, pay):
            return None
        if not alike or (not within and not _surely_alike(alike, tax)):
            return None
        what = "The payslip" if len(days) == 1 else f"{len(days)} payslips"
        verb = "is" if len(days) == 1 else "are"
        told = f"{what} of about {listed([day(each) for each in days])} {verb} missing: pay {sterling(pay)}, tax {sterling(tax)}."
        return Candidate("missing_payslip", pay, tax, told, (*_calendar(case, days), *alike), REMEDY, alone=not within)

    return Open(fit)


def _alike(case: Case, days: Sequence[date], pay: int, tax: int) -> list[Fact]:
    return _like_others(case, days[0], pay, tax) if len(days) == 1 else _sizes(case, days, pay, tax)


def _surely_alike(alike: Sequence[Fact], tax: int) -> bool:
    """Whether amounts are so like the others' that a pay day before the first payslip, or after the last, can be believed.

    Without tax only the very same amounts can: that a code gives none on little pay is no evidence.
    """
    kinds = {fact.kind for fact in alike}
    return "same" in kinds or (bool(tax) and kinds >= {"paye", "size"})


def _like_others(case: Case, when: date, pay: int, tax: int) -> list[Fact]:
    """What one missing payslip's amounts have in common with the others: the same, or alike, or as the tax code has it.

    Nothing at all where the tax code, which the payslips before it follow, says otherwise.
    """
    facts: list[Fact] = []
    same = next((slip for slip in case.slips if slip.pay == pay and abs(slip.tax - tax) <= TAX_HINT), None)
    if same is not None:
        facts.append(Fact("same", f"The amounts are those of {day(same.record.pay_date)}."))
    else:
        facts += _sizes(case, [when], pay, tax)
    expected = case.expected_tax_on(when, pay)
    if near(expected, tax, TAX_HINT) and expected is not None:
        facts.append(
            Fact(
                "paye",
                f"The tax is what the tax code gives on that pay at that point of the year ({sterling(expected)}).",
            )
        )
    elif expected is not None and case.codes_hold_before(when):
        return []
    return facts


def _sizes(case: Case, days: Sequence[date], pay: int, tax: int) -> list[Fact]:
    """Whether pay and tax, by pay day, are of the size of the year's other payslips."""
    each_pay, rate = pay / max(1, len(days)), tax / pay
    usual = usual_pay(case) or 0
    others = [slip for slip in case.slips if usual < 2 * slip.pay < 3 * usual] or [
        slip for slip in case.slips if slip.pay > 0
    ]
    if not others:
        return []
    pays, rates = sorted(slip.pay for slip in others), [slip.tax / slip.pay for slip in others]
    reach = 0.5 * (pays[-1] - pays[0])
    if not pays[0] * (1 - _ALIKE) - reach <= each_pay <= pays[-1] * (1 + _ALIKE) + reach:
        return []
    if not min(rates) - _RATE_ALIKE <= rate <= max(rates) + _RATE_ALIKE:
        return []
    return [
        Fact(
            "size",
            f"Pay and tax are of the size of the other payslips ({sterling(pays[0])} to {sterling(pays[-1])}).",
        )
    ]
