"""Year-to-date columns read as the period's on some payslips only, in a row or not: one cause that names them all."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from daemon.reconcile.model import Row
from storage.records import Payslip
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, facts, the_row


def misread(*months: int) -> list[Payslip]:
    """A year of which some months hold their year-to-date figures as the period's."""
    return [
        replace(slip, taxable_pay=slip.ytd_taxable, income_tax=slip.ytd_tax) if month in months else slip
        for month, slip in enumerate(a_true_year())
    ]


def reconciled(slips: list[Payslip]) -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment())))


def test_several_payslips_read_from_their_year_to_date_columns_are_one_cause() -> None:
    for months in ((5, 6), (3, 4, 5, 6), (2, 7, 11)):
        slips = misread(*months)
        row = reconciled(slips)
        (cause,) = row.causes
        assert (cause.cause, cause.pay, cause.tax) == (
            "ytd_read_as_period",
            row.pay.difference,
            row.tax.difference,
        )
        assert cause.payslip_ids == tuple(slips[month].id for month in months)
        assert f"On {len(months)} payslips" in cause.evidence[0]


def test_where_the_year_so_far_bore_no_tax_its_pay_alone_was_misread() -> None:
    slips = [replace(slip, income_tax=Decimal("0.00"), ytd_tax=Decimal("0.00")) for slip in misread(1, 5, 6)]
    for month in (5, 6, *range(7, 12)):
        slips[month] = replace(slips[month], ytd_tax=Decimal("100.00"))
    slips[5] = replace(slips[5], income_tax=Decimal("100.00"))
    slips[6] = replace(slips[6], income_tax=Decimal("100.00"))
    row = the_row(facts(slips, an_hmrc_year(an_employment("34200.00", "100.00"))))
    assert causes_of(row) == ["ytd_read_as_period"]
    assert row.causes[0].tax == Decimal("-100.00")


def test_a_year_read_from_these_columns_but_otherwise_off_is_unexplained() -> None:
    assert the_row(facts(misread(5, 6), an_hmrc_year(an_employment("34321.00", "4350.00")))).causes == ()


def test_a_missing_payslip_just_before_is_told_beside_it_by_the_payslips_own_sums() -> None:
    for printed in ({}, {"ytd_taxable": None, "ytd_tax": None}):
        slips = [replace(slip, **printed) for slip in misread(6)]
        del slips[5]
        assert {cause.cause: (cause.pay, cause.tax) for cause in reconciled(slips).causes} == {
            "ytd_read_as_period": (Decimal("-17100.00"), Decimal("-2162.00")),
            "missing_payslip": (Decimal("2850.00"), Decimal("360.40")),
        }


def test_a_month_before_pay_became_weekly_is_of_the_size_of_the_month_before_it() -> None:
    bare = {"ytd_taxable": None, "ytd_tax": None, "gross_pay": None, "net_pay": None, "national_insurance": None}
    months = [replace(slip, **bare) for slip in a_true_year()[:4]]
    weeks = [
        replace(
            months[0],
            id=f"week {week}",
            pay_date=date(2024, 8, 9) + timedelta(weeks=week),
            taxable_pay=Decimal("650.00"),
        )
        for week in range(34)
    ]
    slips = [*months, *weeks]
    hmrc = an_employment(
        str(sum(slip.taxable_pay or 0 for slip in slips)), str(sum(slip.income_tax or 0 for slip in slips))
    )
    slips[2] = replace(
        slips[2],
        taxable_pay=sum(slip.taxable_pay or Decimal(0) for slip in slips[:3]),
        income_tax=sum(slip.income_tax or Decimal(0) for slip in slips[:3]),
    )
    assert causes_of(the_row(facts(slips, an_hmrc_year(hmrc)))) == ["ytd_read_as_period"]


def test_the_last_payslip_holds_the_year_although_its_own_pay_was_out_of_the_ordinary() -> None:
    bare = {"ytd_taxable": None, "ytd_tax": None, "gross_pay": None, "net_pay": None, "national_insurance": None}
    slips = [replace(slip, **bare) for slip in a_true_year(tax_code=None)[:11]]
    year = Decimal("43500.00"), Decimal("6100.20")
    slips.append(replace(slips[-1], id="last", pay_date=date(2025, 3, 26), taxable_pay=year[0], income_tax=year[1]))
    assert causes_of(the_row(facts(slips, an_hmrc_year(an_employment(*map(str, year)))))) == ["ytd_read_as_period"]
