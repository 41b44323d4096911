"""Work with a server that may freeze: one piece at a time, in a thread of its own that is left alone once the server is silent too long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from time import monotonic
from typing import TypeVar

PATIENCE_SECONDS = 5.0
"""How long one step may take before the server counts as frozen."""
TURN_SECONDS = 6.0
"""How long a piece of work waits for the one before it."""
_LOOK_SECONDS = 0.1
_CUT_SECONDS = 1.0
"""How long a piece of work that was cut has to end before it is left alone."""

Result = TypeVar("Result")


class Frozen(Exception):
    """The server was silent for too long: the work was cut."""


class NoTurn(Exception):
    """The work was not done, or not waited for: another piece is under way still, or all ends now."""


class Watchdog:
    """Watches over the work with one server. `cut` ends, from another thread, the wait for it; `end` lets go of it for good."""

    def __init__(self, cut: Callable[[], None], end: Callable[[], None]) -> None:
        self._cut = cut
        self._end = end
        self._turn = threading.Lock()
        self._silent_since = 0.0
        self._closing = threading.Event()

    @property
    def closing(self) -> bool:
        """Whether all ends: what goes wrong from now on is no trouble of the server's."""
        return self._closing.is_set()

    def heard(self, longer: float = 0.0) -> None:
        """Says that the server answered: the wait begins anew, `longer` seconds more for a step that takes its time."""
        self._silent_since = monotonic() + longer

    def watch(self, work: Callable[[], Result]) -> Result:
        """What `work` gives or raises, from a thread of its own. Raises `Frozen` or `NoTurn` where it is not waited for."""
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise NoTurn
        self.heard()
        outcome: Future[Result] = Future()
        threading.Thread(target=self._work, args=(work, outcome), name="ledger-exchange", daemon=True).start()
        while not wait([outcome], _LOOK_SECONDS).done and not self.closing:
            if monotonic() - self._silent_since > PATIENCE_SECONDS:
                self._cut()
                wait([outcome], _CUT_SECONDS)
                if not outcome.done() or outcome.exception() is not None:
                    raise Frozen
        if not outcome.done():
            raise NoTurn
        return outcome.result()

    def _work(self, work: Callable[[], Result], outcome: "Future[Result]") -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            outcome.set_exception(error)
        finally:
            if self.closing:
                self._end()
            self._turn.release()

    def close(self) -> None:
        """Ends work that is under way at once, also where it waits for a frozen server, and lets go of the server."""
        self._closing.set()
        self._cut()
        if self._turn.acquire(timeout=0.5):
            self._end()
            self._turn.release()
