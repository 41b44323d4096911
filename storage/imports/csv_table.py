"""Reads the rows of a CSV file: commas, or semicolons or tabs where its header says so."""

import csv
import io
import re

from storage.imports.excerpt import excerpt
from storage.imports.table import Row, Table, folded
from storage.troubles import BadInput

_SEPARATORS = (",", ";", "\t", "|")
_TOLD_SEPARATOR = re.compile(r'"?sep=(?P<separator>[,;|\t])"?[ ]*\r?\n', re.IGNORECASE)
"""A first line by which spreadsheets tell one another the separator."""


def read_csv(text: str, name: str, *, separator: str | None = None, skip_lines: int = 0) -> Table:
    """The rows of `text`, whose first row (after `skip_lines`) names the columns. Raises `BadInput` for anything ragged."""
    lines = io.StringIO(text, newline="")
    for _ in range(skip_lines):
        lines.readline()
    body = lines.read()
    if told := _TOLD_SEPARATOR.match(body):
        body, skip_lines, separator = body[told.end() :], skip_lines + 1, separator or told["separator"]
    header_line = _header_line(body)
    if not header_line:
        raise BadInput(f"{name}: the file is empty; nothing was imported")
    records = _records(body, separator or _separator(header_line), name, skip_lines)
    if not records:
        raise BadInput(f"{name}: there is not one value in the file; nothing was imported")
    _, header = records[0]
    columns = _columns(header, name)
    rows = tuple(_row(number, values, columns, name) for number, values in records[1:])
    if not rows:
        raise BadInput(
            f"{name}: the file has a header and no rows: its first row names the columns, every other is imported"
        )
    return Table(name, {column: spelt for column, spelt in columns if spelt}, rows)


def named_columns(text: str) -> set[str]:
    """The columns that the header of `text` names, folded; nothing else of it is read, and nothing is wrong with it."""
    told = _TOLD_SEPARATOR.match(text)
    header_line = _header_line(text[told.end() :] if told else text)
    separator = told["separator"] if told else _separator(header_line)
    return {folded(column.strip('"')) for column in header_line.split(separator)}


def _header_line(body: str) -> str:
    return next((line for line in body.splitlines() if line.strip()), "")


def _separator(header_line: str) -> str:
    return max(_SEPARATORS, key=header_line.count)


def _records(body: str, separator: str, name: str, skipped: int) -> list[tuple[int, list[str]]]:
    """Every record that is not blank, with the number that a spreadsheet gives its row."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    records: list[tuple[int, list[str]]] = []
    number = skipped
    try:
        for number, values in enumerate(reader, start=skipped + 1):
            if any(value.strip() for value in values):
                records.append((number, values))
    except csv.Error as error:
        raise BadInput(f"{name}: row {number + 1}: not readable as CSV ({error}); save the file again") from None
    return records


def _columns(header: list[str], name: str) -> list[tuple[str, str]]:
    columns = [(folded(spelt), " ".join(spelt.split())) for spelt in header]
    seen: set[str] = set()
    for column, spelt in columns:
        if column and column in seen:
            raise BadInput(f"{name}: two columns are called {excerpt(spelt)}; rename or remove one")
        seen.add(column)
    return columns


def _row(number: int, values: list[str], columns: list[tuple[str, str]], name: str) -> Row:
    while len(values) > len(columns) and not values[-1].strip():
        values = values[:-1]
    if len(values) != len(columns):
        raise BadInput(
            f"{name}: row {number} has {len(values)} value{'s'[: len(values) != 1]} "
            f"and the header has {len(columns)} columns; "
            "add what is missing, or put quotation marks around a value with a separator in it"
        )
    cells = {column: value.strip() for (column, _), value in zip(columns, values, strict=True) if column}
    return Row(number, {column: value for column, value in cells.items() if value})
