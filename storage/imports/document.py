"""Reads the fields of one page of text by a profile's rules, and keeps where each value stood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from re import Match
from typing import Any

from storage.imports.conventions import CANONICAL
from storage.imports.excerpt import excerpt, masked_identifiers
from storage.imports.fields import Kind, read_cell
from storage.imports.profile import Place, Profile, Rule
from storage.imports.reading import Found
from storage.money import exact, plain
from storage.troubles import BadInput

_LONGEST_LINE = 90
_LONGEST_LABEL = 30


@dataclass(frozen=True, slots=True)
class Document:
    """What one document holds: its fields' values, and where they stood."""

    values: Mapping[str, Any]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    value: Any
    label: str
    line: str


def read_document(
    text: str, page: int, name: str, profile: Profile, kinds: Mapping[str, Kind], today: date
) -> Document:
    """The fields that `profile` finds in `text`. What it does not find is absent, unless the profile has a constant for it.

    Raises `BadInput` where a field's places contradict each other, or a value cannot be read.
    """
    values: dict[str, Any] = {}
    found: list[Found] = []
    for rule in profile.rules:
        if rule.field in values:
            continue
        hits = _hits(rule, text, profile, today, f"{name}: page {page}")
        if not hits:
            continue
        values[rule.field] = _settled(rule, hits, f"{name}: page {page}", profile.name)
        last = hits[-1] if rule.repeat == "last" else hits[0]
        found.append(Found(rule.field, _shown(values[rule.field]), last.label, page, last.line))
    for ours, constant in profile.keys.constants.items():
        if ours not in values:
            values[ours] = _constant(constant, kinds[ours], today, profile.name)
    return Document(values, tuple(found))


def _hits(rule: Rule, text: str, profile: Profile, today: date, where: str) -> list[_Hit]:
    """Every occurrence at the first of the rule's places that is on the page."""
    for place in rule.places:
        hits = [
            _Hit(_value(rule, match, profile, today, where), _label(place, match), _line(text, match))
            for match in place.pattern.finditer(text)
        ]
        if hits:
            return hits
    return []


def _value(rule: Rule, match: Match[str], profile: Profile, today: date, where: str) -> Any:
    text = match["value"].strip()
    if match.groupdict().get("pence"):
        text = f"{text}.{match['pence']}"
    if rule.kind == "reference":
        text = text.replace(" ", "")
    try:
        value = read_cell(text, rule.kind, profile.conventions, today)
    except ValueError as problem:
        raise BadInput(f"{where}, {rule.field}: {problem} (read by the profile {profile.name})") from None
    return exact(-value) if rule.negate else value


def _settled(rule: Rule, hits: list[_Hit], where: str, profile: str) -> Any:
    values = [hit.value for hit in hits]
    if rule.repeat == "sum":
        return exact(sum(values, Decimal(0)))
    if rule.repeat == "last":
        return values[-1]
    if rule.repeat == "same" and len(set(values)) > 1:
        raise BadInput(
            f"{where}, {rule.field}: {excerpt(hits[0].label)} stands there with {_shown(values[0])} and with "
            f"{_shown(next(value for value in values if value != values[0]))}; the profile {profile} cannot tell which"
        )
    return values[0]


def _label(place: Place, match: Match[str]) -> str:
    """The label, or the text beside the value that a pattern without a label matched."""
    whole, start, end = match.string, match.start("value"), match.end("value")
    beside = whole[match.start() : start].strip(" \t\n:£") or whole[end : match.end()].strip(" \t\n:£")
    label = place.label or " ".join(masked_identifiers(beside).split())
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _line(text: str, match: Match[str]) -> str:
    """The line on which the value stands, fit to be shown: narrow, and without NINO and UTR."""
    start = text.rfind("\n", 0, match.start("value")) + 1
    end = text.find("\n", match.end("value"))
    line = " ".join(masked_identifiers(text[start : end if end >= 0 else len(text)]).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _constant(text: str, kind: Kind, today: date, profile: str) -> Any:
    try:
        return read_cell(text, kind, CANONICAL, today)
    except ValueError as problem:
        raise BadInput(f"{profile}: [constants]: {problem}") from None


def _shown(value: Any) -> str:
    return str(plain(value)) if isinstance(value, Decimal) else str(value)
