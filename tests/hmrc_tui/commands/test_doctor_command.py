"""`hmrc-tui doctor` as a person runs it: a line for each thing, an exit status, JSON, and never a long wait."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.makers import UTR

ROOT = Path(__file__).parents[3]
MARKS = ("ok ", "warning ", "PROBLEM ", "- ")


def doctor(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hmrc_tui", "doctor", *arguments],
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_each_finding_is_one_line_and_a_problem_ends_with_status_2() -> None:
    done = doctor()
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (2, "")
    assert all(line.startswith(MARKS) for line in lines)
    told = {line.split(maxsplit=1)[1].partition(":")[0] for line in lines}
    assert {
        "versions", "data", "state and logs", "ledger", "configuration", "credentials", "sign-in", "HMRC", "clock", "subscriptions",
        "fraud-prevention headers", "Postgres", "payslip database", "Vault", "alerts", "callback", "service", "terminal",
    } <= told  # fmt: skip
    problems = [line for line in lines if line.startswith("PROBLEM")]
    assert problems
    assert all("→" in line or "set [" in line for line in problems)


def test_the_same_as_json() -> None:
    done = doctor("--json")
    findings = json.loads(done.stdout)
    assert done.returncode == 2
    assert all(set(finding) == {"name", "state", "text", "mend"} for finding in findings)
    assert {finding["state"] for finding in findings} <= {"ok", "warning", "problem", "unused"}


def test_a_configuration_that_cannot_be_read_is_one_line() -> None:
    done = doctor(HMRC_TUI_HMRC__ENVIROMENT="sandbox")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "environment" in done.stderr


def test_it_is_over_within_seconds_where_nothing_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        port = silent.getsockname()[1]
        started = time.monotonic()
        done = doctor(
            HMRC_TUI_HMRC__ENVIRONMENT="sandbox",
            HMRC_TUI_HMRC__UTR=UTR,
            HMRC_TUI_HMRC__API_URL=f"http://localhost:{port}",
            HMRC_TUI_VAULT__ADDRESS=f"http://localhost:{port}",
            HMRC_TUI_VAULT__TOKEN="a-vault-token",
            HMRC_TUI_STORAGE__POSTGRES=f"postgresql://me:a-password@127.0.0.1:{port}/ledger",
        )
        seconds = time.monotonic() - started
    assert seconds < 20, "the patience, and a start on a busy machine; what hangs would be waited for a minute"
    assert done.returncode == 2
    assert "PROBLEM  HMRC: no answer within 3.5 seconds" in done.stdout
    for private in (UTR, "a-password", "a-vault-token"):
        assert private not in done.stdout + done.stderr
