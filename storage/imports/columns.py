"""Tells this period's amounts from the year to date's by the headings of their columns, as a page's `layout` text has them."""

import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from math import inf
from typing import Literal

from storage.imports.places import label_key
from storage.imports.toml_file import Strict

Column = Literal["this_period", "to_date", "other"]
_CELL = re.compile(r"[^\s|](?:[^\n|]*?[^\s|])??(?=[ \t]{2,}|[ \t]*(?:\||$))", re.MULTILINE)
_AMOUNT = re.compile(r"\d\.\d{2}(?!\d)")
_ORNAMENT = " \t£()[]:.*"
_FARTHEST = 15
"""How many characters an amount may stand beside a heading that has no other next to it."""
_MARGIN = 2
_LONGEST_HEADING = 8
"""Words that a heading may have of which only some are known; more are a sentence."""
_TELLING = {"ytd", "cumulative"}
_BARE = {"amount", "amounts", "value", "values", "total", "totals", "balance", "balances"}
"""What a heading may add about itself: `Year to Date Amount` is one heading, not two."""
_ELSEWHERE = re.compile(r"\b(?:previous|prior|last|next|employer|employer's|brought|former|p45)\b")
"""What the title of a box says whose amounts are not this period's."""
_EMPLOYEE = re.compile(
    r"(?:employees?|employee's|employees'|ee|ees|ee's|you|you pay)(?: (?:amount|contributions?|deductions?))?"
)
_EMPLOYER = re.compile(
    r"(?:employers?|employer's|employers'|er|ers|er's|employer pays)(?: (?:amount|contributions?|deductions?))?"
)


class ColumnKeys(Strict, frozen=True):
    """`[columns]`: the headings, in any case, of the columns of this period and of the year to date."""

    this_period: tuple[str, ...] = ()
    to_date: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    column: Column
    elsewhere: bool = False
    """Whether it says that what is below it is neither this period's nor this employment's."""


@dataclass(frozen=True, slots=True)
class _Row:
    """The headings of one line, which begins at `offset` of the text."""

    offset: int
    headings: tuple[_Heading, ...]
    section: bool
    """Whether one heading stands alone at the margin, for all that is below it."""
    titles: tuple[int, ...] = ()
    """Which of the headings are titles of boxes: text begins right below them, no amount."""
    payers: bool = False
    """Whether they tell the employee's amounts from the employer's."""

    def box(self, start: int) -> tuple[Column, float] | None:
        """The column of the heading right above what begins at `start`, and where the next heading begins."""
        for heading, following in zip_longest(self.headings, self.headings[1:]):
            if heading.column != "other" and abs(heading.start - start) <= _MARGIN:
                return heading.column, following.start if following else inf
        return None

    def titled(self, label: int, end: int) -> Column | None:
        """The column of the box whose title stands above `label`, where no heading within the box tells more; amounts end at `end`."""
        above = [number for number in self.titles if self.headings[number].start <= label + _MARGIN]
        if not above:
            return None
        number = above[-1]
        following = next((each for each in self.titles if each > number), len(self.headings))
        within, title = self.headings[number + 1 : following], self.headings[number]
        if following < len(self.headings) and end > self.headings[following].start:
            return None
        if title.column == "other" and (within or title.elsewhere or len(self.titles) == 1):
            return None
        if any(each.column == "to_date" for each in within):
            return None
        return "this_period" if title.column == "other" else title.column


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
        self._sides: list[tuple[int, int]] = []
        rows = [row for row in self._found() if row] if keys.to_date else []
        told = any(heading.column == "to_date" for row in rows for heading in row.headings)
        self._rows = rows if told else [row for row in rows if row.payers]
        self._offsets = [row.offset for row in self._rows]

    def __bool__(self) -> bool:
        return bool(self._rows or self._sides)

    def column_at(self, start: int, end: int, label: int | None = None) -> Column | None:
        """In which column the text from `start` to `end` stands; None where no heading is above it.

        Where its label begins at `label`, right below a heading, the box with that heading is its column, up to the next heading.
        """
        line = self._text.rfind("\n", 0, start) + 1
        above = bisect_left(self._offsets, line)
        row = self._rows[above - 1] if above else None
        if label is not None and self._beside_others(label - line, line, row):
            return "to_date"
        if row is None:
            return None
        if row.section:
            return row.headings[0].column
        start, end = start - line, end - line
        box = None if label is None else row.box(label - line)
        if box and end <= box[1]:
            return box[0]
        if label is not None and (title := row.titled(label - line, end)):
            return title
        nearest = min(row.headings, key=lambda each: (max(0, each.start - end, start - each.end), abs(each.end - end)))
        distance = max(0, nearest.start - end, start - nearest.end)
        if row.payers:
            return None if distance else nearest.column
        if len(row.headings) > 1 or distance <= _FARTHEST:
            return nearest.column
        return "this_period" if nearest.column == "to_date" else None

    def _beside_others(self, label: int, line: int, row: _Row | None) -> bool:
        """Whether a label stands below a heading of the year to date that shares its line with amounts of this period."""
        since = row.offset if row else -1
        return any(since < offset < line and abs(start - label) <= _MARGIN for offset, start in self._sides)

    def _found(self) -> list[_Row | None]:
        rows: list[_Row | None] = []
        offset, beneath = len(self._text), ""
        for line in reversed(self._text.splitlines(keepends=True)):
            offset -= len(line)
            rows.append(self._row(line.rstrip("\n"), beneath, offset))
            beneath = line.rstrip("\n") if line.strip() else beneath
        return rows[::-1]

    def _row(self, line: str, beneath: str, offset: int) -> _Row | None:
        """The headings of a line above `beneath`, if it is a heading row: it has one of the year to date, or one of either kind alone."""
        texts = [cell.start() for cell in _CELL.finditer(beneath) if cell.group()[0].isalpha()]
        if _AMOUNT.search(line):
            for last in [*_CELL.finditer(line)][-1:]:
                if self._is_title(last.group()) and _near(last.start(), texts):
                    self._sides.append((offset, last.start()))
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
            payers = [_payer(match) for match in matches]
            told = {"this_period", "other"} <= {each.column for each in payers if each} and _AMOUNT.search(beneath)
            return _Row(offset, tuple(each for each in payers if each), section=False, payers=True) if told else None
        titles = tuple(number for number, cell in enumerate(cells) if _near(cell.start, texts))
        if "this_period" not in columns:  # whatever the column beside it is called, it is not the year to date's
            labels = 1 if cells[0].start <= _MARGIN else 0
            cells[labels:] = [
                each if each.elsewhere else replace(each, column="this_period") if each.column == "other" else each
                for each in cells[labels:]
            ]
        return _Row(offset, tuple(cells), section=False, titles=titles)

    def _is_title(self, cell: str) -> bool:
        folded = _folded(cell)
        return self._known.get(folded) == "to_date" and _tells(folded)

    def _begins(self, cell: str) -> bool:
        """Whether a cell is the label of a field, or one with its value."""
        words = label_key(cell).split(" ")
        return any(" ".join(words[:count]) in self._labels for count in range(1, len(words) + 1))

    def _cells(self, match: re.Match[str]) -> Sequence[_Heading]:
        """One cell as a heading, or as two that stand close beside one another."""
        if _ELSEWHERE.search(match.group().casefold().replace("’", "'")):
            return (_Heading(*match.span(), "other", elsewhere=True),)
        words = match.group().split(" ")
        for cut in range(len(words), 0, -1):
            left, right = " ".join(words[:cut]), " ".join(words[cut:])
            first, second = self._known.get(_folded(left)), self._known.get(_folded(right))
            if first and (second or not right):
                if second == first or _folded(right) in _BARE:
                    return (_Heading(*match.span(), first),)
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


def _near(start: int, places: Sequence[int]) -> bool:
    return any(abs(start - place) <= _MARGIN for place in places)


def _payer(match: re.Match[str]) -> _Heading | None:
    """A heading of the employee's amounts, which are this period's, or of the employer's, which are nobody's here."""
    folded = _folded(match.group().replace("’", "'"))
    if _EMPLOYEE.fullmatch(folded):
        return _Heading(*match.span(), "this_period")
    return _Heading(*match.span(), "other") if _EMPLOYER.fullmatch(folded) else None


def _folded(heading: str) -> str:
    return " ".join(heading.casefold().replace("-", " ").strip(_ORNAMENT).split())
