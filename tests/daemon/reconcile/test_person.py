"""The person as a whole: earnings for National Insurance with their traps; refunds and pensions shown, never netted."""

from datetime import date
from decimal import Decimal

import pytest

from daemon.reconcile.model import NicableEarnings
from storage.records import TaxYear
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, facts, the_year, under


def earnings(given: str | None, today: date, slips: int = 12) -> NicableEarnings:
    hmrc = an_hmrc_year(an_employment(), nicable_earnings=None if given is None else Decimal(given))
    return the_year(facts(a_true_year()[:slips], hmrc, today=today)).person.nicable_earnings


def test_earnings_between_the_thresholds_are_added_up_over_all_employers() -> None:
    given = facts(
        [*a_true_year(), *under("9/X", a_true_year())],
        an_hmrc_year(an_employment(), nicable_earnings=Decimal("46848.00")),
    )
    found = the_year(given).person.nicable_earnings
    assert (found.payslips, found.difference) == (Decimal("46848.00"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("hmrc", "today", "slips", "shown"),
    [
        ("0.00", date(2025, 8, 31), 0, None),
        ("0.00", date(2025, 9, 1), 0, "0.00"),
        ("0.00", date(2026, 1, 1), 12, None),
        ("23424.00", date(2025, 6, 7), 12, "23424.00"),
        (None, date(2026, 1, 1), 12, None),
    ],
)
def test_nought_may_mean_not_ready(hmrc: str | None, today: date, slips: int, shown: str | None) -> None:
    found = earnings(hmrc, today, slips)
    assert found.hmrc == (None if shown is None else Decimal(shown))
    assert (found.difference is None) == (found.hmrc is None or found.payslips is None)


def test_refunds_and_pensions_are_shown_and_never_netted() -> None:
    hmrc = an_hmrc_year(an_employment(), refunds=Decimal("325.00"), pensions=Decimal("36.50"))
    year = the_year(facts(a_true_year(), hmrc))
    assert (year.person.refunds, year.person.pensions) == (Decimal("325.00"), Decimal("36.50"))
    assert (year.rows[0].status, year.rows[0].tax.hmrc) == ("match", Decimal("4324.00"))


def test_state_benefits_are_told_of_and_never_added() -> None:
    hmrc = an_hmrc_year(an_employment(), state_benefits=Decimal("1125.99"))
    year = the_year(facts(a_true_year(), hmrc))
    (finding,) = year.findings
    assert finding.kind == "state_benefits"
    assert "£1,125.99, not added to the pay" in finding.text
    assert (year.rows[0].status, year.person.pensions) == ("match", None)


def test_an_estimate_from_gross_pay_says_so() -> None:
    hmrc = an_hmrc_year(an_employment(), nicable_earnings=Decimal("23424.00"))
    year = the_year(facts(a_true_year(nicable_pay=None), hmrc))
    assert year.person.nicable_earnings.difference == Decimal("0.00")
    assert [finding.kind for finding in year.findings] == ["nicable_estimated"]


def test_a_year_before_the_figures_begin_is_not_computed() -> None:
    assert the_year(facts(a_true_year(TaxYear(2012))), TaxYear(2012)).person.nicable_earnings.payslips is None
