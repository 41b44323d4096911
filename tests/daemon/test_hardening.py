"""A hardened process leaves no memory behind: no core dump, and no look into it by another process of the same user."""

import subprocess
import sys
from pathlib import Path

import pytest

import daemon

_PR_GET_DUMPABLE = 3


def hardened() -> tuple[int, int]:
    """The core limit and the dumpable flag of a process that hardened itself."""
    script = (
        "import ctypes, resource, daemon.hardening as h; h.harden();"
        f"print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl({_PR_GET_DUMPABLE}, 0, 0, 0, 0))"
    )
    root = str(Path(daemon.__file__).parents[1])
    told = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": root}, capture_output=True, check=True, text=True
    )
    core, dumpable = told.stdout.split()
    return int(core), int(dumpable)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_there_is_no_core_and_no_way_in() -> None:
    assert hardened() == (0, 0)
