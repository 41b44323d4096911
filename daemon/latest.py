"""What may take long to know, asked for so that nobody waits longer than a probe would."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from storage.troubles import Trouble

Known = TypeVar("Known")
log = logging.getLogger(__name__)


class Latest(Generic[Known]):
    """Asks in a thread that ends with the process, one question at a time: while one has no answer, no other is asked."""

    def __init__(self, ask: Callable[[], Known], patience: float) -> None:
        self._ask = ask
        self._patience = patience
        self._starting = threading.Lock()
        self._answered: threading.Event | None = None
        self._answer: Known | None = None

    def get(self) -> Known | None:
        """The answer of this moment; None where there is trouble, or none within `patience` seconds. Blocks, for so long at most."""
        with self._starting:
            answered = self._answered
            if answered is None or answered.is_set():
                self._answered = answered = threading.Event()
                threading.Thread(target=self._look, args=(answered,), name="latest", daemon=True).start()
        return self._answer if answered.wait(self._patience) else None

    def _look(self, answered: threading.Event) -> None:
        found: Known | None = None
        try:
            found = self._ask()
        except Trouble:
            pass
        except Exception as fault:  # noqa: BLE001 - a thread of its own: the interpreter would print a traceback
            log.error("a state cannot be told: %s", type(fault).__name__)  # noqa: TRY400 - a traceback may hold figures
        finally:
            self._answer = found
            answered.set()


async def apart(work: Callable[[], Known]) -> Known:
    """What `work` returns or raises, from a thread of its own that ends with the process.

    A thread of the loop's pool would be waited for at the end of the program, however long Vault takes to say nothing.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Known] = loop.create_future()

    def settle(take: Callable[[], None]) -> None:
        if not done.done():  # whoever waited may have gone
            take()

    def run() -> None:
        try:
            result = work()
        except Exception as fault:  # noqa: BLE001 - raised again where the work was asked for
            take = partial(done.set_exception, fault)
        else:
            take = partial(done.set_result, result)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, take)

    threading.Thread(target=run, name="apart", daemon=True).start()
    return await done
