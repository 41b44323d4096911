"""Mapping files: a TOML file that says how somebody else's payslip table names its columns and writes its values."""

import re
from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Literal

from msgspec import field

from storage.imports.conventions import Conventions, Sign, read_date
from storage.imports.csv_table import read_csv
from storage.imports.excerpt import excerpt
from storage.imports.fields import PAYSLIP_FIELDS, Constants, Layout, constant_texts
from storage.imports.json_table import read_json
from storage.imports.table import Cell, Row, Table, decoded, folded
from storage.imports.toml_file import Strict, read_toml
from storage.troubles import BadInput

_A_DAY = date(2024, 4, 26)
Encoding = Literal["utf-8", "utf-16", "windows-1252", "iso-8859-1"]
Separator = Literal[",", ";", "|", "tab"]


class FileKeys(Strict, frozen=True):
    """`[file]`: how the file itself is written; without `separator` its header tells."""

    encoding: Encoding = "utf-8"
    separator: Separator | None = None
    skip_lines: int = 0
    """Lines above the header."""
    empty: tuple[str, ...] = ()
    """What a cell may hold that says nothing, such as `-` or `n/a`."""


class DateKeys(Strict, frozen=True):
    """`[dates]`: one format of `strptime`, or several to try in order; none means `2024-04-26`."""

    format: str | tuple[str, ...] = ()


class AmountKeys(Strict, frozen=True):
    """`[amounts]`: separators, currency symbol, how a negative amount is marked, and fields whose sign is the other way round."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    currency: str = ""
    signs: tuple[Sign, ...] = ("minus",)
    negate: tuple[str, ...] = ()


class IgnoreKeys(Strict, frozen=True):
    """`[[ignore]]`: rows to leave out, by what one of their columns holds."""

    column: str
    equals: str | tuple[str, ...] = ()
    matches: str = ""
    """A regular expression found anywhere in the cell."""
    empty: bool = False


class MappingFile(Strict, frozen=True):
    """The whole mapping file. `columns` names their column for each field of ours; `constants` gives what the file lacks."""

    columns: dict[str, str]
    file: FileKeys = FileKeys()
    constants: Constants = field(default_factory=dict[str, str | int])
    dates: DateKeys = DateKeys()
    amounts: AmountKeys = AmountKeys()
    ignore: tuple[IgnoreKeys, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file that was checked, and the layout that it gives."""

    name: str
    keys: MappingFile
    layout: Layout

    def csv(self, content: bytes, name: str) -> Table:
        """The rows of a CSV file under our columns' names."""
        keys = self.keys.file
        separator = "\t" if keys.separator == "tab" else keys.separator
        text = decoded(content, name, keys.encoding)
        return self._renamed(read_csv(text, name, separator=separator, skip_lines=keys.skip_lines))

    def json(self, content: bytes, name: str) -> Table:
        """The rows of a JSON file under our columns' names."""
        fields = {folded(column) for column in self.keys.columns.values()}
        return self._renamed(read_json(decoded(content, name, self.keys.file.encoding), name, "payslips", fields))

    def _renamed(self, table: Table) -> Table:
        named = {ours: self._theirs(column, table) for ours, column in self.keys.columns.items()}
        rules = [(self._theirs(rule.column, table), rule) for rule in self.keys.ignore]
        empty = {folded(each) for each in self.keys.file.empty}
        rows = tuple(
            Row(
                row.number,
                {
                    ours: cell
                    for ours, column in named.items()
                    if (cell := row.cells.get(column)) is not None and folded(str(cell)) not in empty
                },
            )
            for row in table.rows
            if not any(_ignored(row.cells.get(column), rule) for column, rule in rules)
        )
        if not rows:
            raise BadInput(f"{table.name}: every row is left out by [[ignore]] of {self.name}; nothing was imported")
        columns = {ours: f"{table.columns[column]} ({ours})" for ours, column in named.items()}
        return Table(table.name, columns, rows, table.row_word)

    def _theirs(self, column: str, table: Table) -> str:
        key = folded(column)
        if key in table.columns:
            return key
        close = get_close_matches(key, table.columns, n=1)
        hint = f"did you mean {excerpt(table.columns[close[0]])}?" if close else f"correct {self.name}"
        if len(table.columns) == 1 and not close:
            hint = f"the file has one column only: correct separator or skip_lines in [file] of {self.name}"
        raise BadInput(f"{table.name}: the column {excerpt(column)} that {self.name} names is not in the file; {hint}")


def read_mapping(content: bytes, name: str) -> Mapping:
    """The mapping in a TOML file. Raises `BadInput` for an unknown key or field, or a value that cannot work."""
    keys = read_toml(content, name, MappingFile)
    _known_fields(keys.columns, name, "columns")
    _known_fields(keys.constants, name, "constants")
    _known_fields(dict.fromkeys(keys.amounts.negate, ""), name, "amounts")
    for rule in keys.ignore:
        _check_rule(rule, name)
    if both := keys.columns.keys() & keys.constants.keys():
        raise BadInput(f"{name}: {min(both)} is both in [columns] and in [constants]; keep one")
    if keys.amounts.decimal == keys.amounts.thousands:
        raise BadInput(f"{name}: [amounts] decimal and thousands are the same; they must differ")
    if not 0 <= keys.file.skip_lines <= 1000:
        raise BadInput(f"{name}: [file] skip_lines must be from 0 to 1000")
    formats = (keys.dates.format,) if isinstance(keys.dates.format, str) else keys.dates.format
    for date_format in formats:
        _check_format(date_format, name)
    conventions = Conventions(
        date_formats=formats,
        decimal=keys.amounts.decimal,
        thousands=keys.amounts.thousands,
        currency=keys.amounts.currency,
        signs=keys.amounts.signs,
        typographic=True,
    )
    constants = constant_texts(keys.constants, PAYSLIP_FIELDS, f"{name}: [constants]")
    return Mapping(name, keys, Layout(conventions, constants, frozenset(keys.amounts.negate)))


def _known_fields(named: Pairs[str, object], name: str, table: str) -> None:
    for ours in named:
        if ours not in PAYSLIP_FIELDS:
            close = get_close_matches(ours, PAYSLIP_FIELDS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(PAYSLIP_FIELDS)}"
            raise BadInput(f"{name}: unknown field {ours!r} in [{table}]; {hint}")


def _check_rule(rule: IgnoreKeys, name: str) -> None:
    if not (rule.equals or rule.matches or rule.empty):
        raise BadInput(f"{name}: [[ignore]] of {rule.column!r} needs equals, matches or empty")
    try:
        re.compile(rule.matches)
    except re.error as error:
        raise BadInput(f"{name}: [[ignore]] matches is not a regular expression: {error}") from None


def _check_format(date_format: str, name: str) -> None:
    try:
        written = _A_DAY.strftime(date_format)
        if read_date(written, Conventions(date_formats=(date_format,))) == _A_DAY:
            return
    except ValueError:
        pass
    raise BadInput(f"{name}: [dates] format {date_format!r} does not name day, month and year; write it as %d/%m/%Y")


def _ignored(cell: Cell | None, rule: IgnoreKeys) -> bool:
    if cell is None:
        return rule.empty
    text = f"{cell:f}" if not isinstance(cell, str) else cell
    equals = (rule.equals,) if isinstance(rule.equals, str) else rule.equals
    return folded(text) in {folded(each) for each in equals} or bool(rule.matches and re.search(rule.matches, text))
