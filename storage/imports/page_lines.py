"""Writes a page's pieces out as lines of text, as a reader sees them: words whole, columns apart by two spaces or more, in their places."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from storage.imports.pdf_pieces import Piece

_SAME_LINE = 0.4
"""How far apart, in heights of a letter, the baselines of one line's pieces may be."""
_WORD_GAP = 0.14
"""How far apart, in heights, two pieces are between which there is a space; less is the letters of one word."""
_COLUMN_GAP = 0.85
"""How far apart, in heights, two pieces are that stand in columns of their own."""
_OVERLAP = -0.35
"""How far, in heights, a piece may stand in the one before it and still be of the same word."""
_MOST_BLANK_LINES = 2
_SPACES = re.compile(r" {2,}")


@dataclass(frozen=True, slots=True)
class _Cell:
    """The texts of one line that belong together, from `x` to `end`."""

    x: float
    end: float
    height: float
    text: str


def page_text(pieces: Iterable[Piece]) -> str:
    """The lines of a page from top to bottom. The same pieces give the same text in whatever order they are drawn."""
    rows = [(row[0].y, _cells(row)) for row in _rows([part for piece in pieces for part in _parts(piece)])]
    if not rows:
        return ""
    cells = [cell for _, row in rows for cell in row]
    left, unit = min(cell.x for cell in cells), _unit(cells)
    lines: list[str] = []
    above: float | None = None
    for y, row in rows:
        height = max(cell.height for cell in row)
        blank = 0 if above is None else int((above - y) / (height * 1.25)) - 1
        lines += [""] * max(0, min(blank, _MOST_BLANK_LINES))
        lines.append(_line(row, left, unit))
        above = y
    return "\n".join(lines)


def _parts(piece: Piece) -> list[Piece]:
    """A piece in which wide runs of spaces keep columns apart, as its columns; nothing for one without a height."""
    if piece.height <= 0 or piece.end < piece.x:
        return []
    wide = (piece.end - piece.x) / len(piece.text)
    parts: list[Piece] = []
    start = 0
    for gap in [*_SPACES.finditer(piece.text), None]:
        stop = gap.start() if gap else len(piece.text)
        text = piece.text[start:stop]
        if text.strip():
            begins = start + len(text) - len(text.lstrip())
            ends = start + len(text.rstrip())
            parts.append(
                piece._replace(x=piece.x + begins * wide, end=piece.x + ends * wide, text=" ".join(text.split()))
            )
        start = gap.end() if gap else stop
    return parts


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each line from left to right, the lines from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: (-each.y, each.x, each.text)):
        if rows and rows[-1][0].y - piece.y <= _SAME_LINE * min(rows[-1][0].height, piece.height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda each: (each.x, each.end, each.text)) for row in rows]


def _cells(row: Sequence[Piece]) -> list[_Cell]:
    cells: list[_Cell] = []
    last: Piece | None = None
    for piece in row:
        if last and last.text == piece.text and piece.x - last.x < _WORD_GAP * piece.height:
            continue  # drawn twice, to look bold
        cell = _Cell(piece.x, piece.end, piece.height, piece.text)
        if last and _OVERLAP < (gap := (piece.x - cells[-1].end) / max(last.height, piece.height)) < _COLUMN_GAP:
            space = " " if gap >= _WORD_GAP else ""
            cells[-1] = replace(
                cells[-1],
                end=max(cells[-1].end, piece.end),
                height=max(cells[-1].height, piece.height),
                text=f"{cells[-1].text}{space}{piece.text}",
            )
        else:
            cells.append(cell)
        last = piece
    return cells


def _unit(cells: Sequence[_Cell]) -> float:
    """The width of a column of text: so narrow that hardly a cell is longer than its place."""
    widths = sorted((cell.end - cell.x) / len(cell.text) for cell in cells if len(cell.text) > 2 and cell.end > cell.x)
    return widths[len(widths) // 10] if widths else median(cell.height for cell in cells) / 2


def _line(row: Sequence[_Cell], left: float, unit: float) -> str:
    line = ""
    for cell in row:
        place = round((cell.x - left) / unit)
        line = line.ljust(max(place, len(line) + 2 if line else 0)) + cell.text
    return line
