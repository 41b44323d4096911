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


def leave_cleanly(app: "App[str]") -> None:
    """Lets the app end as by its quit key on SIGTERM, SIGHUP and when the terminal is gone.

    Textual 8 restores nothing on these signals, and spins at full load when the terminal is gone and SIGHUP ignored.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit)
    watcher = threading.Thread(target=_watch_terminal, args=(app, loop), name="terminal-watch", daemon=True)
    watcher.start()


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
    loop.call_soon_threadsafe(app.exit)
    time.sleep(LAST_RESORT)
    os._exit(0)
