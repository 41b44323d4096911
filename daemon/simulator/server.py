"""The simulator's server: one port on 127.0.0.1 and ::1, served by a thread with an event loop of its own."""

import asyncio
import errno
import socket
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from daemon.simulator.model import Model
from daemon.simulator.registered import Application, Person
from daemon.simulator.unknowns import Unknowns
from storage.clock import Clock
from storage.troubles import BadInput

if TYPE_CHECKING:
    from uvicorn import Server

READY_WITHIN = 30.0
"""Seconds within which the server must listen; it takes a tenth of one."""


class Simulator:
    """HMRC's sandbox on a loopback port. Use it as a context manager, or `start()` and `stop()` it.

    `model` is its state; from another thread, hold `model.lock` while changing or reading it. `redirect_uris` replaces those
    of the ready-made application. `port` 0 takes a free one; `clock` is followed until the simulated clock is set.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Clock | None = None,
        throttle: bool = True,
        redirect_uris: Sequence[str] | None = None,
        unknowns: Unknowns | None = None,
    ) -> None:
        self.model = Model(clock, throttle=throttle, unknowns=unknowns)
        self._port = port
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        if redirect_uris is not None:
            application = self.application
            self.model.register(Application(application.client_id, application.secrets, list(redirect_uris)))

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    @property
    def address(self) -> str:
        """The base address of everything: `http://localhost:PORT`."""
        return f"http://localhost:{self._port}"

    @property
    def application(self) -> Application:
        """The ready-made application (or the first registered one)."""
        return next(iter(self.model.applications.values()))

    @property
    def person(self) -> Person:
        """The ready-made test user."""
        return next(iter(self.model.people.values()))

    def start(self) -> Self:
        """Listens, and returns when requests are answered. Raises `BadInput` where the port is taken."""
        import uvicorn

        from daemon.simulator.application import build

        config = uvicorn.Config(
            build(self.model, self._transport),
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            http="h11",
            ws="none",
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        sockets = _listening(self._port)
        self._port = sockets[0].getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(sockets, ready)), name="hmrc-simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(READY_WITHIN):
            raise RuntimeError("the simulator did not start")
        return self

    def stop(self) -> None:
        """Stops listening, cuts what is still open, and waits until the thread has ended."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None

    def wait(self) -> None:
        """Waits until the server ends, in steps that let a signal through."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, sockets: list[socket.socket], ready: threading.Event) -> None:
        server = self._server
        if server is None:
            raise RuntimeError("start() makes the server first")
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await server.startup(sockets=sockets)
        ready.set()
        await self._stop.wait()
        for listening in server.servers:
            listening.close()
        for connection in cast("set[Any]", set(server.server_state.connections)):
            connection.transport.abort()
        tasks = list(server.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _transport(self, client: tuple[str, int]) -> asyncio.Transport | None:
        """The connection of the client at this address."""
        connections: set[Any] = cast("set[Any]", self._server.server_state.connections) if self._server else set()
        return next((each.transport for each in connections if each.client and tuple(each.client) == client), None)


def _listening(port: int) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and ::1 with the same port; where the machine has no IPv6, on 127.0.0.1 alone."""
    for _ in range(50):
        first = _bound(socket.AF_INET, "127.0.0.1", port)
        chosen = first.getsockname()[1]
        try:
            return [first, _bound(socket.AF_INET6, "::1", chosen)]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return [first]
            first.close()
            if port:
                raise _taken(port) from None
    raise BadInput("no port is free on both 127.0.0.1 and ::1; try again")


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        if port and family == socket.AF_INET and error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise _taken(port) from None
        raise
    made.setblocking(False)
    return made


def _taken(port: int) -> BadInput:
    return BadInput(f"port {port} is in use; choose another with --port, or stop what listens there")
