"""What is done ahead, after the first paint and apart from the screen, so that no key waits for it: imports, and sorting the memory.

And who goes first: a thread that computes takes turns with the screen, so it had better not begin while a key is being answered.
"""

import gc
import sys
from contextlib import suppress
from importlib import import_module
from time import monotonic, sleep

SLICE = 0.0002
"""Seconds after which a thread that computes lets the screen go on; Python's own five milliseconds add up within one key."""
ANSWERING = 0.04
"""Seconds in which a key is answered, the pause before the next paint among them."""
PATIENCE = 0.1
"""Seconds that a piece of work gives way at most: whoever holds a key down still gets what was asked for."""
TOGETHER = 0.03
"""Seconds in which an engine tells what belongs together: the end of a sync is told in three events, and read once."""
_YOUNG, _MIDDLE, _OLD = 700, 10, 10
"""After how many new objects the garbage collector looks at the young ones, and how many such rounds come before each longer one: Python's own."""
_NEVER = 1_000_000
_LATER = (
    "daemon.telling",
    "importlib.metadata",
    "tzlocal",
    "concurrent.futures.process",
    "apscheduler.schedulers.base",
    "apscheduler.schedulers.asyncio",
    "daemon.unattended",
    "psutil",
    "daemon.fraud_headers.collect",
    "daemon.fraud_headers.current",
    "daemon.fraud_headers.gate",
    "stamina",
    "urllib.request",
    "http.cookiejar",
    "daemon.hmrc.transport",
    "daemon.hmrc.client",
    "daemon.sync",
    "anyio",
    "h11",
    "anyio.streams.tls",
    "anyio._core._sockets",  # these four the first connection imports
    "anyio._core._streams",
    "anyio.streams.memory",
    "anyio.streams.stapled",
    "httpcore2",  # which the HTTP library itself imports only when a client is made
    "hmrc_tui.views.events",
)
"""What the engine imports in the screen's own thread when it is started, and when the first sync is: in small pieces."""


class Way:
    """Whether a key is being answered, and the way that work in threads gives to it."""

    def __init__(self) -> None:
        self._free_at = 0.0

    def key_pressed(self) -> None:
        """A key was pressed: its answer goes first."""
        self._free_at = monotonic() + ANSWERING

    def give(self, at_least: float = 0.0) -> None:
        """Waits, so many seconds at least, until the last key is answered, a tenth of a second at most.

        Call it in a thread, before each piece of work.
        """
        now = monotonic()
        while (left := max(min(self._free_at, now + PATIENCE), now + at_least) - monotonic()) > 0:
            sleep(left)


def favour_the_screen() -> None:
    """Lets threads that read and compute give way to the screen more often, and the long rounds of the garbage collector wait.

    Those look at everything there is, 60 ms for what a start imports; `set_aside_what_stays` has them come again.
    """
    sys.setswitchinterval(SLICE)
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)


def import_what_comes_later(way: Way) -> None:
    """Imports what the first sync needs; call it in a thread. What is missing is told by whoever needs it."""
    for module in _LATER:
        way.give()
        with suppress(ImportError):
            import_module(module)


def set_aside_what_stays() -> None:
    """Takes what stays, modules above all and long lists, out of the garbage collector's rounds: each would stop the screen for 80 ms.

    What is not needed any more is freed all the same, save for rings of objects; of young ones there are none left after the first line.
    """
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
