"""Whether a text is a tax code or National Insurance category that payroll uses; odd ones are warned about, not refused."""

import re

_WITHOUT_CUMULATION = (
    r"(?:W1/M1|W1M1|W1|M1|(?:WEEK|Week|week|WK|Wk|wk|MONTH|Month|month|MTH|Mth|mth)[ ]?1"
    r"|X|(?:NON|Non|non)[- ]?(?:CUM(?:ULATIVE)?|[Cc]um(?:ulative)?)|1)"
)
TAX_CODE = (
    r"(?:NT|[SC]?(?:\d{1,4}[LMNT]|K\d{1,4}|0T|BR|D[0-3]))"
    rf"(?:[ ]*(?:\({_WITHOUT_CUMULATION}\)|/?[ ]*{_WITHOUT_CUMULATION}))?(?![A-Za-z0-9])"
)
"""The grammar of UK tax codes, with the marks that put them on a week-1 or month-1 basis."""
_UNIT = re.compile(r"[ ]*(?P<unit>W|M)(?:EEK|K|ONTH|TH)[ ]?1$")
_NON_CUMULATIVE = re.compile(r"NON[- ]CUM(?:ULATIVE)?$")
_BRACKETS = re.compile(r"[ ]*\((?P<basis>[^()]*)\)$")
_WHOLE = re.compile(TAX_CODE, re.ASCII)
NI_CATEGORIES = frozenset("ABCDEFHIJKLMNSVXZ")
"""Category letters in use since April 2022; D, E, I, K and L meant contracted-out employment before April 2016."""


def written_tax_code(text: str) -> str:
    """A tax code as it is kept: in upper case, its basis as `W1` or `M1` where it is printed as `Week 1` or `Month 1`."""
    body = _BRACKETS.sub(r" \g<basis>", " ".join(text.upper().split()))
    return _NON_CUMULATIVE.sub("NONCUM", _UNIT.sub(r" \g<unit>1", body))


def is_tax_code(text: str) -> bool:
    """Whether `text` follows the grammar of UK tax codes, such as `1257L`, `SK475` or `BR M1`."""
    return bool(_WHOLE.fullmatch(" ".join(text.upper().split())))
