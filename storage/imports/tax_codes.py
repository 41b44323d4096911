"""Whether a text is a tax code or National Insurance category that payroll uses; odd ones are warned about, not refused."""

import re

TAX_CODE = (
    r"(?:NT|[SC]?(?:\d{1,4}[LMNT]|K\d{1,4}|0T|BR|D[0-3]))"
    r"(?:[ ]*/?[ ]*(?:W1/M1|W1|M1|X|NON-?CUM|1))?(?![A-Za-z0-9])"
)
"""The grammar of UK tax codes, with the marks that put them on a week-1 or month-1 basis."""
_WHOLE = re.compile(TAX_CODE, re.ASCII)
NI_CATEGORIES = frozenset("ABCDEFHIJKLMNSVXZ")
"""Category letters in use since April 2022; D, E, I, K and L meant contracted-out employment before April 2016."""


def is_tax_code(text: str) -> bool:
    """Whether `text` follows the grammar of UK tax codes, such as `1257L`, `SK475` or `BR M1`."""
    return bool(_WHOLE.fullmatch(" ".join(text.upper().split())))
