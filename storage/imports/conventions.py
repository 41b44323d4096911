"""How a file writes dates and amounts: strictly, as the canonical files do, or as a mapping file or a profile says."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from storage.imports.excerpt import excerpt
from storage.money import exact
from storage.tax_year import EARLIEST, TaxYear

Sign = Literal["minus", "trailing-minus", "brackets", "cr", "dr", "r"]
"""How a negative amount is marked: `-1.00`, `1.00-`, `(1.00)`, `1.00 CR`, `1.00 DR`, or a P60's `1.00 R` for a refund."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPACES = re.compile(r"[ \t\u00a0\u2009\u202f]")
_MINUS = str.maketrans({"−": "-", "–": "-"})
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_SEAM = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?[ ]", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<=[\dA-Za-z])[-,](?=[ ]?[A-Za-z])|(?<=[A-Za-z])[-,](?=[ ]?\d)")
"""What may stand around a month's name: `26-Apr-2024`, `26 April, 2024`."""
_SEPTEMBER = re.compile(r"\bsept\b", re.IGNORECASE)
_SUFFIXES = {"cr": "CR", "dr": "DR", "r": "R"}


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one file writes its dates and amounts. The defaults are the canonical files': ISO dates, `-1234.50`."""

    date_formats: tuple[str, ...] = ()
    """Formats of `datetime.strptime`; none means ISO dates and nothing else."""
    decimal: str = "."
    thousands: str = ""
    currency: str = ""
    """A symbol that may stand before or after an amount."""
    signs: Collection[Sign] = ("minus",)
    typographic: bool = False
    """Whether the printed minus signs − and – count as a minus."""


CANONICAL = Conventions()
PRINTED = Conventions(
    date_formats=(
        *("%d %B %Y", "%d %b %Y", "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"),
        *("%d %B %y", "%d %b %y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y"),
    ),
    thousands=",",
    currency="£",
    signs=("minus", "trailing-minus", "brackets"),
    typographic=True,
)
"""How British documents are printed: day first, `£1,234.50`."""


def read_amount(text: str, conventions: Conventions = CANONICAL) -> Decimal:
    """The amount in pounds that `text` writes by `conventions`. Raises `ValueError` with what is wrong and the mend."""
    body = _SPACES.sub(" ", text).strip()
    if conventions.typographic:
        body = body.translate(_MINUS)
    negative, body = _sign(body, conventions)
    if conventions.currency and conventions.currency in body:
        signed = body
        body = body.removeprefix(conventions.currency).removesuffix(conventions.currency).strip()
        if not negative and signed.startswith(conventions.currency):
            negative, body = _leading_minus(body, conventions)
    whole, point, pence = body.partition(conventions.decimal)
    if not _whole_pounds(whole, conventions.thousands) or (point and not _digits(pence)):
        raise ValueError(f"{excerpt(text)} is not an amount; {_mend(conventions)}")
    if len(pence) > 2:
        raise ValueError(f"{excerpt(text)} has more than two decimals; write pounds and pence, as in 1234.50")
    digits = re.sub(r"\D", "", whole)
    amount = exact(Decimal(f"{digits}.{pence or '0'}"))
    return exact(-amount) if negative else amount


def _sign(body: str, conventions: Conventions) -> tuple[bool, str]:
    """Whether one of the file's signs marks `body` as negative, and what is left of it."""
    signs = conventions.signs
    if "brackets" in signs and body.startswith("(") and body.endswith(")"):
        return True, body[1:-1].strip()
    for sign, mark in _SUFFIXES.items():
        if sign in signs and body.upper().endswith(mark):
            return True, body[: -len(mark)].strip()
    for sign, other in (("cr", "DR"), ("dr", "CR")):
        if sign in signs and body.upper().endswith(other):
            return False, body[: -len(other)].strip()
    if "trailing-minus" in signs and body.endswith("-") and not body.startswith("-"):
        return True, body[:-1].strip()
    return _leading_minus(body, conventions)


def _leading_minus(body: str, conventions: Conventions) -> tuple[bool, str]:
    if "minus" in conventions.signs and body[:1] in {"-", "+"}:
        return body[0] == "-", body[1:].strip()
    return False, body


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _whole_pounds(whole: str, thousands: str) -> bool:
    if not thousands or thousands not in whole:
        return _digits(whole)
    first, *groups = whole.split(thousands)
    return _digits(first) and len(first) <= 3 and all(_digits(group) and len(group) == 3 for group in groups)


def _mend(conventions: Conventions) -> str:
    example = f"{'1' + conventions.thousands}234{conventions.decimal}50"
    if conventions == CANONICAL:
        return "write it as 1234.50 or -1234.50, or describe the file in a mapping file"
    return f"it should look like {example}"


def read_date(text: str, conventions: Conventions = CANONICAL) -> date:
    """The date that `text` writes by `conventions`. Raises `ValueError` with what is wrong and the mend."""
    body = " ".join(text.split())
    if not conventions.date_formats:
        try:
            if _ISO.fullmatch(body) and body.isascii():
                return date.fromisoformat(body)
        except ValueError:
            raise ValueError(f"{excerpt(text)} is not a day of the calendar; write it as 2024-04-26") from None
        raise ValueError(f"{excerpt(text)} is not a date; write it as 2024-04-26, or name its format in a mapping file")
    spaced = _SEPTEMBER.sub("Sep", _ORDINAL.sub("", body))
    words = " ".join(_SEAM.sub(" ", _BETWEEN.sub(" ", _WEEKDAY.sub("", spaced))).split())
    for candidate in (spaced, words):
        for date_format in conventions.date_formats:
            try:
                return datetime.strptime(candidate, date_format).date()  # noqa: DTZ007 - a pay date has no zone
            except ValueError:
                continue
    examples = dict.fromkeys(f"{date(2024, 4, 26):{each}}" for each in conventions.date_formats)
    raise ValueError(f"{excerpt(text)} is not a date of the calendar; write it as {' or '.join([*examples][:3])}")


def plausible_pay_date(day: date, today: date) -> date:
    """`day`, where somebody can have been paid on it. Raises `ValueError` before PAYE existed or over a year ahead."""
    if day < TaxYear(EARLIEST).begins:
        raise ValueError(f"{day} is before PAYE began; correct the date")
    if (day - today).days > 366:
        raise ValueError(f"{day} is more than a year ahead; correct the date")
    return day
