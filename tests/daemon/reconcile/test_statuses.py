"""What each status means, which differences are given, and what a person's acceptance holds for."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from daemon.reconcile.model import YearState
from daemon.reconcile.run import reconcile
from storage.records import Acceptance, PayeReference
from tests.daemon.reconcile.figures import (
    CONFIRMED,
    YEAR,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    changed,
    facts,
    the_row,
    the_year,
    under,
)
from tests.makers import a_p60, a_payslip

WHEN = datetime(2025, 6, 30, tzinfo=UTC)


def test_a_year_that_agrees_to_the_penny_is_a_match() -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment())))
    assert (row.status, row.causes, row.basis, row.as_of, row.payslip_count) == ("match", (), "hmrc", CONFIRMED, 12)
    assert (row.pay.hmrc, row.pay.payslips, row.pay.p60, row.pay.difference) == (
        Decimal("34200.00"),
        Decimal("34200.00"),
        None,
        Decimal("0.00"),
    )


@pytest.mark.parametrize(
    ("pay", "status"),
    [("34200.01", "match"), ("34200.02", "rounding"), ("34201.00", "rounding"), ("34201.01", "unexplained")],
)
def test_a_penny_matches_a_pound_is_rounding_more_is_not(pay: str, status: str) -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment(pay))))
    assert row.status == status
    assert causes_of(row) == (["rounding"] if status == "rounding" else [])
    assert sum(cause.pay for cause in row.causes) == (row.pay.difference if status == "rounding" else 0)


def test_the_tolerance_can_be_set() -> None:
    given = facts(a_true_year(), an_hmrc_year(an_employment("34205.00")), tolerance=Decimal("5.00"))
    assert the_row(given).status == "match"


def test_an_employment_without_payslips_is_hmrc_only() -> None:
    row = the_row(facts([], an_hmrc_year(an_employment())))
    assert (row.status, row.pay.payslips, row.pay.difference) == ("hmrc_only", None, Decimal("34200.00"))


def test_payslips_of_an_employer_that_hmrc_does_not_list_are_payslips_only() -> None:
    row = the_row(facts(under("5/X", a_true_year()), an_hmrc_year(an_employment("100.00", "1.00"))), "5/X")
    assert (row.status, row.pay.hmrc, row.pay.difference) == ("payslips_only", None, Decimal("-34200.00"))


def test_a_side_that_is_missing_is_never_rounding() -> None:
    row = the_row(facts([], an_hmrc_year(an_employment("0.50", "0.10"))))
    assert (row.status, row.pay.difference, row.causes) == ("hmrc_only", Decimal("0.50"), ())
    small = [a_payslip(employer_paye_ref=PayeReference("5/X"), taxable_pay=Decimal("0.50"), income_tax=Decimal(0))]
    row = the_row(facts(small, an_hmrc_year(an_employment())), "5/X")
    assert (row.status, row.pay.difference, row.causes) == ("payslips_only", Decimal("-0.50"), ())


@pytest.mark.parametrize("state", ["current", "not_yet", "late", "unknown"])
def test_without_hmrcs_figures_a_row_waits(state: YearState) -> None:
    hmrc = an_hmrc_year(state=state, tax_answered=False, pay_answered=False)
    row = the_row(facts(a_true_year(), hmrc))
    assert (row.status, row.basis, row.pay.difference, row.tax.difference) == ("waiting", "hmrc", None, None)


def test_a_year_that_hmrc_withdrew_keeps_its_figures() -> None:
    year = the_year(facts(a_true_year(), an_hmrc_year(an_employment(), state="gone")))
    assert (year.state, year.rows[0].status) == ("gone", "match")


def test_pay_without_a_row_in_individual_tax_matches_payslips_without_tax() -> None:
    slips = a_true_year(income_tax=Decimal("0.00"), ytd_tax=Decimal("0.00"))
    row = the_row(facts(slips, an_hmrc_year(an_employment(tax=None))))
    assert (row.status, row.tax.hmrc, row.tax.difference) == ("match", None, Decimal("0.00"))


def test_an_api_that_never_answered_leaves_its_side_unjudged() -> None:
    only_tax = an_hmrc_year(an_employment(pay=None), pay_answered=False)
    row = the_row(facts(a_true_year(), only_tax))
    assert (row.status, row.pay.difference, row.tax.difference) == ("match", None, Decimal("0.00"))
    missing = the_row(facts(a_true_year()[1:], only_tax))
    assert (missing.status, missing.causes) == ("unexplained", ())


def test_payslips_without_any_tax_are_judged_on_pay() -> None:
    slips = a_true_year(income_tax=None, ytd_tax=None)
    row = the_row(facts(slips, an_hmrc_year(an_employment())))
    assert (row.status, row.tax.payslips, row.tax.difference) == ("match", None, None)


def test_benefits_are_shown_beside_pay_and_never_added() -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment(benefits=Decimal("640.00")))))
    assert (row.status, row.benefits, row.causes) == ("match", Decimal("640.00"), ())


def test_an_employment_with_benefits_alone_is_no_difference() -> None:
    assert the_row(facts([], an_hmrc_year(an_employment(None, None, benefits=Decimal("12.00"))))).status == "match"


def test_without_hmrcs_figures_a_p60_is_the_basis() -> None:
    right, wrong = a_p60(YEAR, income_tax=Decimal("4324.00")), a_p60(YEAR, pay=Decimal("34300.00"))
    row = the_row(facts(a_true_year(), p60s=[right]))
    assert (row.status, row.basis, row.pay.difference) == ("match", "p60", Decimal("0.00"))
    row = the_row(facts(a_true_year(), p60s=[wrong]))
    assert (row.status, row.pay.difference, row.tax.difference) == ("unexplained", Decimal("100.00"), Decimal("-1.60"))


def test_causes_are_found_beside_a_p60_alone() -> None:
    row = the_row(facts(a_true_year()[:4] + a_true_year()[5:], p60s=[a_p60(YEAR, income_tax=Decimal("4324.00"))]))
    assert (row.basis, causes_of(row)) == ("p60", ["missing_payslip"])


def test_a_p60_alone_waits_for_another_corner() -> None:
    row = the_row(facts([], p60s=[a_p60(YEAR)]))
    assert (row.status, row.basis, row.pay.p60, row.pay.difference) == ("waiting", "p60", Decimal("34200.00"), None)


def test_a_p60_that_disagrees_with_hmrc_is_a_finding_and_no_status() -> None:
    row = the_row(facts(a_true_year(), an_hmrc_year(an_employment()), p60s=[a_p60(YEAR, pay=Decimal("34100.00"))]))
    assert row.status == "match"
    assert "The P60 has £100.00 less pay and £1.60 less tax than HMRC." in [finding.text for finding in row.findings]


def acceptance(pay: str, tax: str, employer: str = "123/AB456") -> Acceptance:
    return Acceptance(
        tax_year=YEAR,
        employer=employer,
        note="agreed with payroll",
        pay_difference=Decimal(pay),
        tax_difference=Decimal(tax),
        decided_at=WHEN,
    )


def test_accepting_holds_for_exactly_those_two_differences() -> None:
    hmrc = an_hmrc_year(an_employment("34321.00"))
    row = the_row(facts(a_true_year(), hmrc, acceptances=[acceptance("121.00", "0.00")]))
    assert (row.status, row.accepted_note) == ("accepted", "agreed with payroll")
    for pay, tax in (("121.01", "0.00"), ("121.00", "0.01"), ("-121.00", "0.00")):
        row = the_row(facts(a_true_year(), hmrc, acceptances=[acceptance(pay, tax)]))
        assert (row.status, row.accepted_note) == ("unexplained", None)


def test_an_accepted_row_is_no_open_difference_and_keeps_its_causes() -> None:
    given = facts(a_true_year()[1:], an_hmrc_year(an_employment()), acceptances=[acceptance("2850.00", "360.20")])
    row = the_row(given)
    assert (row.status, causes_of(row)) == ("accepted", ["missing_payslip"])
    assert reconcile(given).open_differences == ()


def test_rows_of_one_side_can_be_accepted_and_a_row_without_reference_by_name() -> None:
    lone = facts([], an_hmrc_year(an_employment()), acceptances=[acceptance("34200.00", "4324.00")])
    assert the_row(lone).status == "accepted"
    slips = [replace(slip, employer_paye_ref=None, employer="Corner Shop Ltd") for slip in a_true_year()]
    named = facts(slips, an_hmrc_year(), acceptances=[acceptance("-34200.00", "-4324.00", "corner shop")])
    assert the_row(named, None).status == "accepted"


def test_open_differences_are_what_a_check_fails_on() -> None:
    statuses = {
        "unexplained": facts(a_true_year(), an_hmrc_year(an_employment("35000.00"))),
        "hmrc_only": facts([], an_hmrc_year(an_employment())),
        "payslips_only": facts(a_true_year(), an_hmrc_year()),
    }
    for status, given in statuses.items():
        assert [row.status for row in reconcile(given).open_differences] == [status]
    for fine in (facts(a_true_year()), facts(a_true_year(), an_hmrc_year(an_employment("34200.80")))):
        assert reconcile(fine).open_differences == ()


def test_nothing_printed_is_none_and_never_zero() -> None:
    slips = changed(a_true_year(), 3, income_tax=None)
    row = the_row(facts(slips, an_hmrc_year(an_employment())))
    assert row.tax.payslips == Decimal("3963.80")
    assert [finding.kind for finding in row.findings] == ["no_income_tax"]


def test_the_current_year_is_useful_before_hmrc_has_it() -> None:
    slips = changed(a_true_year(), 2, warnings=("tax to date moved by £720.80",))
    row = the_row(facts(slips[:6], today=date(2024, 10, 1)))
    assert row.status == "waiting"
    assert [finding.kind for finding in row.findings] == ["payslip_warning"]
