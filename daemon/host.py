"""The daemon as its HTTP service sees it: what the service asks for, answered by an engine in the same event loop."""

import asyncio
import logging
import time
from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from daemon.engine import Engine
from daemon.events import Alerted, Event, StoreChanged, SyncFinished, SyncStarted
from daemon.latest import Latest
from daemon.metrics import Gauges, Metrics
from daemon.service import SyncRequested
from daemon.telling import waiting_since
from storage.secret import Secret
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.hmrc.oauth import Attempt

BETWEEN_RUNS = timedelta(seconds=5)
"""How far apart the beginnings of runs that callers ask for are: one that is asked for sooner waits, and others join it."""
FLOOD = 5
"""So many requests within a second are one wish: the run that the first of them began answers all, also those that outlast it."""
BETWEEN_RUNS_OF_A_FLOOD = timedelta(minutes=5)
LEAST_ROOM = 1_048_576
"""Bytes on the disk of the ledger with fewer of which it counts as full."""
STATE_SECONDS = 2.0
"""For how long the state of the sign-in is waited for: Vault may be away, and a probe gives up after five."""
VAULT_SECONDS = 60.0
"""For how long a webhook token read from Vault is used: one that was changed there is in force after that."""

log = logging.getLogger(__name__)


class EngineHost:
    """One engine behind the service."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._metrics = Metrics()
        self._grant = Latest(engine.grant_status, STATE_SECONDS)
        self._asked: asyncio.Task[None] | None = None
        self._asked_at: datetime | None = None
        self._began_at: datetime | None = None
        self._requests = deque[float](maxlen=FLOOD)
        self._asking_vault = asyncio.Lock()
        self._from_vault: tuple[float, Secret | None] | None = None
        self._store = "postgres"
        engine.listen(self._metrics.hear)
        engine.listen(log_event)
        engine.listen(self._log_store)
        engine.listen(self._note_beginning)

    def alive(self) -> bool:
        """Whether the timer ticks."""
        return self.engine.schedule is None or self.engine.schedule.alive

    def ready(self) -> bool:
        """Whether this machine's ledger can be written."""
        return self._ledger_state() == "ok"

    def readiness(self) -> dict[str, str]:
        """The state of each part in a word."""
        grant = self._grant.get()
        return {
            "ledger": self._ledger_state(),
            "postgres": self._postgres_state(),
            "sign_in": grant.state if grant else "unknown",
        }

    def _ledger_state(self) -> str:
        try:
            file = self.engine.ledger.file
            with file.writing(noticed=False):  # which a full disk lets begin all the same
                return "ok" if file.room() > LEAST_ROOM else "cannot be written"
        except Trouble:
            return "cannot be written"

    def _postgres_state(self) -> str:
        try:
            status = self.engine.store_status()
        except Trouble:
            return "unknown"
        return "ok" if status.store == "postgres" else "away" if status.configured else "not configured"

    def metrics(self) -> bytes:
        """The Prometheus exposition of this moment."""
        engine, store = self.engine, self.engine.store_status()
        grant = self._grant.get()
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
                grant_state=grant.state if grant else None,
                grant_days_left=grant.grant_days_left if grant else None,
                timer_owner=engine.schedule is not None and engine.schedule.owner and not engine.watches(),
                last_look=engine.schedule.last_look if engine.schedule is not None else None,
            )
        )

    def request_sync(self) -> SyncRequested:
        """Starts a sync in this loop, or joins the one under way, about to begin or, in a flood of requests, just over. Returns at once."""
        now = self.engine.clock.now()
        self._requests.append(time.monotonic())
        if self._asked is not None and not self._asked.done():
            return SyncRequested(self._asked_at or now, joined=True)
        if self.engine.syncing:  # the timer's
            return SyncRequested(self._began_at or now, joined=True)
        wait = timedelta(0)
        if self._asked_at is not None and now >= self._asked_at:  # else the clock was set back
            since = now - self._asked_at
            if self._in_a_flood() and since < BETWEEN_RUNS_OF_A_FLOOD:
                return SyncRequested(self._asked_at, joined=True)
            wait = max(BETWEEN_RUNS - since, timedelta(0))
        self._asked_at = now + wait
        self._asked = asyncio.get_running_loop().create_task(self._sync(wait))
        return SyncRequested(self._asked_at, joined=False)

    def _in_a_flood(self) -> bool:
        return len(self._requests) == FLOOD and self._requests[-1] - self._requests[0] < 1.0

    async def _sync(self, wait: timedelta) -> None:
        await asyncio.sleep(wait.total_seconds())
        try:
            # A webhook is another program's timer: no person sits at this machine.
            await self.engine.sync(unattended=True)
        except Trouble as trouble:
            log.warning("the sync that was asked for ended: %s", trouble)

    async def webhook_token(self) -> Secret | None:
        """The configured token, else Vault's, which is asked once a minute at most."""
        settings = self.engine.settings
        if settings.service.webhook_token or not settings.vault.address:
            return settings.service.webhook_token
        async with self._asking_vault:
            if self._from_vault is None or self._from_vault[0] < time.monotonic():
                from storage.tokens.vault import static_secrets

                kept = await asyncio.to_thread(static_secrets, settings)
                self._from_vault = time.monotonic() + VAULT_SECONDS, kept.get("webhook_token")
            return self._from_vault[1]

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
        grant = self.engine.grant  # which tells the engine's listeners itself
        await asyncio.to_thread(grant.exchange_code, code, attempt.verifier, attempt.redirect_uri)

    def _note_beginning(self, event: Event) -> None:
        if isinstance(event, SyncStarted):
            self._began_at = event.started_at

    def _log_store(self, event: Event) -> None:
        """Says when Postgres is away and when it is back, not how many rows wait at every change."""
        configured = self.engine.settings.storage.postgres
        if configured and isinstance(event, StoreChanged) and event.store != self._store:
            self._store = event.store
            away = f"Postgres is away ({event.trouble or 'it does not answer'}): everything is kept in SQLite"
            told = "Postgres is back" if event.store == "postgres" else away
            log.warning("%s; rows that wait: %d", told, event.queued)

    async def close(self) -> None:
        """Ends what was asked for, and the engine."""
        if self._asked is not None and not self._asked.done():
            self.engine.cancel_sync()
            self._asked.cancel()
            await asyncio.gather(self._asked, return_exceptions=True)
        await self.engine.close()


def log_event(event: Event) -> None:
    """What an operator wants to see in the log: the runs, and whatever somebody should be told."""
    match event:
        case SyncStarted(tax_years=years, calls=calls):
            log.info("a sync began: %d tax years, %d calls to HMRC", len(years), calls)
        case SyncFinished(outcomes=outcomes, trouble=trouble):
            told = ", ".join(f"{year} {outcome}" for year, outcome in outcomes)
            log.info("a sync ended: %s", "; ".join(part for part in (told, trouble) if part) or "nothing was asked for")
        case Alerted(text=text):
            log.warning("%s", text)
        case _:
            pass
