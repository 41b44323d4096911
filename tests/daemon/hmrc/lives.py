"""Short lives of the program in processes of their own, to be killed, stopped and raced."""

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from daemon.hmrc.asking import Line
from daemon.hmrc.grant import Grant
from daemon.hmrc.spawn import ask_in_own_process
from storage.clock import Clock
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, Settings
from tests.simulated import VERIFIER


def server() -> ForkServerContext:
    """Starts processes from one that has everything imported: a few milliseconds each."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "hvac", "requests", "cryptography.hazmat.primitives.ciphers.aead"])
    return context


@dataclass(frozen=True)
class Life:
    """What one process does: refreshes, or exchanges `code`, and where it dies."""

    settings: Settings
    folder: Path
    clock: Clock
    code: Secret | None = None
    dies_at: str = ""
    helper_dies_at: str = ""
    who: str = "alone"
    """Whom the process that asks HMRC kills there: its parent `alone`, `both`, or `itself`."""
    full_from: str = ""
    """The step from which on nothing more can be written: a full disk."""

    def grant(self) -> Grant:
        line = Line()
        if self.helper_dies_at:
            module = "tests.daemon.hmrc.killing_helper"
            helper = (sys.executable, "-P", "-m", module, self.helper_dies_at, str(os.getpid()), self.who)
            line = Line(ask=partial(ask_in_own_process, helper=helper))
        return Grant(self.settings, self.folder, self.clock, line=line, reached=self._reached)

    def _reached(self, point: str) -> None:
        if point == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if point == self.full_from:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def change_tokens(life: Life) -> None:
    """Refreshes whatever there is, or exchanges the code."""
    os.umask(0o077)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - what it says while it dies is not the test's
    grant = life.grant()
    if life.code is not None:
        grant.exchange_code(life.code, Secret(VERIFIER), DEFAULT_REDIRECT_URI)
    else:
        grant.refresh(lambda _record: False)


def live(life: Life) -> ForkServerProcess:
    """Starts one life."""
    process = server().Process(target=change_tokens, args=(life,))
    process.start()
    return process


def die(life: Life) -> int:
    """Lives `life` to its end and gives the exit status: minus nine where it was killed."""
    process = live(life)
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def call(life: Life, answers: "Queue[Any]", work: Callable[[str], Any] | None = None, times: int = 1) -> None:
    """Asks for an access token as a call does, `times` times; gives the tokens, or the trouble."""

    async def all_calls() -> list[Any]:
        grant, given = life.grant(), list[Any]()
        for _ in range(times):
            async with grant.calling() as access_token:
                given.append(work(access_token.reveal()) if work else access_token.reveal())
        return given

    try:
        answers.put(asyncio.run(all_calls()))
    except Exception as error:  # noqa: BLE001 - told to the test
        answers.put([error])
