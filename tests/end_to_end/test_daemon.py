"""The real daemon in a process of its own: its service, its end, and its timer under a wall clock that jumps."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import ROOT, Home
from tests.end_to_end.daemons import (
    TOKEN,
    TOMORROW,
    WallClock,
    calls,
    counted,
    jumping,
    looked_at,
    running,
    runs,
    until,
)
from tests.private import found_in


def test_a_thousand_requests_start_one_run(hmrc: AnotherHmrc, person: Home) -> None:
    # HMRC answers at once, so that most of the requests come when the run is over.
    with running(person) as daemon, ThreadPoolExecutor(20) as pool, httpx2.Client(timeout=30) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answers = list(pool.map(lambda _: client.post(daemon.address + "/sync", headers=headers), range(1000)))
        until(lambda: 'hmrc_tui_runs_total{outcome="done"} 1.0' in daemon.get("/metrics").text, 60)
        status, _, _ = daemon.stop()
    assert {answer.status_code for answer in answers} == {202}
    assert sum(not answer.json()["joined"] for answer in answers) == 1
    assert calls(hmrc) == 2
    assert status == 0


def test_the_service_tells_its_state_and_nothing_personal(hmrc: AnotherHmrc, person: Home) -> None:
    with running(person) as daemon:
        assert daemon.ask_for_a_sync("wrong").status_code == 401
        assert daemon.ask_for_a_sync().status_code == 202
        until(lambda: 'hmrc_tui_years_total{outcome="new"} 1.0' in daemon.get("/metrics").text, 60)
        ready = daemon.get("/readyz")
        metrics = daemon.get("/metrics").text
        status, seconds, log = daemon.stop()
    assert ready.json() == {"checks": {"ledger": "ok", "postgres": "not configured", "sign_in": "ok"}}
    assert "hmrc_tui_grant_days_left 546.0" in metrics
    assert re.search(r"hmrc_tui_last_confirmed_timestamp_seconds 1\.\d+e\+09", metrics)
    assert "server" not in ready.headers
    private = ("34200", "2234567890", "123/AB456", TOKEN, hmrc.access_token)
    assert found_in(metrics + log + ready.text, private) == []
    assert (status, seconds < 10) == (0, True)  # two seconds is what `make soak` holds it to, where nothing else runs


def test_an_answer_on_an_open_connection_waits_for_no_acknowledgement(person: Home) -> None:
    with running(person) as daemon, httpx2.Client(timeout=30) as client:
        took = [client.get(daemon.address + "/healthz").elapsed for _ in range(30)]
        daemon.stop()
    assert min(took[1:]) < timedelta(milliseconds=30)  # a delayed acknowledgement holds every answer up for 40


def test_a_port_in_use_is_one_line(person: Home) -> None:
    with running(person) as daemon:
        second = person.run("daemon", timeout=30)
        daemon.stop()
    assert second.returncode == 2
    assert "cannot be listened on" in second.stderr.splitlines()[-1]


def test_one_sync_and_no_more(hmrc: AnotherHmrc, person: Home) -> None:
    done = person.run("daemon", "--once")
    assert done.returncode == 0, done.stderr
    assert calls(hmrc) == 2
    assert "INFO a sync ended: 2025-26 new" in done.stderr


def test_a_command_line_that_is_not_understood_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "daemon", "--nonsense"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = "hmrc-tui: unrecognized arguments: --nonsense; python -m daemon --help tells how it is written\n"
    assert (done.returncode, done.stderr) == (2, told)


def clock_change(month: int) -> datetime:
    """01:00 UTC of the next last Sunday of March or October, when British clocks change."""
    year = TOMORROW.year
    while True:
        last = datetime(year, month, 31, 1, tzinfo=UTC)
        sunday = last - timedelta(days=(last.weekday() + 1) % 7)
        if sunday > TOMORROW + timedelta(days=1):
            return sunday
        year += 1


CLOCK_CHANGES = sorted([clock_change(3), clock_change(10)])
SLEEPS = [
    ("over six", TOMORROW + timedelta(hours=2)),
    ("over the first change of clocks", CLOCK_CHANGES[0] + timedelta(hours=5, minutes=1)),
    ("over the second change of clocks", CLOCK_CHANGES[1] + timedelta(hours=5, minutes=1)),
    ("for more than a year", TOMORROW + timedelta(days=500)),
]


def test_each_sleep_brings_exactly_one_run_within_ninety_seconds(
    hmrc: AnotherHmrc, person: Home, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    with running(jumping(person, clock)) as daemon:
        until(lambda: "hmrc_tui_timer_owner 1.0" in daemon.get("/metrics").text, 60)
        assert runs(daemon) == 0
        for number, (what, moment) in enumerate(SLEEPS, 1):
            clock.set(moment)
            until(lambda expected=number: runs(daemon) >= expected, 90)
            assert runs(daemon) == number, f"a sleep {what}"
        back = SLEEPS[2][1] + timedelta(hours=3)
        clock.set(back)
        until(lambda: looked_at(daemon) < SLEEPS[3][1], 90)
        assert runs(daemon) == len(SLEEPS), "a clock that was set back brought a run that there had been"
        status, _, log = daemon.stop()
    assert status == 0
    assert hmrc.reused == 0
    assert "Traceback" not in log


def test_a_persons_sync_during_the_daemons_and_both_end_well(hmrc: AnotherHmrc, person: Home) -> None:
    hmrc.open.clear()
    with running(person) as daemon, ThreadPoolExecutor(1) as pool:
        daemon.ask_for_a_sync()
        until(lambda: "BATCH_PROCESS_DIRECT" in methods(hmrc), 60)
        persons = pool.submit(person.json, "sync")
        until(lambda: "DESKTOP_APP_DIRECT" in methods(hmrc), 60)
        hmrc.open.set()
        outcomes = {year["outcome"] for year in persons.result(60)["years"]}
        until(lambda: runs(daemon) == 1, 60)
        status, _, log = daemon.stop()
    assert outcomes <= {"new", "unchanged"}
    assert (status, hmrc.reused, "Traceback" in log) == (0, 0, False)
    assert (calls(hmrc), counted(person, "tax_year_snapshot")) == (4, 1)


def methods(hmrc: AnotherHmrc) -> set[str | None]:
    """The connection methods of the calls that have arrived."""
    return {headers.get("gov-client-connection-method") for _, path, headers in hmrc.requests if "/sa/" in path}
