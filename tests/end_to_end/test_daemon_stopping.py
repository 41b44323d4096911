"""A daemon that is stopped or killed at a bad moment: no sign-in is lost, no token shown twice, no figure lost or doubled."""

import signal
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import (
    IN_A_CONTAINER,
    TOMORROW,
    Daemon,
    WallClock,
    calls,
    counted,
    install,
    jumping,
    metric,
    running,
    runs,
    until,
)
from tests.inbox import Inbox


@pytest.fixture
def refreshing(hmrc: AnotherHmrc, home: Path) -> Home:
    """Somebody whose access token has ended, so that the next call refreshes it."""
    hmrc.expires_in = 1
    person = install(home, hmrc)
    hmrc.expires_in = 14_400
    time.sleep(1.1)  # the access token's life, which HMRC counts and no event tells
    return person


def begin_a_refresh(hmrc: AnotherHmrc, daemon: Daemon) -> None:
    """HMRC has given new tokens, and its answer is on the way for as long as the test wants."""
    hmrc.tokens_open.clear()
    daemon.ask_for_a_sync()
    until(lambda: hmrc.refreshes == 1, 60)


def assert_that_the_sign_in_is_kept(hmrc: AnotherHmrc, person: Home) -> None:
    done = person.run("sync")
    assert done.returncode == 0, done.stderr
    assert (hmrc.refreshes, hmrc.reused) == (1, 0)


def test_a_stop_waits_for_a_refresh_under_way_and_keeps_its_tokens(hmrc: AnotherHmrc, refreshing: Home) -> None:
    with running(refreshing) as daemon:
        begin_a_refresh(hmrc, daemon)
        daemon.process.send_signal(signal.SIGTERM)
        until(lambda: not answering(daemon), 60)
        assert daemon.process.poll() is None
        hmrc.tokens_open.set()
        _, log = daemon.process.communicate(timeout=60)
    assert daemon.process.returncode == 0, log
    assert "Traceback" not in log
    assert_that_the_sign_in_is_kept(hmrc, refreshing)


def answering(daemon: Daemon) -> bool:
    port = int(daemon.address.rpartition(":")[2])
    listening = psutil.Process(daemon.process.pid).net_connections()
    return any(found.laddr.port == port and found.status == psutil.CONN_LISTEN for found in listening)


def test_a_refresh_outlives_a_daemon_that_is_killed(hmrc: AnotherHmrc, refreshing: Home) -> None:
    with running(refreshing) as daemon:
        begin_a_refresh(hmrc, daemon)
        daemon.process.kill()
        daemon.process.communicate(timeout=20)
    hmrc.tokens_open.set()
    assert_that_the_sign_in_is_kept(hmrc, refreshing)


def test_a_containers_first_process_stays_until_the_refresh_of_a_killed_daemon_is_kept(
    hmrc: AnotherHmrc, refreshing: Home
) -> None:
    with running(refreshing, behind=IN_A_CONTAINER) as daemon:
        begin_a_refresh(hmrc, daemon)
        (child,) = psutil.Process(daemon.process.pid).children()
        child.kill()
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 60)
        assert daemon.process.poll() is None
        hmrc.tokens_open.set()
        daemon.process.communicate(timeout=60)
    assert daemon.process.returncode == 128 + signal.SIGKILL
    assert_that_the_sign_in_is_kept(hmrc, refreshing)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_cut_off_is_taken_up_at_the_next_start(
    hmrc: AnotherHmrc, person: Home, tmp_path: Path, end: signal.Signals
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    person = jumping(person, clock)
    with running(person) as daemon:
        until(lambda: metric(daemon, "hmrc_tui_timer_owner") == 1, 60)
        hmrc.open.clear()
        clock.set(TOMORROW + timedelta(minutes=11))
        until(lambda: calls(hmrc) > 0, 90)
        daemon.process.send_signal(end)
        if end == signal.SIGKILL:
            daemon.process.communicate(timeout=20)
            hmrc.open.set()
        else:
            hmrc.open.set()
            assert daemon.stop()[0] == 0
    with running(person) as daemon:
        until(lambda: runs(daemon) == 1, 60)
        daemon.stop()
    assert counted(person, "tax_year_snapshot") == 1
    assert hmrc.reused == 0
    with running(person) as daemon:
        before = calls(hmrc)
        until(lambda: metric(daemon, "hmrc_tui_last_look_timestamp_seconds") is not None, 60)
        daemon.stop()
    assert calls(hmrc) == before


@pytest.fixture
def silence() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


def test_a_stop_waits_for_nobody_who_says_nothing(hmrc: AnotherHmrc, home: Path, silence: int) -> None:
    nowhere = f"postgresql://me@127.0.0.1:{silence}/x"
    person = install(home, hmrc)
    environ = {
        "HMRC_TUI_TOKENS__STORE": "vault",
        "HMRC_TUI_VAULT__ADDRESS": f"http://localhost:{silence}",
        "HMRC_TUI_VAULT__TOKEN": "a-token",
        "HMRC_TUI_STORAGE__POSTGRES": nowhere,
    }
    with running(Home(person.folder, {**person.environ, **environ})) as daemon:
        assert daemon.get("/readyz").json()["checks"] == {"ledger": "ok", "postgres": "away", "sign_in": "unknown"}
        assert metric(daemon, "hmrc_tui_outbox_rows") is not None
        status, seconds, log = daemon.stop()
    assert (status, seconds < 10, "Traceback" in log) == (0, True, False)


def test_a_stop_waits_for_no_receiver_of_alerts(hmrc: AnotherHmrc, home: Path) -> None:
    with Inbox() as inbox:
        inbox.open.clear()
        with running(install(home, hmrc, HMRC_TUI_ALERTS__URLS=inbox.address)) as daemon:
            daemon.ask_for_a_sync()
            until(lambda: inbox.asked > 0, 60)
            status, seconds, log = daemon.stop()
    assert (status, seconds < 10, "Traceback" in log) == (0, True, False)
