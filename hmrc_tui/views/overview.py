"""What the Overview and the status strip show, as pure functions of what is known: one glance answers the five questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from hmrc_tui import words
from hmrc_tui.views.pieces import (
    Cell,
    Column,
    Item,
    Line,
    Piece,
    difference_cell,
    keyed,
    line,
    money_cell,
    quiet,
    strong,
    word_cell,
)
from hmrc_tui.words import Tone
from storage.clock import london_date
from storage.tax_year import TaxYear

if TYPE_CHECKING:
    from daemon.reconcile.model import Reconciliation, Row, YearReport, YearState
    from hmrc_tui.desk import GrantReport, Known

WIDE = 108
"""From this many columns on, the list shows pay and tax at once, and causes and months stand side by side."""
WIDEST = 140
AMBER, RED = 30, 7
"""Days before the end of the 18-month authority at which its countdown turns amber and red."""
_AGREEING = {"match", "rounding"}
_OPEN = {"unexplained", "hmrc_only", "payslips_only"}
_GONE_MARK = "†"

Phase = Literal["loading", "failed", "nothing", "ready"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running sync is, in calls."""

    done: int
    calls: int


def phase(known: Known) -> Phase:
    """Which of the Overview's states is shown."""
    if known.trouble is not None and known.reconciliation is None:
        return "failed"
    if known.reconciliation is None:
        return "loading"
    return "ready" if known.reconciliation.tax_years else "nothing"


# The status strip


def status_strip(
    known: Known, environment: str, utr: str, progress: Progress | None, now: datetime
) -> tuple[Line, Line]:
    """The two lines that are always visible. `utr` is as it may be shown: masked, or revealed for a while."""
    badge_tone: Tone = {"production": "good", "sandbox": "warn"}.get(environment, "note")  # pyright: ignore[reportAssignmentType]
    first = [
        Piece(f" {environment.upper()} ", badge_tone, badge=True),
        Piece(" "),
        *_store(known),
    ]
    next_run = [quiet(" · next run "), Piece(_next_run(known.next_run, now))]
    away = known.store is not None and known.store.configured and known.store.store == "sqlite"
    unread = known.trouble is not None and not known.read
    asks_hmrc = known.hmrc_set_up or known.confirmed is not None
    if asks_hmrc:
        first += _confirmed(known, now)
    if asks_hmrc and not (away or unread):
        first += next_run
    second = [*_grant_countdown(known, now), *_access_countdown(known.grant, now)]
    if utr:
        second += [quiet(" · UTR "), Piece(utr)]
    if (
        away and asks_hmrc and progress is None
    ):  # its words need the first line's room; while a sync runs, when the next does can wait
        second += next_run
    if progress is not None:
        second += [quiet(" · "), strong(f"syncing {progress.done}/{progress.calls}", "note")]
    return tuple(first), tuple(second)


def _next_run(due: datetime | None, now: datetime) -> str:
    if due is None:
        return "not set"
    return words.time_of_day(due) if timedelta(0) <= due - now < timedelta(days=1) else words.local_moment(due, now)


def _store(known: Known) -> Sequence[Piece]:
    store = known.store
    if store is None:
        return (Piece("✗ ledger not read", "bad"),) if known.trouble else (quiet("store …"),)
    if store.store == "postgres":
        queued = f", {store.queued} queued" if store.queued else ""
        return (Piece(f"✓ Postgres{queued}", "good"),)
    if store.configured:
        queued = f", {store.queued} queued" if store.queued else ""
        return (Piece(f"! offline: SQLite{queued}", "warn"),)
    return (Piece("SQLite"),)


def _confirmed(known: Known, now: datetime) -> Sequence[Piece]:
    if known.offline:
        since = f" · offline, {words.local_moment(known.confirmed, now)}" if known.confirmed else " · offline"
        return (Piece(since, "warn"),)
    if known.trouble is not None and not known.read:
        return ()
    if known.confirmed is None:
        return (quiet(" · never confirmed" if known.read else " · confirmed …"),)
    age = now - known.confirmed
    tone: Tone = "good" if age < timedelta(hours=48) else "plain" if age < timedelta(days=8) else "warn"
    return quiet(" · confirmed "), Piece(words.local_moment(known.confirmed, now), tone)


def grant_tone(days_left: int | None) -> Tone:
    """The tone of the authority's countdown: amber under 30 days, red under 7."""
    if days_left is None:
        return "quiet"
    return "bad" if days_left < RED else "warn" if days_left < AMBER else "good"


def _grant_countdown(known: Known, now: datetime) -> Sequence[Piece]:
    grant = known.grant
    if grant is None:
        unknown = known.grant_trouble or known.trouble
        return (quiet("Sign-in "), Piece("! cannot be read", "warn")) if unknown else (quiet("Sign-in …"),)
    if grant.state == "none" and not known.hmrc_set_up:
        return quiet("Sign-in "), quiet("none: payslips alone")
    word = words.GRANT[grant.state]
    if grant.grant_expires_at is None or grant.state not in {"ok", "expiring"}:
        return quiet("Sign-in "), Piece(str(word), word.tone)
    days = grant.grant_days_left
    glyph = "✓" if grant.state == "ok" and (days is None or days >= AMBER) else "!"
    left = words.countdown(grant.grant_expires_at - now)
    return quiet("Sign-in "), Piece(f"{glyph} {left} left", grant_tone(days))


def _access_countdown(grant: GrantReport | None, now: datetime) -> Sequence[Piece]:
    if grant is None or grant.access_expires_at is None or grant.state not in {"ok", "expiring"}:
        return ()
    left = grant.access_expires_at - now
    text = words.countdown(left) if left > timedelta(0) else "renewed at the next call"
    return quiet(" · token "), Piece(text)


def next_tick(known: Known, now: datetime) -> float:
    """After how many seconds a countdown of the strip says something else; at most an hour."""
    if known.grant is None:
        return 3600.0
    ends = (known.grant.grant_expires_at, known.grant.access_expires_at)
    return min((words.next_change(end - now) for end in ends if end is not None), default=3600.0)


# One glance


def glance(known: Known) -> tuple[Line, ...]:
    """Does HMRC agree, are last year's figures here, are the headers right? And, above these, what needs doing first."""
    if known.reconciliation is None:
        return ()
    today = london_date(known.now)
    compared = (*banner(known), _agreement(known))
    if not known.hmrc_set_up:
        return (
            *compared,
            line(quiet("Payslips and P60s alone, without HMRC. "), keyed("{guide} sets HMRC up.", "quiet")),
        )
    return (*compared, _figures(known.reconciliation, today) + _headers(known))


def banner(known: Known) -> tuple[Line, ...]:
    """The one thing that has to be done first, in a line; none where all is well."""
    run, grant = known.last_run, known.grant
    if grant is not None and grant.state == "expired":
        return (
            line(
                strong("✗ Your sign-in has ended after 18 months. ", "bad"),
                keyed("{show_sign_in} signs in again; nothing is lost."),
            ),
        )
    if grant is not None and grant.state == "needs_sign_in":
        return (
            line(
                strong("✗ HMRC no longer accepts your sign-in. ", "bad"),
                keyed("{show_sign_in} signs in again; nothing is lost."),
            ),
        )
    if known.grant_trouble:
        return (line(strong("! Your sign-in cannot be read. ", "warn"), keyed("{show_sign_in} says why.")),)
    if known.offline:
        return (
            line(
                strong("! HMRC could not be reached. ", "warn"),
                keyed("These are the last figures; {sync} tries again."),
            ),
        )
    if run is not None and run.outcome == "failed":
        when = words.local_moment(run.finished_at or run.started_at, known.now)
        return (
            line(
                strong(f"✗ The last sync failed {when}. ", "bad"),
                keyed("{show_activity} shows what happened; {sync} tries again."),
            ),
        )
    if grant is not None and grant.state == "none" and known.hmrc_set_up:
        return (
            line(
                strong("○ Not signed in at HMRC: ", "note"),
                keyed("{show_sign_in} signs in. Payslips and P60s work without it."),
            ),
        )
    if known.store is not None and known.store.trouble:
        return (
            line(
                strong("! Postgres is away. ", "warn"),
                Piece("Everything is kept here, and goes there when it is back."),
            ),
        )
    return ()


_WHO_AGREES = {
    frozenset({"hmrc"}): "HMRC agrees with your payslips",
    frozenset({"p60"}): "The P60s agree with your payslips",
    frozenset({"hmrc", "p60"}): "HMRC or the P60 agrees",
}
"""Who the payslips were compared with: without HMRC's figures a P60 stands in for them."""


def _agreement(known: Known) -> Line:
    rows = [row for year in known.reconciliation.tax_years for row in year.rows] if known.reconciliation else []
    compared = [row for row in rows if row.status != "waiting"]
    if not compared:
        missing = "HMRC's figures" if known.hmrc_set_up else "P60s"
        return line(
            Piece("○ Nothing to compare yet", "quiet"), quiet(f": {missing} or your payslips are still missing.")
        )
    agreeing = sum(row.status in _AGREEING for row in compared)
    accepted, explained = (sum(row.status == status for row in compared) for status in ("accepted", "explained"))
    open_rows = [row for row in compared if row.status in _OPEN]
    tone: Tone = "good" if not open_rows else "plain"
    who = _WHO_AGREES[frozenset(row.basis for row in compared)]
    if accepted:  # a difference that was accepted is still one, and all four counts fit into 80 columns
        who = who.removesuffix(" with your payslips")
    parts = [strong(f"{'✓ ' if not open_rows else ''}{who} in {agreeing} of {len(compared)}", tone)]
    if accepted:
        parts += [Piece("   "), Piece(f"= {accepted} accepted", "good")]
    if explained:
        parts += [Piece("   "), Piece(f"! {explained} explained", "note")]
    if open_rows:
        parts += [Piece("   "), Piece(f"? {len(open_rows)} to look at", "bad")]
    return tuple(parts)


def _figures(reconciliation: Reconciliation, today: date) -> Line:
    ended = TaxYear.containing(today).previous
    state = next((year.state for year in reconciliation.tax_years if year.tax_year == ended), "unknown")
    said = {
        "available": Piece("● here", "good"),
        "gone": Piece("† gone again", "note"),
        "late": Piece("! late", "warn"),
        "not_yet": Piece("○ not yet (June-Nov)", "quiet"),
    }.get(state, Piece("· not asked", "quiet"))
    due = date(ended.start + 2, 1, 31)
    filing = quiet(" · file by 31 Jan") if today <= due and state != "gone" else quiet("")
    return line(quiet(f"{ended} figures "), said, filing)


def _headers(known: Known) -> Line:
    code = known.verdict.code if known.verdict else ""
    said = {
        "VALID_HEADERS": Piece("✓ valid", "good"),
        "POTENTIALLY_INVALID_HEADERS": Piece("! warnings", "warn"),
        "INVALID_HEADERS": Piece("✗ invalid", "bad"),
    }.get(code, Piece("unchecked", "quiet"))
    return line(quiet(" · headers "), said)


# The list


def columns(width: int, *, tax: bool) -> tuple[Column, ...]:
    """The Overview's columns in so many cells; where pay and tax do not fit side by side, `tax` says which is shown in full."""
    year = (Column("year", "Tax year", 8),)
    status = (Column("status", "Status", 13),)
    employer = Column("employer", "Employer", 9, grow=True)
    room = 9 if width < WIDE else 10
    pay = (Column("pay_hmrc", "HMRC pay", room, right=True), Column("pay_slips", "Payslips", room, right=True))
    of_tax = (
        Column("tax_hmrc", "HMRC tax", room - 1, right=True),
        Column("tax_slips", "Payslips", room - 1, right=True),
    )
    pay_difference, tax_difference = (
        Column("pay_difference", "Pay diff.", room, right=True),
        Column("tax_difference", "Tax diff.", room, right=True),
    )
    if width < WIDE:
        shown = (*of_tax, tax_difference, pay_difference) if tax else (*pay, pay_difference, tax_difference)
        return (*year, employer, *shown, *status)
    reference = (Column("reference", "PAYE ref.", 10),) if width >= WIDEST else ()
    return (
        *year,
        Column("state", "Figures", 9),
        employer,
        *reference,
        *pay,
        pay_difference,
        *of_tax,
        tax_difference,
        *status,
    )


def items(reconciliation: Reconciliation) -> tuple[Item, ...]:
    """A row for each tax year and employer, newest year first; a year without any has one that tells its state."""
    return tuple(item for year in reconciliation.tax_years for item in (_rows_of(year) or (_empty_year(year),)))


def row_key(year: TaxYear, row: Row | None) -> str:
    """By what a row of the list is known."""
    return f"{year} {row.key}" if row else str(year)


def find(reconciliation: Reconciliation, key: str) -> tuple[YearReport, Row | None] | None:
    """The year and the row that a row of the list stands for."""
    for year in reconciliation.tax_years:
        for row in year.rows or (None,):
            if row_key(year.tax_year, row) == key:
                return year, row
    return None


def first_to_look_at(reconciliation: Reconciliation) -> str:
    """The key of the row that needs attention most: an open difference, else an explained one, else the newest."""
    rows = [(year.tax_year, row) for year in reconciliation.tax_years for row in year.rows]
    for wanted in (_OPEN, {"explained"}):
        for year, row in rows:
            if row.status in wanted:
                return row_key(year, row)
    return ""


def _rows_of(year: YearReport) -> tuple[Item, ...]:
    return tuple(
        Item(
            row_key(year.tax_year, row),
            {
                **_year_cells(year),
                "employer": Cell(row.employer),
                "reference": Cell(str(row.employer_paye_ref or "–")),
                "pay_hmrc": money_cell(row.pay.hmrc if row.basis == "hmrc" else row.pay.p60),
                "pay_slips": money_cell(row.pay.payslips),
                "pay_difference": difference_cell(row.pay.difference),
                "tax_hmrc": money_cell(row.tax.hmrc if row.basis == "hmrc" else row.tax.p60),
                "tax_slips": money_cell(row.tax.payslips),
                "tax_difference": difference_cell(row.tax.difference),
                "status": _status_cell(row, year.state),
            },
            search=f"{row.employer_paye_ref or ''} {words.STATE[year.state].word}",
        )
        for row in year.rows
    )


def _status_cell(row: Row, state: YearState) -> Cell:
    if row.status == "waiting":
        return word_cell(words.STATE[state])
    word = words.STATUS[row.status]
    return Cell(f"{word}{' P60' if row.basis == 'p60' else ''}", word.tone, word.word)


def _empty_year(year: YearReport) -> Item:
    nothing = {
        name: money_cell(None)
        for name in ("pay_hmrc", "pay_slips", "pay_difference", "tax_hmrc", "tax_slips", "tax_difference")
    }
    return Item(
        row_key(year.tax_year, None),
        {
            **_year_cells(year),
            "employer": Cell("no payslips", "quiet"),
            "reference": Cell("–"),
            **nothing,
            "status": word_cell(words.STATE[year.state]),
        },
    )


def _year_cells(year: YearReport) -> dict[str, Cell]:
    mark = _GONE_MARK if year.state == "gone" else ""
    return {
        "year": Cell(f"{year.tax_year}{mark}", order=year.tax_year.start),
        "state": word_cell(words.STATE[year.state]),
    }
