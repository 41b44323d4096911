"""What of a person stands in a text that is told to others."""

import re
from collections.abc import Iterable


def found_in(text: str, private: Iterable[str]) -> list[str]:
    """Those of `private` that stand in `text`; digits within a longer number are none, for a time in microseconds holds any four."""
    return [each for each in private if re.search(rf"(?<![\d.]){re.escape(each)}(?!\d)", text)]
