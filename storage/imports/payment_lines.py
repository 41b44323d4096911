"""One line of HMRC's payment table as a browser copies it: a day and amounts, a heading, a total, or nothing of use."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast, get_args

from storage.employers import PayeReference
from storage.imports.conventions import PRINTED, read_amount
from storage.imports.excerpt import excerpt
from storage.troubles import BadInput

Column = Literal["taxable_pay", "income_tax", "national_insurance"]
Label = Column | Literal["date"]
COLUMNS: tuple[Column, ...] = get_args(Column)
"""The columns in the order in which the tax account shows them."""

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?[ ])?"
_DAY = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[ -](?:{_MONTHS})[a-z]*[ -](?:\d{{4}}|\d{{2}})"
    r"|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d)"
)
_DATE = re.compile(rf"{_WEEKDAY}(?P<day>{_DAY})", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(rf"[ ]?(?:to|until|and|-|–)[ ]?{_WEEKDAY}{_DAY}.*", re.IGNORECASE | re.ASCII)
"""What follows the first day of a period in a heading such as `6 April 2024 to 5 April 2025`."""

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_PRINTED_AMOUNT = rf"[-−–+]?(?:£[ ]?[-−–]?{_NUMBER}(?:\.\d+)?|{_NUMBER}\.\d+)-?"
_AMOUNT = re.compile(
    rf"(?P<amount>(?<![\w.,(])(?:\([ ]?£?[ ]?{_NUMBER}(?:\.\d+)?[ ]?\)|{_PRINTED_AMOUNT})(?![\w.]|,\d))"
    r"|(?P<nothing>(?<!\S)(?:n/?a|none|not available|[-–—])(?!\S))",
    re.IGNORECASE | re.ASCII,
)
_SEPARATOR = re.compile(r"[\t|;]|(?<=\.\d\d\)),|(?<=\.\d\d),|,(?=[ ]?[(]?[-−–]?£)|,(?=[ ]?(?:,|$))|^,|(?<=,),")

_DASH = re.compile(r"^[ ]*[-–][ ]+")
"""A dash between the day and its amounts."""

_LABELS: dict[str, str] = {  # the first that matches counts: "Income Tax" before "Income"
    "date": r"(?:pay(?:ment)?[ ])?date(?:[ ]paid)?",
    "income_tax": r"(?:(?:income|paye)[ ])?tax(?:[ ](?:paid|deducted))?|paye",
    "taxable_pay": r"taxable(?:[ ](?:income|pay|earnings))?|(?:gross[ ]|your[ ])?(?:pay|income|earnings)(?:[ ]before[ ]tax)?",
    "national_insurance": r"(?:national[ ]insurance|nics?|ni)(?:[ ]contributions?)?(?:[ ](?:paid|deducted))?",
}
_LABEL = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _LABELS.items())
_ONE_LABEL = re.compile(rf"(?:{_LABEL})(?![a-z])[ (£),|;:]*", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:PAYE|employer)[^\d\n]{0,30}(?P<value>\d{3}[ ]?/[ ]?[A-Z0-9]{1,10})\b", re.IGNORECASE)
_HEADING = re.compile(
    r"(?:employer(?: name)?|payments? from|income from)[ ]?[: ][ ]?(?P<value>[^\s\d].{0,79})", re.IGNORECASE
)
_NOT_AN_EMPLOYER = re.compile(r"(?:payroll|paye|ref|number|your|this|employments?|pensions?)\b", re.IGNORECASE)
_TOTAL = re.compile(r"(?:grand |year |tax year )?totals?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says. A cell without an amount is None; `labels` are the columns it names, in its own order."""

    number: int
    text: str
    day: str | None = None
    cells: tuple[Decimal | None, ...] = ()
    labels: tuple[Label, ...] = ()
    total: bool = False
    employer: str | None = None
    reference: PayeReference | None = None


def read_line(raw: str, number: int, name: str) -> Line:
    """The line `number` of the text `name`. Raises `BadInput` where a day has something beside it that is no amount."""
    body = raw.replace('"', "").replace("\u00a0", " ").lstrip("| \t").rstrip()
    text = " ".join(body.split())
    if not text or _TOTAL.match(text):
        return Line(number, text, total=bool(text))
    matched = _DATE.match(text)
    if matched and _SPAN.fullmatch(text[matched.end() :]):
        return Line(number, text)
    if matched:
        rest = _after_day(body, matched)
        return Line(number, text, day=matched["day"], cells=_cells(rest, number, name, strict=True))
    if labels := _labels(text):
        return Line(number, text, labels=labels)
    reference = _REFERENCE.search(text)
    heading = _HEADING.match(text)
    employer = heading["value"].strip() if heading and not _NOT_AN_EMPLOYER.match(heading["value"]) else None
    return Line(
        number,
        text,
        cells=_cells(body, number, name, strict=False),
        employer=employer if employer and employer.isprintable() else None,
        reference=PayeReference(reference["value"].replace(" ", "")) if reference else None,
    )


def _after_day(body: str, matched: re.Match[str]) -> str:
    """What stands behind the day, with the tabs between its cells: the day itself may hold more than one space."""
    words = matched.group().split()
    printed = re.match(r"[\s,]*".join(re.escape(word) for word in words), body)
    return _DASH.sub("", body[printed.end() :] if printed else body)


def _labels(text: str) -> tuple[Label, ...]:
    """The columns that a line names, if it says nothing else; `taxable_pay` is as good as `Taxable pay`."""
    spaced = text.replace("_", " ")
    found: list[str] = []
    while spaced:
        matched = _ONE_LABEL.match(spaced)
        if matched is None or not matched.lastgroup:
            return ()
        found.append(matched.lastgroup)
        spaced = spaced[matched.end() :]
    return cast("tuple[Label, ...]", tuple(found) if len(set(found)) == len(found) else ())


def _cells(text: str, number: int, name: str, *, strict: bool) -> tuple[Decimal | None, ...]:
    """The amounts of a line, None for a cell that says that there is none.

    A cell between two separators may be empty. In a payment's own line (`strict`) nothing else may stand, lest a column be missed.
    """
    separated = _SEPARATOR.sub("\t", text)
    parts = separated.split("\t")
    cells: list[Decimal | None] = []
    for place, part in enumerate(parts):
        found = _AMOUNT.finditer(" ".join(part.split()))
        amounts = [_amount(each, number, name) for each in found]
        rest = _AMOUNT.sub(" ", " ".join(part.split())).strip()
        if strict and any(letter.isalnum() for letter in rest):
            raise BadInput(f"{name}: line {number}: {excerpt(rest)} is not an amount; write amounts as £1,234.50")
        cells += amounts or ([None] if not part.strip() and 0 < place < len(parts) - 1 else [])
    return tuple(cells) if any(cell is not None for cell in cells) or strict else ()


def _amount(matched: re.Match[str], number: int, name: str) -> Decimal | None:
    if matched["nothing"]:
        return None
    try:
        return read_amount(matched.group(), PRINTED)
    except ValueError as problem:
        raise BadInput(f"{name}: line {number}: {problem}") from None
