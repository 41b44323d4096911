"""Pay that follows no calendar, or two in turn: an empty pay day tells nothing there, and random differences stay unexplained."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from daemon.reconcile.calendar import WEEKLY, empty_slots
from storage.records import Payslip
from tests.daemon.reconcile.figures import YEAR, an_employment, an_hmrc_year, causes_of, facts, the_row
from tests.makers import a_payslip

_WORKED = (0, 1, 4, 5, 9, 11, 12, 16, 18, 19, 23, 26, 27, 31, 33, 36, 38, 39, 43, 46, 48)
"""The weeks in which somebody without fixed hours was paid."""


def a_bare_slip(when: date, pay: str, tax: str, **changes: object) -> Payslip:
    nothing = {"gross_pay": None, "national_insurance": None, "net_pay": None}
    return a_payslip(when, taxable_pay=Decimal(pay), income_tax=Decimal(tax), **{**nothing, **changes})


def beside(slips: list[Payslip], pay: str, tax: str) -> list[str]:
    """The causes where HMRC has `pay` and `tax` more than the payslips."""
    ours = sum((slip.taxable_pay or 0 for slip in slips), Decimal()), sum(slip.income_tax or 0 for slip in slips)
    hmrc = an_employment(f"{ours[0] + Decimal(pay):.2f}", f"{ours[1] + Decimal(tax):.2f}")
    return causes_of(the_row(facts(slips, an_hmrc_year(hmrc))))


def weekly(start: date, count: int, pay: str = "500.00", tax: str = "51.60") -> list[Payslip]:
    return [a_bare_slip(start + timedelta(weeks=week), pay, tax) for week in range(count)]


def monthly(*months: int) -> list[Payslip]:
    return [a_bare_slip(date(2024, month, 28), "2166.67", "223.60") for month in months]


def test_months_before_pay_became_weekly_lack_no_weeks() -> None:
    slips = [*monthly(4, 5, 6, 7), *weekly(date(2024, 8, 16), 34)]
    assert empty_slots([slip.pay_date for slip in slips], YEAR, WEEKLY, date(2025, 7, 1)) == ()
    assert beside(slips, "498.20", "51.00") == []


def test_a_week_that_is_missing_after_the_change_is_missing() -> None:
    slips = [*monthly(4, 5, 6, 7), *weekly(date(2024, 8, 16), 34)]
    del slips[20]
    assert beside(slips, "500.00", "51.60") == ["missing_payslip"]


def test_where_pay_follows_no_calendar_an_empty_week_tells_nothing() -> None:
    paid = [YEAR.begins + timedelta(weeks=week, days=6) for week in _WORKED]
    slips = [a_bare_slip(when, f"{150 + 37 * number % 300}.00", "0.00") for number, when in enumerate(paid)]
    assert beside(slips, "241.18", "0.00") == []


def test_a_missing_payslip_bears_no_negative_tax_and_is_not_half_as_large_as_the_least() -> None:
    slips = weekly(YEAR.begins, 52)
    slips = [replace(slip, taxable_pay=Decimal(300 + 31 * n % 500)) for n, slip in enumerate(slips) if n != 20]
    assert beside(slips, "410.00", "-20.00") == []
    assert beside(slips, "92.00", "10.00") == []


def test_a_tax_that_was_misread_is_no_refund_on_a_later_payslip() -> None:
    slips = [a_bare_slip(when.pay_date, "1000.00", "0.00", tax_code="1257L") for when in monthly(*range(4, 13))]
    misread = replace(slips[3], income_tax=Decimal("68.52"))
    assert beside([*slips[:3], misread, *slips[4:]], "0.00", "-68.52") == []


def test_year_to_date_pay_without_tax_is_no_missing_payslip_where_all_pay_is_taxed() -> None:
    pay = tax = Decimal(0)
    slips: list[Payslip] = []
    for slip in monthly(4, 5, 6, 8, 9, 10, 11, 12):
        pay, tax = pay + (slip.taxable_pay or 0), tax + (slip.income_tax or 0)
        slips.append(replace(slip, ytd_taxable=pay, ytd_tax=tax))
    slips[3] = replace(slips[3], taxable_pay=Decimal("1502.83"))
    assert beside(slips, "663.84", "0.00") == []


def test_a_month_that_is_missing_before_pay_became_weekly_is_one_month() -> None:
    slips = [*monthly(4, 5, 7, 8), *weekly(date(2024, 9, 6), 31)]
    assert [slot.day for slot in empty_slots([slip.pay_date for slip in slips], YEAR, WEEKLY, date(2025, 7, 1))] == [
        date(2024, 6, 28)
    ]
    assert beside(slips, "2166.67", "223.60") == ["missing_payslip"]


def test_tax_that_does_not_go_with_pay_as_on_the_others_is_no_missing_payslips() -> None:
    pays = [2000 + 37 * number % 210 for number in range(12)]
    slips = [
        a_bare_slip(slip.pay_date, f"{pay}.00", f"{(pay - 1048) * 0.2:.2f}")
        for slip, pay in zip(monthly(4, 5, 6, 7, 8, 9, 10, 11, 12), pays, strict=False)
    ]
    del slips[4]
    assert beside(slips, "2103.00", "211.00") == ["missing_payslip"]
    assert beside(slips, "2103.00", "224.00") == []


def test_one_empty_pay_day_is_not_missing_twice() -> None:
    slips = monthly(4, 5, 6, 8, 9, 10, 11, 12)
    rows = the_row(facts(slips, an_hmrc_year(an_employment("21790.00", "2230.00"))))
    assert [cause.cause for cause in rows.causes].count("missing_payslip") <= 1


def test_an_empty_week_before_a_payslip_that_lacks_part_of_its_own_gross_pay_is_no_missing_payslip() -> None:
    slips: list[Payslip] = []
    pay = Decimal(0)
    for slip in weekly(YEAR.begins, 52, "240.00", "0.00"):
        pay += slip.taxable_pay or 0
        slips.append(replace(slip, gross_pay=slip.taxable_pay, ytd_taxable=pay, ytd_tax=Decimal(0)))
    later = [replace(slip, ytd_taxable=(slip.ytd_taxable or 0) - 240) for slip in slips[21:]]
    held = [*slips[:20], *later]
    held[20] = replace(held[20], taxable_pay=Decimal("101.24"))
    assert beside(held, "138.76", "0.00") != ["missing_payslip"]
