"""The real daemon in a process of its own, its service asked over HTTP, and its wall clock moved while it runs."""

import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.ports import free_port
from tests.simulated import ask

TOKEN = "a-webhook-token-of-thirty-two-characters-or-more"


def install(folder: Path, hmrc: AnotherHmrc, **more: str) -> Home:
    """A person's installation with a daemon to run, signed in, asking two APIs for the tax years since 2025-26."""
    person = Home.at(
        folder,
        hmrc,
        HMRC_TUI_SERVICE__PORT=str(free_port()),
        HMRC_TUI_SERVICE__WEBHOOK_TOKEN=TOKEN,
        HMRC_TUI_SYNC__FIRST_YEAR="2025-26",
        HMRC_TUI_HMRC__APIS="individual-tax,individual-income",
        **more,
    )
    person.sign_in()
    return person


IN_A_CONTAINER = ("daemon.first_process", sys.executable, "-m")
"""What a container starts, to be named as `behind`."""


class Daemon:
    """A running daemon and the address of its service."""

    def __init__(self, process: "subprocess.Popen[str]", port: str) -> None:
        self.process = process
        self.address = f"http://localhost:{port}"

    def get(self, path: str) -> httpx2.Response:
        return ask("GET", self.address + path, timeout=30)

    def ask_for_a_sync(self, token: str = TOKEN) -> httpx2.Response:
        return ask("POST", self.address + "/sync", headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def stop(self) -> tuple[int, float, str]:
        """Its exit status, how many seconds it took to end, and all that it logged."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=90)
        return self.process.returncode, time.monotonic() - started, err


@contextmanager
def running(person: Home, *, behind: tuple[str, ...] = ()) -> Iterator[Daemon]:
    """A daemon that answers, started by the module `behind` where one is named; killed at the end where the test has not stopped it."""
    with person.start("daemon", behind=behind) as process:
        daemon = Daemon(process, person.environ["HMRC_TUI_SERVICE__PORT"])
        try:
            until(lambda: answers(daemon), 60)
            yield daemon
        finally:
            if process.poll() is None:
                process.kill()
                print(process.communicate()[1])  # the test has failed, and this is what the daemon said


def answers(daemon: Daemon) -> bool:
    assert daemon.process.poll() is None, daemon.process.communicate()
    try:
        return daemon.get("/healthz").status_code == 200
    except httpx2.ConnectError:
        return False


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Waits for `condition`, and fails where it does not come about in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def calls(hmrc: AnotherHmrc) -> int:
    return sum("/sa/" in path for _, path, _ in hmrc.requests)


def counted(person: Home, table: str) -> int:
    """How many rows a table of this person's ledger has."""
    (file,) = person.folder.glob("data/ledger-*.sqlite")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(found[0])


def metric(daemon: Daemon, name: str) -> float | None:
    """A metric by its name with its labels, as Prometheus would read it now; None where it is not known yet."""
    found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", daemon.get("/metrics").text)
    return float(found[1]) if found and found[1] != "NaN" else None


def runs(daemon: Daemon, outcome: str = "done") -> int:
    """How many syncs have ended so since the daemon's start."""
    return int(metric(daemon, f'hmrc_tui_runs_total{{outcome="{outcome}"}}') or 0)


def looked_at(daemon: Daemon) -> datetime:
    """When the timer last looked whether anything is due, by the daemon's wall clock."""
    return datetime.fromtimestamp(metric(daemon, "hmrc_tui_last_look_timestamp_seconds") or 0.0, UTC)


def faketime_library() -> str:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert found, "libfaketime is missing: .ci/run installs it with apt-get"
    return str(found[0])


class WallClock:
    """The daemon's wall clock, moved while it runs; its monotonic clock is the machine's, as after a suspend."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "faketime"

    def set(self, moment: datetime) -> None:
        offset = (moment - datetime.now(UTC)).total_seconds()
        staged = self._file.with_suffix(".new")
        staged.write_text(f"{offset:+.3f}\n")
        staged.replace(self._file)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": faketime_library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def jumping(person: Home, clock: WallClock) -> Home:
    return Home(person.folder, {**person.environ, **clock.environ})


TOMORROW = datetime.now(UTC).replace(minute=50, second=0, microsecond=0, hour=5) + timedelta(days=1)
"""Ten minutes before a daily run is due."""
