"""Starts the process that asks HMRC for tokens, hands it the request and the two descriptors it needs, and waits for its report."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

import daemon
from daemon.hmrc.refresh_process import TokenRequest
from daemon.hmrc.token_answer import Report

HELPER = (sys.executable, "-P", "-m", "daemon.hmrc.refresh_process")
_PASSED_ON = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""All that the process gets of our environment: no secret, and no proxy."""


def ask_in_own_process(request: TokenRequest, lock: int, helper: Sequence[str] = HELPER) -> Report:
    """Asks in a process that outlives this one: it leads a session of its own and inherits the lock and the journal.

    There is no limit to the wait here: the process has its own, for each step on the wire.
    """
    try:
        process = subprocess.Popen(
            helper,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(lock, request.journal),
            start_new_session=True,
            env=_environment(),
            cwd="/",
        )
    except OSError as error:
        return Report("unsent", reason=os.strerror(error.errno or 0))
    told, _ = process.communicate(msgspec.json.encode(request))
    try:
        return msgspec.json.decode(told, type=Report)
    except msgspec.DecodeError:
        return Report("unknown", reason="the process that asked ended before it could tell")


def _environment() -> dict[str, str]:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    ours = str(Path(daemon.__file__).absolute().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (ours, environment.get("PYTHONPATH", ""))))
    return environment
