"""A file's rows by the names of their columns, before anything is made of them: what CSV and JSON have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from storage.troubles import BadInput

Cell = str | Decimal
"""A value as the file has it: text, or a number that JSON wrote exactly."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the person counts it, and its cells by folded column name; an empty cell is absent."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file. `columns` gives each folded column name as the file spells it."""

    name: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    row_word: str = "row"

    def trouble(self, row: Row, column: str, problem: object) -> BadInput:
        """What is wrong with one cell, in one line: the file, the row, the column, the problem with its mend."""
        return BadInput(
            f"{self.name}: {self.row_word} {row.number}, column {self.columns.get(column, column)}: {problem}"
        )


def folded(name: str) -> str:
    """A column's name as it is compared: caseless, surrounding and doubled spaces dropped."""
    return " ".join(name.casefold().split())


def decoded(content: bytes, name: str, encoding: str = "utf-8") -> str:
    """The text of a file, without a byte order mark. Raises `BadInput` where it is not text in `encoding`."""
    if not content.strip():
        raise BadInput(f"{name}: the file is empty; nothing was imported")
    if encoding == "utf-8" and (content[:2] in {b"\xff\xfe", b"\xfe\xff"}):
        raise BadInput(f"{name}: the file is UTF-16 text; save it as UTF-8")
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{name}: line {line}: byte 0x{content[error.start]:02X} is not {encoding.upper()} text; save it as UTF-8"
        ) from None
    if "\0" in text:
        raise BadInput(f"{name}: the file has NUL bytes in it, so it is not plain UTF-8 text; save it as UTF-8")
    if not text.strip():
        raise BadInput(f"{name}: the file is empty; nothing was imported")
    return text
