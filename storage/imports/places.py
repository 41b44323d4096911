"""Finds where a value stands on a page: beside its label, below it, or where a pattern says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storage.imports.fields import Kind
from storage.imports.table import folded
from storage.imports.tax_codes import TAX_CODE

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)\.\d{2}(?=\D|$|\d[\d,]*\.\d{2})"
_SUFFIX = r"(?:[-−–]|[ ]?(?:CR|DR)(?![A-Za-z])|[ ]?R(?![A-Za-z])(?![ ]*£?\d))"
AMOUNT = rf"(?:\([ ]?(?:£[ ]?)?{_NUMBER}[ ]?\)|[-−–+]?(?:£[ ]?)?[-−–]?{_NUMBER}{_SUFFIX}?)"
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
_BEFORE_LABEL = r"(?:^[ \t]*|(?<=\d)[ \t]*|(?<=[-)])[ \t]+|(?<=[a-z])(?=[A-Z])|(?<=[ \t]{2})|[|;][ \t]*)"
"""A label begins a line or follows a value or a wide gap: `Tax` in `Gross for Tax` is not one."""
_AFTER_LABEL = r"(?![A-Za-z'’])[ \t]*[.:]*[ \t]*"
_BEFORE_TEXT = r"(?:[ \t]*:[ \t]*|[ \t]{2,})"
"""Text is a value only after a colon or a wide gap: `Employer pension` is a label of its own."""


_CELL_ENDS = r"(?=[ \t]*(?:[ \t]{2}|\||$))"
_GAP_BEFORE, _GAP_BEHIND = re.compile(r"(?:^|[\n|]|[ ]{2})[ ]?$"), re.compile(r"[ ]?(?:$|[\n|]|[ ]{2})")
_NEXT_LINE = re.compile(r"\n(?:[ \t]*\n)?(?P<column>[ \t]*)(?P<line>[^\n]+)")


class Occurrence(NamedTuple):
    """A value on the page: its group `value`, and the label that it stands below."""

    match: re.Match[str]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for a field: what finds it, and in order of preference the labels of which one is its group `label`.

    A pattern of the profile's own has no labels. With `below`, `pattern` finds the label alone.
    """

    labels: tuple[str, ...]
    pattern: re.Pattern[str]
    below: re.Pattern[str] | None = None
    nth: int = 1

    def occurrences(self, text: str) -> list[list[Occurrence]]:
        """What is found in `text`, the occurrences of each label together, those of the most preferred first."""
        ranked: dict[int, list[Occurrence]] = {}
        for match in self.pattern.finditer(text):
            found = self._under(match) if self.below else Occurrence(match)
            if found:
                rank = self.labels.index(folded(match["label"])) if self.labels else 0
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


def _is_cell(text: str, start: int, end: int) -> bool:
    """Whether nothing but wide gaps is beside what stands there."""
    return bool(_GAP_BEFORE.search(text[max(0, start - 2) : start]) and _GAP_BEHIND.match(text[end : end + 2]))


def beside(labels: tuple[str, ...], kind: Kind, nth: int) -> Place:
    """Right after one of `labels`; with `nth`, which of several amounts."""
    value = f"(?P<value>{_VALUES[_OF_KIND[kind]]})"
    skipped = rf"(?:(?:{AMOUNT})[ \t]*){{{nth - 1}}}" if nth > 1 else ""
    between = _BEFORE_TEXT if _OF_KIND[kind] == "text" else _AFTER_LABEL
    return Place(labels, _pattern(rf"{_BEFORE_LABEL}{_named(labels)}{between}{skipped}{value}"))


def below(labels: tuple[str, ...], kind: Kind, nth: int) -> Place:
    """On the line below one of `labels`."""
    label = _pattern(rf"(?:^[ \t]*|(?<=[ \t]{{2}})|\|[ \t]*){_named(labels)}[ \t]*:?{_CELL_ENDS}")
    return Place(labels, label, _pattern(f"(?P<value>{_VALUES[_OF_KIND[kind]]})"), nth)


def beside_to_date(labels: tuple[str, ...], headings: Sequence[str]) -> Place:
    """After a label that says itself that it is the year to date's: `Taxable Pay YTD`, `YTD Taxable Pay`."""
    marks = f"(?i:{_any_of(headings)})"
    behind = rf"[ \t]*[(\-]?[ \t]*{marks}[ \t]*\)?"
    marked = rf"(?P<before>{marks}[ \t]+)?{_named(labels)}(?(before)|{behind})"
    return Place(labels, _pattern(rf"{_BEFORE_LABEL}{marked}{_AFTER_LABEL}(?P<value>{AMOUNT})"))


def matching(pattern: str) -> Place:
    """Where a profile's own `pattern` says. Raises `re.error` where it is none."""
    for token, value in _VALUES.items():
        pattern = pattern.replace(f"{{{token}}}", f"(?P<value>{value})")
    return Place((), _pattern(pattern.replace("{skip}", f"(?:{AMOUNT})")))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


def _named(labels: Sequence[str]) -> str:
    return f"(?P<label>(?i:{_any_of(labels)}))"


def _any_of(labels: Sequence[str]) -> str:
    """One of `labels` in any spacing, the longest that fits."""
    longest_first = sorted(labels, key=len, reverse=True)
    return "|".join(r"[ \t]+".join(re.escape(word) for word in each.split()) for each in longest_first)
