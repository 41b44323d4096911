"""Findings: what is told beside a status, as a hint, without changing it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from daemon.reconcile.model import Row
from storage.records import Payment, TaxYear
from tests.daemon.reconcile.figures import (
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    changed,
    facts,
    the_row,
)
from tests.makers import a_p60


def kinds(row: Row) -> list[str]:
    return [finding.kind for finding in row.findings]


def text(row: Row, kind: str) -> str:
    (found,) = (finding.text for finding in row.findings if finding.kind == kind)
    return found


def payments(count: int = 12, **changes: Decimal) -> list[Payment]:
    slips = a_true_year()[:count]
    values = [
        {"taxable_pay": Decimal("2850.00"), "income_tax": slip.income_tax or Decimal(0), **changes} for slip in slips
    ]
    return [
        Payment(id=f"p{number}", pay_date=slip.pay_date, **value)
        for number, (slip, value) in enumerate(zip(slips, values, strict=True))
    ]


def test_a_true_year_has_nothing_to_tell() -> None:
    assert kinds(the_row(facts(a_true_year(), an_hmrc_year(an_employment())))) == []


def test_a_side_that_hmrc_has_not_given_is_said() -> None:
    untaxed = the_row(facts(a_true_year(), an_hmrc_year(an_employment(tax=None), tax_answered=False)))
    assert text(untaxed, "no_hmrc_tax").endswith("(Individual Tax has no answer): only pay is compared.")
    unpaid = the_row(facts(a_true_year(), an_hmrc_year(an_employment(pay=None), pay_answered=False)))
    assert text(unpaid, "no_hmrc_pay").endswith("(Individual Income has no answer): only tax is compared.")


def test_hmrcs_payment_table_agrees_month_by_month() -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment()), payments=payments()))
    assert text(row, "payments_agree") == "HMRC's payment table agrees with the payslips, all 12 of them."


def test_the_payment_table_names_the_months_that_differ() -> None:
    table = payments(11)
    table[3] = replace(table[3], taxable_pay=Decimal("2900.00"))
    extra = replace(table[5], id="extra", pay_date=date(2024, 9, 10))
    row = the_row(facts(a_true_year(), payments=[*table, extra]))
    assert kinds(row) == ["payment_without_payslip", "payslip_without_payment", "payment_differs"]
    assert "26 July 2024" in text(row, "payment_differs")
    assert "10 September 2024" in text(row, "payment_without_payslip")
    assert "26 March 2025" in text(row, "payslip_without_payment")


def test_a_payment_a_few_days_off_is_the_same_payment() -> None:
    table = [replace(each, pay_date=each.pay_date.replace(day=28)) for each in payments()]
    assert kinds(the_row(facts(a_true_year(), payments=table))) == ["payments_agree"]


def test_a_payment_table_that_does_not_add_up_to_the_year_says_so() -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment("34300.00")), payments=payments()))
    assert "£100.00 less than HMRC's figure for the year" in text(row, "payments_and_year")


def test_another_tax_code_than_the_printed_one_is_named() -> None:
    row = the_row(facts(changed(a_true_year(), 0, income_tax=Decimal("570.00")), an_hmrc_year(an_employment())))
    assert "It is what code BR gives" in text(row, "tax_code")
    assert "£209.80 more than code 1257L gives" in text(row, "tax_code")


def test_a_tax_code_is_not_doubted_where_the_year_so_far_is_not_known() -> None:
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None) for slip in a_true_year()]
    assert "tax_code" not in kinds(the_row(facts([*bare[:2], *bare[4:]])))


def test_a_tax_code_is_not_doubted_on_the_payslip_after_a_missing_one() -> None:
    slips = a_true_year()
    assert "tax_code" not in kinds(the_row(facts([*slips[:5], *slips[6:]], an_hmrc_year(an_employment()))))


def test_national_insurance_that_is_not_its_categorys_is_named() -> None:
    slips = changed(a_true_year(), 2, national_insurance=Decimal("180.00"), net_pay=None)
    row = the_row(facts(slips))
    assert (
        text(row, "national_insurance")
        == "The National Insurance of 26 June 2024 is £23.84 more than category A gives."
    )
    assert row.national_insurance.computed == Decimal("1873.92")


def test_an_unknown_category_is_guessed_at_and_never_computed() -> None:
    row = the_row(facts(a_true_year(ni_category=None)))
    assert row.national_insurance.computed is None
    assert "suggest the standard rate (such as A)" in text(row, "category_guess")


def test_a_directors_annual_method_is_known_by_its_year() -> None:
    paid = [Decimal("0.00")] * 4 + [Decimal("194.40")] + [Decimal("240.00")] * 7
    slips = [
        replace(slip, national_insurance=amount, net_pay=None) for slip, amount in zip(a_true_year(), paid, strict=True)
    ]
    row = the_row(facts(slips))
    assert "director" in kinds(row)
    assert row.national_insurance.computed == Decimal("1874.40")


def test_student_loans_are_told_by_their_plan() -> None:
    assert "those of plan 1" in text(
        the_row(facts(a_true_year(student_loan=Decimal("82.00"), net_pay=None))), "student_loan"
    )
    assert "not those of any plan" in text(
        the_row(facts(a_true_year(student_loan=Decimal("99.00"), net_pay=None))), "student_loan"
    )
    assert "postgraduate_loan" in kinds(the_row(facts(a_true_year(postgrad_loan=Decimal("10.00"), net_pay=None))))
    assert "postgraduate_loan" not in kinds(the_row(facts(a_true_year(postgrad_loan=Decimal("75.00"), net_pay=None))))


def test_a_p60s_national_insurance_is_compared() -> None:
    p60 = a_p60(YEAR, income_tax=Decimal("4324.00"), nicable_band=Decimal("23424.00"))
    assert kinds(the_row(facts(a_true_year(), p60s=[p60]))) == []
    other = replace(p60, national_insurance=Decimal("1900.00"), nicable_band=Decimal("23000.00"))
    row = the_row(facts(a_true_year(), p60s=[other]))
    assert kinds(row) == ["p60_insurance", "p60_earnings"]
    assert "£26.08 more National Insurance" in text(row, "p60_insurance")


def test_two_p60s_that_differ_are_told() -> None:
    row = the_row(facts(a_true_year(), p60s=[a_p60(YEAR), a_p60(YEAR, id="b", pay=Decimal("1.00"))]))
    assert "p60s_differ" in kinds(row)


def test_what_the_year_to_date_held_at_first_is_told() -> None:
    slips = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) + 9000, ytd_tax=(slip.ytd_tax or 0) + 1200)
        for slip in a_true_year()
    ]
    assert "£9,000.00 and tax of £1,200.00 from before it" in text(the_row(facts(slips)), "opening_ytd")


def test_week_53_is_noted_and_is_no_difference() -> None:
    from random import Random

    from daemon.reconcile.calendar import WEEKLY
    from tests.daemon.reconcile.payroll import make_year, random_terms

    rng = Random(1)
    year = make_year(rng, TaxYear(2022), random_terms(rng, TaxYear(2022), often=WEEKLY, day=14, code="1257L"))
    row = the_row(year.facts(), year.terms.reference, TaxYear(2022))
    assert (row.status, row.payslip_count) == ("match", 53)
    assert "week_53" in kinds(row)


def test_many_notes_of_the_import_are_kept_short() -> None:
    row = the_row(facts(a_bare_year(warnings=("one", "two"))))
    warnings = [finding for finding in row.findings if finding.kind == "payslip_warning"]
    assert len(warnings) == 13
    assert warnings[-1].text == "And 12 notes more about the payslips."


def test_a_job_begun_within_the_year_may_follow_a_p45_that_is_not_printed() -> None:
    late = [replace(slip, ytd_taxable=None, ytd_tax=None) for slip in a_true_year()[5:]]
    assert "tax_code" not in kinds(the_row(facts(late)))
    not_cumulative = [replace(slip, tax_code="BR M1") for slip in late]
    assert "tax_code" in kinds(the_row(facts(not_cumulative)))
