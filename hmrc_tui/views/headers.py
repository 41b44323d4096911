"""What the Fraud headers tab shows, as pure functions of the headers' overview."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from daemon.fraud_headers.overview import HeaderRow, Overview, RowState
from hmrc_tui import words
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, keyed, line, quiet, strong, word_cell
from hmrc_tui.words import Word

STATES: Mapping[RowState, Word] = {
    "error": Word("✗", "error", "bad"),
    "warning": Word("!", "warning", "warn"),
    "uncollectable": Word("○", "cannot be had", "quiet"),
    "good": Word("✓", "good", "good"),
}
CODES: Mapping[str, Word] = {
    "VALID_HEADERS": Word("✓", "valid", "good"),
    "POTENTIALLY_INVALID_HEADERS": Word("!", "warnings", "warn"),
    "INVALID_HEADERS": Word("✗", "invalid", "bad"),
}
METHODS: Mapping[str, str] = {"DESKTOP_APP_DIRECT": "a person", "BATCH_PROCESS_DIRECT": "the timer"}
"""Whose calls a connection method's headers go with."""
_UNKNOWN = Word("·", "not asked", "quiet")
_ORDER = {"error": 0, "warning": 1, "uncollectable": 2, "good": 3}


def columns(width: int) -> tuple[Column, ...]:
    """The columns in so many cells."""
    hmrc = (Column("hmrc", "HMRC says", 12),) if width >= 100 else ()
    return (
        Column("state", "Our check", 15),
        Column("name", "Header", 20),
        Column("value", "Value", 10, grow=True),
        *hmrc,
    )


def items(shown: Overview) -> tuple[Item, ...]:
    """A row for each header, those that need attention first."""
    return tuple(
        Item(
            row.name,
            {
                "state": Cell(str(STATES[row.state]), STATES[row.state].tone, _ORDER[row.state]),
                "name": Cell(row.name),
                "value": Cell(
                    row.value if row.value else "(empty)" if row.value == "" else "not sent",
                    "plain" if row.value else "quiet",
                ),
                "hmrc": _hmrc_cell(row, shown),
            },
            search=row.state,
        )
        for row in shown.rows
    )


def _hmrc_cell(row: HeaderRow, shown: Overview) -> Cell:
    if shown.hmrc is None:
        return word_cell(_UNKNOWN)
    return Cell(row.hmrc[0].split(":")[0].lower().replace("_", " "), "warn") if row.hmrc else Cell("✓ good", "good")


def heading(shown: Overview, now: datetime) -> Iterator[Line]:
    """Both verdicts, and whether HMRC's is still about these headers."""
    ours = CODES[shown.ours.code]
    theirs = CODES.get(shown.hmrc.code, _UNKNOWN) if shown.hmrc else _UNKNOWN
    asked = f" {words.local_moment(shown.asked_at, now)}" if shown.asked_at else ""
    yield line(
        strong(shown.method),
        quiet(f" ({METHODS[shown.method]})" if shown.method in METHODS else ""),
        quiet("  ours "),
        Piece(str(ours), ours.tone),
        quiet("  HMRC's "),
        Piece(f"{theirs}{asked}", theirs.tone),
    )
    if shown.changed:
        yield line(
            Piece("! ", "warn"),
            Piece(f"Changed since HMRC was asked: {', '.join(shown.changed)}. "),
            keyed("{headers.validate} asks again."),
        )
    elif shown.differences:
        yield line(Piece("! ", "warn"), Piece("; ".join(shown.differences)))
    else:
        yield line(quiet(_counted(shown)))


def _counted(shown: Overview) -> str:
    """How many headers are how: `4 cannot be had here, which HMRC may count as errors, 1 warning, 9 good`."""
    counted = Counter(row.state for row in shown.rows)
    told: list[str] = []
    if counted["error"]:
        told.append(words.plural(counted["error"], "error"))
    if counted["uncollectable"]:
        errors = ", which HMRC may count as errors" if shown.ours.code == "INVALID_HEADERS" else ""
        told.append(f"{counted['uncollectable']} cannot be had here{errors}")
    if counted["warning"]:
        told.append(words.plural(counted["warning"], "warning"))
    return ", ".join([*told, f"{counted['good']} good"])


def detail(row: HeaderRow) -> Iterator[Line]:
    """One header in full: its value, both verdicts, why, and what to do."""
    state = STATES[row.state]
    yield line(strong(row.name), Piece("  "), Piece(str(state), state.tone))
    yield (
        line(Piece(row.value))
        if row.value
        else line(quiet("sent with an empty value" if row.value == "" else "not sent"))
    )
    for said in row.ours:
        yield line(quiet("We say     "), Piece(said))
    for said in row.hmrc:
        yield line(quiet("HMRC says  "), Piece(said))
    if row.reason:
        yield line(quiet("Why        "), Piece(row.reason))
    if row.advice:
        yield line(quiet("→          "), Piece(row.advice))
