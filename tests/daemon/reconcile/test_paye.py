"""Income tax recomputed: the worked examples to the penny, and 10,000 random payslips against an independent statement of the routine."""

from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from math import ceil, floor
from random import Random

import pytest

from daemon.reconcile.calendar import FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, QUARTERLY, WEEKLY, Frequency
from daemon.reconcile.constants import income_tax_bands, year_figures
from daemon.reconcile.paye import free_pay, period_tax
from daemon.reconcile.tax_code import TaxCode, parse_tax_code
from storage.records import TaxYear
from tests.daemon.reconcile.figures import MONTHLY_TAX
from tests.makers import pay_dates

MAY = date(2024, 5, 26)


def code(text: str) -> TaxCode:
    found = parse_tax_code(text)
    assert found is not None
    return found


def taxes(text: str, pays: list[int], days: list[date], often: Frequency = MONTHLY) -> list[int]:
    """The tax of each period, one after the other."""
    found: list[int] = []
    for number, (pay, day) in enumerate(zip(pays, days, strict=True)):
        tax = period_tax(code(text), day, often, pay, sum(pays[:number]), sum(found))
        assert tax is not None
        found.append(tax)
    return found


def test_the_worked_example_of_twelve_equal_months_comes_out_to_the_penny() -> None:
    months = taxes("1257L", [285_000] * 12, pay_dates(TaxYear(2024)))
    assert months == [int(tax * 100) for tax in MONTHLY_TAX]
    assert months[0] == 36_020
    assert sum(months) == 432_400


def test_free_pay_of_1257l_is_that_of_the_tables() -> None:
    assert free_pay(1257, 12) == 1048_26
    assert free_pay(500, 12) == 417_42
    assert free_pay(501, 12) == 416_67 + 159
    assert free_pay(0, 52) == 0


@pytest.mark.parametrize(
    ("text", "pay", "tax"),
    [
        ("BR", 100_099, 200_00),
        ("D0", 100_099, 400_00),
        ("D1", 100_099, 450_00),
        ("SD0", 100_099, 210_00),
        ("SD1", 100_099, 420_00),
        ("SD2", 100_099, 450_00),
        ("SD3", 100_099, 480_00),
        ("NT", 100_099, 0),
        ("0T M1", 100_000, 200_00),
        ("C1257L M1", 285_000, 360_20),
        ("1257L W1/M1", 285_000, 360_20),
        ("1257LX", 285_000, 360_20),
        ("K475 M1", 200_000, 479_20),
        ("K2000", 100_000, 500_00),
    ],
)
def test_each_kind_of_code_takes_its_tax(text: str, pay: int, tax: int) -> None:
    assert period_tax(code(text), date(2024, 4, 26), MONTHLY, pay, 0, 0) == tax


def test_a_cumulative_flat_code_gives_back_what_was_taken_too_much() -> None:
    assert period_tax(code("BR"), MAY, MONTHLY, 100_000, 100_000, 400_00) == 0
    assert period_tax(code("NT"), MAY, MONTHLY, 100_000, 100_000, 400_00) == -400_00
    assert period_tax(code("NT M1"), MAY, MONTHLY, 100_000, 100_000, 400_00) == 0
    assert period_tax(code("1257L"), MAY, MONTHLY, 0, 300_000, 390_20) == -209_60


def test_week_53_is_taxed_by_itself() -> None:
    weekly, last = code("1257L"), date(2025, 4, 5)
    assert period_tax(weekly, last, WEEKLY, 50_000, 2_600_000, 270_000) == period_tax(
        code("1257L W1"), last, WEEKLY, 50_000, 0, 0
    )


def test_scottish_tax_of_april_2020_still_used_the_bands_of_the_year_before() -> None:
    late = income_tax_bands(date(2020, 5, 10), scottish=True)
    assert late == income_tax_bands(date(2020, 4, 5), scottish=True)
    assert late != income_tax_bands(date(2020, 5, 11), scottish=True)


def test_a_year_without_figures_is_not_computed() -> None:
    assert period_tax(code("1257L"), date(2014, 5, 26), MONTHLY, 100_000, 0, 0) is None
    assert year_figures(TaxYear(2031)) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1257L", ("", "number", 1257, True)),
        (" s1257l m1", ("S", "number", 1257, False)),
        ("1257L NONCUM", ("", "number", 1257, False)),
        ("CK475", ("C", "K", 475, True)),
        ("BR/1", ("", "BR", 0, False)),
        ("OT W1", ("", "0T", 0, False)),
        ("SD3", ("S", "D3", 0, True)),
    ],
)
def test_tax_codes_are_read_however_they_are_printed(text: str, parts: tuple[str, str, int, bool]) -> None:
    found = code(text)
    assert (found.region, found.kind, found.number, found.cumulative) == parts


@pytest.mark.parametrize("text", ["", None, "1257", "D2", "SNT", "L1257", "12571257L", "HELLO"])
def test_what_is_no_tax_code_is_none(text: str | None) -> None:
    assert parse_tax_code(text) is None


def restated(text: TaxCode, day: date, often: Frequency, pay: Decimal, before: Decimal, taken: Decimal) -> Decimal:
    """HMRC's routine said a second time, in pounds and fractions, without a line in common with the first."""
    year = year_figures(TaxYear.containing(day))
    bands = income_tax_bands(day, scottish=text.region == "S")
    assert year is not None
    assert bands is not None
    single = not text.cumulative or (often.weeks > 0 and (day - TaxYear.containing(day).begins).days // 7 >= 52)
    to_date = pay if single else before + pay
    paid = Decimal(0) if single else taken
    if text.kind == "NT":
        return -paid
    if text.kind in ("BR", "D0", "D1", "D2", "D3"):
        upper = [band.rate // 100 for band in bands if band.rate > 2000]
        ladder = {"BR": 20, **{f"D{place}": rate for place, rate in enumerate(upper)}}
        whole = Decimal(floor(to_date)) if to_date > 0 else Decimal(0)
        return (whole * ladder[text.kind] / 100).quantize(Decimal("0.01"), ROUND_FLOOR) - paid
    unit = 52 if often.weeks else 12
    if single:
        period = often.weeks or often.months
    elif often.weeks:
        period = ceil(Fraction((day - TaxYear.containing(day).begins).days // 7 + 1, often.weeks)) * often.weeks
    else:
        months = (day.year - TaxYear.containing(day).start) * 12 + day.month - 4 + (1 if day.day >= 6 else 0)
        period = ceil(Fraction(months, often.months)) * often.months
    block, rest = divmod(max(text.number, 1) - 1, 500)
    share = (Decimal((rest + 1) * 10 + 9) / unit).quantize(Decimal("0.01"), ROUND_CEILING)
    one = (block * (Decimal("96.16") if unit == 52 else Decimal("416.67")) + share) if text.number else Decimal(0)
    over = to_date + one * period if text.kind == "K" else to_date - one * period
    tax, low = Fraction(0), Fraction(0)
    pounds = Fraction(floor(over)) if over > 0 else Fraction(0)
    if over > 0:
        for band in bands:
            rate = Fraction(band.rate, 10_000)
            if band.up_to is None or over <= ceil(Fraction(band.up_to * period, unit)):
                tax += (pounds - low) * rate
                break
            high = Fraction(band.up_to * period, unit)
            tax += (high - low) * rate
            low = high
    due = Decimal(floor(tax * 100)) / 100
    take = due - paid
    return min(take, (pay / 2).quantize(Decimal("0.01"), ROUND_FLOOR)) if text.kind == "K" else take


def a_random_code(rng: Random, tax_year: TaxYear) -> TaxCode:
    region = rng.choice(["", "", "S", "C"])
    four_bands = region == "S" and tax_year.start >= 2018
    flat = (
        ["BR", "D0", "D1"]
        + (["D2"] if four_bands else [])
        + (["D3"] if region == "S" and tax_year.start >= 2024 else [])
    )
    core = rng.choice(
        [f"{rng.randrange(1, 2400)}L"] * 4
        + [f"K{rng.randrange(1, 1500)}"] * 2
        + ["0T", rng.choice(flat if region != "S" or four_bands else ["BR"])]
    )
    if rng.random() < 0.05:
        region, core = "", "NT"
    return code(f"{region}{core}{rng.choice(['', '', ' M1', ' W1', 'X'])}")


def random_payslips_agree(count: int, seed: int) -> None:
    rng = Random(seed)
    for _ in range(count):
        tax_year = TaxYear(rng.randrange(2016, 2027))
        day = date.fromordinal(rng.randrange(tax_year.begins.toordinal(), tax_year.ends.toordinal() + 1))
        often = rng.choice([WEEKLY, FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, MONTHLY, QUARTERLY])
        used = a_random_code(rng, tax_year)
        pay, before = (
            rng.choice([rng.randrange(0, 90_000), rng.randrange(0, 900_000), rng.randrange(0, 9_000_000)])
            for _ in range(2)
        )
        taken = rng.randrange(-20_000, max(1, before // 2))
        ours = period_tax(used, day, often, pay, before, taken)
        theirs = restated(used, day, often, Decimal(pay) / 100, Decimal(before) / 100, Decimal(taken) / 100)
        assert ours == int(theirs * 100), (str(used), day, often.name, pay, before, taken)


def test_ten_thousand_random_payslips_satisfy_the_routine_exactly() -> None:
    random_payslips_agree(10_000, seed=1)


@pytest.mark.soak
def test_two_hundred_thousand_random_payslips_satisfy_the_routine_exactly() -> None:
    random_payslips_agree(200_000, seed=2)
