"""Reads the fields of one page of text by a profile's rules, and keeps where each value stood."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from re import Match
from typing import Any, NamedTuple

from storage.imports.columns import Headings
from storage.imports.conventions import CANONICAL
from storage.imports.excerpt import excerpt, masked_identifiers
from storage.imports.fields import Kind, read_cell
from storage.imports.places import AMOUNT, Occurrence, Place
from storage.imports.profile import Profile, Rule
from storage.imports.reading import Found
from storage.money import exact, plain
from storage.troubles import BadInput

_LONGEST_LINE = 90
_LONGEST_LABEL = 30
_AMOUNT = re.compile(AMOUNT)
_RUN = re.compile(rf"{AMOUNT}(?:[ \t]*{AMOUNT})*")
_AROUND = " \t\n:£|;"
_BARE_YEAR = re.compile(r"20\d\d", re.ASCII)
_THIS_PERIOD = re.compile(r"(?i:this[ \t]+(?:pay[ \t]+)?(?:period|month|week))")
_NOT_DIGITS = re.compile(r"[^\d.]")


@dataclass(frozen=True, slots=True)
class Document:
    """What one document holds: its fields' values, and where they stood."""

    values: Mapping[str, Any]
    found: tuple[Found, ...]
    behind: Mapping[str, Decimal] = dataclasses.field(default_factory=dict[str, Decimal])
    """The amount behind one that was taken for this period's only because it is not the greater: no heading told them apart."""


@dataclass(frozen=True, slots=True)
class _Hit:
    value: Any
    label: str
    line: str
    behind: Decimal | None = None


class _Written(NamedTuple):
    """What a page writes for a field, where it begins, and the amount that might be the field's instead."""

    field: str
    text: str
    start: int
    behind: str = ""


def read_document(
    text: str,
    page: int,
    name: str,
    profile: Profile,
    kinds: Mapping[str, Kind],
    today: date,
    headings: Headings | None = None,
) -> Document:
    """The fields that `profile` finds in `text`. What it does not find is absent, unless the profile has a constant for it.

    `headings` are those of `text`, where its columns are in their places.

    Raises `BadInput` where a field's places contradict each other, or a value cannot be read.
    """
    headings = headings or Headings("", profile.keys.columns)
    where = f"{name}: page {page}"
    values: dict[str, Any] = {}
    found: list[Found] = []
    behind: dict[str, Decimal] = {}
    for rule in profile.rules:
        for field, hits in _hits(rule, text, profile, headings, today, where).items():
            if field in values or (rule.repeat == "only" and len({hit.value for hit in hits}) > 1):
                continue
            values[field] = _settled(rule, field, hits, where, profile.name)
            last = hits[-1] if rule.repeat == "last" else hits[0]
            behind |= {field: last.behind} if last.behind is not None else {}
            found.append(Found(field, _shown(values[field]), last.label, page, last.line))
    for ours, constant in profile.constants.items():
        if ours not in values:
            values[ours] = read_cell(constant, kinds[ours], CANONICAL, today)
    return Document(values, tuple(found), behind)


def _hits(
    rule: Rule, text: str, profile: Profile, headings: Headings, today: date, where: str
) -> dict[str, list[_Hit]]:
    """Every occurrence of a field at the first of the rule's labels that gives it: its own, and that of the year to date.

    The two may have labels of their own: `PAYE Tax` among the deductions, `Tax` below `Year to Date`.
    """
    hits: dict[str, list[_Hit]] = {}
    first = _AMOUNT.search(text) if rule.in_head else None
    head = first.start() if first else len(text)
    for place in rule.places:
        for occurrences in place.occurrences(text, profile.labels):
            here: dict[str, list[_Hit]] = {}
            for each in occurrences:
                for field, written, start, other in _amounts(rule, place, each, headings, where):
                    if start > head:
                        continue
                    value = _value(rule, written, profile, today, where)
                    behind = _value(rule, other, profile, today, where) if other else None
                    here.setdefault(field, []).append(_Hit(value, _label(place, each), _line(text, start), behind))
            hits = {**here, **hits}
            if rule.field in hits and (not rule.to_date or rule.to_date in hits):
                return hits
    return hits


def _amounts(rule: Rule, place: Place, occurrence: Occurrence, headings: Headings, where: str) -> list[_Written]:
    """What one occurrence says: the field that each value is for, its text, and where it begins."""
    match = occurrence.match
    if rule.by_column and place.labels and not place.below:
        return _by_column(rule, match, headings, f"{where}, {rule.field}")
    if rule.by_column and place.below and headings.column_at(*match.span("value")) == "to_date":
        return [_Written(rule.to_date, match["value"].strip(), match.start("value"))] if rule.to_date else []
    if rule.any_column and headings and place.labels and not place.below:
        run = _run(match)
        columns = [headings.column_at(*amount.span(), match.start("label")) for amount in run]
        if columns.count("this_period") == 1:
            only = run[columns.index("this_period")]
            return [_Written(rule.field, only.group(), only.start())]
    pence = match.groupdict().get("pence")  # the pence may stand in a box of their own
    written = match["value"].strip()
    return [_Written(rule.field, f"{written}.{pence}" if pence else written, match.start("value"))]


def _by_column(rule: Rule, match: Match[str], headings: Headings, where: str) -> list[_Written]:
    """The amounts right after a label that are of use.

    Without headings the first of two is this period's if it is not the greater; anything else is not guessed.
    """
    amounts = _run(match)
    columns = [headings.column_at(*amount.span(), match.start("label")) for amount in amounts]
    first, *others = amounts
    if not others and _THIS_PERIOD.search(match.string, match.end("label"), first.start()):
        return [_Written(rule.field, first.group(), first.start())]
    if all(columns):
        fields = {"this_period": rule.field, "to_date": rule.to_date}
        placed = [(fields.get(column or "", ""), amount) for column, amount in zip(columns, amounts, strict=True)]
        return [_Written(field, amount.group(), amount.start()) for field, amount in placed if field]
    sizes = [Decimal(_NOT_DIGITS.sub("", amount.group())) for amount in amounts]
    if not others:
        return [_Written(rule.field, first.group(), first.start())]
    if len(amounts) == 2 and sizes[0] <= sizes[1]:
        return [_Written(rule.field, first.group(), first.start(), others[0].group())]
    if rule.to_date:
        raise BadInput(
            f"{where}: {' and '.join(amount.group() for amount in amounts)} are beside {excerpt(match['label'])} and no heading tells "
            "which is this period's; name the headings in [columns] of a profile (docs/importing.md)"
        )
    return []


def _run(match: Match[str]) -> list[Match[str]]:
    """The amounts that follow one another from the value of `match` on."""
    run = _RUN.match(match.string, match.start("value"))
    return [*_AMOUNT.finditer(match.string, match.start("value"), run.end() if run else match.end("value"))]


def _value(rule: Rule, text: str, profile: Profile, today: date, where: str) -> Any:
    if rule.kind == "reference":
        text = text.replace(" ", "")
    if rule.kind == "tax_year" and _BARE_YEAR.fullmatch(text):
        text = f"to 5 April {text}"  # where the words are printed apart from the year
    try:
        value = read_cell(text, rule.kind, profile.conventions, today)
    except ValueError as problem:
        raise BadInput(f"{where}, {rule.field}: {problem} (read by the profile {profile.name})") from None
    return exact(-value) if rule.negate else value


def _settled(rule: Rule, field: str, hits: list[_Hit], where: str, profile: str) -> Any:
    values = [hit.value for hit in hits]
    if rule.repeat == "sum":
        return exact(sum(values, Decimal(0)))
    if rule.repeat == "last":
        return values[-1]
    if rule.repeat == "same" and len(set(values)) > 1:
        raise BadInput(
            f"{where}, {field}: {excerpt(hits[0].label)} appears there with {_shown(values[0])} and with "
            f"{_shown(next(value for value in values if value != values[0]))}; "
            f"the profile {profile} cannot tell which: write one that can (docs/importing.md), or give each payslip a page of its own"
        )
    return values[0]


def _label(place: Place, found: Occurrence) -> str:
    """The label as it is printed, or the text beside the value that a pattern without a label matched."""
    match = found.match
    whole, start, end = match.string, match.start("value"), match.end("value")
    beside = found.label or whole[match.start() : start].strip(_AROUND) or whole[end : match.end()].strip(_AROUND)
    if place.labels:  # with several amounts behind it
        beside = _AMOUNT.sub("", beside)
    label = " ".join(masked_identifiers(beside).split())
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _line(text: str, place: int) -> str:
    """The line on which `place` is, fit to be shown: narrow, and without NINO and UTR."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    line = " ".join(masked_identifiers(text[start : end if end >= 0 else len(text)]).split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _shown(value: Any) -> str:
    return str(plain(value)) if isinstance(value, Decimal) else str(value)
