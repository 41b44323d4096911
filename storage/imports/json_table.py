"""Reads the rows of a JSON file: a list of objects, or an object with that list under the records' name."""

from collections.abc import Container
from decimal import Decimal, InvalidOperation
from typing import cast

import msgspec

from storage.imports.excerpt import excerpt
from storage.imports.table import Cell, Row, Table, folded
from storage.troubles import BadInput

_MOST_DIGITS = 40
"""No amount has as many; a number with more stays text, so that nothing has to write it out."""
_Object = dict[str, msgspec.Raw]


def read_json(text: str, name: str, records: str, fields: Container[str]) -> Table:
    """The objects of `text` as rows; `records` is what they are called (`payslips`). Numbers are kept exactly as written.

    `fields` are the columns that are of use: lists and objects elsewhere are nobody's business.

    Raises `BadInput` for text that is not JSON, or holds anything else.
    """
    objects = _objects(text, name, records)
    if not objects:
        raise BadInput(f"{name}: the file has no {records} in it; nothing was imported")
    columns: dict[str, str] = {}
    rows: list[Row] = []
    word = records.removesuffix("s")
    for number, each in enumerate(objects, start=1):
        cells: dict[str, Cell] = {}
        for key, raw in each.items():
            column = folded(key)
            if column in cells:
                raise BadInput(f"{name}: {word} {number}: two keys are called {excerpt(key)}; remove one")
            columns.setdefault(column, key)
            value = _cell(bytes(raw))
            if value is None or (value is _NEITHER and column not in fields):
                continue
            if value is _NEITHER:
                raise BadInput(
                    f"{name}: {word} {number}, {key}: expected text or a number, not a list, object or boolean"
                )
            cells[column] = cast("Cell", value)
        rows.append(Row(number, cells))
    return Table(name, columns, tuple(rows), row_word=word)


def _objects(text: str, name: str, records: str) -> list[_Object]:
    expected = f'write a list of objects, or {{"{records}": [...]}}'
    try:
        if text.lstrip().startswith("["):
            return msgspec.json.decode(text, type=list[_Object])
        outer = msgspec.json.decode(text, type=_Object)
        found = next((raw for key, raw in outer.items() if folded(key) == records), None)
        if found is None:
            raise BadInput(f"{name}: no {records!r} in the object; {expected}")
        return msgspec.json.decode(found, type=list[_Object])
    except msgspec.ValidationError:
        raise BadInput(f"{name}: not a list of {records}; {expected}") from None
    except msgspec.DecodeError as error:
        raise BadInput(f"{name}: not valid JSON: {error}") from None
    except RecursionError:
        raise BadInput(f"{name}: lists within lists without end; {expected}") from None


class _Neither:
    """Stands for a JSON value that no column can hold."""


_NEITHER = _Neither()


def _cell(raw: bytes) -> Cell | _Neither | None:
    if raw == b"null":
        return None
    if raw.startswith(b'"'):
        return msgspec.json.decode(raw, type=str).strip() or None
    if raw[:1] in b"[{tf":
        return _NEITHER
    literal = raw.decode("ascii")
    try:
        number = Decimal(literal)
    except InvalidOperation:
        return literal
    return number if abs(number.adjusted()) < _MOST_DIGITS and len(raw) < _MOST_DIGITS else literal
