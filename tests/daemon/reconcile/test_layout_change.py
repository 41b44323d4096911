"""Another deduction read into the tax from one date on, on payslips of which some have none of it."""

from dataclasses import replace
from decimal import Decimal

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, facts, the_row

NONE_IN = {8, 10}


def a_year_with_insurance_in_its_tax(first: int = 7) -> list[Payslip]:
    """From one month on tax holds National Insurance as well, which is nought in some of those months."""
    slips: list[Payslip] = []
    for month, slip in enumerate(a_true_year()):
        insurance = Decimal("0.00") if month in NONE_IN else slip.national_insurance or Decimal(0)
        net = (slip.net_pay or 0) + (slip.national_insurance or 0) - insurance
        read = (slip.income_tax or 0) + (insurance if month >= first else 0)
        slips.append(replace(slip, national_insurance=insurance, net_pay=net, income_tax=Decimal(read)))
    return slips


def reconciled(slips: list[Payslip]) -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment())))


def test_payslips_without_the_deduction_are_right_by_chance_and_of_the_same_layout() -> None:
    row = reconciled(a_year_with_insurance_in_its_tax())
    (cause,) = row.causes
    assert (cause.cause, cause.tax) == ("layout_change", row.tax.difference)
    assert cause.evidence[0].startswith("From 26 November 2024 on the payslips were read wrongly: together they have")
    assert len(cause.payslip_ids) == 3


def test_a_payslip_that_has_the_deduction_and_follows_denies_it() -> None:
    slips = a_year_with_insurance_in_its_tax()
    slips[9] = replace(a_true_year()[9])
    given = facts(slips, an_hmrc_year(an_employment()))
    assert the_row(given).status == "unexplained"


def test_without_a_year_to_date_the_columns_of_the_payslips_before_tell_it() -> None:
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None, tax_code=None) for slip in a_true_year()]
    for misread in ({"taxable_pay": "net_pay"}, {"income_tax": "national_insurance"}):
        slips = [
            replace(slip, **{into: getattr(slip, column) for into, column in misread.items()}) if number > 6 else slip
            for number, slip in enumerate(bare)
        ]
        row = the_row(facts(slips, an_hmrc_year(an_employment())))
        assert causes_of(row) == ["layout_change"]


def test_two_months_without_pay_do_not_part_the_payslips_of_a_layout() -> None:
    less = Decimal("225.64")
    pay = tax = Decimal(0)
    slips: list[Payslip] = []
    for month, slip in enumerate(a_true_year()):
        if month in {5, 6}:
            continue
        pay, tax = pay + (slip.taxable_pay or 0), tax + (slip.income_tax or 0)
        lacking = less if month > 2 else Decimal(0)
        own = {"taxable_pay": (slip.taxable_pay or 0) - lacking, "gross_pay": (slip.gross_pay or 0) - lacking}
        slips.append(replace(slip, tax_code=None, ytd_taxable=pay, ytd_tax=tax, **own))
    row = the_row(facts(slips, an_hmrc_year(an_employment(str(pay), str(tax)))))
    assert causes_of(row) == ["layout_change"]
    assert len(row.causes[0].payslip_ids) == 7


def test_a_payslip_that_is_missing_within_the_layout_is_told_beside_it() -> None:
    less = Decimal("51.99")
    slips = [
        replace(slip, taxable_pay=(slip.taxable_pay or 0) - less, gross_pay=(slip.gross_pay or 0) - less)
        if month > 8
        else slip
        for month, slip in enumerate(a_true_year(tax_code=None))
    ]
    del slips[10]
    row = reconciled(slips)
    assert {cause.cause: cause.pay for cause in row.causes} == {
        "layout_change": 2 * less,
        "missing_payslip": Decimal("2850.00"),
    }


def test_a_payslip_with_notional_pay_lacks_what_the_rest_of_its_layout_lacks() -> None:
    less, vest = Decimal("208.07"), Decimal("7153.08")
    slips: list[Payslip] = []
    for month, slip in enumerate(a_true_year(tax_code=None, ytd_taxable=None, ytd_tax=None)):
        extra, lacking = vest if month == 9 else Decimal(0), less if month > 6 else Decimal(0)
        pay, gross = (slip.taxable_pay or 0) + extra - lacking, (slip.gross_pay or 0) + extra - lacking
        slips.append(replace(slip, taxable_pay=pay, gross_pay=gross, notional_pay=extra or None))
    row = the_row(facts(slips, an_hmrc_year(an_employment(str(34200 + vest), "4324.00"))))
    assert [(cause.cause, cause.pay) for cause in row.causes] == [("layout_change", 5 * less)]


def test_two_payslips_misread_by_any_amounts_are_no_layout() -> None:
    slips = a_true_year(tax_code=None)
    slips[10] = replace(slips[10], taxable_pay=Decimal("2514.09"))
    slips[11] = replace(slips[11], taxable_pay=Decimal("2991.30"), income_tax=Decimal("188.26"))
    assert reconciled(slips).status == "unexplained"
