"""The messages again: what each said in full, also of those that were shortened, and when."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hmrc_tui import words
from hmrc_tui.screens.telling import Telling
from hmrc_tui.views.pieces import Line, Piece, line, quiet, strong
from hmrc_tui.words import Tone

if TYPE_CHECKING:
    from hmrc_tui.shell import Remembered

_MARKS: Mapping[str, tuple[str, Tone]] = {
    "information": ("·", "quiet"),
    "warning": ("!", "warn"),
    "error": ("✗", "bad"),
}


class Messages(Telling):
    """What was told since the program was opened, the newest first."""

    def __init__(self, told: "Iterable[Remembered]") -> None:
        super().__init__("Messages", _lines(tuple(told)))


def _lines(told: "tuple[Remembered, ...]") -> Iterator[Line]:
    if not told:
        yield line(quiet("There was no message so far."))
    for one in reversed(told):
        mark, tone = _MARKS[one.severity]
        title = f"{one.title}: " if one.title else ""
        yield line(Piece(f"{mark} ", tone), quiet(f"{words.time_of_day(one.at)}  "), strong(title), Piece(one.text))
