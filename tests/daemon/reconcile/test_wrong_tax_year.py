"""Wrong tax year: a held payslip that stands for a pay day of this year beats one imagined as missing, whatever its own year says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from daemon.reconcile.model import Facts, HmrcRevision, HmrcYear
from storage.records import Payslip
from tests.daemon.reconcile.figures import (
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    facts,
    the_cause,
    the_row,
    without,
)
from tests.makers import REFERENCE, a_payslip

FIRST = date(2024, 4, 5)
"""A Friday; a hundred weekly pay days from it fill the tax year before the border of 2025 and the months after."""
PAY, TAX = Decimal("740.99"), Decimal("99.80")


def weeks(first: date = FIRST, count: int = 100) -> list[Payslip]:
    """Weekly payslips that say nothing but pay and tax."""
    days = [first + timedelta(weeks=week) for week in range(count)]
    bare = {"gross_pay": None, "net_pay": None, "national_insurance": None}
    return [a_payslip(day, taxable_pay=PAY, income_tax=TAX, **bare) for day in days]


def hmrc(slips: Sequence[Payslip], year: int, more: str = "0.00") -> HmrcYear:
    """HMRC's year of these payslips, with so much pay more."""
    ours = [slip for slip in slips if slip.tax_year.start == year]
    pay = sum((slip.taxable_pay or Decimal(0) for slip in ours), Decimal(more))
    tax = sum((slip.income_tax or Decimal(0) for slip in ours), Decimal(0))
    return an_hmrc_year(an_employment(str(pay), str(tax)), tax_year=replace(YEAR, start=year))


def moved(slips: Sequence[Payslip], paid: date, printed: date) -> list[Payslip]:
    """The payslips as held, one of them with another date than HMRC has."""
    return sorted(
        (replace(slip, pay_date=printed) if slip.pay_date == paid else slip for slip in slips),
        key=lambda slip: slip.pay_date,
    )


def causes(given: Facts, year: int) -> list[str]:
    return [cause.cause for cause in the_row(given, tax_year=replace(YEAR, start=year)).causes]


@pytest.mark.parametrize(
    ("first", "paid", "printed", "lacking"),
    [
        (date(2024, 4, 8), date(2025, 4, 7), date(2025, 4, 3), 2025),
        (FIRST, date(2025, 4, 4), date(2025, 4, 8), 2024),
    ],
)
def test_the_other_year_may_be_unknown(first: date, paid: date, printed: date, lacking: int) -> None:
    true = weeks(first)
    given = facts(moved(true, paid, printed), hmrc(true, lacking), today=date(2026, 7, 1))
    assert causes(given, lacking) == ["wrong_tax_year"]


def test_the_other_year_may_need_a_second_cause() -> None:
    true = weeks(date(2024, 4, 8))
    held = moved(true, date(2025, 4, 7), date(2025, 4, 3))
    given = facts(held, hmrc(true, 2024, more="1234.56"), hmrc(true, 2025), today=date(2026, 7, 1))
    assert causes(given, 2025) == ["wrong_tax_year"]


def test_a_payslip_on_its_own_pay_day_is_not_moved_for_one_that_is_missing() -> None:
    true = weeks()
    held = [slip for slip in true if slip.pay_date != date(2025, 4, 11)]
    given = facts(held, hmrc(true, 2025), today=date(2026, 7, 1))
    assert causes(given, 2025) == ["missing_payslip"]


def test_a_payslip_may_tell_its_tax_year_by_its_period_where_its_pay_day_does_not() -> None:
    true = weeks()  # with a pay day on 4 April, between which and the next nothing is due
    held = [
        replace(slip, period="Week 1") if slip.pay_date == date(2025, 4, 3) else slip
        for slip in moved(true, date(2025, 4, 11), date(2025, 4, 3))
    ]
    given = facts(held, hmrc(true, 2025), today=date(2026, 7, 1))
    assert causes(given, 2025) == ["wrong_tax_year"]


def test_a_boundary_payslip_that_was_misread_like_its_year_closes_the_other_year_too() -> None:
    twice = [replace(slip, taxable_pay=Decimal("2700.00")) for slip in a_true_year()]
    following = a_true_year(YEAR.next)
    early = replace(following[0], pay_date=date(2025, 4, 5), period="Month 1", taxable_pay=Decimal("2700.00"))
    years = [an_hmrc_year(an_employment(), tax_year=year) for year in (YEAR, YEAR.next)]
    given = facts([*twice, early, *following[1:]], *years)
    assert set(causes(given, 2024)) == {"pension_counted_twice", "wrong_tax_year"}
    row = the_row(given, tax_year=YEAR.next)
    (cause,) = row.causes
    assert (cause.cause, cause.pay, cause.tax) == ("wrong_tax_year", Decimal("2850.00"), Decimal("360.20"))
    assert cause.payslip_ids == (early.id,)


def test_a_payslip_of_the_wrong_tax_year_explains_both_years() -> None:
    slips = a_bare_year()
    late = replace(slips[-1], pay_date=date(2025, 4, 6))
    other = an_hmrc_year(an_employment("34200.00", "4324.00"), tax_year=YEAR.next)
    given = facts([*slips[:-1], late, *a_bare_year(YEAR.next)], an_hmrc_year(an_employment()), other)
    for year in (YEAR, YEAR.next):
        cause = the_cause(the_row(given, tax_year=year))
        assert (cause.cause, cause.payslip_ids) == ("wrong_tax_year", (late.id,))


def test_a_pay_day_left_empty_by_a_payslip_of_the_wrong_tax_year_is_no_missing_payslip() -> None:
    slips, following = a_bare_year(), a_bare_year(YEAR.next)
    first = replace(following[0], pay_date=date(2025, 4, 3))
    given = facts(
        [*slips, first, *following[1:]],
        an_hmrc_year(an_employment()),
        an_hmrc_year(an_employment(), tax_year=YEAR.next),
        today=date(2026, 7, 1),
    )
    for year in (YEAR, YEAR.next):
        cause = the_cause(the_row(given, tax_year=year))
        assert (cause.cause, cause.payslip_ids) == ("wrong_tax_year", (first.id,))


def test_a_payslip_of_the_wrong_tax_year_may_leave_a_year_with_one_side() -> None:
    last = replace(a_bare_year()[-1], pay_date=date(2025, 4, 6))
    given = facts([*a_bare_year()[:-1], last], an_hmrc_year(an_employment()), an_hmrc_year(tax_year=YEAR.next))
    assert causes_of(the_row(given, tax_year=YEAR.next)) == ["wrong_tax_year"]


def test_a_year_that_agrees_keeps_its_payslips_of_april() -> None:
    early = an_hmrc_year(an_employment("2850.00", "360.20"), tax_year=YEAR.previous)
    slips = [a_bare_year(YEAR.previous)[-1], *without(a_bare_year(), 0)]
    slips[0] = replace(slips[0], pay_date=date(2024, 4, 5))
    row = the_row(facts(slips, an_hmrc_year(an_employment()), early))
    assert causes_of(row) == ["missing_payslip"]


def with_year_to_date(slips: Sequence[Payslip]) -> list[Payslip]:
    by_year = {year: count(1) for year in {slip.tax_year for slip in slips}}
    numbers = [next(by_year[slip.tax_year]) for slip in slips]
    return [
        replace(slip, ytd_taxable=PAY * number, ytd_tax=TAX * number)
        for slip, number in zip(slips, numbers, strict=True)
    ]


def test_the_payslip_of_the_other_year_is_not_called_missing_beside_another_cause() -> None:
    true = with_year_to_date(weeks())
    held = moved(true, date(2025, 4, 11), date(2025, 4, 3))
    before = hmrc(true, 2025).employments[0]
    assert before.pay is not None
    revised = HmrcRevision(REFERENCE, datetime(2026, 6, 10, tzinfo=UTC), before.pay, before.tax)
    corrected = replace(hmrc(true, 2025, "750.00"), revisions=(revised,))
    given = facts(held, hmrc(true, 2024), corrected, today=date(2026, 7, 1))
    assert causes(given, 2024) == ["wrong_tax_year"]
    row = the_row(given, tax_year=YEAR.next)
    assert [(each.cause, each.pay) for each in row.causes] == [
        ("wrong_tax_year", PAY),
        ("late_correction", Decimal("750.00")),
    ]


def test_a_payslip_missing_beside_the_one_of_the_other_year_stays_missing_whatever_its_amounts() -> None:
    true = a_true_year(YEAR.previous) + a_true_year()
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None, income_tax=TAX, tax_code=None) for slip in true]
    paid = [replace(slip, pay_date=slip.pay_date.replace(day=6)) for slip in bare]
    held = moved(without(paid, 23), date(2024, 4, 6), date(2024, 4, 4))
    given = facts(held, hmrc(paid, 2023), hmrc(paid, 2024))
    assert causes(given, 2023) == ["wrong_tax_year"]
    assert sorted(causes(given, 2024)) == ["missing_payslip", "wrong_tax_year"]
