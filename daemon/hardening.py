"""Keeps the process's memory, which holds tokens, and its environment, which may hold secrets, away from other programs."""

import os
import resource
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""Linux, prctl(2)."""


def environment_for_others() -> dict[str, str]:
    """Our environment for a program that is not ours, such as a browser: without `HMRC_TUI_…`, where a secret or token may stand."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HMRC_TUI_")}


def harden() -> None:
    """No core dump, and on Linux no ptrace by the same user. An exec undoes the latter: every process calls this for itself."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
