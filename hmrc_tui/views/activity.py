"""What the Activity tab shows, as pure functions of the runs, the calls, and the events of a running sync."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from daemon.events import CallFinished, CallStarted, Event, SyncFinished, SyncStarted, YearFinished
from hmrc_tui import words
from hmrc_tui.views.history import API_TITLES
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, keyed, line, quiet, strong, word_cell
from hmrc_tui.words import Word
from storage.records import Observation, SyncRun

_RUNNING = Word("»", "running", "note")
_BROKEN_OFF = Word("✗", "broken off", "bad")
RUNS_AT_MOST = timedelta(minutes=15)
"""After so long without an end, a run was killed: even forty years that HMRC answers slowly take less."""
_BAR = 30
_BESIDE = 21
"""Letters of a code or note that stand beside its call at 80 columns; a longer one has lines of its own."""


def columns(width: int) -> tuple[Column, ...]:
    """The columns in so many cells."""
    host = (Column("host", "On", 10),) if width >= 100 else ()
    return (
        Column("started", "Started", 17),
        Column("who", "By", 6),
        *host,
        Column("outcome", "Outcome", 15),
        Column("took", "Took", 7, right=True),
        Column("summary", "What came of it", 10, grow=True),
    )


def items(runs: Iterable[SyncRun], now: datetime) -> tuple[Item, ...]:
    """A row for each run, the newest first; what came of one that has not ended is not known at the time `now`."""
    return tuple(
        Item(
            run.id,
            {
                "started": Cell(words.full_moment(run.started_at), order=run.started_at.timestamp()),
                "who": Cell("timer" if run.unattended else "person"),
                "host": Cell(run.host),
                "outcome": word_cell(_outcome(run, now)),
                "took": _took(run),
                "summary": Cell("" if _outcome(run, now) == _RUNNING else run.summary),
            },
        )
        for run in runs
    )


def _outcome(run: SyncRun, now: datetime) -> Word:
    if run.finished_at is not None:
        return words.RUN_OUTCOME[run.outcome]
    return _RUNNING if now - run.started_at < RUNS_AT_MOST else _BROKEN_OFF


def _took(run: SyncRun) -> Cell:
    if run.finished_at is None:
        return Cell("–", "quiet", -1.0)
    seconds = (run.finished_at - run.started_at).total_seconds()
    return Cell(f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min", order=seconds)


def now_lines(
    events: Sequence[Event],
    *,
    syncing: bool,
    next_run: datetime | None,
    now: datetime,
    watches: bool = False,
    hmrc_set_up: bool = True,
) -> tuple[Line, Line]:
    """The sync that is running: how far it is and what it asks; else what came of the last, when the next is due and whose it is."""
    started = next((event for event in events if isinstance(event, SyncStarted)), None)
    if started is None or not syncing:
        due = words.local_moment(next_run, now) if next_run else "not set"
        ended = next((event for event in reversed(events) if isinstance(event, SyncFinished)), None)
        starts = " {sync} starts one." if hmrc_set_up else ""
        said = _ended(ended) if ended else line(keyed(f"No sync is running.{starts}", "quiet"))
        whose = [quiet(", by the daemon that has the timer")] if watches and next_run else []
        return said, line(quiet("Next run "), Piece(due), *whose)
    done = next((event.done for event in reversed(events) if isinstance(event, CallFinished)), 0)
    filled = _BAR * done // max(started.calls, 1)
    asking = next((event for event in reversed(events) if isinstance(event, CallStarted | CallFinished)), None)
    doing = (
        f"asking {API_TITLES.get(asking.api, asking.api)} for {asking.tax_year}"
        if isinstance(asking, CallStarted)
        else "between two calls"
    )
    bar = line(
        Piece("█" * filled, "note"),
        quiet("░" * (_BAR - filled)),
        strong(f" {done} of {started.calls} calls"),
        keyed("  {cancel_sync} stops", "quiet"),
    )
    return bar, line(quiet(doing))


def _ended(event: SyncFinished) -> Line:
    if event.trouble:
        return line(strong("✗ ", "bad"), Piece(event.trouble))
    years = [f"{year} {words.OUTCOME[outcome].word}" for year, outcome in event.outcomes]
    return line(strong("✓ Done: ", "good"), Piece(", ".join(years) or "no tax year was due"))


def live_lines(events: Iterable[Event]) -> Iterator[Line]:
    """The calls of the running sync, the newest first, and what came of each year."""
    for event in reversed(list(events)):
        if isinstance(event, CallFinished):
            yield from call_lines(event.observation)
        elif isinstance(event, YearFinished):
            word = words.OUTCOME[event.outcome]
            yield line(strong(f"{event.tax_year}  "), strong(str(word), word.tone))


def call_lines(call: Observation) -> Iterator[Line]:
    """A call in one line, and a long note of it below."""
    word = words.API_OUTCOME[call.outcome]
    code = call.code or call.note or ""
    api = API_TITLES.get(call.api, call.api)
    beside = len(code) <= _BESIDE
    yield line(
        quiet(f"{call.tax_year}  "),
        Piece(f"{api:15}"),
        Piece(f"{word!s:17}", word.tone),
        Piece(f"{call.status or '–':>4}"),
        quiet(f"{call.duration_ms:>6,} ms{f'  {code}' if beside and code else ''}"),
    )
    if not beside:
        yield line(quiet(f"{'':9}{code}"))


def run_lines(run: SyncRun, calls: Iterable[Observation], now: datetime) -> Iterator[Line]:
    """A run in full: what came of it, then its calls."""
    word = _outcome(run, now)
    yield line(
        strong(str(word), word.tone),
        quiet(f"  {'the timer' if run.unattended else 'a person'} on {run.host}  "),
        Piece("" if word == _RUNNING else run.summary),
    )
    for call in calls:
        yield from call_lines(call)
