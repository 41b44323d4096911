"""The schedule on an engine: whether a daily run is due and for which years, on this machine or another, and the alerts."""

import asyncio
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from daemon.due import Due, due_run, last_asked_and_gone, years_due
from daemon.events import Alerted, Event, GrantChanged, LedgerChanged, SyncFinished
from daemon.schedule import Schedule, TimerLock
from daemon.telling import BEGAN, RUNS_LOOKED_AT, RunOutcomes, remember, tell_alerts
from storage.clock import london_date
from storage.records import SyncRun, TaxYear
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.engine import Engine

HOLDER = "timer_holder"
"""The note of a name for this home's timer, which a new process or container keeps: its claims are still its own."""
UNDER_WAY = "timer_run_under_way"
"""The note of the day whose run began and has not ended: found at a start, it was cut off with the process before."""
CLAIM_LASTS = timedelta(minutes=30)
"""For how long a day's run is this machine's, among all on one Postgres; a run that dies is another's after that."""
TIMER_LASTS, TIMER_RENEWED_EVERY = timedelta(minutes=5), timedelta(minutes=2)
"""For how long the timer stays a daemon's that is heard of no more, and how often one that lives says so."""
TIMER_BELIEVED = timedelta(hours=1)
"""For how long another's timer is believed in while Postgres is away: a restart of it must not make two daemons tell the same."""
HEARD_WITHIN = timedelta(seconds=30)
"""For how long after a start alerts wait for Postgres to say what other machines have told already."""
ALERTS_EVERY = timedelta(hours=1)
SYNC_LASTS = timedelta(minutes=10)
"""For how long a run that began and has not ended, and may have been killed, keeps alerts waiting."""
_SIGNED_IN = {"ok", "expiring"}


def make_schedule(engine: "Engine") -> Schedule:
    """The schedule of `engine`, not started yet. Blocks."""
    state = engine.places.state_folder(engine.settings.environment)
    unattended = Unattended(engine)
    schedule = Schedule(
        at=time.fromisoformat(engine.settings.sync.at),
        lock=TimerLock(state / "daemon.lock"),
        clock=engine.clock,
        look=unattended.look,
        run=unattended.run,
        troubled=lambda text: engine.tell(Alerted("schedule", text)),
    )

    def hear(event: Event) -> None:
        unattended.hear(event)
        # The ledger has changed where the sync has wholly ended: what there is to tell is known then.
        if unattended.tells_soon and isinstance(event, SyncFinished | LedgerChanged):
            schedule.look_now()

    engine.listen(hear)
    return schedule


class Unattended:
    """What the owner of the timer does at its ticks."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._news: list[RunOutcomes] = []
        self._alerts_at: datetime | None = None
        self.tells_soon = False
        """Whether a sync has ended since the alerts were last seen to."""
        self._timer_asked_again_at = self._timer_known_until = 0.0
        self._heard = False
        """Whether it is known here what other machines have told."""
        self._heard_by = monotonic() + HEARD_WITHIN.total_seconds()
        self._runs: tuple[int, list[SyncRun]] | None = None
        self._interrupted = _day(engine.ledger.note(UNDER_WAY))

    def look(self, owner: bool) -> Due | None:
        """Whether a run should start now, here and not on another machine; sees to the alerts, too. Whoever does not own the timer only
        shows the alerts, and nothing is due. Blocks."""
        due: Due | None = None
        owner = owner and self._timer_is_ours()
        try:
            due = self._run_to_make() if owner else None
        finally:
            # While Vault is away nobody knows whether there is a sign-in to run with; what is known is told all the same.
            if due is None:
                self._see_to_alerts(owner)
        return due

    def _timer_is_ours(self) -> bool:
        """Whether no daemon on another machine keeps the timer. A daemon takes it for good, where it is signed in; a screen never does."""
        engine, now = self._engine, monotonic()
        if now >= self._timer_asked_again_at:
            self._timer_asked_again_at = now + TIMER_RENEWED_EVERY.total_seconds()
            elsewhere = self._ask_whose_the_timer_is()
            self._heard &= not engine.timer_elsewhere
            if elsewhere is not None:
                engine.timer_elsewhere, self._timer_known_until = elsewhere, now + TIMER_BELIEVED.total_seconds()
            elif now >= self._timer_known_until:
                engine.timer_elsewhere = False
        return not engine.timer_elsewhere

    def _ask_whose_the_timer_is(self) -> bool | None:
        """Whether it is another machine's; None where Postgres cannot tell."""
        ledger, holder = self._engine.ledger, self._holder()
        if self._engine.keeps_timer and self._has_a_sign_in():
            claimed = ledger.claim_timer(holder, TIMER_LASTS)
            return None if claimed is None else not claimed
        return ledger.timer_is_anothers(holder)

    def _has_a_sign_in(self) -> bool:
        with suppress(Trouble):
            return self._engine.grant_status().state in _SIGNED_IN
        return False

    def _run_to_make(self) -> Due | None:
        due = self._due(self._engine.clock.now())
        if due is None or self._engine.syncing or not self._signed_in(due):
            return None
        claimed = self._engine.ledger.claim_run(due.business_date, self._holder(), CLAIM_LASTS)
        if claimed is False:
            # Another machine makes this run, or made it: Postgres knows.
            self._engine.ledger.exchange()
            return None
        return due

    def _see_to_alerts(self, owner: bool) -> None:
        now = self._engine.clock.now()
        while self._news:
            remember(self._engine.ledger, self._news[0])
            self._news.pop(0)
        if self._half_told(now):
            return
        self.tells_soon = False
        # A clock that was set back must not silence the alerts until it has caught up.
        if self._alerts_at is None or not timedelta(0) <= now - self._alerts_at < ALERTS_EVERY:
            deliver = owner and self._knows_what_was_told()
            self._alerts_at = now if deliver or not owner else None
            tell_alerts(self._engine, deliver=deliver)

    def _knows_what_was_told(self) -> bool:
        """Whether other machines' tellings are known here, so that nobody is told twice; where Postgres is away, nobody waits long for it."""
        if not self._heard:
            status = self._engine.ledger.exchange()
            self._heard = status.trouble is None
        return self._heard or monotonic() >= self._heard_by

    def _half_told(self, now: datetime) -> bool:
        """Whether a sync is under way, here or in another process: new pay beside old tax is no difference to tell of."""
        begun = (run.started_at for run in self._recent_runs() if run.finished_at is None)
        return self._engine.syncing or any(timedelta(0) <= now - at < SYNC_LASTS for at in begun)

    def _recent_runs(self) -> list[SyncRun]:
        version = self._engine.ledger.version()
        if self._runs is None or self._runs[0] != version:
            self._runs = version, self._engine.ledger.runs(RUNS_LOOKED_AT)
        return self._runs[1]

    def _due(self, now: datetime) -> Due | None:
        at = time.fromisoformat(self._engine.settings.sync.at)
        since = datetime.fromisoformat(self._kept(BEGAN, now.astimezone(UTC).isoformat()))
        return due_run(now, at, self._recent_runs(), since=since, interrupted=self._interrupted)

    def _signed_in(self, due: Due) -> bool:
        grant = self._engine.grant_status()
        if grant.state not in _SIGNED_IN or grant.granted_at is None:
            return False
        return due.lacked_sign_in_at is None or grant.granted_at > due.lacked_sign_in_at

    def _holder(self) -> str:
        return self._kept(HOLDER, uuid.uuid4().hex)

    def _kept(self, key: str, value: str) -> str:
        """What was noted under `key`; `value`, from now on, where nothing was."""
        ledger = self._engine.ledger
        kept = ledger.note(key)
        if not kept:
            ledger.keep_note(key, value)
        return kept or value

    async def run(self, due: Due) -> None:
        """The daily run: of `[sync] tax_years` those that are due today. Stopped with its process, it is taken up at the next start."""
        self._interrupted = None
        ledger = self._engine.ledger
        await asyncio.to_thread(ledger.keep_note, UNDER_WAY, due.business_date.isoformat())
        try:
            years = await asyncio.to_thread(self._years)
            await self._engine.sync(years, unattended=True, business_date=due.business_date)
        except Trouble:
            await asyncio.to_thread(self._ended)
            raise
        await asyncio.to_thread(self._ended)

    def _ended(self) -> None:
        self._engine.ledger.keep_note(UNDER_WAY, "")
        self._see_to_alerts(owner=True)

    def _years(self) -> tuple[TaxYear, ...]:
        engine = self._engine
        asked, gone = last_asked_and_gone(engine.ledger.observations())
        return years_due(engine.years(), asked, gone, london_date(engine.clock.now()))

    def hear(self, event: Event) -> None:
        """Takes note of what may be worth an alert."""
        match event:
            case SyncFinished(outcomes=outcomes, run_id=run_id):
                self._news.append({year: (outcome, run_id) for year, outcome in outcomes})
                self._alerts_at, self.tells_soon = None, True
            case GrantChanged():
                self._alerts_at, self._timer_asked_again_at = None, 0.0
            case LedgerChanged():
                self._alerts_at = None
            case _:
                pass


def _day(note: str | None) -> date | None:
    return date.fromisoformat(note) if note else None
