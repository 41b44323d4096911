"""One sync: ask HMRC for each tax year and API, keep every answer as it comes, join what came, and say what it means.

Nothing here knows where the answers come from but the client, nor where they are kept but the ledger. Each call is committed before
the next is counted, so that a run that is killed has lost nothing that it was told.
"""

import asyncio
import hashlib
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import cast

from daemon.availability import Standing, standing, year_outcome
from daemon.events import (
    CallFinished,
    CallStarted,
    Event,
    StoreChanged,
    StoreName,
    SyncFinished,
    SyncStarted,
    YearFinished,
    YearOutcome,
)
from daemon.hmrc.client import Call, HmrcClient
from daemon.hmrc.transport import IN_FLIGHT
from daemon.join import amounts, new_snapshots
from daemon.kept import answers_of, employments_of
from storage.clock import Clock, london_date
from storage.ledger import Ledger, StoreStatus
from storage.records import Answer, ApiOutcome, Observation, RunOutcome, SyncRun, TaxYear
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import HmrcTrouble, SignInNeeded, Trouble

_NO_GRANT = {"INVALID_SCOPE", "INVALID_CREDENTIALS", "MISSING_CREDENTIALS", "INCORRECT_ACCESS_TOKEN_TYPE"}
"""Codes with which HMRC refuses the sign-in itself, rather than one API or one taxpayer."""


@dataclass(frozen=True, slots=True)
class ApiReport:
    """What came of one API in one year. `asked` is False where HMRC had failed too often to be asked again."""

    outcome: ApiOutcome
    status: int | None
    code: str | None
    note: str | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class SyncedYear:
    """What came of one tax year."""

    tax_year: TaxYear
    outcome: YearOutcome
    apis: Mapping[str, ApiReport]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What came of a sync, oldest year first. `queued` rows wait for Postgres."""

    environment: str
    started_at: datetime
    finished_at: datetime
    store: StoreName
    queued: int
    years: tuple[SyncedYear, ...]

    @property
    def trouble(self) -> Trouble | None:
        """What the command should end with: `SignInNeeded` where HMRC refused the sign-in at every call, `HmrcTrouble` where
        a year is failed or partial, None where every year got a verdict."""
        calls = [call for year in self.years for call in year.apis.values()]
        if calls and all(call.code in _NO_GRANT for call in calls):
            return SignInNeeded(
                "HMRC does not accept this sign-in for any of its APIs; sign in again: hmrc-tui authorise"
            )
        wanting = [year for year in self.years if year.outcome in {"failed", "partial"}]
        if not wanting:
            return None
        names = ", ".join(year.tax_year.hmrc for year in wanting[:3])
        if len(wanting) > 3:
            names = f"{len(wanting)} tax years, {wanting[0].tax_year} to {wanting[-1].tax_year}"
        return HmrcTrouble(f"HMRC did not answer for {names}: {_first_note(wanting[0])}; what it did answer is kept")


def _first_note(year: SyncedYear) -> str:
    wanting = {api: call for api, call in year.apis.items() if call.outcome not in {"ok", "no_data"}}
    api, call = next(iter(sorted(wanting.items(), key=lambda item: (item[1].outcome != "failed", not item[1].asked))))
    return f"{api}: {call.note or call.code or call.outcome}"


@dataclass(slots=True)
class Sync:
    """One run, for one taxpayer, with what it needs. `run` it once."""

    settings: Settings
    ledger: Ledger
    client: HmrcClient
    clock: Clock
    utr: Secret
    emit: Callable[[Event], None]
    unattended: bool = False
    business_date: date | None = None
    """The day in UTC for which an unattended run stands; today unless the schedule says otherwise."""
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _done: int = field(init=False, default=0)
    _calls: int = field(init=False, default=0)
    _started_at: datetime = field(init=False)
    _untold: frozenset[str] = field(init=False, default=frozenset())
    """The runs that were killed or stopped, or are under way: nobody was told what their answers mean."""

    async def run(self, years: Sequence[TaxYear]) -> SyncReport:
        """Asks for all years. A call, an API or a year that fails stops no other.

        Raises `SignInNeeded` or `HmrcTrouble` where no access token is to be had, `StorageTrouble` where SQLite cannot be written.
        """
        self._started_at = self.clock.now()
        wanted = tuple(sorted(set(years)))
        self._calls = len(wanted) * len(self._apis)
        self.emit(SyncStarted(self.run_id, self._started_at, wanted, self._calls, self.unattended))
        outcome: RunOutcome = "failed"
        synced: tuple[SyncedYear, ...] = ()
        trouble: str | None = None
        try:
            await asyncio.to_thread(self._begin)
            synced = await self._years(wanted)
            report = await self._report(synced)
            trouble = str(report.trouble) if report.trouble else None
            outcome = _run_outcome(report.trouble)
        except asyncio.CancelledError:
            outcome, trouble = "cancelled", "stopped before its end; what HMRC had answered is kept"
            raise
        except Trouble as fault:
            outcome, trouble = _run_outcome(fault), str(fault)
            raise
        finally:
            finished_at = self.clock.now()
            try:
                await asyncio.to_thread(self._end, outcome, finished_at, _summary(synced, trouble))
            finally:
                self.emit(
                    SyncFinished(self.run_id, finished_at, tuple((y.tax_year, y.outcome) for y in synced), trouble)
                )
        return report

    @property
    def _apis(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.settings.hmrc.apis))

    def _begin(self) -> None:
        self.ledger.add_run(self._run_row("failed", None, "killed before its end"))
        self.ledger.exchange()
        self._untold = frozenset(
            run.id for run in self.ledger.runs() if run.finished_at is None or run.outcome == "cancelled"
        )

    def _end(self, outcome: RunOutcome, finished_at: datetime, summary: str) -> None:
        self.ledger.add_run(self._run_row(outcome, finished_at, summary))

    def _run_row(self, outcome: RunOutcome, finished_at: datetime | None, summary: str) -> SyncRun:
        return SyncRun(
            id=self.run_id,
            business_date=self.business_date or self._started_at.astimezone(UTC).date(),
            started_at=self._started_at,
            finished_at=finished_at,
            outcome=outcome,
            unattended=self.unattended,
            host=socket.gethostname(),
            summary=summary,
        )

    async def _report(self, synced: tuple[SyncedYear, ...]) -> SyncReport:
        status: StoreStatus = await asyncio.to_thread(self.ledger.exchange)
        self.emit(StoreChanged(status.store, status.queued, status.trouble))
        return SyncReport(
            self.settings.environment, self._started_at, self.clock.now(), status.store, status.queued, synced
        )

    async def _years(self, years: Sequence[TaxYear]) -> tuple[SyncedYear, ...]:
        """All years at once, as far as the pace lets them; semaphores are fair, so they finish about oldest first."""
        in_flight = asyncio.Semaphore(IN_FLIGHT)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._year(year, in_flight)) for year in years]
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        return tuple(task.result() for task in tasks)

    async def _year(self, year: TaxYear, in_flight: asyncio.Semaphore) -> SyncedYear:
        before, told = await asyncio.to_thread(self._standings, year)
        async with asyncio.TaskGroup() as group:
            tasks = {api: group.create_task(self._call(api, year, in_flight)) for api in self._apis}
        calls = {api: task.result() for api, task in tasks.items()}
        outcome = await asyncio.to_thread(self._join, year, before, told, calls)
        self.emit(YearFinished(self.run_id, year, outcome))
        reports = {
            api: ApiReport(call.outcome, call.status, call.code, call.note, asked=call.attempts > 0)
            for api, call in calls.items()
        }
        return SyncedYear(year, outcome, reports)

    def _standings(self, year: TaxYear) -> tuple[Standing, Standing]:
        """What is known of the year, and that of it which was told: the verdict of a run that was killed is still to come."""
        known = self.ledger.observations(year)
        return standing(known), standing(each for each in known if each.run_id not in self._untold)

    async def _call(self, api: str, year: TaxYear, in_flight: asyncio.Semaphore) -> Call:
        async with in_flight:
            self.emit(CallStarted(self.run_id, year, api))
            asked_at = self.clock.now()
            call = await self.client.annual_summary(api, self.utr, year)
            if not call.attempts:
                return call
            observation, answer = self._observed(api, year, asked_at, call)
            await asyncio.to_thread(self.ledger.add_observation, observation, answer)
        self._done += 1
        self.emit(CallFinished(self.run_id, observation, self._done, self._calls))
        return call

    def _observed(self, api: str, year: TaxYear, asked_at: datetime, call: Call) -> tuple[Observation, Answer | None]:
        answer: Answer | None = None
        if call.body is not None:
            answer = Answer(hashlib.sha256(call.body.encode()).hexdigest(), api, call.body, asked_at)
        return (
            Observation(
                id=hashlib.sha256(f"{self.run_id}\n{year}\n{api}".encode()).hexdigest()[:32],
                run_id=self.run_id,
                asked_at=asked_at,
                tax_year=year,
                api=api,
                api_version=self.settings.version(api),
                outcome=call.outcome,
                status=call.status,
                code=call.code,
                answer_hash=answer.answer_hash if answer else None,
                duration_ms=call.duration_ms,
                attempts=call.attempts,
                note=call.note,
            ),
            answer,
        )

    def _join(self, year: TaxYear, before: Standing, told: Standing, calls: Mapping[str, Call]) -> YearOutcome:
        """Joins the latest answers, appends what changed, and gives the year's verdict."""
        now = self.clock.now()
        known = standing(self.ledger.observations(year))
        employments = employments_of(known, answers_of(self.ledger, [known]))
        appended = new_snapshots(year, employments, self.ledger.snapshots(year), now)
        if appended:
            self.ledger.add_snapshots(appended)
        outcomes: dict[str, ApiOutcome] = {api: call.outcome for api, call in calls.items()}
        changed = self._changed(told, calls)
        return year_outcome(year, outcomes, before, told=told, changed=changed, today=london_date(now))

    def _changed(self, told: Standing, calls: Mapping[str, Call]) -> bool:
        """Whether any amount of any answer differs from the last told answer of its API."""
        for api, call in calls.items():
            if call.body is None:
                continue
            last = told.answered.get(api)
            last_body = (
                self.ledger.answers([last.answer_hash]).get(last.answer_hash) if last and last.answer_hash else None
            )
            if last_body != call.body and amounts(call.body) != (amounts(last_body) if last_body else {}):
                return True
        return False


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one trouble to tell of a group: a fault of ours first, then storage, then HMRC, then the sign-in."""
    flat = list(_flattened(failures))
    return max(flat, key=lambda fault: fault.exit_status if isinstance(fault, Trouble) else 99)


def _flattened(failures: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for fault in failures.exceptions:
        if isinstance(fault, BaseExceptionGroup):
            yield from _flattened(cast("BaseExceptionGroup[BaseException]", fault))
        else:
            yield fault


def _run_outcome(trouble: Trouble | None) -> RunOutcome:
    if trouble is None:
        return "done"
    return "needs_sign_in" if isinstance(trouble, SignInNeeded) else "failed"


def _summary(synced: Sequence[SyncedYear], trouble: str | None) -> str:
    """One line for the list of runs: `3 unchanged, 1 new`."""
    counts: dict[str, int] = {}
    for year in synced:
        counts[year.outcome] = counts.get(year.outcome, 0) + 1
    told = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items())
    return told or trouble or "no tax year was asked for"
