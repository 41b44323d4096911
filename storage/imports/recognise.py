"""Recognises what a file holds by its content: payslips, P60s, or HMRC's payment table."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from storage.imports.csv_table import named_columns
from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS
from storage.imports.intake import kind_of
from storage.imports.table import decoded

Holds = Literal["payslips", "p60s", "payments"]
_DAY_FIRST = re.compile(
    r"\s*(?:\d{1,2}(?:st|nd|rd|th)? [A-Za-z]{3,9} \d{4}|\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d\d-\d\d)\b", re.ASCII
)
"""How a line of the payment table begins; its amounts may stand on lines of their own."""


def recognised(
    content: bytes, name: str, password: Callable[[str], Iterable[str]], profiles: Path | None = None
) -> Holds:
    """What the file holds; of a PDF, what its first page is that a profile knows, one in the folder `profiles` or a shipped one.

    What nothing tells counts as payslips, whose reader then says what it needs. Raises `BadInput`.
    """
    kind = kind_of(content, name)
    if kind == "pdf":
        return _pdf(content, name, password, profiles)
    text = decoded(content, name)
    columns = _json_columns(text, name) if kind == "json" else named_columns(text)
    if "pay_date" not in columns and {"tax_year", "pay"} <= columns:
        return "p60s"
    ours = columns & (PAYSLIP_FIELDS.keys() | P60_FIELDS.keys())
    if kind == "csv" and not ours and "£" in text and any(map(_DAY_FIRST.match, text.splitlines())):
        return "payments"
    return "payslips"


def _pdf(content: bytes, name: str, password: Callable[[str], Iterable[str]], profiles: Path | None) -> Holds:
    from storage.imports.pdf_text import pdf_pages
    from storage.imports.profile import recognising_profiles, shipped_profiles

    own = (*recognising_profiles(profiles, "p60"), *recognising_profiles(profiles, "payslip"))
    for page in pdf_pages(content, name, password):
        for profile in (*own, *shipped_profiles()):
            if profile.knows(page):
                return "p60s" if profile.keys.kind == "p60" else "payslips"
    return "payslips"


def _json_columns(text: str, name: str) -> set[str]:
    from storage.imports.json_table import read_json

    return set(read_json(text, name, "payslips", PAYSLIP_FIELDS).columns)
