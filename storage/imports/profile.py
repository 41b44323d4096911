"""Profiles: TOML files that say where a PDF layout prints each field. Layouts are data: a new one needs no code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Literal

from msgspec import field

from storage.imports.conventions import PRINTED, Conventions, Sign
from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS, Kind
from storage.imports.pdf_text import TextMode
from storage.imports.tax_codes import TAX_CODE
from storage.imports.toml_file import Strict, read_toml
from storage.troubles import BadInput

Repeat = Literal["same", "first", "last", "sum"]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2}(?=\D|$|\d[\d,]*\.\d{2})"
_SUFFIX = r"(?:[-−–]|[ ]?(?:CR|DR)(?![A-Za-z])|[ ]?R(?![A-Za-z])(?![ ]*£?\d))"
AMOUNT = rf"(?:\(£?{_NUMBER}\)|[-−–+]?£?[-−–]?{_NUMBER}{_SUFFIX}?)"
"""An amount as documents print it, pence included; another amount may follow without a space."""
DATE = (
    r"\d{1,2}(?:st|nd|rd|th)?[ ]*(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,]*\d{4}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}"
)
_VALUES: dict[str, str] = {
    "amount": AMOUNT,
    "whole": r"£?\d[\d,]*(?:\.\d{2})?(?![\d.])",
    "date": DATE,
    "reference": r"\d{3}[ ]?/[ ]?[A-Za-z0-9]{1,10}",
    "tax_code": TAX_CODE,
    "letter": r"[A-Z](?![A-Za-z0-9])",
    "text": r"[^\s:|][^\n|]{0,79}?(?=[ \t]{2,}|[ \t]*(?:\||$))",
}
"""What stands for `{amount}`, `{date}`, … in a pattern, and after a label."""
_OF_KIND: dict[Kind, str] = {
    "date": "date",
    "amount": "amount",
    "text": "text",
    "reference": "reference",
    "tax_code": "tax_code",
    "ni_category": "letter",
    "pension_kind": "text",
    "tax_year": "text",
}
_BEFORE_LABEL = r"(?:^[ \t]*|(?<=\d)[ \t]*|(?<=[-)])[ \t]+|(?<=[a-z])(?=[A-Z])|[ \t]{2,}|[|;][ \t]*)"
"""A label begins a line or follows a value or a wide gap: `Tax` in `Gross for Tax` is not one."""
_AFTER_LABEL = r"(?![A-Za-z'’])[ \t]*[.:]*[ \t]*"
_BEFORE_TEXT = r"(?:[ \t]*:[ \t]*|[ \t]{2,})"
"""Text is a value only after a colon or a wide gap: `Employer pension` is a label of its own."""


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
    """Which of several amounts after the label."""
    below: bool = False
    """Whether the value stands on the line below the label, which then fills its line."""
    patterns: tuple[str, ...] = ()
    """Regular expressions with one of {amount} {whole} {date} {reference} {tax_code} {letter} {text}, or `(?P<value>…)`."""
    repeat: Repeat = "same"
    """What a field that stands there more than once is; by default every place must say the same."""
    negate: bool = False


class ProfileFile(Strict, frozen=True):
    """The whole profile."""

    title: str
    read: tuple[ReadKeys, ...]
    kind: Literal["payslip", "p60"] = "payslip"
    text: tuple[TextMode, ...] = ("plain",)
    recognise: Recognise = Recognise()
    amounts: AmountKeys = AmountKeys()
    dates: DateKeys = DateKeys()
    constants: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Place:
    """One place to look for a field: its label, empty where a pattern of the profile's own stands for it, and what finds it."""

    label: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one field is read: its places in order of preference."""

    field: str
    kind: Kind
    places: tuple[Place, ...]
    repeat: Repeat
    negate: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile that was checked and compiled."""

    name: str
    keys: ProfileFile
    rules: tuple[Rule, ...]
    conventions: Conventions

    def recognises(self, text: str) -> bool:
        """Whether `text` looks like a page of this layout."""
        folded = " ".join(text.casefold().split())
        marks = self.keys.recognise
        return (
            all(mark.casefold() in folded for mark in marks.all)
            and (not marks.any or any(mark.casefold() in folded for mark in marks.any))
            and not any(mark.casefold() in folded for mark in marks.none)
        )

    def filled(self, constants: Mapping[str, str]) -> "Profile":
        """The same profile with `constants` for the fields that a page does not have."""
        from msgspec.structs import replace as replaced

        return replace(self, keys=replaced(self.keys, constants={**self.keys.constants, **constants}))


def read_profile(content: bytes, name: str) -> Profile:
    """The profile in a TOML file. Raises `BadInput` for an unknown key or field, or a pattern that cannot work."""
    keys = read_toml(content, name, ProfileFile)
    known = PAYSLIP_FIELDS if keys.kind == "payslip" else P60_FIELDS
    for ours in (*(rule.field for rule in keys.read), *keys.constants):
        if ours not in known:
            close = get_close_matches(ours, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise BadInput(f"{name}: unknown field {ours!r}; {hint}")
    rules = tuple(_rule(rule, known[rule.field], name) for rule in keys.read)
    conventions = Conventions(
        date_formats=keys.dates.formats,
        thousands=",",
        currency="£",
        signs=keys.amounts.signs,
        typographic=True,
    )
    return Profile(name, keys, rules, conventions)


def shipped_profiles() -> list[Profile]:
    """The profiles that come with the program, the most particular first."""
    return [_shipped(name) for name in SHIPPED]


SHIPPED = ("p60", "sage-uk", "label-value")


def _shipped(name: str) -> Profile:
    return read_profile(files("storage.imports").joinpath("profiles", f"{name}.toml").read_bytes(), name)


def named_profile(name: str, folder: Path) -> Profile:
    """The profile called `name`: one that is shipped, `name.toml` in `folder`, or the TOML file of that path.

    Raises `BadInput` where there is none, naming those that exist.
    """
    from storage.imports.intake import file_content

    own = sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []
    if name in own:
        return read_profile(file_content(folder / f"{name}.toml"), name)
    if name in SHIPPED:
        return _shipped(name)
    if name.endswith(".toml") or "/" in name:
        return read_profile(file_content(Path(name)), name)
    raise BadInput(f"there is no profile {name!r}; known are {', '.join([*own, *SHIPPED])}, or name a TOML file")


def _rule(keys: ReadKeys, kind: Kind, name: str) -> Rule:
    if not keys.labels and not keys.patterns:
        raise BadInput(f"{name}: [[read]] of {keys.field} needs labels or patterns")
    if keys.nth < 1 or (keys.nth > 1 and kind != "amount"):
        raise BadInput(f"{name}: [[read]] of {keys.field}: nth counts amounts from 1")
    if kind != "amount" and (keys.repeat == "sum" or keys.negate):
        raise BadInput(f"{name}: [[read]] of {keys.field}: only amounts can be summed or negated")
    labelled = [Place(label, _labelled(label, kind, keys)) for label in keys.labels]
    return Rule(
        keys.field,
        kind,
        (*labelled, *(_patterned(pattern, keys.field, name) for pattern in keys.patterns)),
        keys.repeat,
        keys.negate,
    )


def _labelled(label: str, kind: Kind, keys: ReadKeys) -> re.Pattern[str]:
    words = r"[ \t]+".join(re.escape(word) for word in label.split())
    value = f"(?P<value>{_VALUES[_OF_KIND[kind]]})"
    skipped = rf"(?:(?:{AMOUNT})[ \t]*){{{keys.nth - 1}}}" if keys.nth > 1 else ""
    if keys.below:
        return re.compile(rf"^[ \t]*(?i:{words})[ \t]*:?[ \t]*\n[ \t]*{skipped}{value}", re.MULTILINE)
    between = _BEFORE_TEXT if _OF_KIND[kind] == "text" else _AFTER_LABEL
    return re.compile(rf"{_BEFORE_LABEL}(?i:{words}){between}{skipped}{value}", re.MULTILINE)


def _patterned(pattern: str, ours: str, name: str) -> Place:
    expanded = pattern
    for token, value in _VALUES.items():
        expanded = expanded.replace(f"{{{token}}}", f"(?P<value>{value})")
    expanded = expanded.replace("{skip}", f"(?:{AMOUNT})")
    try:
        compiled = re.compile(expanded, re.MULTILINE)
    except re.error as error:
        raise BadInput(f"{name}: [[read]] of {ours}: {pattern!r} is not a pattern: {error}") from None
    if "value" not in compiled.groupindex:
        raise BadInput(f"{name}: [[read]] of {ours}: {pattern!r} has no {{amount}}, {{text}}, … in it")
    return Place("", compiled)
