"""What the History tab shows, as pure functions of the fetch log: every change of HMRC's figures, or every call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from daemon.history import Change, Statement, StatementKind, YearHistory
from hmrc_tui import words
from hmrc_tui.reports.history import change_lines
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, line, quiet, strong, word_cell
from hmrc_tui.words import Word
from storage.money import pounds
from storage.records import Observation

KINDS: Mapping[StatementKind, Word] = {
    "first": Word("+", "first figures", "good"),
    "changed": Word("!", "changed", "warn"),
    "gone": Word("†", "gone", "note"),
    "back": Word("+", "there again", "good"),
    "nothing": Word("○", "no data", "quiet"),
}
API_TITLES: Mapping[str, str] = {
    "individual-tax": "Tax",
    "individual-income": "Income",
    "individual-employment": "Employment",
    "individual-benefits": "Benefits",
    "national-insurance": "Nat. Insurance",
}


_API_ORDER = {api: number for number, api in enumerate(API_TITLES)}


def statement_columns(width: int) -> tuple[Column, ...]:
    """The columns of the changes."""
    wide = width >= 110
    until = (Column("until", "Confirmed until", 17), Column("times", "Times", 5, right=True)) if wide else ()
    return (
        Column("at", "When", 17) if wide else Column("day", "When", 11),
        Column("year", "Tax year", 8),
        Column("api", "API", 14),
        Column("kind", "HMRC said", 15),
        *until,
        Column("what", "What", 12, grow=True),
    )


def call_columns(width: int) -> tuple[Column, ...]:
    """The columns of the calls."""
    more = (
        (Column("version", "Ver.", 4), Column("attempts", "Tries", 5, right=True), Column("ms", "ms", 5, right=True))
        if width >= 100
        else ()
    )
    return (
        Column("at", "When", 17),
        Column("year", "Tax year", 8),
        Column("api", "API", 14),
        Column("outcome", "Outcome", 16),
        Column("status", "HTTP", 4, right=True),
        *more,
        Column("what", "Code or note", 8, grow=True),
    )


def statements(years: Iterable[YearHistory]) -> tuple[tuple[YearHistory, Statement], ...]:
    """Every statement with its year, the newest first; those of one moment by year and API, whichever answer came first."""
    every = [(year, statement) for year in years for statement in year.statements]
    by_api = sorted(every, key=lambda pair: _API_ORDER.get(pair[1].api, len(_API_ORDER)))
    return tuple(sorted(by_api, key=lambda pair: (pair[1].at, pair[1].tax_year), reverse=True))


def statement_key(statement: Statement) -> str:
    """By what a statement is known in the list."""
    return f"{statement.tax_year} {statement.api} {statement.at.isoformat()}"


def statement_items(told: Sequence[tuple[YearHistory, Statement]]) -> tuple[Item, ...]:
    """A row for each statement."""
    return tuple(
        Item(
            statement_key(statement),
            {
                "at": _moment(statement.at),
                "day": Cell(words.full_moment(statement.at).rpartition(" ")[0], order=statement.at.timestamp()),
                "year": Cell(statement.tax_year.hmrc),
                "api": Cell(API_TITLES.get(statement.api, statement.api)),
                "kind": word_cell(KINDS[statement.kind]),
                "until": _moment(statement.until),
                "times": Cell(f"{statement.times:,}", order=statement.times),
                "what": Cell(_in_brief(statement)),
            },
        )
        for _, statement in told
    )


def _in_brief(statement: Statement) -> str:
    """What is new in a statement, the amounts first: a narrow column cuts the end off."""
    if statement.kind == "gone":
        return "the figures are kept"
    said: list[str] = []
    for employer, changes in groupby(statement.changes, key=lambda change: change.employer or change.figure.reference):
        amounts = ", ".join(map(_change, changes))
        said.append(f"{amounts} · {employer}" if employer else amounts)
    return "; ".join(said)


def _change(change: Change) -> str:
    name = change.figure.words
    if change.after is None:
        return f"{name} withdrawn"
    if change.before is None:
        return f"{name} {pounds(change.after)}"
    return f"{name} {pounds(change.after - change.before, sign=True)} to {pounds(change.after)}"


def statement_lines(year: YearHistory, statement: Statement) -> Iterator[Line]:
    """A statement in full, and its year's three dates."""
    kind = KINDS[statement.kind]
    api = API_TITLES.get(statement.api, statement.api)
    confirmed = (
        f", the same {words.plural(statement.times - 1, 'time')} more until {words.full_moment(statement.until)}"
        if statement.times > 1
        else ""
    )
    yield line(
        strong(f"{kind} ", kind.tone),
        Piece(f"{api} for {statement.tax_year}, {words.full_moment(statement.at)}{confirmed}"),
    )
    for change in change_lines(statement.changes):
        yield line(quiet("  · "), Piece(change))
    dates = [
        f"{name} {words.full_moment(moment)}"
        for name, moment in (
            ("first figures", year.first_seen),
            ("last confirmed", year.last_confirmed),
            ("gone since", year.gone_at),
        )
        if moment is not None
    ]
    yield line(quiet(f"{year.tax_year}: {', '.join(dates) or 'HMRC gave no figures so far'}"))


def call_items(calls: Iterable[Observation]) -> tuple[Item, ...]:
    """A row for each call, the newest first."""
    return tuple(
        Item(
            call.id,
            {
                "at": _moment(call.asked_at),
                "year": Cell(call.tax_year.hmrc),
                "api": Cell(API_TITLES.get(call.api, call.api)),
                "version": Cell(call.api_version),
                "outcome": word_cell(words.API_OUTCOME[call.outcome]),
                "status": Cell(str(call.status or "–"), order=call.status or 0),
                "attempts": Cell(str(call.attempts), order=call.attempts),
                "ms": Cell(f"{call.duration_ms:,}", order=call.duration_ms),
                "what": Cell(call.note or call.code or "", "quiet"),
            },
        )
        for call in sorted(calls, key=lambda call: call.asked_at, reverse=True)
    )


def call_lines(call: Observation, body: str | None) -> Iterator[Line]:
    """A call in full, with HMRC's own words."""
    word = words.API_OUTCOME[call.outcome]
    yield line(
        strong(str(word), word.tone),
        Piece(f"  {call.api} {call.api_version} for {call.tax_year}, {words.full_moment(call.asked_at)}"),
    )
    yield line(
        quiet("HTTP status "),
        Piece(str(call.status or "none: no answer came")),
        quiet("  code "),
        Piece(call.code or "none"),
    )
    yield line(
        quiet("took "), Piece(f"{call.duration_ms:,} ms"), quiet(" in "), Piece(words.plural(call.attempts, "attempt"))
    )
    if call.note:
        yield line(Piece(call.note))
    if body is not None:
        yield ()
        yield line(quiet("What HMRC answered:"))
        for text in body.splitlines():
            yield line(Piece(text))


def _moment(moment: datetime) -> Cell:
    return Cell(words.full_moment(moment), order=moment.timestamp())
