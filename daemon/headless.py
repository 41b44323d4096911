"""The daemon without a screen: the engine, its timer and the HTTP service in one event loop, ended by SIGTERM with status 0."""

import logging
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from storage.clock import Clock
from storage.places import Places
from storage.settings import Settings
from storage.troubles import BadInput

if TYPE_CHECKING:
    import asyncio
    import socket

    from daemon.host import EngineHost
    from daemon.service_server import ServiceServer

STOP_SECONDS = 75.0
OPEN_FILES = 4_096
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = logging.getLogger(__name__)


def run(settings: Settings, places: Places, clock: Clock, *, once: bool = False) -> int:
    """Runs until SIGTERM or SIGINT and returns 0; with `once`, makes one unattended sync and returns.

    Raises `Trouble` where it cannot start, or where the one sync ends in trouble.
    """
    if settings.storage.postgres:
        from storage.postgres import address_of

        address_of(settings)  # what is no address will never answer: better said now than taken for an outage
    if not once:
        # The imports below take half a second: a stop that comes during them is a stop all the same.
        for number in STOP_SIGNALS:
            signal.signal(number, _leave)
    _log_to_standard_error()
    _allow_many_connections()
    import asyncio

    return asyncio.run(_once(settings, places, clock) if once else _serve(settings, places, clock))


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _allow_many_connections() -> None:
    """Lets a crowd of callers leave files enough for the ledger: the usual limit of 1,024 is for programs that use select(2)."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # where that is not allowed, fewer callers must do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _log_to_standard_error() -> None:
    """Times in UTC, and nothing that looks like a secret or a person's identifier, whoever logs it."""
    from daemon.redaction import redact_all_logs

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
    redact_all_logs()


async def _once(settings: Settings, places: Places, clock: Clock) -> int:
    import asyncio

    from daemon.engine import build_engine
    from daemon.host import log_event
    from daemon.telling import remember_and_tell

    engine = build_engine(settings, places, clock)
    engine.audience = "log"
    engine.listen(log_event)
    try:
        report = await engine.sync(unattended=True)
        await asyncio.to_thread(remember_and_tell, engine, report)
        if report.trouble:
            raise report.trouble
        return 0
    finally:
        await engine.close()


async def _serve(settings: Settings, places: Places, clock: Clock) -> int:
    import asyncio

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    listener = _listen(settings)

    from daemon.engine import build_engine
    from daemon.host import EngineHost
    from daemon.service import create_service
    from daemon.service_server import ServiceServer

    engine = build_engine(settings, places, clock)
    engine.audience, engine.keeps_timer = "log", True
    host = EngineHost(engine)
    server = ServiceServer(create_service(settings, host, clock))
    serving = loop.create_task(server.serve(sockets=[listener]))
    try:
        await engine.start()
        log.info("listening on %s port %s", settings.service.host, listener.getsockname()[1])
        await stop.wait()
    finally:
        await _close(host, server, serving)
    return 0


async def _close(host: "EngineHost", server: "ServiceServer", serving: "asyncio.Task[None]") -> None:
    """Ends the service and the engine; a refresh of the sign-in that is under way is seen through."""
    import asyncio

    server.stop()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await host.close()
            await serving
    except TimeoutError:
        log.error("not everything ended within %d seconds", STOP_SECONDS)  # noqa: TRY400 - where it stood tells nobody anything


def _listen(settings: Settings) -> "socket.socket":
    """The listening socket, made before anything else starts, so that a port in use is said plainly."""
    import socket

    host, port = settings.service.host, settings.service.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's name asyncio leaves Nagle's algorithm on, and every answer on an open connection takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"[service] {host} port {port} cannot be listened on ({error.strerror}); end what uses it, or set [service] port"
        ) from None
    return listener
