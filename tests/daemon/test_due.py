"""When an unattended run is due: once a day, caught up once, whatever the clock does."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.due import Due, due_run, last_asked_and_gone, latest_due_moment, next_due_moment, years_due
from storage.records import Observation, SyncRun, TaxYear

AT = time(6, 0)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def a_run(
    started: datetime, outcome: str = "done", business_date: date | None = None, minutes: int | None = 1
) -> SyncRun:
    return SyncRun(
        id=f"run-{started.isoformat()}",
        business_date=business_date or latest_due_moment(started, AT).date(),
        started_at=started,
        finished_at=None if minutes is None else started + timedelta(minutes=minutes),
        outcome=outcome,  # type: ignore[arg-type]
        unattended=True,
        host="test",
    )


def due(
    now: datetime, *runs: SyncRun, since: datetime | None = LONG_AGO, interrupted: date | None = None
) -> Due | None:
    return due_run(now, AT, runs, since=since, interrupted=interrupted)


def test_before_six_the_day_before_is_meant() -> None:
    assert latest_due_moment(NOON.replace(hour=5, minute=59), AT).date() == date(2026, 3, 28)
    assert latest_due_moment(NOON.replace(hour=6), AT).date() == date(2026, 3, 29)
    assert next_due_moment(NOON, AT) == datetime(2026, 3, 30, 6, tzinfo=UTC)


def test_a_day_without_a_run_is_due_and_with_one_is_not() -> None:
    assert due(NOON) == Due(date(2026, 3, 29))
    assert due(NOON, a_run(NOON.replace(hour=6))) is None
    assert due(NOON, a_run(NOON.replace(hour=6)), a_run(NOON.replace(hour=7), "failed")) is None


def test_a_schedule_that_begins_today_has_missed_nothing() -> None:
    assert due(NOON, since=NOON) is None
    assert due(NOON + timedelta(days=1), since=NOON) == Due(date(2026, 3, 30))


def test_a_month_of_downtime_is_caught_up_once() -> None:
    old = a_run(NOON - timedelta(days=30))
    assert due(NOON, old) == Due(date(2026, 3, 29))
    assert due(NOON, old, a_run(NOON)) is None


def test_a_person_who_synced_does_not_stand_in_for_the_daily_run() -> None:
    assert due(NOON, replace(a_run(NOON.replace(hour=7)), unattended=False)) == Due(date(2026, 3, 29))


@pytest.mark.parametrize(("failures", "minutes"), [(1, 30), (2, 120), (3, 360)])
def test_a_failed_run_is_tried_again_after_longer_and_longer_waits(failures: int, minutes: int) -> None:
    runs = [a_run(NOON.replace(hour=6, minute=n), "failed", minutes=0) for n in range(failures)]
    last = runs[-1].started_at
    assert due(last + timedelta(minutes=minutes - 1), *runs) is None
    assert due(last + timedelta(minutes=minutes), *runs) == Due(date(2026, 3, 29))


def test_after_four_failures_the_next_day_is_waited_for() -> None:
    runs = [a_run(NOON.replace(hour=6, minute=n), "failed") for n in range(4)]
    assert due(NOON.replace(hour=23), *runs) is None
    assert due(NOON + timedelta(days=1), *runs) == Due(date(2026, 3, 30))


def test_a_run_that_lacked_a_sign_in_does_not_count_as_a_failure() -> None:
    lacking = [a_run(NOON.replace(hour=6, minute=n), "needs_sign_in") for n in range(9)]
    assert due(NOON.replace(hour=6, minute=9), *lacking) == Due(date(2026, 3, 29), lacking[-1].started_at)


def test_a_run_under_way_is_left_alone_and_a_killed_one_is_tried_again() -> None:
    started = a_run(NOON.replace(hour=6), "failed", minutes=None)
    assert due(NOON.replace(hour=6, minute=30), started) is None
    assert due(NOON.replace(hour=9), started) == Due(date(2026, 3, 29))


def test_a_run_that_was_cut_off_with_its_process_is_taken_up_at_once_but_not_for_ever() -> None:
    today = date(2026, 3, 29)
    killed = [a_run(NOON.replace(hour=6, minute=n), "failed", minutes=None) for n in range(4)]
    stopped = a_run(NOON.replace(hour=6), "cancelled")
    now = NOON.replace(hour=6, minute=5)
    assert due(now, killed[0], interrupted=today) == due(now, stopped, interrupted=today) == Due(today)
    assert due(now, killed[0], interrupted=today - timedelta(days=1)) is None
    assert due(now, *killed, interrupted=today) is None
    assert due(now, killed[0], a_run(now), interrupted=today) is None


def test_a_clock_that_jumped_years_ahead_and_back_does_not_stop_the_days() -> None:
    ahead = a_run(NOON + timedelta(days=3650))
    assert due(NOON, a_run(NOON - timedelta(days=1)), ahead) == Due(date(2026, 3, 29))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_however_the_minutes_pass_a_day_has_at_most_one_good_run(gaps: list[int]) -> None:
    now, runs = NOON, list[SyncRun]()
    for gap in gaps:
        now += timedelta(minutes=gap)
        if due(now, *runs):
            runs.append(a_run(now))
    assert len({run.business_date for run in runs}) == len(runs)


def test_ten_years_of_minutes_are_one_run_a_day() -> None:
    now, runs, days = datetime(2026, 1, 1, 6, tzinfo=UTC), list[SyncRun](), 0
    while now.year < 2036:
        if due(now, *runs[-5:]):
            runs.append(a_run(now))
        assert due(now + timedelta(hours=1), *runs[-5:]) is None
        assert due(now + timedelta(hours=23, minutes=59), *runs[-5:]) is None
        now, days = now + timedelta(days=1), days + 1
    assert len(runs) == days == 3652


YEARS = tuple(TaxYear(start) for start in range(2021, 2026))


def test_from_june_to_january_every_open_year_is_asked_for_daily() -> None:
    yesterday = dict.fromkeys(YEARS, date(2026, 6, 30))
    assert years_due(YEARS, yesterday, {}, date(2026, 7, 1)) == YEARS


def test_in_spring_the_older_years_are_asked_for_weekly() -> None:
    yesterday = dict.fromkeys(YEARS, date(2026, 3, 1))
    assert years_due(YEARS, yesterday, {}, date(2026, 3, 2)) == YEARS[-1:]
    assert years_due(YEARS, yesterday, {}, date(2026, 3, 8)) == YEARS


def test_a_year_long_gone_is_asked_for_now_and_then() -> None:
    gone = {YEARS[0]: date(2025, 1, 1)}
    asked = dict.fromkeys(YEARS, date(2026, 7, 1))
    assert YEARS[0] not in years_due(YEARS, asked, gone, date(2026, 7, 30))
    assert YEARS[0] in years_due(YEARS, asked, gone, date(2026, 7, 31))


def an_observation(day: int, api: str, outcome: str) -> Observation:
    return Observation(
        id=f"{day}{api}", run_id="r", asked_at=datetime(2026, 7, day, 6, tzinfo=UTC), tax_year=TaxYear(2024), api=api,
        api_version="1.1", outcome=outcome, status=200 if outcome == "ok" else 404, code=None, answer_hash=None, duration_ms=1,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_year_is_gone_since_both_tax_and_income_answer_404() -> None:
    log = [
        an_observation(1, "individual-tax", "ok"),
        an_observation(1, "individual-income", "ok"),
        an_observation(2, "individual-tax", "no_data"),
        an_observation(2, "individual-income", "ok"),
        an_observation(3, "individual-tax", "no_data"),
        an_observation(3, "individual-income", "no_data"),
        an_observation(4, "individual-income", "no_data"),
    ]
    asked, gone = last_asked_and_gone(log)
    assert asked == {TaxYear(2024): date(2026, 7, 4)}
    assert gone == {TaxYear(2024): date(2026, 7, 3)}
    back = an_observation(5, "individual-tax", "ok")
    assert last_asked_and_gone([*log, back])[1] == {}
