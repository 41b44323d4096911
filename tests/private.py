"""What of a person stands in a text that is told to others."""

import re
from collections.abc import Iterable


def found_in(text: str, private: Iterable[str]) -> list[str]:
    """Those of `private` that stand in `text`; an amount is none within a longer number, for a time in microseconds holds any few digits."""
    return [each for each in private if re.search(_amount(each) if _is_short(each) else re.escape(each), text)]


def _is_short(private: str) -> bool:
    return private.isdigit() and len(private) < len("2234567890")


def _amount(digits: str) -> str:
    return rf"(?<![\d.]){digits}(?!\d)"
