"""uvicorn as the daemon needs it: the daemon handles the signals, and a service that nobody asks anything costs nothing."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from fastapi import FastAPI
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""For how long a client may take to make a request, or to make the next: uvicorn's own would wait for a slow one for ever."""
MOST_CONNECTIONS = 2_000


class ImpatientProtocol(H11Protocol):
    """One connection, closed where its client keeps it busy without asking anything; an answer may take as long as it takes."""

    _limit: asyncio.TimerHandle | None = None

    # uvicorn itself narrows asyncio's BaseTransport so.
    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begins to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._wait_anew()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begins to wait for the next request."""
        super().on_response_complete()
        self._wait_anew()

    def _wait_anew(self) -> None:
        self._wait_no_more()
        if not self.transport.is_closing():
            self._limit = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _wait_no_more(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        # uvicorn declares that there is always a cycle, and sets None before the first request.
        if self.cycle is None or self.cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
            self.transport.abort()
        else:
            self._wait_anew()


class ServiceServer(Server):
    """Serves one application until `stop`; uvicorn's own would wake ten times a second to see whether it should."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            Config(
                app,
                loop="asyncio",
                http=ImpatientProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                server_header=False,
                date_header=False,
                log_config=None,
                log_level="error",  # what a stranger sends is no fault of ours, and must not fill the log
                timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=16_384,
                limit_concurrency=MOST_CONNECTIONS,
            )
        )
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Lets the answers under way finish, then ends `serve`."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """Waits for `stop`, without looking."""
        await self._stopping.wait()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves the signals to the daemon, which stops only after a refresh of the sign-in has finished."""
        yield
