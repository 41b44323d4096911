"""The daemon without a screen: the engine, its timer and the HTTP service in one event loop, ended by SIGTERM with status 0."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.engine import Engine, build_engine
from daemon.events import GrantChanged
from daemon.metrics import Gauges, Metrics
from daemon.service import SyncRequested
from daemon.telling import RunOutcomes, tell_alerts, waiting_since
from storage.clock import Clock
from storage.places import Places
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import BadInput, Trouble

if TYPE_CHECKING:
    from uvicorn import Server

    from daemon.hmrc.oauth import Attempt

BETWEEN_RUNS = timedelta(seconds=10)
"""How far apart the beginnings of runs that callers ask for are: one that is asked for sooner waits, and others join it."""
STOP_SECONDS = 75.0

log = logging.getLogger(__name__)
__all__ = ["Headless", "run"]


class Headless:
    """The daemon as its HTTP service sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._metrics = Metrics()
        self._asked: asyncio.Task[None] | None = None
        self._asked_at: datetime | None = None
        engine.listen(self._metrics.hear)

    def alive(self) -> bool:
        """Whether the timer ticks."""
        return self.engine.schedule is None or self.engine.schedule.alive

    def ready(self) -> bool:
        """Whether this machine's ledger can be written."""
        return self.readiness()["ledger"] == "ok"

    def readiness(self) -> dict[str, str]:
        """The state of each part in a word."""
        try:
            self.engine.ledger.keep_note("readiness", "asked")
            ledger = "ok"
        except Trouble as trouble:
            ledger = type(trouble).__name__
        status = self.engine.store_status()
        postgres = "ok" if status.store == "postgres" else "away" if status.configured else "not configured"
        return {"ledger": ledger, "postgres": postgres, "sign_in": self._grant_state()}

    def _grant_state(self) -> str:
        try:
            return self.engine.grant_status().state
        except Trouble as trouble:
            return type(trouble).__name__

    def metrics(self) -> bytes:
        """The Prometheus exposition of this moment."""
        engine, store = self.engine, self.engine.store_status()
        grant = engine.grant_status()
        since = waiting_since(engine.ledger, store.queued, engine.clock.now())
        runs = engine.ledger.runs(1)
        return self._metrics.render(
            Gauges(
                last_confirmed=engine.last_confirmed(),
                last_run=runs[0].finished_at if runs else None,
                queued=store.queued,
                oldest_queued_seconds=(engine.clock.now() - since).total_seconds() if since else 0.0,
                set_aside=store.set_aside,
                postgres_up=store.store == "postgres" if store.configured else None,
                grant_state=grant.state,
                grant_days_left=grant.grant_days_left,
                timer_owner=engine.schedule is not None and engine.schedule.owner,
            )
        )

    def request_sync(self) -> SyncRequested:
        """Starts a sync in this loop, or joins the one under way or about to begin. Returns at once."""
        now = self.engine.clock.now()
        if self._asked is not None and not self._asked.done():
            return SyncRequested(self._asked_at or now, joined=True)
        since = now - self._asked_at if self._asked_at else BETWEEN_RUNS
        wait = BETWEEN_RUNS - since if timedelta(0) <= since < BETWEEN_RUNS else timedelta(0)
        joined = self.engine.syncing
        self._asked_at = now + wait
        self._asked = asyncio.get_running_loop().create_task(self._sync(wait))
        return SyncRequested(self._asked_at, joined=joined)

    async def _sync(self, wait: timedelta) -> None:
        await asyncio.sleep(wait.total_seconds())
        try:
            # A webhook is another program's timer: no person sits at this machine.
            await self.engine.sync(unattended=True)
        except Trouble as trouble:
            log.warning("the sync that was asked for ended: %s", trouble)

    def redeem_setup_code(self, code: Secret) -> bool:
        """Uses the setup code up."""
        from daemon.setup_code import redeem

        folder = self.engine.places.state_folder(self.engine.settings.environment)
        return redeem(folder, code.reveal(), self.engine.clock)

    def sign_in_address(self, attempt: "Attempt") -> str:
        """The address at HMRC."""
        from daemon.hmrc.credentials import client_credentials
        from daemon.hmrc.endpoints import scopes
        from daemon.hmrc.oauth import sign_in_address

        client_id, _ = client_credentials(self.engine.settings)
        return sign_in_address(self.engine.settings, client_id, scopes(self.engine.settings.hmrc.apis), attempt)

    async def finish_sign_in(self, code: Secret, attempt: "Attempt") -> None:
        """Exchanges the code; the process that does it outlives this one."""
        grant = self.engine.grant
        await asyncio.to_thread(grant.exchange_code, code, attempt.verifier, attempt.redirect_uri)
        self.engine.tell(GrantChanged(self.engine.grant_status().state))

    async def close(self) -> None:
        """Ends what was asked for, and the engine."""
        if self._asked is not None and not self._asked.done():
            self.engine.cancel_sync()
            self._asked.cancel()
            await asyncio.gather(self._asked, return_exceptions=True)
        await self.engine.close()


def run(settings: Settings, places: Places, clock: Clock, *, once: bool = False) -> int:
    """Runs until SIGTERM or SIGINT and returns 0; with `once`, makes one unattended sync and returns.

    Raises `Trouble` where it cannot start, or where the one sync ends in trouble.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    return asyncio.run(_once(settings, places, clock) if once else _serve(settings, places, clock))


async def _once(settings: Settings, places: Places, clock: Clock) -> int:
    engine = build_engine(settings, places, clock)
    try:
        report = await engine.sync(unattended=True)
        outcomes: RunOutcomes = {year.tax_year: (year.outcome, report.started_at.isoformat()) for year in report.years}
        await asyncio.to_thread(tell_alerts, engine, outcomes)
        if report.trouble:
            raise report.trouble
        return 0
    finally:
        await engine.close()


async def _serve(settings: Settings, places: Places, clock: Clock) -> int:
    from daemon.service import create_service

    sockets = _listen(settings)
    engine = build_engine(settings, places, clock)
    headless = Headless(engine)
    app = create_service(settings, headless, clock, _webhook_token(settings))
    server = _server(app)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    serving = loop.create_task(server.serve(sockets=sockets))
    try:
        await engine.start()
        log.info("listening on %s port %s", settings.service.host, sockets[0].getsockname()[1])
        await stop.wait()
    finally:
        server.should_exit = True
        async with asyncio.timeout(STOP_SECONDS):
            await headless.close()
            await serving
    return 0


def _listen(settings: Settings) -> list[socket.socket]:
    """The listening socket, made before anything else starts, so that a port in use is said plainly."""
    host, port = settings.service.host, settings.service.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"[service] {host} port {port} cannot be listened on ({error.strerror}); end what uses it, or set [service] port"
        ) from None
    return [listener]


def _server(app: object) -> "Server":
    from uvicorn import Config, Server

    class QuietServer(Server):
        """uvicorn without its own signal handlers: the daemon decides when to stop, after a refresh has finished."""

        @contextmanager
        def capture_signals(self) -> Generator[None]:
            yield

    config = Config(
        app,  # pyright: ignore[reportArgumentType]
        lifespan="off",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=2_000,
    )
    return QuietServer(config)


def _webhook_token(settings: Settings) -> Secret | None:
    """The webhook token: from the configuration, else from Vault where it is kept there."""
    if settings.service.webhook_token or not settings.vault.address:
        return settings.service.webhook_token
    from storage.tokens.vault import static_secrets

    return static_secrets(settings).get("webhook_token")
