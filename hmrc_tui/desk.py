"""What the interface needs of the engine and the ledger, and what it knows of them at one moment, read in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.events import GrantState, Listener, StoreName
    from daemon.hmrc.grant import Grant
    from daemon.hmrc.pace import Pace
    from daemon.reconcile.model import Reconciliation
    from storage.books import ImportRecord
    from storage.clock import Clock
    from storage.ledger import Ledger
    from storage.places import Places
    from storage.records import SyncRun, TaxYear, ValidatorVerdict
    from storage.settings import Settings


class GrantReport(Protocol):
    """How the sign-in stands. Times are aware and in UTC."""

    @property
    def state(self) -> GrantState: ...
    @property
    def store(self) -> str | None: ...
    @property
    def granted_at(self) -> datetime | None: ...
    @property
    def grant_expires_at(self) -> datetime | None: ...
    @property
    def grant_days_left(self) -> int | None: ...
    @property
    def access_expires_at(self) -> datetime | None: ...


class StoreReport(Protocol):
    """Where the ledger lies, and how the last contact with Postgres went."""

    @property
    def store(self) -> StoreName: ...
    @property
    def configured(self) -> bool: ...
    @property
    def queued(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...


class Desk(Protocol):
    """The engine as far as the screens use it. Every call of `ledger` and `grant` blocks: only a worker's thread makes one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def places(self) -> Places: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ledger(self) -> Ledger: ...
    @cached_property
    def grant(self) -> Grant: ...
    @cached_property
    def pace(self) -> Pace: ...
    @property
    def syncing(self) -> bool: ...

    def listen(self, listener: Listener, /) -> Callable[[], None]: ...
    async def sync(self, years: Sequence[TaxYear] | None = None, *, unattended: bool = False) -> object: ...
    def cancel_sync(self) -> object: ...
    def reconciliation(self, years: Sequence[TaxYear] | None = None) -> Reconciliation: ...
    def grant_status(self) -> GrantReport: ...
    def store_status(self) -> StoreReport: ...
    def last_confirmed(self) -> datetime | None: ...
    def next_run(self) -> datetime | None: ...
    def watches(self) -> bool: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at one moment. None means "not read yet", or that reading it failed, which `trouble` tells."""

    now: datetime
    reconciliation: Reconciliation | None = None
    grant: GrantReport | None = None
    grant_trouble: str | None = None
    """Why it is not known how the sign-in stands, where the rest is."""
    store: StoreReport | None = None
    confirmed: datetime | None = None
    next_run: datetime | None = None
    watches: bool = False
    """Whether a daemon elsewhere makes the next run."""
    last_run: SyncRun | None = None
    last_import: ImportRecord | None = None
    verdict: ValidatorVerdict | None = None
    hmrc_set_up: bool = True
    """Whether anything that HMRC asks for is configured: a person may have chosen payslips alone."""
    offline: bool = False
    """Whether not one call of the last sync reached HMRC."""
    trouble: str | None = None

    @property
    def read(self) -> bool:
        """Whether the ledger has been read."""
        return self.reconciliation is not None


def know(desk: Desk, connection_method: str) -> Known:
    """Reads everything that the Overview and the status strip show. Blocks on the ledger; never raises a `Trouble`."""
    now = desk.clock.now()
    try:
        ledger = desk.ledger
        grant, grant_trouble = _grant(desk)
        last_run = next((run for run in ledger.runs(20) if run.finished_at is not None), None)
        return Known(
            now=now,
            reconciliation=_with_last_year(desk, desk.reconciliation(), now),
            grant=grant,
            grant_trouble=grant_trouble,
            store=desk.store_status(),
            confirmed=desk.last_confirmed(),
            next_run=desk.next_run() if _set_up(desk.settings) else None,
            watches=desk.watches(),
            last_run=last_run,
            last_import=next(iter(ledger.imports()), None),
            verdict=ledger.verdict(connection_method),
            hmrc_set_up=_set_up(desk.settings),
            offline=_unreached(ledger, last_run, now),
        )
    except Trouble as trouble:
        return Known(now=now, trouble=str(trouble))


def _with_last_year(desk: Desk, told: Reconciliation, now: datetime) -> Reconciliation:
    """With the last ended tax year, also where nothing but HMRC's "no data" is known of it: has it come yet, everybody asks."""
    from dataclasses import replace

    from storage.clock import london_date
    from storage.tax_year import TaxYear

    ended = TaxYear.containing(london_date(now)).previous
    if any(year.tax_year == ended for year in told.tax_years):
        return told
    asked = tuple(
        year for year in desk.reconciliation([ended]).tax_years if year.tax_year == ended and year.state != "unknown"
    )
    years = sorted((*told.tax_years, *asked), key=lambda year: year.tax_year.start, reverse=True)
    return replace(told, tax_years=tuple(years)) if asked else told


def _grant(desk: Desk) -> tuple[GrantReport | None, str | None]:
    """How the sign-in stands, or why its store cannot be read: the figures are shown all the same."""
    try:
        return desk.grant_status(), None
    except Trouble as trouble:
        return None, str(trouble)


def _set_up(settings: Settings) -> bool:
    return bool(settings.hmrc.client_id or settings.hmrc.utr or settings.vault.address)


def _unreached(ledger: Ledger, run: SyncRun | None, now: datetime) -> bool:
    """Whether a failed run made calls and none of them got an answer; one year's calls tell."""
    if run is None or run.outcome != "failed":
        return False
    from storage.clock import london_date
    from storage.tax_year import TaxYear

    calls = [
        call for call in ledger.observations(TaxYear.containing(london_date(now)).previous) if call.run_id == run.id
    ]
    return bool(calls) and all(call.status is None for call in calls)
