"""What a screen is made of before it is drawn: lines of toned text, and the rows and columns of a list. No Textual here."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hmrc_tui import words
from hmrc_tui.key_names import named
from hmrc_tui.words import Tone, Word

_HANG = re.compile(r"\s*(?:[·→!?†○✓✗●»=+*-]|\d+)\s+|\s*\S+(?: \S+)*?\s{2,}|\s+")
"""What a line may begin with before its text: a mark, a number, or a label with two spaces after it."""

_UNBROKEN = "\u00a0"
"""A space at which no line is broken: an amount stays beside its name."""

Sortable = str | int | float | Decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in one tone."""

    text: str
    tone: Tone = "plain"
    bold: bool = False
    badge: bool = False
    """Shown as a label of its own: in reversed colours."""
    keys: str = ""
    """The text with the ids of the actions whose keys it names, where it names any: the keys may have been moved."""


Line = tuple[Piece, ...]
BLANK: Line = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a list: its text, its tone, and what it is sorted by where that is not the text."""

    text: str = ""
    tone: Tone = "plain"
    order: Sortable | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list. A growing column takes what the others leave; any other is as wide as its widest cell."""

    name: str
    title: str
    width: int = 4
    """At least so many cells wide."""
    right: bool = False
    grow: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list, by a key that stays the same when the list is read again."""

    key: str
    cells: Mapping[str, Cell]
    search: str = field(default="", compare=False)
    """More words by which a filter finds it."""


def line(*parts: str | Piece | Word) -> Line:
    """A line of parts: a bare text is plain, a word has its own tone."""
    return tuple(_piece(part) for part in parts)


def _piece(part: str | Piece | Word) -> Piece:
    if isinstance(part, Word):
        return Piece(str(part), part.tone)
    return part if isinstance(part, Piece) else Piece(part)


def quiet(text: str) -> Piece:
    """Text that stands back."""
    return Piece(text, "quiet")


def strong(text: str, tone: Tone = "plain") -> Piece:
    """Text that stands out."""
    return Piece(text, tone, bold=True)


def keyed(text: str, tone: Tone = "plain", *, bold: bool = False) -> Piece:
    """Text of ours that names keys by their actions: `{sync} asks HMRC now.`"""
    return Piece(named(text, {}), tone, bold, keys=text)


def in_force(lines: Iterable[Line], key_map: Mapping[str, str]) -> Iterator[Line]:
    """The lines with the keys as a person has moved them."""
    for one in lines:
        yield tuple(replace(piece, text=named(piece.keys, key_map)) if piece.keys else piece for piece in one)


def spoken(lines: Iterable[Line]) -> str:
    """The lines as bare text, as a test or the clipboard has them."""
    return "\n".join("".join(piece.text for piece in one) for one in lines)


def word_cell(word: Word) -> Cell:
    """A cell that shows a word with its glyph."""
    return Cell(str(word), word.tone, word.word)


def money_cell(value: Decimal | None, tone: Tone = "plain") -> Cell:
    """A cell that shows an amount; what is not known sorts first."""
    return Cell(words.amount(value), tone if value is not None else "quiet", _order(value))


def difference_cell(value: Decimal | None) -> Cell:
    """A cell that shows a signed difference, which stands out where it is not nothing."""
    tone: Tone = "quiet" if not value else "warn"
    return Cell(words.difference(value), tone, _order(value))


def _order(value: Decimal | None) -> Decimal:
    return Decimal("-Infinity") if value is None else value


def named_amounts(record: object, fields: Iterable[tuple[str, str]]) -> str:
    """The amounts of `record` that are known, each beside its name, from pairs of a name and a field."""
    return ", ".join(
        f"{name} {words.amount(value)}".replace(" ", _UNBROKEN)
        for name, field_name in fields
        if (value := getattr(record, field_name)) is not None
    )


def wrapped(lines: Iterable[Line], width: int) -> tuple[Line, ...]:
    """The lines broken between words to `width` cells; what is broken hangs under the start of its line's text.

    Lines of figures, recognised by runs of spaces, are left as they are.
    """
    return tuple(part for one in lines for part in _wrapped(one, max(width, 20)))


def _wrapped(one: Line, width: int) -> Iterator[Line]:
    text = "".join(piece.text for piece in one)
    hang = _HANG.match(text)
    indent = len(hang[0]) if hang and len(hang[0]) <= width // 2 else 0  # two blanks far in are no heading
    if len(text) <= width or "   " in text[indent:].strip():
        yield one
        return
    # A tab or the end of a line within somebody's words stays itself: each part is looked for in the text again.
    broken = textwrap.wrap(text, width, subsequent_indent=" " * indent, expand_tabs=False, replace_whitespace=False)
    at = 0
    for number, part in enumerate(broken):
        body = part if number == 0 else part[indent:]
        at = text.index(body, at)
        yield ((Piece(" " * indent),) if number else ()) + _cut(one, at, at + len(body))
        at += len(body)


def _cut(one: Line, start: int, end: int) -> Line:
    """The stretch of a line between two places of its text, tones kept."""
    pieces: list[Piece] = []
    at = 0
    for piece in one:
        text = piece.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            pieces.append(replace(piece, text=text))
        at += len(piece.text)
    return tuple(pieces)
