"""Tells this period's amounts from the year to date's by the headings of their columns, as a page's `layout` text has them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storage.imports.toml_file import Strict

Column = Literal["this_period", "to_date", "other"]
_CELL = re.compile(r"[^\s|](?:[^\n|]*?[^\s|])?(?=[ \t]{2,}|[ \t]*(?:\||$))", re.MULTILINE)
_AMOUNT = re.compile(r"\d\.\d{2}(?!\d)")
_ORNAMENT = " \t£()[]:.*"
_FARTHEST = 15
"""How many characters an amount may stand beside a heading that has no other next to it."""
_MARGIN = 2


class ColumnKeys(Strict, frozen=True):
    """`[columns]`: the headings, in any case, of the columns of this period and of the year to date."""

    this_period: tuple[str, ...] = ()
    to_date: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    column: Column


@dataclass(frozen=True, slots=True)
class _Row:
    """The headings of one line, which begins at `offset` of the text."""

    offset: int
    headings: tuple[_Heading, ...]
    section: bool
    """Whether one heading stands alone at the margin, for all that is below it."""


class Headings:
    """The heading rows of one page. A row serves every line below it, up to the next one."""

    def __init__(self, text: str, keys: ColumnKeys) -> None:
        self._text = text
        self._known: dict[str, Column] = {
            **{_folded(each): "this_period" for each in keys.this_period},
            **{_folded(each): "to_date" for each in keys.to_date},
        }
        rows = [row for row in self._found() if row] if keys.to_date else []
        told = any(heading.column == "to_date" for row in rows for heading in row.headings)
        self._rows = rows if told else []
        self._offsets = [row.offset for row in self._rows]

    def __bool__(self) -> bool:
        return bool(self._rows)

    def column_at(self, start: int, end: int) -> Column | None:
        """In which column the text from `start` to `end` stands; None where no heading is above it."""
        line = self._text.rfind("\n", 0, start) + 1
        above = bisect_left(self._offsets, line)
        if not above:
            return None
        row = self._rows[above - 1]
        if row.section:
            return row.headings[0].column
        start, end = start - line, end - line
        nearest = min(row.headings, key=lambda each: (max(0, each.start - end, start - each.end), abs(each.end - end)))
        if len(row.headings) > 1 or max(0, nearest.start - end, start - nearest.end) <= _FARTHEST:
            return nearest.column
        return "this_period" if nearest.column == "to_date" else None

    def _found(self) -> list[_Row | None]:
        rows: list[_Row | None] = []
        offset = 0
        for line in self._text.splitlines(keepends=True):
            rows.append(self._row(line.rstrip("\n"), offset))
            offset += len(line)
        return rows

    def _row(self, line: str, offset: int) -> _Row | None:
        """The headings of a line, if it is a heading row: it has one of the year to date, or one of either kind alone."""
        if _AMOUNT.search(line):
            return None
        cells = [cell for match in _CELL.finditer(line) for cell in self._cells(match)]
        columns = [cell.column for cell in cells]
        if len(cells) == 1 and columns[0] != "other":
            return _Row(offset, tuple(cells), section=cells[0].start <= _MARGIN)
        if "to_date" not in columns:
            return None
        if "this_period" not in columns:  # whatever the column beside it is called, it is not the year to date's
            labels = 1 if cells[0].start <= _MARGIN else 0
            cells[labels:] = [_Heading(each.start, each.end, _not_other(each.column)) for each in cells[labels:]]
        return _Row(offset, tuple(cells), section=False)

    def _cells(self, match: re.Match[str]) -> Sequence[_Heading]:
        """One cell as a heading, or as two that stand close beside one another."""
        words = match.group().split(" ")
        for cut in range(len(words), 0, -1):
            left, right = " ".join(words[:cut]), " ".join(words[cut:])
            first, second = self._known.get(_folded(left)), self._known.get(_folded(right))
            if first and (second or not right):
                middle = match.start() + len(left)
                both = _Heading(match.start(), middle, first), _Heading(middle + 1, match.end(), second or first)
                return both if second else both[:1]
        return (_Heading(match.start(), match.end(), "other"),)


def _not_other(column: Column) -> Column:
    return "this_period" if column == "other" else column


def _folded(heading: str) -> str:
    return " ".join(heading.casefold().replace("-", " ").strip(_ORNAMENT).split())
