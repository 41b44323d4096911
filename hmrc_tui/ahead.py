"""What is done ahead, after the first paint and apart from the screen, so that no key waits for it: imports, and sorting the memory."""

import gc
import sys
from contextlib import suppress
from importlib import import_module

SLICE = 0.0002
"""Seconds after which a thread that computes lets the screen go on; Python's own five milliseconds add up within one key."""
_LATER = (
    "daemon.unattended",
    "apscheduler.schedulers.asyncio",
    "daemon.fraud_headers.current",
    "daemon.fraud_headers.gate",
    "daemon.sync",
    "httpcore2",  # which the HTTP library itself imports only when a client is made
    "hmrc_tui.views.events",
)
"""What the engine imports in the screen's own thread when it is started, and when the first sync is."""


def favour_the_screen() -> None:
    """Lets threads that read and compute give way to the screen more often."""
    sys.setswitchinterval(SLICE)


def import_what_comes_later() -> None:
    """Imports what the first sync needs; call it in a thread. What is missing is told by whoever needs it."""
    for module in _LATER:
        with suppress(ImportError):
            import_module(module)


def set_aside_what_stays() -> None:
    """Takes what stays, modules above all and long lists, out of the garbage collector's rounds: each would stop the screen for 80 ms.

    What is not needed any more is freed all the same, save for rings of objects; of young ones there are none left after the first line.
    """
    gc.collect(1)
    gc.freeze()
