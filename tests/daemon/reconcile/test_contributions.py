"""National Insurance and loans recomputed: the worked examples, the published thresholds, and 10,000 random payslips restated."""

from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, Decimal
from random import Random

import pytest

from daemon.reconcile.calendar import FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, QUARTERLY, WEEKLY, YEARLY, Frequency
from daemon.reconcile.constants import ni_class, ni_figures, year_figures
from daemon.reconcile.national_insurance import contribution, director_contribution, half_down, threshold
from daemon.reconcile.student_loan import deduction, period_threshold
from storage.records import TaxYear

MAY = date(2024, 5, 26)


def amount(nicable: int, category: str, day: date, often: Frequency = MONTHLY) -> int:
    found = contribution(nicable, category, day, often)
    assert found is not None
    return found.amount


def test_the_worked_example_comes_out_to_the_penny() -> None:
    found = contribution(300_000, "A", date(2024, 4, 26), MONTHLY)
    assert found is not None
    assert (found.band, found.above, found.amount) == (1952_00, 0, 156_16)
    assert 12 * found.band == 23_424_00
    assert 12 * found.amount == 1_873_92


def test_the_primary_threshold_rose_on_6_july_2022() -> None:
    before, after = (ni_figures(day) for day in (date(2022, 7, 5), date(2022, 7, 6)))
    assert before is not None
    assert after is not None
    assert (before.primary.monthly, after.primary.monthly) == (823, 1048)
    assert amount(200_000, "A", date(2022, 7, 5)) - amount(200_000, "A", date(2022, 7, 6)) == 29_81


@pytest.mark.parametrize(
    ("day", "main", "above"),
    [
        (date(2022, 11, 5), 1325, 325),
        (date(2022, 11, 6), 1200, 200),
        (date(2024, 1, 5), 1200, 200),
        (date(2024, 1, 6), 1000, 200),
        (date(2024, 4, 6), 800, 200),
    ],
)
def test_the_rates_are_those_of_the_pay_date(day: date, main: int, above: int) -> None:
    figures = ni_figures(day)
    assert figures is not None
    assert (figures.rates["standard"], figures.above["standard"]) == (main, above)


def test_categories_pay_by_their_class_and_only_where_they_exist() -> None:
    assert [amount(500_000, letter, MAY) for letter in "ABJC"] == [267_50, 74_33, 79_04, 0]
    assert ni_class("V", date(2022, 4, 5)) is None
    assert ni_class("V", date(2022, 4, 6)) == "standard"
    assert ni_class("N", date(2024, 4, 5)) is None
    assert ni_class("K", date(2024, 4, 6)) == "nil"
    assert contribution(500_000, "?", MAY, MONTHLY) is None
    assert contribution(500_000, "AB", MAY, MONTHLY) is None


def test_half_a_penny_is_rounded_down_and_more_is_rounded_up() -> None:
    assert half_down(100, 1250) == 12
    assert half_down(100, 1251) == 12
    assert half_down(100, 1260) == 13


@pytest.mark.parametrize(
    ("often", "primary", "upper"),
    [
        (WEEKLY, 242, 967),
        (FORTNIGHTLY, 484, 1934),
        (FOUR_WEEKLY, 967, 3867),
        (MONTHLY, 1048, 4189),
        (QUARTERLY, 3143, 12568),
        (YEARLY, 12570, 50270),
    ],
)
def test_thresholds_follow_the_frequency(often: Frequency, primary: int, upper: int) -> None:
    figures = ni_figures(MAY)
    assert figures is not None
    assert threshold(figures.primary, often) == primary * 100
    assert threshold(figures.upper, often) == upper * 100


def test_every_published_threshold_follows_from_the_annual_one() -> None:
    for start in range(2016, 2027):
        year = year_figures(TaxYear(start))
        assert year is not None
        for figures in year.national_insurance:
            for each in (figures.primary, figures.upper):
                assert each.weekly == -(-each.annual // 52)
                assert each.monthly == (each.annual * 2 + 12) // 24


@pytest.mark.parametrize(("start", "annual"), [(2024, 3_210_60), (2023, 4_530_10), (2022, 5_149_11)])
def test_directors_pay_by_the_year_at_blended_rates(start: int, annual: int) -> None:
    found = director_contribution(60_000_00, "A", TaxYear(start))
    assert found is not None
    assert found.amount == annual


def test_student_loans_are_whole_pounds_above_the_threshold_of_the_period() -> None:
    assert period_threshold(24_990, MONTHLY) == 2082_50
    assert period_threshold(27_295, WEEKLY) == 524_90
    assert deduction(300_000, ["plan1"], TaxYear(2024), MONTHLY) == 82_00
    assert deduction(300_000, ["plan2"], TaxYear(2024), MONTHLY) == 65_00
    assert deduction(300_000, ["plan1", "plan2"], TaxYear(2024), MONTHLY) == 82_00
    assert deduction(300_000, ["postgrad"], TaxYear(2024), MONTHLY) == 75_00
    assert deduction(100_000, ["plan1"], TaxYear(2024), MONTHLY) == 0
    assert deduction(300_000, ["plan5"], TaxYear(2024), MONTHLY) is None
    assert deduction(300_000, ["plan5"], TaxYear(2026), MONTHLY) == 82_00


def restated(nicable: Decimal, category: str, day: date, often: Frequency) -> Decimal:
    """The contribution said a second time, in pounds."""
    figures, kind = ni_figures(day), ni_class(category, day)
    assert figures is not None
    assert kind is not None
    primary, upper = (Decimal(threshold(each, often)) / 100 for each in (figures.primary, figures.upper))
    between = max(Decimal(0), min(nicable, upper) - primary)
    beyond = max(Decimal(0), nicable - upper)
    total = Decimal(0)
    for part, rate in ((between, figures.rates[kind]), (beyond, figures.above[kind])):
        exact = part * Decimal(rate) / 10_000
        total += exact.quantize(Decimal("0.001"), ROUND_DOWN).quantize(Decimal("0.01"), ROUND_HALF_DOWN)
    return total


def random_contributions_agree(count: int, seed: int) -> None:
    rng = Random(seed)
    begin = date(2016, 4, 6)
    for _ in range(count):
        day = begin + timedelta(days=rng.randrange(11 * 365))
        letter = rng.choice(
            "ABCHJMXZ" + ("FILSV" if day >= date(2022, 4, 6) else "") + ("NEDK" if day >= date(2024, 4, 6) else "")
        )
        often = rng.choice([WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, QUARTERLY, YEARLY])
        nicable = rng.choice([rng.randrange(200_000), rng.randrange(2_000_000)])
        assert amount(nicable, letter, day, often) == int(restated(Decimal(nicable) / 100, letter, day, often) * 100)


def test_ten_thousand_random_payslips_satisfy_the_routine_exactly() -> None:
    random_contributions_agree(10_000, seed=1)


@pytest.mark.soak
def test_two_hundred_thousand_random_payslips_satisfy_the_routine_exactly() -> None:
    random_contributions_agree(200_000, seed=2)
