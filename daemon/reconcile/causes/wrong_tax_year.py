"""A payslip counts in the neighbouring tax year: paid around 5 April, its printed date is not the one that the employer reported."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from daemon.reconcile.calendar import period_number, slots_between
from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, sterling, weight
from daemon.reconcile.case import Case, money
from daemon.reconcile.model import Cause
from daemon.reconcile.slips import Slip, known_pence, pence
from daemon.reconcile.status import apart, within
from daemon.reconcile.support import near
from storage.records import TaxYear
from storage.tax_year import tax_month

REMEDY = "Check the payment date with the employer: the tax year goes by it. If the payslip's date is wrong, correct it and import again."
_AROUND = 14
"""How many days before or after 5 April a payslip may be and still be reported in the other tax year."""


def candidates(case: Case) -> Iterator[Proposal]:
    """Payslips of the neighbouring years that HMRC counts here, and payslips of this year that HMRC counts there."""
    for years in (-1, 1):
        border = case.tax_year.begins if years < 0 else case.tax_year.next.begins
        here = [slip for slip in case.slips if _near(slip, border)]
        there = [slip for slip in case.slips_of(TaxYear(case.tax_year.start + years)) if _near(slip, border)]
        for slip, sign in (*((slip, -1) for slip in here), *((slip, 1) for slip in there)):
            if not _other_year_denies(case, years):
                yield _candidate(case, slip, years, sign)


def _near(slip: Slip, border: date) -> bool:
    return abs((slip.record.pay_date - border).days) <= _AROUND


def _candidate(case: Case, slip: Slip, years: int, sign: int) -> Candidate:
    other = TaxYear(case.tax_year.start + years)
    counted, printed = (case.tax_year, other) if sign > 0 else (other, case.tax_year)
    facts = (*_border(slip), *_told(case, slip, years, sign))
    told = (
        f"The payslip of {day(slip.record.pay_date)} (pay {sterling(slip.pay)}, tax {sterling(slip.tax)}) "
        f"falls in {printed} by its date; HMRC counts it in {counted}."
    )
    ours, theirs = ((), (slip.id,)) if sign > 0 else ((slip.id,), ())
    return Candidate(
        "wrong_tax_year",
        sign * slip.pay,
        sign * slip.tax,
        told,
        facts,
        REMEDY,
        removes=ours,
        elsewhere=theirs,
        alone=weight(facts) < 2,
    )


def _border(slip: Slip) -> list[Fact]:
    when = slip.record.pay_date
    return (
        [Fact("border", f"It is dated {day(when)}, within days of the end of the tax year.")]
        if when.month == 4 and when.day <= 10
        else []
    )


def _told(case: Case, slip: Slip, years: int, sign: int) -> list[Fact]:
    """What besides its date tells that the payslip belongs to the other year."""
    counted = case.tax_year if sign > 0 else TaxYear(case.tax_year.start + years)
    return [
        *_period(slip, counted),
        *_pay_day(case, slip, counted),
        *_year_to_date(case, slip, counted),
        *_other_year(case, slip, years, sign),
    ]


def _period(slip: Slip, counted: TaxYear) -> list[Fact]:
    """Whether the period number that it prints belongs to the other year."""
    number = period_number(slip.record.period)
    if number is None or number == tax_month(slip.record.pay_date):
        return []
    last_of_year = counted < slip.record.tax_year
    fits = number in {12, 52, 53} if last_of_year else number == 1
    return [Fact("period", f"It prints period {slip.record.period}, which belongs to {counted}.")] if fits else []


def _pay_day(case: Case, slip: Slip, counted: TaxYear) -> list[Fact]:
    """Whether the pay day that it stands for is of the other year: without it the calendar lacks that one day, and none of its own year."""
    days, paid = case.pay_dates, slip.record.pay_date
    first, after = bisect_left(days, paid), bisect_right(days, paid)
    before = first - 1 if after - first < 2 else first  # another payslip of that very day stands before it
    if before < 0 or after == len(days):
        return []
    earlier, later = days[before], days[after]
    years = {counted, slip.record.tax_year}
    lacking = [due for due in slots_between(earlier, later, case.often) if TaxYear.containing(due) in years]
    if len(lacking) != 1 or TaxYear.containing(lacking[0]) != counted:
        return []
    told = f"Between {day(earlier)} and {day(later)} one {case.often.name} pay day is due, about {day(lacking[0])}: of {counted}."
    return [Fact("calendar", told)]


def _year_to_date(case: Case, slip: Slip, counted: TaxYear) -> list[Fact]:
    """Whether its year-to-date pay begins anew (it is the first of a year), or goes on from the year before."""
    if slip.record.ytd_taxable is None:
        return []
    ytd, of_year = known_pence(slip.record.ytd_taxable), slip.record.tax_year
    if counted > of_year:
        return (
            [Fact("ytd", "Its year-to-date pay begins with it: it is the first of a tax year.")]
            if near(ytd, slip.pay)
            else []
        )
    before = case.slips_of(counted)
    if (
        before
        and before[-1].record.ytd_taxable is not None
        and near(ytd, known_pence(before[-1].record.ytd_taxable) + slip.pay)
    ):
        return [Fact("ytd", f"Its year-to-date pay goes on from {day(before[-1].record.pay_date)}.")]
    return []


def _other_year_denies(case: Case, years: int) -> bool:
    """Whether the neighbouring year agrees as it is: then no payslip belongs to the other year."""
    neighbour = case.neighbour(years)
    return neighbour is not None and neighbour.gap is not None and within(neighbour.gap, case.tolerance)


def closes_both_years(case: Case) -> bool:
    """Whether one payslip of a neighbouring year, paid near the border, is what this year lacks and that year has too much.

    Then nothing is missing: one cause for two years is a likelier story than one for each.
    """
    for years in (-1, 1):
        border = case.tax_year.begins if years < 0 else case.tax_year.next.begins
        there = case.slips_of(TaxYear(case.tax_year.start + years))
        lacking = [slip for slip in there if case.gap and within(apart(case.gap, (slip.pay, slip.tax)), case.tolerance)]
        for slip in lacking:
            if not _near(slip, border) or _other_year_denies(case, years):
                continue
            # The other year may be out by more than the payslip alone, if no pay day is empty but perhaps that one's.
            reach, paid = 0.6 * case.often.days, slip.record.pay_date
            elsewhere = any(slot.within and abs((slot.day - paid).days) > reach for slot in case.slots)
            if not elsewhere or _told(case, slip, years, 1):
                return True
    return False


def _other_year(case: Case, slip: Slip, years: int, sign: int) -> list[Fact]:
    """Whether the neighbouring year is out by the opposite amount."""
    neighbour = case.neighbour(years)
    if neighbour is None or neighbour.gap is None:
        return []
    pay, tax = neighbour.gap
    if not near(pay, -sign * slip.pay, case.tolerance) or not near(tax, -sign * slip.tax, case.tolerance):
        return []
    other = neighbour.tax_year
    facts = [Fact("other_year", f"{other} is out by the opposite amount in pay: the one payslip closes both years.")]
    if slip.tax:
        facts.append(Fact("other_year_tax", f"{other} is out by the opposite amount in tax."))
    return facts


def counted_there(
    case: Case, causes: Sequence[Cause], found: Mapping[tuple[TaxYear, str], tuple[Cause, ...]]
) -> Iterator[tuple[Case, tuple[Cause, ...]]]:
    """The neighbouring years that lack just what `causes` move out of this one, with their causes as they are then.

    Such a year has nothing but that amiss, though the payslip as it was read does not say it; or it has `found` the payslip
    missing beside another cause.
    """
    for cause in causes:
        if cause.cause != "wrong_tax_year" or cause.pay >= 0:
            continue
        paid = next((slip.record.pay_date for slip in case.slips if slip.id in cause.payslip_ids), None)
        if paid is None:
            continue
        other = case.neighbour(-1 if (paid - case.tax_year.begins).days <= _AROUND else 1)
        if other is None or other.gap is None:
            continue
        moved = (-pence(cause.pay), -pence(cause.tax))
        theirs = found.get((other.tax_year, other.group.key), ())
        beside = "" if len(causes) < 2 else ", beside what else is amiss there"
        text = f"{case.tax_year} has just that too much{beside}: the one payslip closes both years."
        here = replace(cause, evidence=(cause.evidence[0], text), facts=1)
        alone = {each.cause for each in theirs} <= {"missing_payslip"}
        if alone and len(causes) > 1 and within(apart(other.gap, moved), case.tolerance):
            yield other, (replace(here, pay=money(other.gap[0]), tax=money(other.gap[1])),)
        elif len(theirs) > 1 and not _told_already(theirs) and not _missing_within(other, moved[0]):
            yield other, tuple(_instead(each, here, moved, case.tolerance) for each in theirs)


def _told_already(causes: Sequence[Cause]) -> bool:
    """Whether a payslip of another year is told of by itself, or more than one is missing, of which any could be the one."""
    names = [each.cause for each in causes]
    return "wrong_tax_year" in names or names.count("missing_payslip") > 1


def _instead(cause: Cause, here: Cause, moved: tuple[int, int], tolerance: int) -> Cause:
    """The payslip of the other year instead of a missing one of its amounts; any other cause as it is."""
    same = within(apart((pence(cause.pay), pence(cause.tax)), moved), tolerance)
    return replace(here, pay=cause.pay, tax=cause.tax) if cause.cause == "missing_payslip" and same else cause


def _missing_within(case: Case, pay: int) -> bool:
    """Whether a payslip of `pay` pence is missing between payslips of the year: the year to date jumps by it, or a pay day is empty there."""
    if not case.slips:
        return False
    first, last = case.slips[0].record.pay_date, case.slips[-1].record.pay_date
    empty = any(slot.within and first < slot.day < last for slot in case.slots)
    return empty or any(near(step, pay) for step in case.steps.pay[1:])
