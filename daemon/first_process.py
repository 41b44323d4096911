"""The first process of a container: runs one command, passes signals on, and lets a refresh of the sign-in finish.

HMRC's refresh tokens are single-use. The refresh runs in a process of its own so that it outlives the daemon; in a container
everything dies with the first process, so this one stays until that refresh has ended, for 75 seconds at most.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

GRACE_SECONDS = 75.0
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_PR_SET_CHILD_SUBREAPER = 36


def main(arguments: Sequence[str]) -> int:
    """Runs `arguments` as a command; returns its exit status, 128 + n where signal n ended it, once nothing is left running."""
    if not arguments:
        print("usage: python -m daemon.first_process COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    _adopt_orphans()
    try:
        child = subprocess.Popen(list(arguments))
    except OSError as error:
        print(f"{arguments[0]}: {os.strerror(error.errno or 0)}", file=sys.stderr)
        return 127

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child.returncode is None:
            os.kill(child.pid, number)

    for number in _PASSED_ON:
        signal.signal(number, pass_on)
    status = _wait_for(child)
    _wait_for_orphans(time.monotonic() + GRACE_SECONDS)
    return status


def _adopt_orphans() -> None:
    """Makes processes that lose their parent ours, also where this is not process 1. Only Linux has it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for(child: "subprocess.Popen[bytes]") -> int:
    """Reaps whatever ends until the command itself has ended."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            child.returncode = code
            return code if code >= 0 else 128 - code


def _wait_for_orphans(deadline: float) -> None:
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
