"""A refund through payroll that was not read, without a year to date to tell it."""

from dataclasses import replace
from decimal import Decimal

from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, changed, facts, the_row

REFUND = Decimal("-240.00")
TAX = "3723.80"  # £4,324.00 less the £360.20 of that month and the refund


def with_a_refund(number: int = 7, **printed: object) -> list:
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None, tax_code=None) for slip in a_true_year()]
    net = bare[number].net_pay + bare[number].income_tax - REFUND
    return changed(bare, number, net_pay=net, **printed)


def causes(slips: list, pay: str = "34200.00", tax: str = TAX) -> list[str]:
    return causes_of(the_row(facts(slips, an_hmrc_year(an_employment(pay, tax)))))


def test_the_payslips_own_sums_tell_it_whatever_was_read_in_its_place() -> None:
    for read in (Decimal("0.00"), -REFUND, None):
        assert causes(with_a_refund(income_tax=read)) == ["refund_dropped"]


def test_it_is_told_beside_a_missing_payslip() -> None:
    slips = with_a_refund(income_tax=Decimal("0.00"))
    assert set(causes(slips[:3] + slips[4:])) == {"refund_dropped", "missing_payslip"}


def test_a_payslip_that_adds_up_as_it_is_has_dropped_none() -> None:
    slips = [replace(slip, ytd_taxable=None, ytd_tax=None, tax_code=None) for slip in a_true_year()]
    assert causes(slips, tax=f"{4324 - 2 * 360.20:.2f}") == []
