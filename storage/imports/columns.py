"""Tells this period's amounts from the year to date's by the headings of their columns, as a page's `layout` text has them."""

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import inf
from typing import Literal

from storage.imports.places import label_key
from storage.imports.toml_file import Strict

Column = Literal["this_period", "to_date", "other"]
_CELL = re.compile(r"[^\s|](?:[^\n|]*?[^\s|])?(?=[ \t]{2,}|[ \t]*(?:\||$))", re.MULTILINE)
_AMOUNT = re.compile(r"\d\.\d{2}(?!\d)")
_ORNAMENT = " \t£()[]:.*"
_FARTHEST = 15
"""How many characters an amount may stand beside a heading that has no other next to it."""
_MARGIN = 2
_LONGEST_HEADING = 8
"""Words that a heading may have of which only some are known; more are a sentence."""
_TELLING = {"ytd", "cumulative"}


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

    def box(self, start: int) -> tuple[Column, float] | None:
        """The column of the heading right above what begins at `start`, and where the next heading begins."""
        for heading, following in zip_longest(self.headings, self.headings[1:]):
            if heading.column != "other" and abs(heading.start - start) <= _MARGIN:
                return heading.column, following.start if following else inf
        return None


class Headings:
    """The heading rows of one page. A row serves every line below it, up to the next one."""

    def __init__(self, text: str, keys: ColumnKeys, labels: Collection[str] = ()) -> None:
        """`labels` are those of fields, as `label_key` writes them: `Taxable Pay to Date` is one and no heading."""
        self._text = text
        self._labels = labels
        self._known: dict[str, Column] = {
            **{_folded(each): "this_period" for each in keys.this_period},
            **{_folded(each): "to_date" for each in keys.to_date},
        }
        telling = (heading for heading in sorted(self._known, key=len, reverse=True) if _tells(heading))
        self._phrases = [(re.compile(rf"(?<!\w){re.escape(heading)}(?!\w)"), heading) for heading in telling]
        rows = [row for row in self._found() if row] if keys.to_date else []
        told = any(heading.column == "to_date" for row in rows for heading in row.headings)
        self._rows = rows if told else []
        self._offsets = [row.offset for row in self._rows]

    def __bool__(self) -> bool:
        return bool(self._rows)

    def column_at(self, start: int, end: int, label: int | None = None) -> Column | None:
        """In which column the text from `start` to `end` stands; None where no heading is above it.

        Where its label begins at `label`, right below a heading, the box with that heading is its column, up to the next heading.
        """
        line = self._text.rfind("\n", 0, start) + 1
        above = bisect_left(self._offsets, line)
        if not above:
            return None
        row = self._rows[above - 1]
        if row.section:
            return row.headings[0].column
        start, end = start - line, end - line
        box = None if label is None else row.box(label - line)
        if box and end <= box[1]:
            return box[0]
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
        cells: list[_Heading] = []
        before = ""
        matches = [*_CELL.finditer(line)]
        for match in matches:
            cells += self._cells(match) if not _has_value(before) else [_Heading(*match.span(), "other")]
            before = match.group()
        columns = [cell.column for cell in cells]
        if (
            len(cells) == len(matches) > 1
            and columns[0] != "other"
            and all(self._begins(m.group()) for m in matches[1:])
        ):
            return _Row(offset, tuple(cells[:1]), section=True)  # a title beside headings that stand above their values
        if len(cells) == 1 and columns[0] != "other":
            return _Row(offset, tuple(cells), section=cells[0].start <= _MARGIN)
        if "to_date" not in columns:
            return None
        if "this_period" not in columns:  # whatever the column beside it is called, it is not the year to date's
            labels = 1 if cells[0].start <= _MARGIN else 0
            cells[labels:] = [_Heading(each.start, each.end, _not_other(each.column)) for each in cells[labels:]]
        return _Row(offset, tuple(cells), section=False)

    def _begins(self, cell: str) -> bool:
        """Whether a cell is the label of a field, or one with its value."""
        words = label_key(cell).split(" ")
        return any(" ".join(words[:count]) in self._labels for count in range(1, len(words) + 1))

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
        if len(words) <= _LONGEST_HEADING:
            folded = _folded(match.group())
            for phrase, heading in self._phrases:
                if phrase.search(folded) and label_key(phrase.sub("", folded)) not in self._labels:
                    return (_Heading(*match.span(), self._known[heading]),)
        return (_Heading(match.start(), match.end(), "other"),)


def _tells(heading: str) -> bool:
    """Whether a heading is known by these words among others: `Balances / Totals to Date`."""
    return " " in heading or heading in _TELLING


def _has_value(cell: str) -> bool:
    """Whether a cell has its value beside it: `Tax basis: Cumulative` holds no heading."""
    return cell.endswith(":") or label_key(cell).endswith("basis")


def _not_other(column: Column) -> Column:
    return "this_period" if column == "other" else column


def _folded(heading: str) -> str:
    return " ".join(heading.casefold().replace("-", " ").strip(_ORNAMENT).split())
