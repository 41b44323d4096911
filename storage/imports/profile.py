"""Profiles: TOML files that say where a PDF layout prints each field. Layouts are data: a new one needs no code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from msgspec import field

from storage.imports.columns import ColumnKeys
from storage.imports.conventions import PRINTED, Conventions, Sign
from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS, Constants, Kind, constant_texts
from storage.imports.file_content import file_content
from storage.imports.pdf_text import Page, TextMode
from storage.imports.places import Place, below, below_to_date, beside, beside_to_date, label_key, matching
from storage.imports.toml_file import Strict, read_toml
from storage.troubles import BadInput

Repeat = Literal["same", "only", "first", "last", "sum"]
DocumentKind = Literal["payslip", "p60"]


class Recognise(Strict, frozen=True):
    """`[recognise]`: texts by which a page of this layout is known, caseless."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class AmountKeys(Strict, frozen=True):
    """`[amounts]`: how the layout marks negative amounts, beyond what all documents may do."""

    signs: tuple[Sign, ...] = ("minus", "trailing-minus", "brackets")


class DateKeys(Strict, frozen=True):
    """`[dates]`: the formats of `strptime` that the layout uses, where they are not the usual British ones."""

    formats: tuple[str, ...] = PRINTED.date_formats


class ReadKeys(Strict, frozen=True):
    """`[[read]]`: where one field stands. The first label or pattern that is found on the page is used."""

    field: str
    labels: tuple[str, ...] = ()
    """Texts right before the value, in any case and spacing."""
    nth: int = 1
    """Which of several amounts after the label, or below it where the label fills its line."""
    below: bool = False
    """Whether the value stands below the label: on the next line, and where the text keeps columns apart, in the label's."""
    also_below: bool = False
    """Whether it may stand below the label, where it does not stand beside it."""
    patterns: tuple[str, ...] = ()
    """Regular expressions with one of {amount} {whole} {date} {reference} {tax_code} {letter} {text}, or `(?P<value>…)`."""
    repeat: Repeat = "same"
    """What a field that stands there more than once is; by default every place must say the same, with `only` it else counts as not found."""
    negate: bool = False
    to_date: str = ""
    """The field that takes the same labels' amount of the year to date, by its column or by a word of `[columns]` beside the label."""
    any_column: bool = False
    """Whether the value counts in whatever column it stands."""
    in_head: bool = False
    """Whether it counts only in the head of the page, above the first amount."""


class ProfileFile(Strict, frozen=True):
    """The whole profile."""

    title: str
    read: tuple[ReadKeys, ...]
    kind: DocumentKind = "payslip"
    text: tuple[TextMode, ...] = ("plain",)
    recognise: Recognise = Recognise()
    amounts: AmountKeys = AmountKeys()
    dates: DateKeys = DateKeys()
    columns: ColumnKeys = ColumnKeys()
    constants: Constants = field(default_factory=dict[str, str | int])
    other_labels: tuple[str, ...] = ()
    """Labels of what is not read, so that none of them is taken for a value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is read: its places in order of preference."""

    field: str
    kind: Kind
    places: tuple[Place, ...]
    repeat: Repeat
    negate: bool
    by_column: bool = False
    """Whether the headings above an amount tell what it is."""
    to_date: str = ""
    """The field for the year to date."""
    in_head: bool = False
    """Whether it counts only above the first amount of the page."""
    any_column: bool = False
    """Whether it counts in whatever column it stands, this period's where several amounts follow."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that was checked and compiled."""

    name: str
    keys: ProfileFile
    rules: tuple[Rule, ...]
    conventions: Conventions
    constants: Mapping[str, str]
    labels: frozenset[str] = frozenset()
    """Every label that it knows, as `label_key` writes it: none is a value."""

    def recognises(self, text: str) -> bool:
        """Whether `text` looks like a page of this layout."""
        folded = " ".join(text.casefold().split())
        marks = self.keys.recognise
        return (
            all(mark.casefold() in folded for mark in marks.all)
            and (not marks.any or any(mark.casefold() in folded for mark in marks.any))
            and not any(mark.casefold() in folded for mark in marks.none)
        )

    def knows(self, page: Page) -> bool:
        """Whether a page looks like one of this layout, in whichever way its text is taken."""
        return any(self.recognises(text) for text in page.texts)

    def filled(self, constants: Mapping[str, str]) -> "Profile":
        """The same profile with `constants` for the fields that a page does not have."""
        return replace(self, constants={**self.constants, **constants})


def read_profile(content: bytes, name: str) -> Profile:
    """The profile in a TOML file. Raises `BadInput` for an unknown key or field, or a pattern that cannot work."""
    keys = read_toml(content, name, ProfileFile)
    known = PAYSLIP_FIELDS if keys.kind == "payslip" else P60_FIELDS
    for ours in (
        *(rule.field for rule in keys.read),
        *(rule.to_date for rule in keys.read if rule.to_date),
        *keys.constants,
    ):
        if ours not in known:
            close = get_close_matches(ours, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise BadInput(f"{name}: unknown field {ours!r}; {hint}")
    rules = tuple(rule for each in keys.read for rule in _rules(each, known, keys.columns, name))
    conventions = Conventions(
        date_formats=keys.dates.formats,
        thousands=",",
        currency="£",
        signs=keys.amounts.signs,
        typographic=True,
    )
    constants = constant_texts(keys.constants, known, f"{name}: [constants]")
    labels = (label for each in keys.read for label in each.labels)
    return Profile(name, keys, rules, conventions, constants, frozenset(map(label_key, (*labels, *keys.other_labels))))


def shipped_profiles() -> list[Profile]:
    """The profiles that come with the program, the most particular first."""
    return [_shipped(name) for name in SHIPPED]


SHIPPED = ("p60", "sage-uk", "label-value")


@cache
def _shipped(name: str) -> Profile:
    return read_profile(_shipped_content(name), name)


def _shipped_content(name: str) -> bytes:
    return files("storage.imports").joinpath("profiles", f"{name}.toml").read_bytes()


def own_profiles(folder: Path) -> list[str]:
    """The names of the profiles that the person keeps in `folder`."""
    return sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []


def recognising_profiles(folder: Path | None, kind: DocumentKind) -> list[Profile]:
    """The person's own profiles of `kind` that say by what their layout is known. Raises `BadInput` for one that cannot work."""
    own = [] if folder is None else [named_profile(name, folder) for name in own_profiles(folder)]
    return [each for each in own if each.keys.kind == kind and (each.keys.recognise.all or each.keys.recognise.any)]


def named_profile(name: str, folder: Path) -> Profile:
    """The profile called `name`: one that is shipped, `name.toml` in `folder`, or the TOML file of that path.

    Raises `BadInput` where there is none, naming those that exist.
    """
    return read_profile(profile_content(name, folder), name)


def profile_content(name: str, folder: Path) -> bytes:
    """The TOML file of the profile called `name`. Raises `BadInput` where there is none."""
    own = own_profiles(folder)
    if name in own:
        return file_content(folder / f"{name}.toml")
    if name in SHIPPED:
        return _shipped_content(name)
    if name.endswith(".toml") or "/" in name:
        return file_content(Path(name))
    raise BadInput(f"there is no profile {name!r}; known are {', '.join([*own, *SHIPPED])}, or name a TOML file")


def _rules(keys: ReadKeys, known: Mapping[str, Kind], columns: ColumnKeys, name: str) -> list[Rule]:
    """What one `[[read]]` says: first how the year to date is found where its label says so, then the field itself."""
    kind = known[keys.field]
    _check(keys, known, columns, name)
    labels = tuple(dict.fromkeys(label_key(label) for label in keys.labels))
    labelled: list[Place] = []
    if labels and not keys.below:
        labelled.append(beside(labels, kind, keys.nth))
    if labels and (keys.below or keys.also_below):
        labelled.append(below(labels, kind, keys.nth))
    patterned = [_patterned(pattern, keys.field, name) for pattern in keys.patterns]
    by_column = bool(columns.to_date) and kind == "amount" and keys.nth == 1 and not keys.below and not keys.any_column
    rule = Rule(
        keys.field,
        kind,
        (*labelled, *patterned),
        keys.repeat,
        keys.negate,
        by_column,
        keys.to_date,
        keys.in_head,
        keys.any_column,
    )
    if not keys.to_date:
        return [rule]
    marked = [beside_to_date(labels, columns.to_date)]
    if keys.also_below:
        marked.append(below_to_date(labels, columns.to_date))
    return [Rule(keys.to_date, kind, tuple(marked), keys.repeat, keys.negate), rule]


def _check(keys: ReadKeys, known: Mapping[str, Kind], columns: ColumnKeys, name: str) -> None:
    where = f"{name}: [[read]] of {keys.field}"
    kind = known[keys.field]
    if not keys.labels and not keys.patterns:
        raise BadInput(f"{where} needs labels or patterns")
    if keys.nth < 1 or (keys.nth > 1 and kind != "amount"):
        raise BadInput(f"{where}: nth counts amounts from 1")
    if keys.below and keys.to_date:
        raise BadInput(
            f"{where}: to_date is for amounts beside their label; read the one below by a [[read]] of its own"
        )
    if kind != "amount" and (keys.repeat == "sum" or keys.negate or keys.to_date):
        raise BadInput(f"{where}: only amounts can be summed or negated, or have a year to date")
    if keys.to_date and not columns.to_date:
        raise BadInput(f"{where}: to_date needs the headings in [columns], as in to_date = ['Year to Date']")
    if keys.to_date and known.get(keys.to_date) != "amount":
        raise BadInput(f"{where}: to_date names no amount: {keys.to_date!r}; it is a field such as ytd_taxable")


def _patterned(pattern: str, ours: str, name: str) -> Place:
    try:
        place = matching(pattern)
    except re.error as error:
        raise BadInput(f"{name}: [[read]] of {ours}: {pattern!r} is not a pattern: {error}") from None
    if "value" not in place.pattern.groupindex:
        raise BadInput(f"{name}: [[read]] of {ours}: {pattern!r} has no {{amount}}, {{text}}, … in it")
    return place
