"""A correction after the last payslip, told by a P60 that has what HMRC has while the payslips are complete and older."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from daemon.reconcile.model import HmrcRevision, Row
from storage.records import P60, Payslip
from tests.daemon.reconcile.figures import (
    CONFIRMED,
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    changed,
    facts,
    the_row,
)
from tests.makers import REFERENCE, a_p60, a_payslip

NEWER = a_p60(YEAR, pay=Decimal("34950.00"), income_tax=Decimal("4474.00"))
OLDER = a_p60(YEAR, pay=Decimal("34200.00"), income_tax=Decimal("4324.00"))


def reconciled(slips: list[Payslip], p60: P60) -> Row:
    return the_row(facts(slips, an_hmrc_year(an_employment("34950.00", "4474.00")), p60s=[p60]))


def test_a_p60_with_hmrcs_figures_beside_complete_payslips_tells_of_a_correction() -> None:
    (cause,) = reconciled(a_true_year(), NEWER).causes
    assert (cause.cause, cause.pay, cause.tax) == ("late_correction", Decimal("750.00"), Decimal("150.00"))
    assert "The P60 has the newer figures." in cause.evidence
    assert cause.facts >= 3


def test_a_correction_that_took_every_figure_away_is_counted_from_nothing() -> None:
    slip = a_payslip(
        date(2025, 4, 5),
        taxable_pay=Decimal("-2850.00"),
        income_tax=Decimal("0.01"),
        ytd_taxable=Decimal("-2850.00"),
    )
    before = HmrcRevision(REFERENCE, CONFIRMED, Decimal("0.01"), Decimal("5093.05"))
    benefits_alone = an_employment(None, None, benefits=Decimal("100.00"))
    row = the_row(facts([slip], an_hmrc_year(benefits_alone, revisions=(before,))))
    shares = sum(cause.pay for cause in row.causes), sum(cause.tax for cause in row.causes)
    assert not row.causes or shares == (row.pay.difference, row.tax.difference)


def test_a_job_begun_within_the_year_may_be_corrected_too() -> None:
    begun = [
        replace(slip, ytd_taxable=2850 * Decimal(count), ytd_tax=570 * Decimal(count), income_tax=Decimal("570.00"))
        for count, slip in enumerate(a_true_year(tax_code="BR")[4:], 1)
    ]
    p60 = a_p60(YEAR, pay=Decimal("23000.00"), income_tax=Decimal("4600.00"))
    given = facts(begun, an_hmrc_year(an_employment("23000.00", "4600.00")), p60s=[p60])
    assert causes_of(the_row(given)) == ["late_correction"]


def test_payslips_that_may_be_incomplete_or_misread_tell_of_none() -> None:
    slips = a_true_year()
    for doubtful in (slips[:11], a_bare_year(), changed(slips, 6, taxable_pay=Decimal("2840.00"))):
        assert "late_correction" not in causes_of(reconciled(doubtful, NEWER))


def test_a_p60_that_agrees_with_the_payslips_alone_is_no_proof_of_a_correction() -> None:
    assert reconciled(a_true_year(), OLDER).causes == ()
