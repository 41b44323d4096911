"""Relief at source comes out of net pay: where it was taken off taxable pay, it was taken off twice."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, facts, the_row


def reconciled(slips: list[Payslip], pay: str = "36000.00") -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment(pay))))


def test_relief_at_source_taken_off_taxable_pay_is_told_by_gross_pay() -> None:
    slips = a_true_year(pension_kind="relief_at_source", ytd_taxable=None)
    (cause,) = reconciled(slips).causes
    assert (cause.cause, cause.pay, cause.tax) == (
        "pension_counted_twice",
        Decimal("1800.00"),
        Decimal("0.00"),
    )
    assert any("come out of net pay" in text for text in cause.evidence)


def test_relief_at_source_that_was_not_taken_off_is_no_cause() -> None:
    slips = a_true_year(pension_kind="relief_at_source", ytd_taxable=None, taxable_pay=Decimal("3000.00"))
    assert reconciled(slips).status == "match"
    assert reconciled(slips, "37800.00").causes == ()


def test_a_payslip_that_does_not_add_up_says_nothing_of_the_others_pension() -> None:
    bare: dict[str, Any] = {"ytd_taxable": None, "ytd_tax": None, "tax_code": None, "taxable_pay": Decimal("2700.00")}
    slips = a_true_year(**bare)[:7]
    slips[6] = replace(slips[6], taxable_pay=Decimal("2700.00") + 6 * 2850, income_tax=Decimal("2522.40"))
    row = the_row(facts(slips, an_hmrc_year(an_employment("19950.00", "2522.40"))))
    assert {cause.cause: (cause.pay, cause.tax) for cause in row.causes} == {
        "pension_counted_twice": (Decimal("1050.00"), Decimal("0.00")),
        "ytd_read_as_period": (Decimal("-17100.00"), Decimal("-2162.00")),
    }
