"""What Activity says of the sync under way and of the next run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hmrc_tui.views.activity import RUNS_AT_MOST, call_lines, items, now_lines, run_lines
from hmrc_tui.views.pieces import spoken
from storage.records import ApiOutcome, SyncRun
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import a_run

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SIX = datetime(2026, 7, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("next_run", "watches", "whose"),
    [(SIX, False, False), (SIX, True, True), (None, True, False)],
)
def test_whose_the_next_run_is_is_told_where_a_daemon_has_the_timer(
    next_run: datetime | None, watches: bool, whose: bool
) -> None:
    _, told = now_lines([], syncing=False, next_run=next_run, now=NOW, watches=watches)
    text = "".join(piece.text for piece in told)
    assert text.startswith("Next run ")
    assert ("by the daemon that has the timer" in text) == whose


def test_a_run_under_way_is_not_said_to_be_killed_and_one_that_never_ended_is() -> None:
    begun = a_run(started_at=NOW, finished_at=None, outcome="failed", summary="killed before its end")
    soon, late = NOW + timedelta(seconds=20), NOW + RUNS_AT_MOST
    for told in (spoken(run_lines(begun, (), soon)), _row(begun, soon)):
        assert "» running" in told
        assert "killed" not in told
    for told in (spoken(run_lines(begun, (), late)), _row(begun, late)):
        assert "✗ broken off" in told
        assert "killed before its end" in told


def _row(run: SyncRun, now: datetime) -> str:
    (item,) = items([run], now)
    return " ".join(cell.text for cell in item.cells.values())


@pytest.mark.parametrize("outcome", ["ok", "no_data", "not_subscribed", "unauthorised", "failed"])
def test_a_call_and_every_usual_code_fit_beside_each_other_at_80_columns(outcome: ApiOutcome) -> None:
    call = a_log().observations()[0]
    told = replace(call, api="national-insurance", outcome=outcome, status=500, code="INTERNAL_SERVER_ERROR")
    (one,) = call_lines(replace(told, duration_ms=99_999))
    assert len(spoken([one])) <= 77  # a margin on both sides, and the scroll bar


def test_a_long_note_of_a_call_hangs_below_it() -> None:
    call = replace(
        a_log().observations()[0], status=None, code=None, note="HMRC cannot be reached: the connection was refused"
    )
    first, second = call_lines(call)
    assert "HMRC cannot" not in spoken([first])
    assert spoken([second]) == "         HMRC cannot be reached: the connection was refused"
