"""What a daemon costs that has nothing to do: processor, memory, and how fast it is there and gone."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cores import Busy
from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import Daemon, install, metric, running, runs, until

MEGABYTE = 1_048_576
ROOT = Path(__file__).parents[2]


def spent(process: psutil.Process) -> float:
    """Seconds of processor time of a process and of those that it started and waited for."""
    return sum(process.cpu_times()[:4])


def resident(process: psutil.Process) -> float:
    """Megabytes in memory of a process and of all that it has started."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / MEGABYTE


def idle(daemon: Daemon, seconds: float) -> tuple[float, float]:
    """Per cent of one processor, and the most megabytes seen, while nobody asks for anything. Begins when the first look is over."""
    until(lambda: metric(daemon, "hmrc_tui_last_look_timestamp_seconds") is not None, 60)
    process = psutil.Process(daemon.process.pid)
    before, began, most = spent(process), time.monotonic(), 0.0
    while time.monotonic() - began < seconds:
        most = max(most, resident(process))
        time.sleep(min(5.0, seconds / 4))
    return (spent(process) - before) / (time.monotonic() - began) * 100, most


def test_an_idle_daemon_costs_next_to_nothing_before_and_after_a_sync(
    hmrc: AnotherHmrc, home: Path, postgres: str
) -> None:
    with running(install(home, hmrc, HMRC_TUI_STORAGE__POSTGRES=postgres)) as daemon:
        percent, megabytes = idle(daemon, 15)
        assert percent < 0.6
        assert megabytes < 90
        daemon.ask_for_a_sync()
        until(lambda: runs(daemon) == 1, 60)
        assert idle(daemon, 1)[1] < 90
        status, seconds, _ = daemon.stop()
    assert (status, seconds < 10) == (0, True)


@pytest.mark.soak
def test_ten_idle_minutes(hmrc: AnotherHmrc, home: Path, postgres: str, capsys: pytest.CaptureFixture[str]) -> None:
    person = install(home, hmrc, HMRC_TUI_STORAGE__POSTGRES=postgres)
    with running(person) as daemon:
        daemon.ask_for_a_sync()
        until(lambda: runs(daemon) == 1, 60)
        percent, megabytes = idle(daemon, 600)
        status, seconds, _ = daemon.stop()
    with capsys.disabled():
        print(
            f"\nten idle minutes with Postgres: {percent:.3f} % of a processor, {megabytes:.1f} MB, exit {seconds:.2f} s"
        )
    assert percent < 0.1
    assert megabytes < 90
    assert (status, seconds < 2) == (0, True)


@pytest.mark.soak
def test_it_is_ready_and_gone_within_two_seconds(person: Home, capsys: pytest.CaptureFixture[str]) -> None:
    ready: list[float] = []
    gone: list[float] = []
    for _ in range(5):
        began = time.monotonic()
        with running(person) as daemon:
            assert daemon.get("/readyz").status_code == 200
            # What others on a busy machine take is not the daemon's.
            ready.append(time.monotonic() - began - Busy(daemon.process.pid).waited())
            status, seconds, _ = daemon.stop()
            gone.append(seconds)
            assert status == 0
    with capsys.disabled():
        print(f"\nready in {statistics.median(ready):.2f} s, gone in {statistics.median(gone):.2f} s (medians of five)")
    assert statistics.median(ready) < 2
    assert statistics.median(gone) < 2


def test_the_daemon_loads_no_screen_and_nothing_before_it_is_needed(home: Path) -> None:
    script = (
        "import sys, daemon.headless, daemon.engine, daemon.host, daemon.service, daemon.service_server, daemon.unattended\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
    )
    never = {
        "textual",
        "rich",
        "plotext",
        "apprise",
        "alembic",
        "sqlalchemy",
        "hvac",
        "requests",
        "psycopg",
        "pypdf",
        "keyring",
        "httpx2",
    }
    assert not never & set(done.stdout.split())
