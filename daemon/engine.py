"""The engine: the ledger, the grant, the client and the schedule in one object that lives in an event loop.

The terminal interface embeds one in Textual's loop, `hmrc-tui daemon` runs one. Storage blocks, so it is only touched in threads; what
happens is told to listeners, always in the engine's own loop.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from daemon.availability import Standing
from daemon.events import Alerted, Event, LedgerChanged, Listener, StoreChanged
from daemon.facts import gather, standings
from daemon.years import which_years
from storage.clock import Clock
from storage.ledger import Ledger, StoreStatus, open_ledger
from storage.places import Places
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import BadInput, SignInNeeded, Trouble

if TYPE_CHECKING:
    from daemon.hmrc.grant import Grant, GrantStatus
    from daemon.hmrc.pace import Pace
    from daemon.notify import Messenger
    from daemon.reconcile.model import Reconciliation
    from daemon.schedule import Schedule
    from daemon.sync import SyncReport

PERSON, TIMER = "DESKTOP_APP_DIRECT", "BATCH_PROCESS_DIRECT"
"""HMRC's connection methods: a person's sync and the timer's."""
EXCHANGE_SECONDS = 60.0
NOTICE_SECONDS = 5.0
"""How often the ledger is looked at for rows that another process wrote."""

Known = TypeVar("Known")
log = logging.getLogger(__name__)


class SyncStopped(Trouble):
    """The person stopped the sync; everything that HMRC had answered is kept."""

    exit_status = 4


@dataclass(frozen=True, slots=True)
class _Running:
    """The sync under way, and the years it asks for."""

    task: "asyncio.Task[SyncReport]"
    years: frozenset[TaxYear]


class Engine:
    """Build one with `build_engine`. The coroutines belong to one event loop; the plain methods block and belong in threads."""

    def __init__(
        self, settings: Settings, places: Places, clock: Clock, ledger: Ledger, pace: "Pace | None" = None
    ) -> None:
        self.settings, self.places, self.clock, self.ledger = settings, places, clock, ledger
        self.schedule: Schedule | None = None
        self.audience = "screen"
        """Who hears this engine's alerts: each audience is told once."""
        self.keeps_timer = False
        """Whether the timer is to be this engine's for good, as a daemon's is, among all machines on one Postgres."""
        self.timer_elsewhere = False
        """Whether a daemon on another machine keeps the timer: then this engine only watches."""
        self.give_way: Callable[[], None] = lambda: None
        """Called in the thread that reads, before each piece of a reconciliation: a screen in this process may have to go first."""
        self._given_pace = pace
        self._listeners: list[Listener] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: _Running | None = None
        self._stopped_by_person = False
        self._told: dict[str, str] = {}
        self._ticks: list[asyncio.Task[None]] = []
        self._standings: tuple[int, dict[TaxYear, Standing]] | None = None

    @cached_property
    def grant(self) -> "Grant":
        """The sign-in of this environment."""
        from daemon.hmrc.grant import open_grant

        return open_grant(self.settings, self.places, self.clock, self.tell)

    @cached_property
    def pace(self) -> "Pace":
        """HMRC's limit, shared with every process of this machine and environment."""
        from daemon.hmrc.pace import Pace

        return self._given_pace or Pace(self.places.state_folder(self.settings.environment) / "pace")

    @cached_property
    def messenger(self) -> "Messenger":
        """What carries alerts to the addresses of `[alerts] urls`."""
        from daemon.notify import Messenger

        return Messenger()

    # Listening

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with every event from now on, in the engine's loop; the function returned ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def tell(self, event: Event) -> None:
        """Tells an event, from whichever thread it comes."""
        if self._loop is None or self._loop.is_closed() or _running_loop() is self._loop:
            self._hear(event)
        else:
            self._loop.call_soon_threadsafe(self._hear, event)

    def _hear(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception as fault:  # noqa: BLE001 - a screen's fault must not end a sync
                log.error("a listener failed at %s: %s", type(event).__name__, type(fault).__name__)  # noqa: TRY400 - no figures in logs

    # Syncing

    @property
    def syncing(self) -> bool:
        """Whether a sync of this engine is under way."""
        return self._running is not None and not self._running.task.done()

    async def sync(
        self,
        years: Sequence[TaxYear] | None = None,
        *,
        unattended: bool = False,
        business_date: date | None = None,
    ) -> "SyncReport":
        """Asks HMRC for `years`, else for those of `[sync] tax_years`, and keeps what it says.

        A request for years that a sync under way asks for already joins it; another one waits for its end. An unattended one stands for
        the last day whose run was due, whoever asks for it: the schedule then need not ask again. Raises `BadInput` without a
        UTR or where the header gate refuses, `SignInNeeded`, `HmrcTrouble`, `StorageTrouble`, and `SyncStopped` after `cancel_sync`.
        """
        self._loop = asyncio.get_running_loop()
        wanted = frozenset(years if years is not None else await asyncio.to_thread(self.years))
        while self._running is not None and not self._running.task.done():
            if wanted <= self._running.years:
                return await self._awaited(self._running.task)
            await asyncio.wait([self._running.task])
        self._stopped_by_person = False
        task = asyncio.create_task(self._sync(sorted(wanted), unattended, business_date))
        self._running = _Running(task, wanted)
        try:
            return await self._awaited(task)
        except asyncio.CancelledError:
            # Whoever started it went away: end it between two of its calls, and let it write down that it ended.
            task.cancel()
            await asyncio.wait([task])
            raise

    async def _awaited(self, task: "asyncio.Task[SyncReport]") -> "SyncReport":
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._stopped_by_person:
                raise SyncStopped("the sync was stopped; what HMRC had answered until then is kept") from None
            raise

    async def _sync(self, years: Sequence[TaxYear], unattended: bool, business_date: date | None) -> "SyncReport":
        from daemon.due import latest_due_moment
        from daemon.fraud_headers.current import HeaderSource
        from daemon.fraud_headers.gate import check_before_sync
        from daemon.hmrc.client import HmrcClient
        from daemon.sync import Sync
        from storage.tokens.store import TokenStoreTrouble

        if unattended and business_date is None:
            at = time.fromisoformat(self.settings.sync.at)
            business_date = latest_due_moment(self.clock.now(), at).date()
        utr = await asyncio.to_thread(self._taxpayer)
        source = HeaderSource(TIMER if unattended else PERSON, self.settings, self.places, self.clock)
        built = await asyncio.to_thread(source.built)
        for warning in await asyncio.to_thread(check_before_sync, self.settings, built, self.ledger):
            self.tell(Alerted("headers", warning))
        versions = {api: self.settings.version(api) for api in self.settings.hmrc.apis}
        await asyncio.to_thread(self._keep_grant_dates)
        self.grant.ask_anew()
        try:
            async with HmrcClient(self.settings.api_url, versions, self.pace, self.grant, source, self.clock) as client:
                run = Sync(self.settings, self.ledger, client, self.clock, utr, self.tell, unattended, business_date)
                try:
                    report = await run.run(years)
                except TokenStoreTrouble as trouble:
                    # A sign-in that cannot be read is none that can be used; only SQLite's trouble is a trouble of storage here.
                    raise SignInNeeded(str(trouble)) from None
            if report.store == "postgres":  # the run's own end was written after its last contact
                await asyncio.to_thread(self.ledger.exchange)
        finally:
            self.tell(LedgerChanged())
        return report

    def cancel_sync(self) -> None:
        """Ends the sync under way between two of its calls; what came so far is kept."""
        if self._running is not None and not self._running.task.done():
            self._stopped_by_person = True
            self._running.task.cancel()

    def years(self, names: Sequence[str] = ()) -> tuple[TaxYear, ...]:
        """The tax years that these names mean, without names those of `[sync] tax_years`. Blocks. Raises `BadInput`."""
        self.read_payslips()
        return which_years(names, self.settings, self.clock, self.ledger.first_pay_date())

    def _taxpayer(self) -> Secret:
        """The UTR to ask for. Raises `BadInput` where there is none, or where it is not the ledger's."""
        from daemon.taxpayer import taxpayer

        utr = taxpayer(self.settings)
        if self.ledger.taxpayer is None and not self.ledger.belongs_to(utr):
            raise BadInput(
                "this ledger is another taxpayer's than the UTR names; correct the UTR, or set HMRC_TUI_HOME to a folder for this person"
            )
        return utr

    def _keep_grant_dates(self) -> None:
        """Lets a dashboard on the shared ledger count the days of the sign-in; a sync does not fail for it."""
        with suppress(Trouble):
            status = self.grant.status()
            if status.granted_at and status.grant_expires_at:
                self.ledger.keep_grant_dates(status.granted_at, status.grant_expires_at)

    # What is known

    def standings(self) -> dict[TaxYear, Standing]:
        """How every tax year stands at HMRC, read again only when the ledger has changed. Blocks."""
        version = self.ledger.version()
        if self._standings is None or self._standings[0] != version:
            self._standings = version, standings(self.ledger.latest_observations())
        return self._standings[1]

    def reconciliation(self, years: Sequence[TaxYear] | None = None) -> "Reconciliation":
        """HMRC's figures beside the payslips, for `years` or every year that has a figure, a slip or a P60. Blocks."""
        from daemon.reconcile.run import reconcile

        known = self.standings()
        self.give_way()
        facts = gather(self.ledger, self.settings, self.clock, years, known=known)
        self.give_way()
        return reconcile(facts, years)

    def last_confirmed(self) -> datetime | None:
        """When HMRC last gave figures, whether they were new or the same as before, in UTC. Blocks."""
        return max(
            (seen.asked_at for known in self.standings().values() for seen in known.answered.values()), default=None
        )

    def grant_status(self) -> "GrantStatus":
        """The state of the sign-in. Blocks."""
        return self.grant.status()

    def store_status(self) -> StoreStatus:
        """How the last contact with Postgres went. Blocks, for a moment."""
        return self.ledger.status()

    def next_run(self) -> datetime | None:
        """When the schedule runs next, in UTC; None where this engine has none."""
        return self.schedule.next_run() if self.schedule is not None else None

    def watches(self) -> bool:
        """Whether a daemon has the timer, on this machine or another on the same Postgres, and this engine only watches."""
        schedule = self.schedule
        if schedule is None or schedule.last_look is None:
            return False
        return self.timer_elsewhere or not schedule.owner

    def read_payslips(self) -> None:
        """Reads the payslip_ingest database into the ledger where one is configured; what it lacks is told. Blocks, ten seconds at most."""
        if self.settings.payslips.database is None:
            return
        from storage.imports.payslip_ingest import refresh_mirror

        report = refresh_mirror(self.settings, self.ledger, self.clock)
        for text in (*((report.trouble,) if report.trouble else ()), *report.notes):
            self._tell_once("payslips", text)

    # Living in a loop

    async def start(self) -> None:
        """Starts the schedule, the contact with the databases once a minute, and the watch for rows of other processes."""
        from daemon.unattended import make_schedule

        self._loop = asyncio.get_running_loop()
        self.schedule = await asyncio.to_thread(make_schedule, self)
        await self.schedule.start()
        self._ticks.append(asyncio.create_task(self._notice(await self._quietly(self.ledger.version))))
        if self.settings.storage.postgres:
            self._ticks.append(asyncio.create_task(self._exchange()))
        if self.settings.payslips.database:
            self._ticks.append(asyncio.create_task(self._mirror()))

    async def close(self) -> None:
        """Stops everything that `start` began and a sync under way, and closes the ledger."""
        await asyncio.to_thread(self.messenger.close)
        if self.schedule is not None:
            await self.schedule.close()
            self.schedule = None
        tasks: list[asyncio.Task[Any]] = [*self._ticks]
        if self._running is not None:
            tasks.append(self._running.task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._ticks.clear()
        await asyncio.to_thread(self.ledger.close)

    async def _exchange(self) -> None:
        told: tuple[str, int] | None = None
        while True:
            status = await self._quietly(self.ledger.exchange)
            if status is not None and (status.store, status.queued) != told:
                told = status.store, status.queued
                self.tell(StoreChanged(status.store, status.queued, status.trouble))
            await asyncio.sleep(EXCHANGE_SECONDS)

    async def _mirror(self) -> None:
        while True:
            await self._quietly(self.read_payslips)
            await asyncio.sleep(EXCHANGE_SECONDS)

    async def _notice(self, seen: int | None) -> None:
        while True:
            # Nobody looks at a daemon: it has the time until its next tick.
            await asyncio.sleep(EXCHANGE_SECONDS if self.keeps_timer else NOTICE_SECONDS)
            version = await self._quietly(self.ledger.version)
            if version is not None and version != seen:
                seen = version
                self.tell(LedgerChanged())

    async def _quietly(self, work: Callable[[], Known]) -> Known | None:
        """`work` in a thread; a trouble is told once, and ends nothing."""
        try:
            return await asyncio.to_thread(work)
        except Trouble as trouble:
            told = str(trouble)
        except Exception as fault:  # noqa: BLE001 - the ticks must go on, whatever one raises; its text may hold figures
            told = f"the stores are in trouble: {type(fault).__name__}"
        self._tell_once("storage", told)
        return None

    def _tell_once(self, kind: str, text: str) -> None:
        """An alert, but not the same twice in a row: what a tick finds, the next tick finds again."""
        if self._told.get(kind) != text:
            self._told[kind] = text
            self.tell(Alerted(kind, text))


def build_engine(settings: Settings, places: Places, clock: Clock, *, pace: "Pace | None" = None) -> Engine:
    """The engine on these settings, its ledger opened. Raises `StorageTrouble`, or `BadInput` for another taxpayer's ledger."""
    return Engine(settings, places, clock, open_ledger(settings, places, clock, taxpayer=settings.hmrc.utr), pace)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
