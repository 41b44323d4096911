"""Relief at source comes out of net pay: where it was taken off taxable pay, it was taken off twice."""

from decimal import Decimal

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
