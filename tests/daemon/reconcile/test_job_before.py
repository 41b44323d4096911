"""The job before: its pay in the first payslip, as a row of its own, or held by nothing but the year to date."""

from dataclasses import replace
from decimal import Decimal

import pytest

from storage.records import PayeReference
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, facts, the_row
from tests.makers import a_payslip

BEFORE, TAX_BEFORE = Decimal("9123.45"), Decimal("812.20")


def begun_in_october() -> list:
    slips = a_true_year(tax_code=None)[6:]
    earlier = slips[0].ytd_taxable - slips[0].taxable_pay, slips[0].ytd_tax - slips[0].income_tax
    return [
        replace(
            slip,
            ytd_taxable=slip.ytd_taxable - earlier[0] + BEFORE,
            ytd_tax=slip.ytd_tax - earlier[1] + TAX_BEFORE,
        )
        for slip in slips
    ]


def causes(slips: list, pay: Decimal, tax: Decimal, *others: object) -> list[str]:
    hmrc = an_hmrc_year(an_employment(f"{pay:.2f}", f"{tax:.2f}"), *others)  # type: ignore[arg-type]
    return causes_of(the_row(facts(slips, hmrc)))


def sums(slips: list) -> tuple[Decimal, Decimal]:
    return sum(slip.taxable_pay for slip in slips), sum(slip.income_tax for slip in slips)


def test_hmrc_has_the_pay_of_the_job_before_too_though_the_periods_skip() -> None:
    slips = [replace(slip, period=f"Month {number}") for number, slip in enumerate(begun_in_october(), 7)]
    pay, tax = sums(slips)
    assert causes(slips, pay + BEFORE, tax + TAX_BEFORE) == ["previous_employment"]


def test_the_first_payslip_holds_the_year_so_far() -> None:
    slips = begun_in_october()
    pay, tax = sums(slips)
    slips[0] = replace(slips[0], taxable_pay=slips[0].ytd_taxable, income_tax=slips[0].ytd_tax)
    assert causes(slips, pay, tax) == ["previous_employment"]


def test_a_first_payslip_that_was_misread_is_no_job_before() -> None:
    slips = [replace(slip, ytd_taxable=None, ytd_tax=None) for slip in begun_in_october()]
    pay, tax = sums(slips)
    slips[0] = replace(slips[0], taxable_pay=slips[0].taxable_pay + Decimal("865.98"))
    assert causes(slips, pay, tax) == []


def test_the_p45_entered_as_a_payslip_is_told_by_the_row_of_the_job_before() -> None:
    slips = begun_in_october()
    pay, tax = sums(slips)
    row = a_payslip(
        slips[0].pay_date.replace(day=3),
        taxable_pay=BEFORE,
        income_tax=TAX_BEFORE,
        ytd_taxable=BEFORE,
        ytd_tax=TAX_BEFORE,
        gross_pay=None,
        national_insurance=None,
        net_pay=None,
    )
    former = an_employment(str(BEFORE), str(TAX_BEFORE), reference=PayeReference("9/OLD"), name="FORMER EMPLOYER LTD")
    assert causes([row, *slips], pay, tax, former) == ["previous_employment"]


def test_an_employment_that_hmrc_has_twice_is_no_job_before_of_another() -> None:
    slips = begun_in_october()
    first = [
        replace(
            slip, employer="Old Mill Bakery", employer_paye_ref=PayeReference("1/OMB"), ytd_taxable=None, ytd_tax=None
        )
        for slip in a_true_year()[:3]
    ]
    pay, tax = sums(first)
    twins = [
        an_employment(str(pay), str(tax), reference=PayeReference(reference), name="OLD MILL BAKERY")
        for reference in ("1/OMB", "1/DUP")
    ]
    carried = [
        replace(slip, ytd_taxable=slip.ytd_taxable - BEFORE + pay, ytd_tax=slip.ytd_tax - TAX_BEFORE + tax)
        for slip in slips
    ]
    hmrc = an_hmrc_year(an_employment(*(f"{each:.2f}" for each in sums(carried))), *twins)
    row = the_row(facts([*first, *carried], hmrc), "1/DUP")
    assert causes_of(row) == ["duplicate_employment"]


def test_pay_that_is_known_to_be_of_the_job_before_is_no_missing_payslips() -> None:
    slips = [replace(slip, ytd_taxable=None, ytd_tax=None, tax_code="1257L") for slip in a_true_year()[3:]]
    pay, tax = sums(slips)
    before = sums(a_true_year()[:3])
    former = an_employment(*map(str, before), reference=PayeReference("9/OLD"), name="FORMER EMPLOYER LTD")
    assert causes(slips, pay + before[0], tax + before[1], former) == ["previous_employment"]


def insured(slips: list, *, before: Decimal = Decimal(0)) -> list:
    """The payslips with National Insurance to date, of which `before` was paid before the first of them."""
    paid = before
    for number, slip in enumerate(slips):
        paid += slip.national_insurance
        slips[number] = replace(slip, ytd_ni=paid)
    return slips


@pytest.mark.parametrize(
    ("before", "told"),
    [(Decimal(0), ["previous_employment"]), (Decimal("156.16"), ["missing_payslip"])],
)
def test_national_insurance_to_date_tells_a_job_before_from_a_missing_payslip(before: Decimal, told: list[str]) -> None:
    pay_before, tax_before = Decimal("2850.00"), Decimal("360.20")
    slips = insured(
        [
            replace(
                slip,
                ytd_taxable=slip.ytd_taxable - BEFORE + pay_before,
                ytd_tax=slip.ytd_tax - TAX_BEFORE + tax_before,
            )
            for slip in begun_in_october()
        ],
        before=before,
    )
    pay, tax = sums(slips)
    assert causes(slips, pay + pay_before, tax + tax_before) == told


def test_a_first_payslip_missing_without_tax_is_told_by_national_insurance_to_date() -> None:
    untaxed = Decimal("1040.00")
    slips = insured(
        [replace(slip, ytd_taxable=slip.ytd_taxable + untaxed) for slip in a_true_year(tax_code=None)[1:]],
        before=Decimal("5.00"),
    )
    slips = [replace(slip, ytd_taxable=slip.ytd_taxable - Decimal("2850.00")) for slip in slips]
    slips = [replace(slip, ytd_tax=slip.ytd_tax - Decimal("360.20")) for slip in slips]
    pay, tax = sums(slips)
    assert causes(slips, pay + untaxed, tax) == ["missing_payslip"]


def test_a_first_payslip_misread_in_pay_and_tax_is_no_job_before_though_its_gross_and_net_pay_tell_its_own() -> None:
    slips = [replace(slip, ytd_taxable=None, ytd_tax=None) for slip in begun_in_october()]
    pay, tax = sums(slips)
    slips[0] = replace(slips[0], taxable_pay=slips[0].taxable_pay + BEFORE, income_tax=slips[0].income_tax + TAX_BEFORE)
    assert causes(slips, pay, tax) == []


def test_a_tax_that_its_code_gives_with_and_without_the_job_before_says_nothing_of_one() -> None:
    slips = a_true_year(tax_code="BR", ytd_tax=None, gross_pay=None, net_pay=None)[6:]
    slips = [replace(slip, income_tax=Decimal("570.00"), ytd_taxable=None) for slip in slips]
    pay = Decimal("9000.00")
    slips[0] = replace(slips[0], taxable_pay=pay, income_tax=pay / 5, ytd_taxable=pay)
    total, tax = sums(slips)
    assert causes(slips, total - 500, tax - 100) == []
