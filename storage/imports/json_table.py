"""Reads the rows of a JSON file: a list of objects, an object with that list under the records' name, or an object a line."""

import json
from collections.abc import Container, Iterator
from decimal import Decimal
from typing import Any, NoReturn, cast

from storage.imports.excerpt import excerpt
from storage.imports.table import Cell, Row, Table, folded
from storage.troubles import BadInput

_MOST_DIGITS = 40
"""No amount has as many; a number with more stays text, so that nothing has to write it out."""


class _Number(str):
    """A number as the file writes it."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's keys and values; a key may stand there twice, which must not pass unseen."""

    __slots__ = ()


def read_json(text: str, name: str, records: str, fields: Container[str]) -> Table:
    """The objects of `text` as rows; `records` is what they are called (`payslips`). Numbers are kept exactly as written.

    `fields` are the columns that are of use: lists and objects elsewhere are nobody's business.

    Raises `BadInput` for text that is not JSON, or holds anything else.
    """
    objects = _objects(text, name, records, fields)
    if not objects:
        raise BadInput(f"{name}: the file has no {records} in it; nothing was imported")
    columns: dict[str, str] = {}
    rows: list[Row] = []
    word = records.removesuffix("s")
    for number, each in enumerate(objects, start=1):
        cells: dict[str, Cell] = {}
        seen: set[str] = set()
        for key, raw in each:
            column = folded(key)
            if column in seen:
                raise BadInput(f"{name}: {word} {number}: two keys are called {excerpt(key)}; remove one")
            seen.add(column)
            columns.setdefault(column, key)
            value = _cell(raw)
            if value is None or (value is _NEITHER and column not in fields):
                continue
            if value is _NEITHER:
                raise BadInput(
                    f"{name}: {word} {number}, {key}: expected text or a number, not a list, object or boolean"
                )
            cells[column] = cast("Cell", value)
        rows.append(Row(number, cells))
    return Table(name, columns, tuple(rows), row_word=word)


def _objects(text: str, name: str, records: str, fields: Container[str]) -> list[_Object]:
    expected = f'write a list of objects, or {{"{records}": [...]}}'
    try:
        values = list(_values(text))
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{name}: not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}); {expected}"
        ) from None
    except _NotANumber as constant:
        raise BadInput(f"{name}: not valid JSON: {constant} is not a number; leave out what is not known") from None
    except RecursionError:
        raise BadInput(f"{name}: lists within lists without end; {expected}") from None
    found: Any = values
    if len(values) == 1 and not (isinstance(values[0], _Object) and any(folded(key) in fields for key, _ in values[0])):
        found = _listed(values[0], name, records, expected)
    if not isinstance(found, list) or not all(isinstance(each, _Object) for each in cast("list[Any]", found)):
        raise BadInput(f"{name}: not a list of {records}; {expected}")
    return cast("list[_Object]", found)


def _listed(value: Any, name: str, records: str, expected: str) -> Any:
    """What an outer object has under the records' name; anything else is itself."""
    if not isinstance(value, _Object):
        return value
    under = [each for key, each in value if folded(key) == records]
    if len(under) != 1:
        problem = f"no {records!r}" if not under else f"{records!r} more than once"
        raise BadInput(f"{name}: {problem} in the object; {expected}")
    return None if isinstance(under[0], _Object) else under[0]


def _values(text: str) -> Iterator[Any]:
    """Every value of `text` one after the other; most files hold one."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
    )
    place, end = 0, len(text)
    while place < end:
        blank = text[place : place + 1].isspace()
        if not blank:
            value, place = decoder.raw_decode(text, place)
            yield value
        place += blank


class _NotANumber(Exception):
    """NaN and the infinities, which Python writes and JSON does not know."""


def _refuse(constant: str) -> NoReturn:
    raise _NotANumber(constant)


class _Neither:
    """Stands for a JSON value that no column can hold."""


_NEITHER = _Neither()


def _cell(value: Any) -> Cell | _Neither | None:
    if value is None:
        return None
    if isinstance(value, _Number):
        number = Decimal(value) if len(value) < _MOST_DIGITS else None
        return number if number is not None and abs(number.adjusted()) < _MOST_DIGITS else str(value)
    return (value.strip() or None) if isinstance(value, str) else _NEITHER
