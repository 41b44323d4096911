"""A payslip that is missing, where little tells of it; and what looks like one and is none."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from daemon.reconcile.calendar import FORTNIGHTLY, MONTHLY, frequency
from storage.records import Payment, Payslip, TaxYear
from tests.daemon.reconcile.figures import (
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    facts,
    reconciled,
    the_cause,
    the_row,
    without,
)
from tests.makers import a_payment, a_payslip


def after(slips: list[Payslip], pay: str, tax: str) -> list[str]:
    return causes_of(the_row(facts(slips, an_hmrc_year(an_employment(pay, tax)))))


def test_how_often_pay_is_paid_is_seen_where_most_pay_days_are_missing() -> None:
    assert frequency([date(2024, 5, 1), date(2024, 7, 1), date(2024, 9, 1), date(2024, 10, 1)]) is MONTHLY


def test_the_payslip_before_the_first_is_missing_by_its_year_to_date_and_its_size() -> None:
    slips = [replace(slip, tax_code=None) for slip in a_true_year()[1:]]
    assert after(slips, "34200.00", "4324.00") == ["missing_payslip"]


def test_the_first_payslip_that_lacks_part_of_its_own_gross_pay_hides_no_other() -> None:
    slips = a_true_year()[3:]
    opening = Decimal("8550.00"), Decimal("1081.00")
    alone = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) - opening[0], ytd_tax=(slip.ytd_tax or 0) - opening[1])
        for slip in slips
    ]
    alone[0] = replace(alone[0], taxable_pay=Decimal("2400.00"))
    assert "missing_payslip" not in after(alone, "25650.00", "3243.00")


def test_a_payment_between_two_pay_days_is_seen_by_the_year_to_date_alone() -> None:
    extra, tax = Decimal("2362.62"), Decimal("472.40")
    slips = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) + extra, ytd_tax=(slip.ytd_tax or 0) + tax)
        if number > 8
        else slip
        for number, slip in enumerate(a_true_year(tax_code=None))
    ]
    assert after(slips, "36562.62", "4796.40") == ["missing_payslip"]


def test_weeks_numbered_one_by_one_on_fortnightly_payslips_skip_nothing() -> None:
    pay, tax = Decimal("900.00"), Decimal("83.20")
    slips = [
        a_payslip(
            YEAR.begins + timedelta(days=13 + 14 * number),
            taxable_pay=pay,
            income_tax=tax,
            period=f"Week {2 * number + 2}",
            ytd_taxable=pay * (number + 1),
            ytd_tax=tax * (number + 1),
        )
        for number in range(26)
    ]
    assert frequency([slip.pay_date for slip in slips]) is FORTNIGHTLY
    misread = [
        replace(slip, taxable_pay=Decimal("869.40")) if number == 12 else slip for number, slip in enumerate(slips)
    ]
    assert after(misread, "23400.00", "2163.20") == []


def test_a_month_without_pay_is_no_missing_payslip_where_the_next_bears_the_tax_of_its_code_without_it() -> None:
    slips = a_bare_year(tax_code="1257L")
    del slips[5]
    # After a month without pay a cumulative code has two months' free pay: less tax than usual.
    slips[5] = replace(slips[5], income_tax=Decimal("150.80"))
    paid = sum((slip.income_tax or 0 for slip in slips), Decimal(0))
    assert after(slips, "34200.00", f"{paid + Decimal('360.40'):.2f}") == []


def test_a_bonus_that_is_printed_and_cannot_be_in_the_pay_is_no_part_of_the_missing_payslip() -> None:
    slips = a_bare_year()
    slips[6] = replace(slips[6], bonus=Decimal("2500.00"))
    del slips[5]
    assert sorted(after(slips, "36700.00", "4824.80")) == ["bonus_missing", "missing_payslip"]
    without = [replace(slip, bonus=None) for slip in slips]
    assert after(without, "36700.00", "4824.80") == ["missing_payslip"]


def test_a_line_of_hmrcs_payment_table_without_pay_is_no_payslip_of_the_usual_size() -> None:
    slips = a_bare_year()
    line = a_payment(slips.pop(5).pay_date, taxable_pay=Decimal("0.00"), income_tax=Decimal("-290.00"))
    row = the_row(facts(slips, an_hmrc_year(an_employment()), payments=[line]))
    (cause,) = row.causes
    assert (cause.cause, cause.pay) == ("missing_payslip", Decimal("2850.00"))
    assert not any("£0.00" in text for text in cause.evidence)


def test_the_first_payslip_on_an_emergency_code_bore_other_tax_on_the_same_pay() -> None:
    slips, taken = a_true_year(), Decimal("570.00")
    for number in range(1, 12):
        tax = Decimal("151.00") if number == 1 else slips[number].income_tax or Decimal(0)
        taken += tax
        slips[number] = replace(slips[number], income_tax=tax, ytd_tax=taken)
    assert after(slips[1:], "34200.00", str(taken)) == ["missing_payslip"]


def test_a_year_to_date_that_begins_anew_with_the_next_spell_is_no_break() -> None:
    first, second = a_true_year(tax_code=None)[:3], a_true_year(tax_code=None)[6:]
    until = second[0].ytd_taxable or Decimal(0), second[0].ytd_tax or Decimal(0)
    own = until[0] - (second[0].taxable_pay or 0), until[1] - (second[0].income_tax or 0)
    again = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) - own[0], ytd_tax=(slip.ytd_tax or 0) - own[1])
        for slip in second
    ]
    slips = [*first, *again]
    ours = sum((slip.taxable_pay or 0 for slip in slips), Decimal()), sum(slip.income_tax or 0 for slip in slips)
    del slips[5]
    assert after(slips, str(ours[0]), str(ours[1])) == ["missing_payslip"]
    without_its_first = [*first, *again[1:]]
    assert after(without_its_first, str(ours[0]), str(ours[1])) == ["missing_payslip"]


def test_a_missing_payslip_is_told_by_the_jump_of_the_year_to_date() -> None:
    cause = the_cause(reconciled(without(a_true_year(), 4)))
    assert (cause.cause, cause.pay, cause.tax) == ("missing_payslip", Decimal("2850.00"), Decimal("360.40"))
    assert "between 26 July 2024 and 26 September 2024" in cause.evidence[0]


def test_a_missing_payslip_is_told_by_the_calendar_where_nothing_else_is_printed() -> None:
    for number in (0, 4, 11):
        cause = the_cause(reconciled(without(a_bare_year(), number)))
        assert cause.cause == "missing_payslip"
        assert any("no payslip is near" in text for text in cause.evidence)


def test_the_first_payslip_of_a_job_begun_within_the_year_is_missing_by_its_year_to_date() -> None:
    first, *others = (
        replace(slip, ytd_taxable=2850 * Decimal(count), ytd_tax=570 * Decimal(count), income_tax=Decimal("570.00"))
        for count, slip in enumerate(a_true_year(tax_code="BR")[4:], 1)
    )
    cause = the_cause(reconciled(others, pay="22800.00", tax="4560.00"))
    assert (cause.cause, cause.pay, cause.tax) == ("missing_payslip", first.taxable_pay, first.income_tax)


def test_pay_alone_before_the_first_payslip_is_no_missing_payslip() -> None:
    slips = [replace(slip, tax_code="1257L", income_tax=Decimal("0.00")) for slip in a_bare_year()[6:8]]
    row = reconciled(slips, pay="8300.00", tax="0.00")
    assert (row.status, row.causes) == ("unexplained", ())


def test_several_missing_payslips_are_one_cause() -> None:
    slips = a_true_year()
    cause = the_cause(reconciled([*slips[:3], *slips[5:8], *slips[9:]]))
    assert cause.cause == "missing_payslip"
    assert cause.pay == Decimal("8550.00")


def test_hmrcs_payment_table_gives_a_missing_payslip_to_the_penny() -> None:
    payment = Payment(id="p", pay_date=date(2024, 8, 26), taxable_pay=Decimal("2850.00"), income_tax=Decimal("360.40"))
    given = facts(without(a_bare_year(), 4), an_hmrc_year(an_employment()), payments=[payment])
    cause = the_cause(the_row(given))
    assert "HMRC's payment table lists this payment." in cause.evidence


def test_weekly_pay_with_a_missing_week_is_told_in_any_year() -> None:
    from random import Random

    from daemon.reconcile.calendar import WEEKLY
    from tests.daemon.reconcile.payroll import make_year, random_terms

    rng = Random(4)
    year = make_year(rng, TaxYear(2022), random_terms(rng, TaxYear(2022), often=WEEKLY, code="1257L", rich=True))
    del year.slips[20]
    row = the_row(year.facts(), year.terms.reference, TaxYear(2022))
    assert causes_of(row) == ["missing_payslip"]
