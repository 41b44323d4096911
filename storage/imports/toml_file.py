"""Reads a TOML file of ours strictly: what it may hold is a msgspec type, and anything else is one clear line."""

import re
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec

from storage.imports.table import decoded
from storage.toml_document import toml_document
from storage.troubles import BadInput

Content = TypeVar("Content")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`(?: - at `(?P<where>[^`]*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_NO_CHOICE = re.compile(r"Invalid enum value (?P<value>.*)")
_PLACE = re.compile(r"[a-z_]+")


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a TOML file: a key that it does not know is an error."""


def read_toml(content: bytes, name: str, kind: type[Content]) -> Content:
    """The file `name` as `kind`. A number with a point stays as it is written. Raises `BadInput` for bad TOML, an unknown key
    or a wrong type."""
    try:
        return msgspec.convert(toml_document(decoded(content, name), name, points_as_text=True), kind)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {_plain(error, kind)}") from None


def _plain(error: msgspec.ValidationError, kind: type[Any]) -> str:
    text = str(error)
    if match := _UNKNOWN.match(text):
        key, where = match["key"], (match["where"] or "").removeprefix("$").lstrip(".")
        table = where.split(".")[0].split("[")[0] if where else ""
        known = _known(kind, table)
        close = get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
        return f"unknown key {key!r}{f' in [{table}]' if table else ''}; {hint}"
    problem, _, where = text.partition(" - at `$.")
    where = where.rstrip("`")
    if match := _MISSING.match(problem):
        above = _PLACE.match(where)
        return f"{match['key']!r} is missing{f' in [{above.group()}]' if above else ''}; add it (docs/importing.md)"
    place = f"{where}: " if where else ""
    if match := _NO_CHOICE.match(problem):
        return f"{place}{match['value']} is none of {', '.join(map(repr, _choices(kind, where)))}"
    return f"{place}{problem[:1].lower()}{problem[1:].replace('`', '')}"


def _choices(kind: type[Any], where: str) -> list[Any]:
    """The values that the key at `where` (`amounts.signs[0]`) may have."""
    info: Any = msgspec.inspect.type_info(kind)
    for key in re.findall(r"[^.\[\]]+", where):
        fields = _fields(info)
        info = next((field.type for field in fields if field.encode_name == key), info)
    while not hasattr(info, "values"):
        inner = getattr(info, "item_type", None) or next(iter(getattr(info, "types", ())), None)
        if inner is None:
            return []
        info = inner
    return list(info.values)


def _known(kind: type[Any], table: str) -> list[str]:
    """The keys of `kind`, or of the table of it that is called `table`."""
    info: Any = msgspec.inspect.type_info(kind)
    if table:
        info = next((field.type for field in info.fields if field.encode_name == table), info)
    return [field.encode_name for field in _fields(info)]


def _fields(info: Any) -> tuple[Any, ...]:
    """The fields of a struct, or of the structs that a list or a choice of types holds."""
    while not hasattr(info, "fields"):
        inner = getattr(info, "item_type", None) or next(
            (each for each in getattr(info, "types", ()) if hasattr(each, "fields")), None
        )
        if inner is None:
            return ()
        info = inner
    return tuple(info.fields)
