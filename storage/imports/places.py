"""Finds where a value stands on a page: beside its label, below it, or where a pattern says."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storage.imports.fields import Kind
from storage.imports.table import folded
from storage.imports.tax_codes import TAX_CODE

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2}(?![ ]?%)(?=\D|$|\d[\d,]*\.\d{2})"
_SUFFIX = r"(?:[-−–]|[ ]?(?:CR|DR)(?![A-Za-z])|[ ]?R(?![A-Za-z])(?![ ]*£?\d))"
AMOUNT = rf"(?:\([ ]?(?:£[ ]?)?{_NUMBER}[ ]?\)|(?:−[ ]{{0,2}}|[-–+])?(?:£[ ]{{0,40}})?[-−–]?{_NUMBER}{_SUFFIX}?)"
"""An amount as documents print it, pence included; another amount may follow without a space."""
DATE = (
    r"(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?[ ])?"
    r"\d{1,2}(?:st|nd|rd|th)?[ -]*(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,-]*(?:\d{4}|\d{2}(?![\d:]))"
    r"|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}"
)
_VALUES: dict[str, str] = {
    "amount": AMOUNT,
    "whole": r"£?\d[\d,]*(?:\.\d{2})?(?![\d.])",
    "date": DATE,
    "reference": r"\d{3}[ ]?/[ ]?[A-Za-z0-9]{1,10}",
    "tax_code": TAX_CODE,
    "letter": r"[A-Z](?![A-Za-z0-9])",
    "year": r"(?:(?:6(?:th)?[ ]April[ ]20\d{2}[ ])?(?i:to)[ ]5(?:th)?[ ]April[ ])?20\d{2}(?:[ ]?[-/–][ ]?(?:20)?\d{2})?(?!\d)",
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
    "tax_year": "year",
}
_BEFORE_LABEL = r"(?:^[ \t]*|(?<=\d)[ \t]*|(?<=[-)])[ \t]+|(?<=[a-z])(?=[A-Z])|(?<=[ \t]{2})|[|;·•][ \t]*)"
"""A label begins a line or follows a value or a wide gap: `Tax` in `Gross for Tax` is not one."""
_SELF = r"(?i:(?:in[ \t]+)?this[ \t]+(?:employment|(?:pay[ \t]+)?period|month|week)|£|gbp|@?[ ]?\d{1,2}(?:\.\d{1,3})?[ ]?%)(?![A-Za-z])"
_QUALIFIED = rf"(?:[ \t]*(?:\({_SELF}\)|{_SELF}))?"
"""What a label may add about itself: `Taxable pay this employment`, `Gross pay (£)`, `Pension 5.00%`; `(£81.17)` is an amount."""
_AFTER_LABEL = rf"(?![A-Za-z'’]){_QUALIFIED}[ \t]*[.:_…]*[ \t]*"
_BEFORE_TEXT = r"(?:[ \t]*:[ \t]*|[ \t]*\.[ \t]?\.[. \t]*|[ \t]{2,})"
"""Text is a value only after a colon, a row of dots or a wide gap: `Employer pension` is a label of its own."""


_CELL_ENDS = r"(?=[ \t]*(?:[ \t]{2}|\||$))"
_GAP_BEFORE, _GAP_BEHIND = re.compile(r"(?:^|[\n|]|[ ]{2})[ ]?$"), re.compile(r"[ ]?(?:$|[\n|]|[ ]{2})")
_CELL = re.compile(r"[^\s|:](?:[^\n|]*?[^\s|])??(?=[ \t]{2,}|[ \t]*(?:\||$))", re.MULTILINE)
_NEXT_LINE = re.compile(r"\n(?:[ \t]*\n)?(?P<column>[ \t]*)(?P<line>[^\n]+)")


class Occurrence(NamedTuple):
    """A value on the page: its group `value`, and the label that it stands below."""

    match: re.Match[str]
    label: str = ""


def label_key(label: str) -> str:
    """A label as it is compared: caseless, in any spacing, with either apostrophe, without a colon."""
    return folded(label.replace("’", "'").strip(" \t.:*"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for a field: what finds it, and in order of preference the labels of which one is its group `label`.

    A pattern of the profile's own has no labels. With `below`, `pattern` finds the label alone.
    """

    labels: tuple[str, ...]
    pattern: re.Pattern[str]
    below: re.Pattern[str] | None = None
    nth: int = 1
    text: bool = False
    """Whether the value is a text, which is easily mistaken for a label."""

    def occurrences(self, text: str, known: Collection[str] = ()) -> list[list[Occurrence]]:
        """What is found in `text`, the occurrences of each label together, those of the most preferred first.

        `known` are the labels, as `label_key` writes them, of which none is a value.
        """
        ranked: dict[int, list[Occurrence]] = {}
        for match in self.pattern.finditer(text):
            found = self._under(match) if self.below else Occurrence(match)
            if found and not (self.text and self.labels and _is_label(match, found.match, known)):
                rank = self.labels.index(label_key(match["label"])) if self.labels else 0
                ranked.setdefault(rank, []).append(found)
        return [ranked[rank] for rank in sorted(ranked)]

    def _under(self, label: re.Match[str]) -> Occurrence | None:
        """The value on the line below a label: the `nth` there where the label fills its line, else what stands in its column."""
        text, (start, end) = label.string, label.span("label")
        line, closes = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        under = _NEXT_LINE.match(text, closes) if closes >= 0 else None
        values = [*self.below.finditer(text, *under.span("line"))] if under and self.below else []
        if under is None or not values:
            return None
        if not text[line:start].strip() and not text[end:closes].strip(" \t:"):
            in_line = values[self.nth - 1 : self.nth] if values[0].start() == under.start("line") else []
            return Occurrence(in_line[0], label["label"]) if in_line else None
        shift = under.start("column") - line
        beneath = [each for each in values if each.start() - shift < end and each.end() - shift > start]
        alone = [each for each in beneath if _is_cell(text, *each.span())]
        return Occurrence(alone[0], label["label"]) if len(alone) == 1 and self.nth == 1 else None


def _is_label(label: re.Match[str], found: re.Match[str], known: Collection[str]) -> bool:
    """Whether what was found as the text of a label is itself a label, as far as the lines around it tell.

    A label with others beside it, and with something other than labels below both, is a heading: its value is below. One in whose
    column there is a label below it has its value beside. Where both or neither may be, nothing is taken.
    """
    value = found["value"]
    if label_key(value) in known or value.rstrip().endswith(":"):
        return True
    text, start, end = label.string, label.start("label"), label.end("label")
    if text[end : end + 4].lstrip(" \t").startswith(":"):
        return False
    line, under = text.rfind("\n", 0, start) + 1, _NEXT_LINE.match(text, max(text.find("\n", end), 0))
    beside = next(_CELL.finditer(text, end, _line_end(text, end)), None)
    beneath = [*_CELL.finditer(text, *under.span("line"))] if under else []
    shift = (under.start("column") if under else 0) - line
    if not beside or not all(
        any(abs(cell.start() - shift - place) <= 1 for cell in beneath) for place in (start, beside.start())
    ):
        return False
    first = next(cell for cell in beneath if abs(cell.start() - shift - start) <= 1)
    form, table = _names_one(first.group(), known), _names_one(beside.group(), known)
    return form or not table if found.start("value") > _line_end(text, end) else table or not form


def _names_one(cell: str, known: Collection[str]) -> bool:
    return label_key(cell) in known or cell.rstrip().endswith(":")


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)


def _is_cell(text: str, start: int, end: int) -> bool:
    """Whether nothing but wide gaps is beside what stands there."""
    return bool(_GAP_BEFORE.search(text[max(0, start - 2) : start]) and _GAP_BEHIND.match(text[end : end + 2]))


def beside(labels: tuple[str, ...], kind: Kind, nth: int) -> Place:
    """Right after one of `labels`; with `nth`, which of several amounts."""
    value = f"(?P<value>{_VALUES[_OF_KIND[kind]]})"
    skipped = rf"(?:(?:{AMOUNT})[ \t]*){{{nth - 1}}}" if nth > 1 else ""
    between = _BEFORE_TEXT if _OF_KIND[kind] == "text" else _AFTER_LABEL
    pattern = _pattern(rf"{_BEFORE_LABEL}{_named(labels)}{between}{skipped}{value}")
    return Place(labels, pattern, text=_OF_KIND[kind] == "text")


def below(labels: tuple[str, ...], kind: Kind, nth: int) -> Place:
    """On the line below one of `labels`."""
    return _below(labels, _named(labels), kind, nth)


def below_to_date(labels: tuple[str, ...], headings: Sequence[str]) -> Place:
    """On the line below a label that says itself that it is the year to date's."""
    return _below(labels, _marked(labels, headings), "amount", 1)


def _below(labels: tuple[str, ...], named: str, kind: Kind, nth: int) -> Place:
    label = _pattern(rf"(?:^[ \t]*|(?<=[ \t]{{2}})|\|[ \t]*){named}{_QUALIFIED}[ \t]*:?{_CELL_ENDS}")
    value = _pattern(f"(?P<value>{_VALUES[_OF_KIND[kind]]})")
    return Place(labels, label, value, nth, _OF_KIND[kind] == "text")


def beside_to_date(labels: tuple[str, ...], headings: Sequence[str]) -> Place:
    """After a label that says itself that it is the year to date's: `Taxable Pay YTD`, `YTD Taxable Pay`."""
    return Place(labels, _pattern(rf"{_BEFORE_LABEL}{_marked(labels, headings)}{_AFTER_LABEL}(?P<value>{AMOUNT})"))


def matching(pattern: str) -> Place:
    """Where a profile's own `pattern` says. Raises `re.error` where it is none."""
    for token, value in _VALUES.items():
        pattern = pattern.replace(f"{{{token}}}", f"(?P<value>{value})")
    return Place((), _pattern(pattern.replace("{skip}", f"(?:{AMOUNT})")))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


def _marked(labels: Sequence[str], headings: Sequence[str]) -> str:
    marks = f"(?i:{_any_of(headings)})"
    behind = rf"[ \t]*[(\-]?[ \t]*{marks}[ \t]*\)?"
    return rf"(?P<before>{marks}[ \t]+)?{_named(labels)}(?(before)|{behind})"


def _named(labels: Sequence[str]) -> str:
    return f"(?P<label>(?i:{_any_of(labels)}))"


def _any_of(labels: Sequence[str]) -> str:
    """One of `labels` in any spacing and with either apostrophe, the longest that fits."""
    longest_first = sorted(labels, key=len, reverse=True)
    return "|".join(
        r"[ \t]+".join(re.escape(word).replace("'", "['’]") for word in each.split()) for each in longest_first
    )
