"""Employee's National Insurance recomputed, by category letter and pay date (CA38, CWG2; thresholds NIM01206). Amounts are whole pence."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from daemon.reconcile.calendar import Frequency
from daemon.reconcile.constants import NiFigures, Threshold, ni_class, ni_figures, year_figures
from storage.tax_year import TaxYear


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one payment gives: earnings between the Primary Threshold and the Upper Earnings Limit, those above, and the contribution."""

    band: int
    above: int
    amount: int


def half_down(band: int, rate: int) -> int:
    """`rate` basis points of `band` pence, cut to a tenth of a penny, then rounded to the penny, a half going down."""
    pence, tenth = divmod(band * rate // 1000, 10)
    return pence + (tenth > 5)


def threshold(figures: Threshold, often: Frequency) -> int:
    """A threshold in pence for a pay period: of several weeks a fifty-second each, rounded up to the pound; of months, to the nearest."""
    if often.weeks == 1:
        return figures.weekly * 100
    if often.weeks:
        return -(-figures.annual * often.weeks // 52) * 100
    if often.months == 1:
        return figures.monthly * 100
    return (figures.annual * often.months * 2 + 12) // 24 * 100


@lru_cache(maxsize=4096)
def _thresholds(pay_date: date, often: Frequency) -> tuple[int, int, NiFigures] | None:
    figures = ni_figures(pay_date)
    return None if figures is None else (threshold(figures.primary, often), threshold(figures.upper, often), figures)


def band(nicable: int, pay_date: date, often: Frequency) -> int | None:
    """Earnings in pence between the Primary Threshold and the Upper Earnings Limit: what the National Insurance API adds up."""
    known = _thresholds(pay_date, often)
    return None if known is None else max(0, min(nicable, known[1]) - known[0])


def contribution(nicable: int, category: str, pay_date: date, often: Frequency) -> Contribution | None:
    """The contribution on `nicable` pence paid on `pay_date`; None where the letter or the year is not known."""
    known, kind = _thresholds(pay_date, often), ni_class(category, pay_date)
    if known is None or kind is None:
        return None
    primary, upper, figures = known
    between, above = max(0, min(nicable, upper) - primary), max(0, nicable - upper)
    return Contribution(between, above, half_down(between, figures.rates[kind]) + half_down(above, figures.above[kind]))


def director_contribution(nicable_to_date: int, category: str, tax_year: TaxYear) -> Contribution | None:
    """What a director owes on `nicable_to_date` pence so far in the year, by the annual method; this payment's part is the increase."""
    figures, kind = year_figures(tax_year), ni_class(category, tax_year.ends)
    if figures is None or kind is None:
        return None
    annual = figures.directors
    primary, upper = annual.primary.annual * 100, annual.upper.annual * 100
    between, above = max(0, min(nicable_to_date, upper) - primary), max(0, nicable_to_date - upper)
    return Contribution(between, above, half_down(between, annual.rates[kind]) + half_down(above, annual.above[kind]))
