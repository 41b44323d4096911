"""What the engine tells while it works: frozen messages that a screen, the log or the metrics listen to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from storage.records import Observation, TaxYear

YearOutcome = Literal["new", "changed", "unchanged", "not_yet", "late", "gone", "partial", "failed"]
GrantState = Literal["none", "ok", "expiring", "expired", "needs_sign_in"]
StoreName = Literal["postgres", "sqlite"]


@dataclass(frozen=True, slots=True)
class SyncStarted:
    """A sync began; `calls` is how many calls it will make."""

    run_id: str
    started_at: datetime
    tax_years: tuple[TaxYear, ...]
    calls: int
    unattended: bool


@dataclass(frozen=True, slots=True)
class CallStarted:
    """One call to HMRC is about to be made."""

    run_id: str
    tax_year: TaxYear
    api: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """One call to HMRC came to its end and was kept."""

    run_id: str
    observation: Observation
    done: int
    calls: int


@dataclass(frozen=True, slots=True)
class YearFinished:
    """All calls of one tax year are done, and its figures are kept."""

    run_id: str
    tax_year: TaxYear
    outcome: YearOutcome


@dataclass(frozen=True, slots=True)
class SyncFinished:
    """A sync ended: `trouble` is one line where it could not run to its end."""

    run_id: str
    finished_at: datetime
    outcomes: tuple[tuple[TaxYear, YearOutcome], ...]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class GrantChanged:
    """The sign-in was made, refreshed, lost or forgotten."""

    state: GrantState
    refreshed: bool = False


@dataclass(frozen=True, slots=True)
class StoreChanged:
    """The last contact with Postgres: whether it worked, how many rows wait and, where it did not work, why, in one line."""

    store: StoreName
    queued: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerChanged:
    """New rows are in the ledger: from an import, a decision, another process or another machine."""


@dataclass(frozen=True, slots=True)
class Alerted:
    """Somebody should be told: one line of plain words, without personal data."""

    kind: str
    text: str


Event = (
    SyncStarted
    | CallStarted
    | CallFinished
    | YearFinished
    | SyncFinished
    | GrantChanged
    | StoreChanged
    | LedgerChanged
    | Alerted
)
Listener = Callable[[Event], None]
