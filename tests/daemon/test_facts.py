"""Gathering the facts: what HMRC said last, also when it is gone, and every year that anything is known about."""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.availability import standing
from daemon.facts import gather, standings
from daemon.join import new_snapshots
from daemon.kept import answers_of, employments_of
from daemon.reconcile.model import Facts, HmrcYear
from storage.ledger import Ledger
from storage.records import ApiOutcome, TaxYear
from storage.settings import HmrcSettings, ReconcileSettings, Settings
from storage.troubles import StorageTrouble
from tests.daemon.answers import (
    BENEFITS,
    EMPLOYMENT,
    INCOME,
    INSURANCE,
    NOW,
    TAX,
    YEAR,
    benefits_answer,
    employment_answer,
    income_answer,
    insurance_answer,
    keep,
    seen,
    tax_answer,
)
from tests.makers import REFERENCE, StoppedClock, a_p60, a_payslip
from tests.storage.ledgers import a_ledger

SETTINGS = Settings(hmrc=HmrcSettings(), reconcile=ReconcileSettings(tolerance=Decimal("0.02")))
CLOCK = StoppedClock(datetime(2025, 7, 1, 23, 30, tzinfo=UTC))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = a_ledger(tmp_path)
    yield opened
    opened.close()


def facts(ledger: Ledger, *years: TaxYear, settings: Settings = SETTINGS) -> Facts:
    """The facts of a ledger."""
    return gather(ledger, settings, CLOCK, years)


def hmrc(ledger: Ledger, year: TaxYear = YEAR) -> HmrcYear:
    """What they say of one year."""
    return next(each for each in facts(ledger, year).hmrc if each.tax_year == year)


def keep_all(ledger: Ledger, at: datetime = NOW, year: TaxYear = YEAR, pay: str = "34200.00") -> None:
    """Keeps an answer of every API, and the row that they join to."""
    keep(ledger, TAX, tax_answer(refund="325"), at, year)
    keep(ledger, INCOME, income_answer({REFERENCE: pay}, pension="36.5"), at, year)
    keep(ledger, EMPLOYMENT, employment_answer(), at, year)
    keep(ledger, BENEFITS, benefits_answer(otherBenefits="16"), at, year)
    keep(ledger, INSURANCE, insurance_answer(), at, year)
    known = standing(ledger.observations(year))
    employments = employments_of(known, answers_of(ledger, [known]))
    ledger.add_snapshots(new_snapshots(year, employments, ledger.snapshots(year), at))


def test_everything_that_hmrc_said_of_a_year(ledger: Ledger) -> None:
    keep_all(ledger)
    year = hmrc(ledger)
    (employment,) = year.employments
    assert (employment.name, employment.pay, employment.tax, employment.benefits) == (
        "Example Ltd",
        Decimal("34200.00"),
        Decimal("4324.00"),
        Decimal("16.00"),
    )
    assert (year.refunds, year.pensions, year.nicable_earnings) == (
        Decimal("325.00"),
        Decimal("36.50"),
        Decimal("23424.00"),
    )
    assert (year.state, year.tax_answered, year.pay_answered, year.as_of, year.last_asked) == (
        "available",
        True,
        True,
        NOW,
        NOW,
    )


def test_state_benefits_come_together_and_apart_from_pensions(ledger: Ledger) -> None:
    benefits = '{"incapacityBenefit": 980.45, "jobseekersAllowance": 89.99, "seissNetPaid": 55.55}'
    bare = "{}"
    assert bare in income_answer()
    keep(ledger, INCOME, income_answer().replace(bare, benefits))
    assert (hmrc(ledger).state_benefits, hmrc(ledger).pensions) == (Decimal("1125.99"), None)


def test_a_year_that_is_gone_keeps_its_last_figures_and_their_date(ledger: Ledger) -> None:
    keep_all(ledger)
    later = NOW + timedelta(days=30)
    for api in (TAX, INCOME):
        keep(ledger, api, None, later)
    year = hmrc(ledger)
    assert (year.state, year.as_of, year.last_asked) == ("gone", NOW, later)
    assert year.employments[0].pay == Decimal("34200.00")


def test_earlier_figures_are_revisions_and_the_present_ones_are_not(ledger: Ledger) -> None:
    for day, pay in enumerate(("30000.00", "34200.00")):
        keep_all(ledger, NOW + timedelta(days=day), pay=pay)
    (revision,) = hmrc(ledger).revisions
    assert (revision.reference, revision.pay, revision.seen_at) == (REFERENCE, Decimal("30000.00"), NOW)


def test_an_employer_that_hmrc_names_no_more_is_a_revision_too(ledger: Ledger) -> None:
    keep_all(ledger)
    for api, body in ((TAX, tax_answer({"999/Z9": "1.00"})), (INCOME, income_answer({"999/Z9": "5.00"}))):
        keep(ledger, api, body, NOW + timedelta(days=1))
    year = hmrc(ledger)
    assert REFERENCE in {revision.reference for revision in year.revisions}
    assert {employment.reference for employment in year.employments if employment.pay} == {"999/Z9"}


def test_years_with_slips_p60s_or_a_question_have_a_state_without_hmrc(ledger: Ledger) -> None:
    ledger.add_payslips([a_payslip(date(2021, 4, 5)), a_payslip(date(2025, 4, 26))], import_id="i", description="d")
    ledger.add_p60s([a_p60(TaxYear(2022))], import_id="i", description="d")
    assert {year.tax_year.hmrc: year.state for year in facts(ledger, TaxYear(2019)).hmrc} == {
        "2019-20": "unknown",
        "2020-21": "unknown",
        "2022-23": "unknown",
        "2025-26": "current",
    }


def test_a_year_that_only_ever_failed_is_unknown(ledger: Ledger) -> None:
    ledger.add_observation(seen(TAX, "failed", status=500, code=None, answer_hash=None), None)
    assert (hmrc(ledger).state, hmrc(ledger).figures_seen, hmrc(ledger).last_asked) == ("unknown", False, NOW)


def test_today_is_londons_and_the_tolerance_the_configured_one(ledger: Ledger) -> None:
    found = facts(ledger)
    assert (found.today, found.tolerance) == (date(2025, 7, 2), Decimal("0.02"))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([TAX, INCOME]), st.sampled_from(["ok", "no_data", "not_subscribed", "failed"])),
        max_size=12,
    )
)
def test_the_latest_call_of_each_outcome_tells_all_about_a_year(calls: list[tuple[str, ApiOutcome]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = a_ledger(Path(folder))
        for hour, (api, outcome) in enumerate(calls):
            ledger.add_observation(seen(api, outcome, NOW + timedelta(hours=hour)), None)
        assert standings(ledger.latest_observations()) == standings(ledger.observations())


def test_a_kept_answer_that_was_damaged_is_storage_trouble_with_the_mend(ledger: Ledger) -> None:
    keep(ledger, TAX, tax_answer()[:-9])
    with pytest.raises(StorageTrouble, match="hmrc-tui restore"):
        facts(ledger)


def test_fifty_years_of_four_employers_asked_for_weekly_are_gathered_quickly(ledger: Ledger) -> None:
    employers = {f"{n}23/AB45{n}": "34200.00" for n in range(4)}
    for start in range(1975, 2025):
        year = TaxYear(start)
        keep(ledger, TAX, tax_answer(employers), NOW, year)
        keep(ledger, INCOME, income_answer(employers), NOW, year)
    began = time.perf_counter()
    found = facts(ledger)
    assert time.perf_counter() - began < 2
    assert sum(len(year.employments) for year in found.hmrc) == 200
