"""Student and postgraduate loan deductions recomputed (SL3). Amounts are whole pence; a deduction is whole pounds."""

from collections.abc import Collection

from daemon.reconcile.calendar import Frequency
from daemon.reconcile.constants import year_figures
from storage.tax_year import TaxYear

PLANS = ("plan1", "plan2", "plan4", "plan5")


def period_threshold(annual: int, often: Frequency) -> int:
    """`annual` pounds divided by the pay periods of the year, in pence, cut to the penny."""
    share, periods = (often.weeks, 52) if often.weeks else (often.months, 12)
    return annual * 100 * share // periods


def deduction(nicable: int, plans: Collection[str], tax_year: TaxYear, often: Frequency) -> int | None:
    """The deduction in pence for one period on `nicable` pence; of several undergraduate plans the lowest threshold counts.

    `plans` is of `PLANS`, or `postgrad` alone, which is a loan by itself. None where a plan has no threshold in the year.
    """
    figures = year_figures(tax_year)
    if figures is None or not plans or any(plan not in figures.student_loan for plan in plans):
        return None
    lowest = min(figures.student_loan[plan] for plan in plans)
    percent = 6 if "postgrad" in plans else 9
    return max(0, (nicable - period_threshold(lowest, often)) * percent // 10_000) * 100
