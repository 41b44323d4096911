"""How a record becomes a row of the ledger and a row a record, exactly: one way for SQLite, one for Postgres."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from storage.employers import PayeReference
from storage.money import exact, from_pence, to_pence
from storage.tables import Kind, Table
from storage.tax_year import TaxYear

Row = dict[str, Any]
"""Column names and the values as the records have them: `Decimal`, aware `datetime`, `TaxYear`, …"""
Record = TypeVar("Record")
_Convert = Callable[[Any], Any]
_Converters = Mapping[Kind, _Convert]
_ID_LENGTH = 32
"""Hex digits of an id: 128 bits of SHA-256."""


def moment_text(moment: datetime) -> str:
    """`moment` in UTC to the microsecond, of fixed width, so that texts sort as the moments do."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def moment_of(text: str) -> datetime:
    """The moment that `moment_text` wrote."""
    return datetime.fromisoformat(text)


def _texts(value: Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts_of(text: str) -> tuple[Any, ...]:
    return tuple(tuple(part) if isinstance(part, list) else part for part in json.loads(text))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _database_year(year: TaxYear) -> str:
    return year.database


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_TO_BOTH: _Converters = {"list": _texts, "tax_year": _database_year, "reference": str}
_FROM_BOTH: _Converters = {"list": _texts_of, "tax_year": cache(TaxYear.parse), "reference": PayeReference}
_TO_SQLITE: _Converters = {**_TO_BOTH, "money": to_pence, "moment": moment_text, "day": date.isoformat, "flag": int}
_FROM_SQLITE: _Converters = {
    **_FROM_BOTH,
    "money": from_pence,
    "moment": moment_of,
    "day": date.fromisoformat,
    "flag": bool,
}
_TO_POSTGRES: _Converters = {**_TO_BOTH, "money": exact}
_FROM_POSTGRES: _Converters = {**_FROM_BOTH, "money": exact, "moment": _utc}
"""How the value of a column changes at each border, by the column's kind; a kind that is not named passes as it is."""


def row_of(table: Table, record: object, **given: Any) -> Row:
    """`record` as a row of `table`; `given` holds the columns that are not the record's own."""
    return {
        column.name: given[column.name] if column.name in given else getattr(record, column.attribute, None)
        for column in table.columns
    }


def record_of(kind: type[Record], table: Table, row: Mapping[str, Any]) -> Record:
    """The record of type `kind` that `row` holds."""
    return kind(**{attribute: row[column] for attribute, column in _attributes(kind, table)})


@cache
def _attributes(kind: type[Any], table: Table) -> tuple[tuple[str, str], ...]:
    """Each attribute of a record and the column that holds it; where rows are events, the row's own id is no record's."""
    columns = {each.attribute: each.name for each in table.columns if each.name != "id" or not table.subject}
    return tuple((field.name, columns[field.name]) for field in fields(kind))


def content_id(*parts: object) -> str:
    """An id made from content: equal parts give equal ids on every machine. Parts are texts, numbers, None, and lists of these."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def row_id(table: Table, row: Row) -> str:
    """The id of a row of `table` by everything else that it holds."""
    return content_id(table.name, *to_sqlite(table, {**row, "id": ""}))


def sqlite_value(kind: Kind, value: Any) -> Any:
    """One value as SQLite keeps it."""
    convert = _TO_SQLITE.get(kind)
    return value if value is None or convert is None else convert(value)


def to_sqlite(table: Table, row: Row) -> tuple[Any, ...]:
    """The values of `row` in the order of the columns, as SQLite keeps them: money in whole pence, moments as text in UTC.

    Raises `ValueError` for an amount with more than two decimals.
    """
    return _converted(table, row, _TO_SQLITE)


def to_postgres(table: Table, row: Row) -> tuple[Any, ...]:
    """The values of `row` in the order of the columns, as psycopg takes them. Raises `ValueError` as `to_sqlite` does."""
    return _converted(table, row, _TO_POSTGRES)


def from_sqlite(table: Table, values: Sequence[Any]) -> Row:
    """The row that `to_sqlite` made `values` of."""
    return _row(table, values, _FROM_SQLITE)


def from_postgres(table: Table, values: Sequence[Any]) -> Row:
    """The row that `to_postgres` made `values` of."""
    return _row(table, values, _FROM_POSTGRES)


def _converted(table: Table, row: Row, converters: _Converters) -> tuple[Any, ...]:
    values: list[Any] = []
    for column in table.columns:
        value, convert = row[column.name], converters.get(column.kind)
        values.append(value if value is None or convert is None else convert(value))
    return tuple(values)


def _row(table: Table, values: Sequence[Any], converters: _Converters) -> Row:
    row: Row = {}
    for column, value in zip(table.columns, values, strict=True):
        convert = converters.get(column.kind)
        row[column.name] = value if value is None or convert is None else convert(value)
    return row
