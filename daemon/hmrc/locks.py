"""The locks around the grant: shared to call HMRC, exclusive to change the tokens, because a refresh kills the access token in use.

`flock` on files that are never deleted: such a lock ends with the process that holds it, also at kill -9, and passes on to a child that
inherits the descriptor. It is not fair, so a turnstile keeps new callers out while somebody waits for the exclusive lock.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event

from storage.clock import wait
from storage.tokens.private_file import open_private, trouble
from storage.troubles import HmrcTrouble

_FIRST_LOOK, _LONGEST_LOOK = 0.002, 0.05
"""Seconds between two looks at a lock that is taken; the time between grows from the one to the other."""


class GrantLocks:
    """The two lock files in an environment's state folder. Threads of one process exclude each other like processes do."""

    def __init__(self, folder: Path) -> None:
        self._grant = folder / "grant.lock"
        self._turnstile = folder / "grant.turnstile"

    @asynccontextmanager
    async def shared(self) -> AsyncGenerator[None]:
        """Held while a call to HMRC is under way. Waits for a refresh to end, however long it takes."""
        pause = _FIRST_LOOK
        while (held := self._try_shared()) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_LOOK)
        try:
            yield
        finally:
            os.close(held)

    def _try_shared(self) -> int | None:
        turnstile = _try(self._turnstile, fcntl.LOCK_SH)
        if turnstile is None:
            return None
        try:
            return _try(self._grant, fcntl.LOCK_SH)
        finally:
            os.close(turnstile)

    @contextmanager
    def exclusive(self, patience: float, stop: Event | None = None) -> Generator[int]:
        """Held while the tokens change; gives the descriptor that holds the lock, for a child to inherit.

        Raises `HmrcTrouble` where others hold it for longer than `patience` seconds, or where `stop` is set meanwhile.
        """
        until = time.monotonic() + patience
        turnstile = _wait(self._turnstile, until, stop)
        try:
            held = _wait(self._grant, until, stop)
        finally:
            os.close(turnstile)
        try:
            yield held
        finally:
            os.close(held)

    @contextmanager
    def exclusive_at_once(self) -> Generator[int | None]:
        """The exclusive lock if nobody has any lock now, else `None`."""
        held = _try(self._grant, fcntl.LOCK_EX)
        try:
            yield held
        finally:
            if held is not None:
                os.close(held)


def _try(file: Path, kind: int) -> int | None:
    descriptor = open_private(file, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:  # a file system that knows no locks, as NFS without its lock daemon
        os.close(descriptor)
        raise trouble(file, error) from None
    return descriptor


def _wait(file: Path, until: float, stop: Event | None) -> int:
    pause = _FIRST_LOOK
    while (held := _try(file, fcntl.LOCK_EX)) is None:
        if time.monotonic() > until:
            raise HmrcTrouble("another process is still waiting for HMRC to refresh the sign-in; try again in a minute")
        if stop is not None and stop.is_set():
            raise HmrcTrouble("stopped while waiting to refresh the sign-in; nothing was changed")
        wait(pause)
        pause = min(pause * 2, _LONGEST_LOOK)
    return held
