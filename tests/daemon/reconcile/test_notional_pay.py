"""Notional pay that is in neither gross nor taxable pay: the pay for National Insurance has it, and the year's tax."""

from dataclasses import replace
from decimal import Decimal

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, facts, the_row

VESTS = {4: Decimal("1200.00"), 9: Decimal("800.00")}


def a_year_of_vests() -> list[Payslip]:
    """Two vests that only National Insurance and the tax know of; no year-to-date figures."""
    return [
        replace(
            slip,
            ytd_taxable=None,
            ytd_tax=None,
            notional_pay=VESTS.get(month),
            nicable_pay=Decimal("3000.00") + VESTS.get(month, Decimal(0)),
            income_tax=(slip.income_tax or 0) + VESTS.get(month, Decimal(0)) / 5,
            net_pay=(slip.net_pay or 0) - VESTS.get(month, Decimal(0)) / 5,
        )
        for month, slip in enumerate(a_true_year())
    ]


def reconciled(slips: list[Payslip], pay: str) -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment(pay, "4724.00"))))


def test_notional_pay_left_out_of_gross_and_taxable_pay_is_told_by_the_pay_for_national_insurance() -> None:
    (cause,) = reconciled(a_year_of_vests(), "36200.00").causes
    assert (cause.cause, cause.pay, cause.tax) == ("notional_pay", Decimal("2000.00"), Decimal("0.00"))
    assert any("National Insurance" in text for text in cause.evidence)
    assert any("The year's tax" in text for text in cause.evidence)


def test_one_of_two_vests_left_out_names_the_payslip() -> None:
    slips = a_year_of_vests()
    slips[4] = replace(slips[4], taxable_pay=Decimal("2850.00") + VESTS[4], gross_pay=Decimal("4200.00"))
    (cause,) = reconciled(slips, "36200.00").causes
    assert (cause.cause, cause.payslip_ids) == ("notional_pay", (slips[9].id,))


def test_notional_pay_that_is_counted_is_no_cause() -> None:
    slips = [
        replace(slip, taxable_pay=(slip.taxable_pay or 0) + (slip.notional_pay or 0)) for slip in a_year_of_vests()
    ]
    assert reconciled(slips, "36200.00").status == "match"
    assert reconciled(slips, "37555.00").causes == ()


def test_notional_pay_counted_twice_is_told_by_the_pay_for_national_insurance_beside_a_missing_payslip() -> None:
    slips = [
        replace(
            slip,
            gross_pay=(slip.gross_pay or 0) + (slip.notional_pay or 0),
            taxable_pay=(slip.taxable_pay or 0) + 2 * (slip.notional_pay or 0),
        )
        for slip in a_year_of_vests()
    ]
    del slips[7]
    row = reconciled(slips, "36200.00")
    assert {cause.cause: (cause.pay, cause.tax) for cause in row.causes} == {
        "notional_pay": (Decimal("-2000.00"), Decimal("0.00")),
        "missing_payslip": (Decimal("2850.00"), Decimal("360.20")),
    }


def test_a_payslip_misread_in_another_way_too_denies_the_others_no_notional_pay() -> None:
    slips = [replace(slip, gross_pay=(slip.gross_pay or 0) + (slip.notional_pay or 0)) for slip in a_year_of_vests()]
    so_far = sum((slip.taxable_pay or Decimal(0)) for slip in slips[:9]) + VESTS[4]
    its_tax = sum((slip.income_tax or Decimal(0)) for slip in slips[:9])
    slips[9] = replace(
        slips[9],
        gross_pay=(slips[9].taxable_pay or 0) + so_far,
        taxable_pay=(slips[9].taxable_pay or 0) + so_far,
        income_tax=(slips[9].income_tax or 0) + its_tax,
    )
    row = reconciled(slips, "36200.00")
    assert {cause.cause: cause.pay for cause in row.causes} == {
        "notional_pay": Decimal("2000.00"),
        "ytd_read_as_period": -so_far,
    }
