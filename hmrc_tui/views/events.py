"""What an event of the engine means for the screen: how far a sync is, whether to read again, what to say. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from daemon.events import (
    Alerted,
    CallFinished,
    Event,
    GrantChanged,
    LedgerChanged,
    StoreChanged,
    SyncFinished,
    SyncStarted,
    YearOutcome,
)
from hmrc_tui.views.overview import Progress
from hmrc_tui.words import OUTCOME

_ON_SCREEN = {"difference", "grant", "stale", "outbox"}
"""What alerts tell to people elsewhere, and the screen shows anyway."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is shown for some seconds."""

    text: str
    title: str = ""
    severity: Literal["information", "warning", "error"] = "information"
    seconds: float = 5


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do about an event."""

    progress: Progress | None
    read_again: bool = False
    said: Said | None = None


def meaning(event: Event, progress: Progress | None) -> Meaning:
    """What `event` means where a sync was at `progress`."""
    match event:
        case SyncStarted():
            return Meaning(Progress(0, event.calls))
        case CallFinished():
            return Meaning(Progress(event.done, event.calls))
        case SyncFinished():
            return Meaning(None, read_again=True, said=_outcome(event))
        case GrantChanged() | StoreChanged() | LedgerChanged():
            return Meaning(progress, read_again=True)
        case Alerted() if event.kind.partition(":")[0] not in _ON_SCREEN:
            return Meaning(progress, said=Said(event.text, severity="warning", seconds=8))
        case _:
            return Meaning(progress)


def _outcome(event: SyncFinished) -> Said:
    if event.trouble:
        return Said(event.trouble, "Sync", "warning", 8)
    counted: Counter[YearOutcome] = Counter(outcome for _, outcome in event.outcomes)
    years = ", ".join(f"{count} {OUTCOME[outcome].word}" for outcome, count in counted.items())
    return Said(years or "No tax year was due.", "Synced")
