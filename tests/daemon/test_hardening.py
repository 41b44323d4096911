"""Every process that may hold a token keeps its memory to itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.fraud_headers.collect.machine import Machine
from daemon.hardening import environment_for_others

ROOT = Path(__file__).parents[2]
ASK = "import ctypes, resource; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
"""PR_GET_DUMPABLE of prctl(2), and the size of a core dump."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whether a process can be dumped")
@pytest.mark.parametrize(
    "what",
    [
        "from hmrc_tui.cli import run; run(['config', 'show'])",
        "import sys; sys.argv = ['daemon', '--config', '/nowhere']; from daemon.__main__ import main; main()",
        "from daemon.hmrc.refresh_process import run; run()",
    ],
    ids=["a command", "python -m daemon", "the refresh"],
)
def test_a_process_that_may_hold_a_token_cannot_be_dumped(what: str, home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{what}\n{ASK}"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 (0, 0)"


def test_no_program_that_is_not_ours_gets_our_secrets_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMRC_TUI_HMRC__CLIENT_SECRET", "planted-secret")
    monkeypatch.setenv("DISPLAY", ":7")
    said = Machine().run(["env"]) or ""
    assert "DISPLAY=:7" in said
    assert "planted-secret" not in said
    assert "HMRC_TUI_HMRC__CLIENT_SECRET" not in environment_for_others()
