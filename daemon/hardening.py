"""Keeps the process's memory, which holds tokens, out of core dumps and away from other processes of the same user."""

import resource
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""Linux, prctl(2)."""


def harden() -> None:
    """No core dump, and on Linux no ptrace by the same user. An exec undoes the latter: every process calls this for itself."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
