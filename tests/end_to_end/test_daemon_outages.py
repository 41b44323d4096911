"""The daemon without Postgres, without HMRC, and beside another daemon on the same Postgres."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import TOMORROW, WallClock, calls, install, jumping, metric, running, runs, until
from tests.inbox import Inbox
from tests.postgres import PostgresServer


@pytest.fixture
def server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """The PostgreSQL of this test process, which runs again afterwards, however a test ends."""
    yield postgres_server
    postgres_server.restart()


def snapshots(server: PostgresServer, dsn: str) -> int:
    return server.query("SELECT count(*) FROM hmrc_sync_sandbox.tax_year_snapshot", dsn=dsn)[0][0]


@pytest.mark.parametrize("asked", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["sync", "wait a minute"])
def test_postgres_away_at_the_start_delays_the_rows_and_nothing_else(
    hmrc: AnotherHmrc, home: Path, server: PostgresServer, postgres: str, asked: bool
) -> None:
    person = install(home, hmrc, HMRC_TUI_STORAGE__POSTGRES=postgres)
    server.stop()
    with running(person) as daemon:
        assert daemon.get("/readyz").json()["checks"] == {"ledger": "ok", "postgres": "away", "sign_in": "ok"}
        daemon.ask_for_a_sync()
        until(lambda: runs(daemon) == 1, 60)
        assert metric(daemon, "hmrc_tui_postgres_up") == 0
        waiting = metric(daemon, "hmrc_tui_outbox_rows")
        assert waiting is not None
        assert waiting > 0
        assert daemon.get("/healthz").status_code == 200
        server.start()
        if asked:
            daemon.ask_for_a_sync()
        until(lambda: metric(daemon, "hmrc_tui_postgres_up") == 1, 90)
        until(lambda: metric(daemon, "hmrc_tui_outbox_rows") == 0, 90)
        status, seconds, log = daemon.stop()
    assert (status, seconds < 10, "Traceback" in log) == (0, True, False)
    assert snapshots(server, postgres) == 1


def test_two_daemons_on_one_postgres_make_one_run_and_tell_of_it_once(
    hmrc: AnotherHmrc, tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    with Inbox() as inbox:
        shared = {"HMRC_TUI_STORAGE__POSTGRES": postgres, "HMRC_TUI_ALERTS__URLS": inbox.address}
        people = [jumping(install(tmp_path / name, hmrc, **shared), clock) for name in ("one", "other")]
        with running(people[0]) as one, running(people[1]) as other:
            for daemon in (one, other):
                until(lambda daemon=daemon: metric(daemon, "hmrc_tui_postgres_up") == 1, 60)
                until(lambda daemon=daemon: metric(daemon, "hmrc_tui_last_look_timestamp_seconds") is not None, 60)
            owners = [metric(daemon, "hmrc_tui_timer_owner") for daemon in (one, other)]
            assert sorted(owners) == [0, 1]
            clock.set(TOMORROW + timedelta(minutes=11))
            until(lambda: runs(one) + runs(other) == 1, 90)
            assert [runs(one), runs(other)] == owners
            until(lambda: len(inbox.received) == 2, 60)
            assert [daemon.stop()[0] for daemon in (one, other)] == [0, 0]
        for person in people:
            # The timer becomes this one's, as if the other's machine had gone.
            postgres_server.query(
                "DELETE FROM hmrc_sync_sandbox.sync_claim WHERE business_date < '2000-01-01'", dsn=postgres
            )
            with running(person) as daemon:
                # Whichever made the run, the other hears of it through Postgres.
                until(lambda daemon=daemon: metric(daemon, "hmrc_tui_last_run_timestamp_seconds") is not None, 60)
                until(lambda daemon=daemon: metric(daemon, "hmrc_tui_last_look_timestamp_seconds") is not None, 60)
                assert metric(daemon, "hmrc_tui_timer_owner") == 1
                assert daemon.stop()[0] == 0
    assert calls(hmrc) == 2
    assert hmrc.reused == 0
    assert snapshots(postgres_server, postgres) == 1
    assert [text.partition(" in ")[0].partition(" for ")[0] for text in inbox.received] == [
        "HMRC has figures now",
        "A difference",
    ]


def test_without_hmrc_a_run_fails_is_tried_again_later_and_ends_nothing(
    hmrc: AnotherHmrc, person: Home, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    with running(jumping(person, clock)) as daemon:
        until(lambda: metric(daemon, "hmrc_tui_timer_owner") == 1, 60)
        hmrc.go_away()
        clock.set(TOMORROW + timedelta(minutes=11))
        until(lambda: runs(daemon, "failed") == 1, 150)
        assert daemon.get("/healthz").status_code == 200
        hmrc.come_back()
        clock.set(TOMORROW + timedelta(minutes=50))
        until(lambda: runs(daemon) == 1, 90)
        status, _, log = daemon.stop()
    assert (status, "Traceback" in log) == (0, False)
    failure, success = [line.partition("a sync ended: ")[2] for line in log.splitlines() if "a sync ended: " in line]
    assert "HMRC" in failure
    assert success == "2025-26 new"
    assert hmrc.reused == 0
