"""uvicorn as the daemon needs it: the daemon handles the signals, and a service that nobody asks anything costs nothing."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from fastapi import FastAPI
from uvicorn import Config, Server


class ServiceServer(Server):
    """Serves one application until `stop`; uvicorn's own would wake ten times a second to see whether it should."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                access_log=False,
                server_header=False,
                date_header=False,
                log_config=None,
                log_level="warning",
                timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=16_384,
                limit_concurrency=2_000,
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
