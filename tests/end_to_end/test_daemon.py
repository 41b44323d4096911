"""The real daemon in a process of its own: its service, its end, and its timer under a wall clock that jumps."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home, free_port

TOKEN = "a-webhook-token-of-thirty-two-characters-or-more"


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        for start in range(2018, 2030):
            server.employ(f"{start}-{(start + 1) % 100:02d}", ("123/AB456", "Example Ltd", 34200, 4324))
        yield server


@pytest.fixture
def person(hmrc: AnotherHmrc, home: Path) -> Home:
    signed_in = Home.at(
        home,
        hmrc,
        HMRC_TUI_SERVICE__PORT=str(free_port()),
        HMRC_TUI_SERVICE__WEBHOOK_TOKEN=TOKEN,
        HMRC_TUI_SYNC__FIRST_YEAR="2025-26",
        HMRC_TUI_HMRC__APIS="individual-tax,individual-income",
    )
    signed_in.sign_in()
    return signed_in


class Daemon:
    """A running daemon and the address of its service."""

    def __init__(self, process: "subprocess.Popen[str]", port: str) -> None:
        self.process = process
        self.address = f"http://localhost:{port}"

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.address + path, timeout=30)

    def ask_for_a_sync(self, token: str = TOKEN) -> httpx2.Response:
        return httpx2.post(self.address + "/sync", headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def stop(self) -> tuple[int, float, str]:
        """Its exit status, how many seconds it took to end, and all that it logged."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=90)
        return self.process.returncode, time.monotonic() - started, err


@contextmanager
def running(person: Home, **options: object) -> Iterator[Daemon]:
    with person.start("daemon", **options) as process:
        daemon = Daemon(process, person.environ["HMRC_TUI_SERVICE__PORT"])
        try:
            until(lambda: answers(daemon), 20)
            yield daemon
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


def answers(daemon: Daemon) -> bool:
    assert daemon.process.poll() is None, daemon.process.communicate()
    try:
        return daemon.get("/healthz").status_code == 200
    except httpx2.ConnectError:
        return False


def until(condition: "object", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.2)


def calls(hmrc: AnotherHmrc) -> int:
    return sum("/sa/" in path for _, path, _ in hmrc.requests)


def test_a_thousand_requests_start_one_run(hmrc: AnotherHmrc, person: Home) -> None:
    hmrc.open.clear()
    with running(person) as daemon, ThreadPoolExecutor(20) as pool, httpx2.Client(timeout=30) as client:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answers = list(pool.map(lambda _: client.post(daemon.address + "/sync", headers=headers), range(1000)))
        hmrc.open.set()
        until(lambda: 'hmrc_tui_runs_total{outcome="done"} 1.0' in daemon.get("/metrics").text, 30)
        status, _, _ = daemon.stop()
    assert {answer.status_code for answer in answers} == {202}
    assert sum(not answer.json()["joined"] for answer in answers) == 1
    assert calls(hmrc) == 2
    assert status == 0


def test_the_service_tells_its_state_and_nothing_personal(hmrc: AnotherHmrc, person: Home) -> None:
    with running(person) as daemon:
        assert daemon.ask_for_a_sync("wrong").status_code == 401
        assert daemon.ask_for_a_sync().status_code == 202
        until(lambda: 'hmrc_tui_years_total{outcome="new"} 1.0' in daemon.get("/metrics").text, 30)
        ready = daemon.get("/readyz")
        metrics = daemon.get("/metrics").text
        status, seconds, log = daemon.stop()
    assert ready.json() == {"checks": {"ledger": "ok", "postgres": "not configured", "sign_in": "ok"}}
    assert "hmrc_tui_grant_days_left 546.0" in metrics
    assert re.search(r"hmrc_tui_last_confirmed_timestamp_seconds 1\.\d+e\+09", metrics)
    assert "server" not in ready.headers
    for secret in ("34200", "2234567890", "123/AB456", TOKEN, hmrc.access_token):
        assert secret not in metrics + log + ready.text
    assert (status, seconds < 2) == (0, True)


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
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def jumping(person: Home, clock: WallClock) -> Home:
    return Home(person.folder, {**person.environ, **clock.environ})


TOMORROW = datetime.now(UTC).replace(minute=50, second=0, microsecond=0, hour=5) + timedelta(days=1)


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


def runs(daemon: Daemon) -> int:
    found = re.search(r'hmrc_tui_runs_total\{outcome="done"\} (\d+)', daemon.get("/metrics").text)
    return int(found[1]) if found else 0


def test_each_sleep_brings_exactly_one_run_within_ninety_seconds(
    hmrc: AnotherHmrc, person: Home, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    with running(jumping(person, clock)) as daemon:
        until(lambda: "hmrc_tui_timer_owner 1.0" in daemon.get("/metrics").text, 20)
        assert runs(daemon) == 0
        for number, (what, moment) in enumerate(SLEEPS, 1):
            clock.set(moment)
            until(lambda expected=number: runs(daemon) >= expected, 90)
            assert runs(daemon) == number, f"a sleep {what}"
        clock.set(SLEEPS[2][1] + timedelta(hours=3))
        time.sleep(8)
        assert runs(daemon) == len(SLEEPS), "a clock that was set back brought a run that there had been"
        status, _, log = daemon.stop()
    assert status == 0
    assert hmrc.reused == 0
    assert "Traceback" not in log
