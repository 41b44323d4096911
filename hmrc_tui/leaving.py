"""Leaves the terminal clean whatever ends the program: SIGTERM, SIGHUP, and a terminal that is no longer there."""

import asyncio
import os
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

LAST_RESORT = 6.0
"""Seconds after which a program without a terminal ends however it stands; the ledger is always committed."""


async def run_in_terminal(app: "App[str]") -> str | None:
    """Runs the app; it ends as by its quit key on SIGTERM, SIGHUP and when the terminal is gone. Returns its result.

    Textual 8 restores nothing on these signals, and spins at full load when the terminal is gone and SIGHUP ignored. They are listened for
    before it switches the terminal: one that comes a moment later would otherwise leave it switched.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Later, not at once: an app that is still composing has to finish that.
        loop.add_signal_handler(number, app.call_later, app.exit)
    watcher = threading.Thread(target=_watch_terminal, args=(app, loop), name="terminal-watch", daemon=True)
    watcher.start()
    return await app.run_async()


def _watch_terminal(app: "App[str]", loop: asyncio.AbstractEventLoop) -> None:
    """Sleeps in the kernel until the terminal hangs up."""
    try:
        descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        poll = select.poll()
        poll.register(descriptor, 0)
    except (OSError, ValueError):
        return
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll()):
        continue
    loop.call_soon_threadsafe(app.call_later, app.exit)
    time.sleep(LAST_RESORT)
    os._exit(0)
