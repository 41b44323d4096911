"""A bonus that is not in a payslip's pay, told also where it stands in no column: net pay has it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, changed, facts, the_row

BONUS, ITS_TAX = Decimal("1500.00"), Decimal("300.00")


def a_year_with_a_bonus_read_nowhere(**values: object) -> list[Payslip]:
    """September's bonus reached the bank, and the year to date from then on; neither pay, tax nor any column has it."""
    slips = a_true_year()
    later = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) + BONUS, ytd_tax=(slip.ytd_tax or 0) + ITS_TAX)
        for slip in slips[5:]
    ]
    later[0] = replace(later[0], net_pay=(later[0].net_pay or 0) + BONUS - ITS_TAX)
    return [replace(slip, **values) for slip in (*slips[:5], *later)]  # pyright: ignore[reportArgumentType]


def reconciled(slips: Sequence[Payslip], pay: str = "35700.00", tax: str = "4624.00") -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment(pay, tax))))


def test_a_bonus_in_no_column_is_told_by_net_pay_and_the_year_to_date() -> None:
    slips = a_year_with_a_bonus_read_nowhere()
    (cause,) = reconciled(slips).causes
    assert (cause.cause, cause.pay, cause.tax) == ("bonus_missing", BONUS, ITS_TAX)
    assert cause.payslip_ids == (slips[5].id,)


def test_a_bonus_in_no_column_is_told_by_net_pay_alone_if_its_tax_is_that_of_the_code() -> None:
    slips = a_year_with_a_bonus_read_nowhere(ytd_taxable=None, ytd_tax=None)
    (cause,) = reconciled(slips).causes
    assert (cause.cause, cause.pay, cause.tax) == ("bonus_missing", BONUS, ITS_TAX)


def test_net_pay_with_something_else_in_it_is_no_bonus() -> None:
    slips = a_year_with_a_bonus_read_nowhere(ytd_taxable=None, ytd_tax=None)
    assert reconciled(slips, "35700.00", "4625.00").causes == ()
    expenses = changed(a_true_year(), 5, net_pay=Decimal("2693.84") - Decimal("360.40") + 90)
    assert reconciled(expenses, "34290.00", "4324.00").causes == ()


def test_where_many_payslips_do_not_add_up_none_of_them_lacks_a_bonus() -> None:
    slips = a_year_with_a_bonus_read_nowhere(ytd_taxable=None, ytd_tax=None)
    misread = [
        replace(slip, net_pay=(slip.net_pay or 0) + 7) if place != 5 else slip for place, slip in enumerate(slips)
    ]
    assert reconciled(misread).causes == ()
