"""Pay calendars: how often somebody is paid, which pay days a stretch of time should hold, and which of them have no payslip."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median

from storage.tax_year import TaxYear, tax_month, tax_week


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often pay is paid: `weeks` or `months` apart, one of them 0."""

    name: str
    weeks: int
    months: int

    @property
    def days(self) -> float:
        """Days between two pay days, on average."""
        return self.weeks * 7.0 if self.weeks else self.months * 30.4375

    @property
    def per_year(self) -> int:
        """Pay days in a year, as thresholds divide it."""
        return 52 // self.weeks if self.weeks else 12 // self.months

    def period(self, pay_date: date) -> int:
        """The tax week or month up to which tax free pay counts on `pay_date`: the last of the pay period in which it falls."""
        number, length = (tax_week(pay_date), self.weeks) if self.weeks else (tax_month(pay_date), self.months)
        return -(-number // length) * length

    def beyond_year(self, pay_date: date) -> bool:
        """Whether `pay_date` is a 53rd week's pay day (54th, 56th), taxed by itself."""
        last_days = pay_date.month == 4 and pay_date.day in {4, 5}
        return last_days and bool(self.weeks) and tax_week(pay_date) > 52


WEEKLY = Frequency("weekly", 1, 0)
FORTNIGHTLY = Frequency("fortnightly", 2, 0)
FOUR_WEEKLY = Frequency("four-weekly", 4, 0)
MONTHLY = Frequency("monthly", 0, 1)
QUARTERLY = Frequency("quarterly", 0, 3)
HALF_YEARLY = Frequency("half-yearly", 0, 6)
YEARLY = Frequency("yearly", 0, 12)
FREQUENCIES = (WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, QUARTERLY, HALF_YEARLY, YEARLY)

_MOVED = 5
"""By how many days a monthly pay day is moved about a weekend at most, months being of different length."""
_MOST_AT_CHANGE = 45
"""How many days may be between two pay days where pay became monthly, or was monthly until then."""
_NUMBER_IN_PERIOD = re.compile(
    r"(?:tax\s+)?(?:month|mth|m|week|wk|w|period|p)?\.?\s*(?:no\.?\s*)?(?P<number>\d{1,2})", re.IGNORECASE
)


def frequency(pay_dates: Sequence[date], periods: Sequence[str | None] = ()) -> Frequency:
    """How often pay was paid, by the usual gap between `pay_dates` (in order); else by what the periods are called; else monthly."""
    gaps = [gap for earlier, later in pairwise(pay_dates) if (gap := (later - earlier).days) > 3]
    if gaps:
        usual = _usual(gaps)
        if usual >= 26 and usual < 45:
            four_weekly = len(gaps) > 1 and sum(gap % 28 == 0 for gap in gaps) > 0.8 * len(gaps)
            return FOUR_WEEKLY if four_weekly else MONTHLY
        return min(FREQUENCIES, key=lambda each: abs(each.days - usual) / each.days)
    if any("w" in (period or "").lower() for period in periods):
        return WEEKLY
    return MONTHLY


def _usual(gaps: Sequence[int]) -> float:
    """The usual gap in days: the middle one, but where pay days are missing the shortest of which the others are multiples."""
    middle, shortest = median(gaps), min(gaps)
    alike = [gap for gap in gaps if abs(gap - shortest) <= 3]
    multiples = all(abs(gap / shortest - round(gap / shortest)) <= 0.12 for gap in gaps)
    few = len(gaps) < 6 and middle > 1.5 * shortest
    return median(alike) if few and multiples else middle


def period_number(period: str | None) -> int | None:
    """The number in a period such as `Month 5`, `M5`, `W12` or `5`; None where it says something else."""
    match = _NUMBER_IN_PERIOD.fullmatch((period or "").strip())
    return int(match["number"]) if match else None


@dataclass(frozen=True, slots=True)
class Slot:
    """A pay day that the calendar expects and no payslip fills. `within`: payslips stand on both sides of it."""

    day: date
    within: bool


def empty_slots(timeline: Sequence[date], tax_year: TaxYear, often: Frequency, today: date) -> tuple[Slot, ...]:
    """The pay days in `tax_year` without a payslip, given every pay date of the employer in order, of the neighbouring years too.

    Between two payslips a gap of k periods holds k − 1 slots, but for stretches in which pay was monthly. Before the first and after the last slip slots are counted on
    from them to the ends of the year (no later than `today`); these are `within` False: the job may have begun or ended.
    """
    if not timeline:
        return ()
    found: list[Slot] = []
    begins, ends = tax_year.begins, tax_year.ends
    rhythms = _rhythms(timeline, often)
    for (earlier, later), rhythm in zip(pairwise(timeline), rhythms, strict=True):
        if rhythm is not None and later >= begins and earlier <= ends:
            found += [Slot(day, within=True) for day in slots_between(earlier, later, rhythm) if begins <= day <= ends]
    at_first, at_last = (rhythms[0] or often, rhythms[-1] or often) if rhythms else (often, often)
    back = _step(timeline[0], at_first, -1)
    while back >= begins:
        if back <= ends:
            found.append(Slot(back, within=False))
        back = _step(back, at_first, -1)
    ahead = _step(timeline[-1], at_last, 1)
    while ahead <= min(ends, today):
        if ahead >= begins:
            found.append(Slot(ahead, within=False))
        ahead = _step(ahead, at_last, 1)
    return tuple(sorted(found, key=lambda slot: slot.day))


def _rhythms(timeline: Sequence[date], often: Frequency) -> list[Frequency | None]:
    """How often pay was paid in each gap: monthly where it was so before it became weekly, or since; None where the change falls.

    Monthly are gaps of one and more months, two at least in a row, that are not all of whole weeks.
    """
    gaps = [(later - earlier).days for earlier, later in pairwise(timeline)]
    found: list[Frequency | None] = [often] * len(gaps)
    if often.weeks not in {1, 2}:
        return found
    for of_months, run in groupby(range(len(gaps)), key=lambda number: _of_months(gaps[number])):
        numbers = list(run)
        if of_months and len(numbers) > 1 and any(gaps[number] % 7 for number in numbers):
            for number in (numbers[0] - 1, numbers[-1] + 1):
                if 0 <= number < len(gaps) and gaps[number] <= _MOST_AT_CHANGE:
                    found[number] = None
            found[numbers[0] : numbers[-1] + 1] = [MONTHLY] * len(numbers)
    return found


def _of_months(gap: int) -> bool:
    """Whether so many days are whole months, but for a pay day moved about a weekend."""
    months = round(gap / MONTHLY.days)
    return months > 0 and abs(gap - months * MONTHLY.days) <= _MOVED


def slots_between(earlier: date, later: date, often: Frequency) -> Iterator[date]:
    """The pay days due between two payslips that stand next to each other."""
    periods = round((later - earlier).days / often.days)
    return _between(earlier, later, periods, often) if periods > 1 else iter(())


def _between(earlier: date, later: date, periods: int, often: Frequency) -> Iterator[date]:
    """The pay days between two that are some periods apart: counted on from the earlier where that leads to the later, else evenly spread."""
    leads = abs((_step(earlier, often, periods) - later).days) <= 1
    for number in range(1, periods):
        evenly = earlier + timedelta(days=(later - earlier).days * number / periods)
        yield _step(earlier, often, number) if leads else evenly


def _step(day: date, often: Frequency, periods: int) -> date:
    if often.weeks:
        return day + timedelta(weeks=often.weeks * periods)
    month = day.year * 12 + day.month - 1 + often.months * periods
    for last in (day.day, 30, 29, 28):
        try:
            return date(month // 12, month % 12 + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
