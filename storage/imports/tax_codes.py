"""Whether a text is a tax code or National Insurance category that payroll uses; odd ones are warned about, not refused."""

import re

_TAX_CODE = re.compile(
    r"(?:NT|[SC]?(?:\d{1,4}[LMNT]|K\d{1,4}|0T|BR|D[0-3]))(?:\s*/?\s*(?:W1|M1|X|W1/M1|NONCUM|NON-CUM|1))?", re.ASCII
)
NI_CATEGORIES = frozenset("ABCDEFHIJKLMNSVXZ")
"""Category letters in use since April 2022; D, E, I, K and L meant contracted-out employment before April 2016."""


def is_tax_code(text: str) -> bool:
    """Whether `text` follows the grammar of UK tax codes, such as `1257L`, `SK475` or `BR M1`."""
    return bool(_TAX_CODE.fullmatch(" ".join(text.upper().split())))
