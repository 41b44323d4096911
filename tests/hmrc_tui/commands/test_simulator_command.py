"""`hmrc-tui simulator` and `hmrc-tui sandbox-user`: real processes, plain words, and a configuration that leads to the simulator."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from daemon.simulator import Simulator
from hmrc_tui.cli import run
from storage.configuration import load
from storage.places import Places
from tests.simulated import ask, environment_for, simulated

ROOT = Path(__file__).parents[3]


@contextmanager
def running(*flags: str) -> Iterator[tuple[dict[str, Any], "subprocess.Popen[str]"]]:
    """The command in a process of its own; what it printed, read as a configuration."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hmrc_tui", "simulator", "--port", "0", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not any(line.startswith("utr") for line in lines):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines.append(line)
        yield tomllib.loads("".join(lines))["hmrc"], process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop_and_then_ends_well(ending: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "scene.json"
    script.write_text('[{"method": "DELETE", "path": "/figures/individual-tax/2234567890/2022-23"}]')
    flags = ["--happy-path", "2022-23", "--employment", "2023/24", "1/A", "Example Ltd", "100.10", "-20.05"]
    flags += ["--clock", "2025-07-01T09:00:00Z", "--stopped", "--fault", "/hello:503", "--script", str(script)]
    with running(*flags) as (hmrc, process):
        address = f"{hmrc['api_url']}/simulator"
        kept = {(e["api"], e["tax_year"]): e["body"] for e in ask("GET", f"{address}/figures").json()}
        assert '"taxTakenOffPay":-20.05' in kept["individual-tax", "2023-24"]
        assert ("individual-tax", "2022-23") not in kept
        assert "8650" in kept["individual-income", "2022-23"]
        assert ask("GET", f"{address}/clock").json() == {"now": "2025-07-01T09:00:00Z", "stopped": True}
        assert ask("GET", f"{hmrc['api_url']}/hello/world").status_code == 503
        process.send_signal(ending)
        _, talk = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "user ID 100000000001, password madeUpPass01" in talk
        assert "Traceback" not in talk


def test_what_it_prints_is_a_good_configuration(tmp_path: Path) -> None:
    with running() as (hmrc, _):
        file = tmp_path / "config.toml"
        file.write_text("[hmrc]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in hmrc.items()))
        file.chmod(0o600)
        settings = load(Places.under(tmp_path), {}, file).settings
        assert settings.api_url == hmrc["api_url"]
        assert settings.environment == "simulator"


@pytest.mark.parametrize(
    ("flags", "trouble"),
    [
        (["--port", "70000"], "use a port from 1 to 65535"),
        (["--clock", "yesterday"], "2025-07-01T09:00:00Z"),
        (["--clock", "0001-01-01T00:00+05:00"], "2025-07-01T09:00:00Z"),
        (["--happy-path", "2023-25"], "tax year"),
        (["--employment", "2023-24", "1/A", "Example Ltd", "1.234", "0"], "more than two decimals"),
        (["--fault", "/x:200"], "from 400 to 599"),
        (["--fault", "x"], "write it as"),
        (["--redirect-uri", "http://127.0.0.1:8080/x"], "cannot be registered"),
        (["--script", "nowhere.json"], "nowhere.json"),
    ],
)
def test_bad_flags_are_one_line_and_exit_2(flags: list[str], trouble: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulator", "--port", "0", *flags]) == 2
    told = capsys.readouterr().err
    assert trouble in told
    assert told.count("\n") == 1


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with simulated() as simulator:
        assert run(["simulator", "--port", str(simulator.port)]) == 2
    assert "is in use" in capsys.readouterr().err


@pytest.fixture
def hmrc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with simulated() as simulator:
        for name, value in environment_for(simulator).items():
            monkeypatch.setenv(name, value)
        yield simulator


def test_a_test_user_is_printed_as_one(hmrc: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox-user", "--tax-year", "2023-24"]) == 0
    told = capsys.readouterr().out
    assert "not a real person" in told
    user_id = re.search(r"user ID +(\d{12})", told)
    assert user_id
    person = hmrc.model.people[user_id[1]]
    for value in (person.password, person.utr, person.nino, "2023-24"):
        assert str(value) in told


def test_a_test_user_as_json(hmrc: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox-user", "--json", "--tax-year", "2023-24"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"user_id", "password", "full_name", "utr", "nino", "seeded"}
    assert {each["tax_year"] for each in answer["seeded"]} == {"2023-24"}
    assert all(each["trouble"] is None for each in answer["seeded"])


def test_seeds_that_failed_leave_the_user_printed_and_exit_4(
    hmrc: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    hmrc.application.subscriptions.discard("individual-paye-test-support")
    assert run(["sandbox-user", "--tax-year", "2023-24"]) == 4
    told = capsys.readouterr()
    assert "password" in told.out
    assert "4 of 5 test data were not made" in told.err
    assert "subscribe it at HMRC's Developer Hub" in told.err


def test_production_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HMRC_TUI_HMRC__ENVIRONMENT", "production")
    assert run(["sandbox-user"]) == 2
    assert "sandbox only" in capsys.readouterr().err
