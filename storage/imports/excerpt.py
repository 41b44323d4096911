"""Shows a piece of a person's file in a message: shortened, on one line, and without numbers that identify the person."""

import re

from storage.shown_text import one_line

_NINO = re.compile(r"\b[A-Z]{2}[ ]?\d{2}[ ]?\d{2}[ ]?\d{2}[ ]?[A-D]?\b", re.IGNORECASE)
_UTR = re.compile(r"(?<![\d£])(?<!\d\.)\d{10}(?!\d|\.\d)")
_LONGEST = 40


def masked_identifiers(text: str) -> str:
    """`text` with every National Insurance number and UTR made unreadable."""
    return _UTR.sub("••••••••••", _NINO.sub("•••••••••", text))


def excerpt(text: str, longest: int = _LONGEST) -> str:
    """`text` in quotation marks, fit for one line of a message: masked, printable, at most `longest` characters."""
    line = one_line(masked_identifiers(text[: longest * 4]))
    return f"‘{line[:longest]}…’" if len(line) > longest else f"‘{line}’"
