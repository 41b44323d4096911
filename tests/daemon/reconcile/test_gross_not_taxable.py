"""Gross pay counted as taxable pay, where benefits are payrolled too, and where notional pay is counted twice besides."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, facts, the_row

BENEFIT = Decimal("55.00")


def reconciled(slips: list[Payslip], pay: str) -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment(pay))))


def at_gross(**values: Any) -> list[Payslip]:
    """A year whose taxable pay is its gross pay, though a net pay contribution of £150.00 was taken each month."""
    read: dict[str, Any] = {"taxable_pay": Decimal("3000.00"), "ytd_taxable": None, "ytd_tax": None, "tax_code": None}
    return a_true_year(**{**read, **values})


def test_a_pension_and_a_payrolled_benefit_beside_gross_pay_are_one_cause() -> None:
    for nicable in (Decimal("3000.00"), None):
        (cause,) = reconciled(at_gross(payrolled_benefits=BENEFIT, nicable_pay=nicable), "34860.00").causes
        assert (cause.cause, cause.pay) == ("gross_not_taxable", Decimal("-1140.00"))


def test_a_benefit_left_out_alone_is_the_benefits_cause() -> None:
    slips = at_gross(payrolled_benefits=BENEFIT, pension_kind="relief_at_source")
    assert causes_of(reconciled(slips, "36660.00")) == ["payrolled_benefit"]


def test_gross_pay_is_told_on_payslips_with_notional_pay_counted_twice_too() -> None:
    vest = Decimal("1000.00")
    slips = at_gross()
    slips[5] = replace(slips[5], gross_pay=3000 + vest, taxable_pay=3000 + 2 * vest, notional_pay=vest)
    row = reconciled(slips, "35200.00")
    assert {cause.cause: cause.pay for cause in row.causes} == {
        "gross_not_taxable": Decimal("-1800.00"),
        "notional_pay": Decimal("-1000.00"),
    }
