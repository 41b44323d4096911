"""Alerts: what is worth telling, once, and again only when it changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from daemon.alerts import Alert, Situation, alerts, settle, told, untold
from daemon.events import GrantState
from daemon.reconcile.model import Figures, NationalInsurance, NicableEarnings, Person, Reconciliation, Row, YearReport
from storage.records import PayeReference, TaxYear

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
CALM = Situation(
    now=NOW, grant_state="ok", grant_days_left=400, last_confirmed=NOW, last_answered=NOW, queued=0, oldest_queued=None
)
GRANT_DAYS = (30, 14, 7, 3, 1)
NOTHING = Figures(None, None, None, None)


class Memory:
    """A memory as the ledger has them."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def standing(self) -> dict[str, str]:
        return dict(self.kept)

    def keep(self, subject: str, state: str | None) -> None:
        self.kept.pop(subject, None)
        if state is not None:
            self.kept[subject] = state


def a_difference(pay: str, status: str = "unexplained") -> Reconciliation:
    row = Row(
        tax_year=TaxYear(2024), employer_paye_ref=PayeReference("123/AB456"), employer="Example Ltd", status=status,  # type: ignore[arg-type]
        pay=replace(NOTHING, difference=Decimal(pay)), tax=NOTHING, national_insurance=NationalInsurance(None, None, None),
        payslip_count=12, as_of=NOW, basis="hmrc",
    )  # fmt: skip
    person = Person(NicableEarnings(None, None, None), None, None)
    return Reconciliation((YearReport(TaxYear(2024), "available", (row,), person),))


def subjects(situation: Situation) -> list[str]:
    return [alert.subject for alert in alerts(situation, GRANT_DAYS)]


def test_when_all_is_well_nobody_is_told_anything() -> None:
    assert alerts(CALM, GRANT_DAYS) == ()


@pytest.mark.parametrize(
    ("left", "state"), [(30, None), (29, "under 30"), (13, "under 14"), (6, "under 7"), (2, "under 3"), (0, "under 1")]
)
def test_the_end_of_the_sign_in_is_told_at_each_threshold(left: int, state: str | None) -> None:
    found = alerts(replace(CALM, grant_days_left=left, grant_state="expiring"), GRANT_DAYS)
    assert [alert.state for alert in found] == ([state] if state else [])


@pytest.mark.parametrize("outcome", ["new", "changed", "gone"])
def test_figures_that_appear_change_or_go_are_told(outcome: str) -> None:
    found = alerts(replace(CALM, outcomes=((TaxYear(2024), outcome, "run-1"),)), GRANT_DAYS)  # type: ignore[arg-type]
    assert "2024-25" in found[0].text


@pytest.mark.parametrize("outcome", ["unchanged", "not_yet", "late", "partial", "failed"])
def test_other_outcomes_are_not(outcome: str) -> None:
    assert subjects(replace(CALM, outcomes=((TaxYear(2024), outcome, "run-1"),))) == []  # type: ignore[arg-type]


def test_a_week_without_confirmed_figures_is_told() -> None:
    assert subjects(replace(CALM, last_confirmed=NOW - timedelta(days=7))) == []
    assert subjects(replace(CALM, last_confirmed=NOW - timedelta(days=7, seconds=1))) == ["stale"]


@pytest.mark.parametrize(("days", "expected"), [(7, []), (8, ["HMRC has not answered since 2026-06-23"])])
def test_a_week_in_which_nothing_was_ever_answered_is_told(days: int, expected: list[str]) -> None:
    never = replace(CALM, last_confirmed=None, last_answered=NOW - timedelta(days=days))
    assert [alert.text for alert in alerts(never, GRANT_DAYS)] == expected


def test_figures_that_never_came_are_no_fault_while_hmrc_answers() -> None:
    assert subjects(replace(CALM, last_confirmed=None)) == []


def test_rows_that_wait_for_a_day_are_told() -> None:
    assert subjects(replace(CALM, queued=5, oldest_queued=NOW - timedelta(hours=25))) == ["outbox"]


def test_a_sign_in_that_is_needed_is_told() -> None:
    assert subjects(replace(CALM, grant_state="needs_sign_in", grant_days_left=None)) == ["grant"]


@pytest.mark.parametrize(("state", "told_about"), [("none", ["grant"]), (None, [])])
def test_a_sign_in_that_was_never_made_is_told_and_one_that_cannot_be_known_is_not(
    state: GrantState | None, told_about: list[str]
) -> None:
    assert subjects(replace(CALM, grant_state=state, grant_days_left=None)) == told_about


def test_a_difference_is_told_without_amounts_or_names_and_again_when_it_changes() -> None:
    memory = Memory()
    (first,) = alerts(replace(CALM, reconciliation=a_difference("412.00")), GRANT_DAYS)
    assert "412" not in first.text + first.state + first.subject
    assert "Example" not in first.text
    told(first, memory)
    assert untold([first], memory) == ()
    (second,) = alerts(replace(CALM, reconciliation=a_difference("412.01")), GRANT_DAYS)
    assert untold([second], memory) == (second,)
    assert alerts(replace(CALM, reconciliation=a_difference("412.01", "accepted")), GRANT_DAYS) == ()


def test_what_is_over_and_comes_back_is_told_again() -> None:
    memory = Memory()
    sign_in, stale = Alert("grant", "needs_sign_in", "Sign in"), Alert("stale", "2026-07-01", "No figures")
    (difference,) = alerts(replace(CALM, reconciliation=a_difference("412.00")), GRANT_DAYS)
    found = [sign_in, difference, stale]
    for alert in found:
        told(alert, memory)
    known = memory.standing().keys()
    settle(found, memory, ["grant", "difference", "stale"], known)
    assert untold(found, memory) == ()
    settle([stale], memory, ["difference"], [stale.subject])
    assert untold(found, memory) == ()  # another machine told of the difference while this one did not know it yet
    settle([stale], memory, ["difference"], known)
    assert untold(found, memory) == (difference,)
    settle([stale], memory, ["grant"], known)
    assert untold(found, memory) == (sign_in, difference)
