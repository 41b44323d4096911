"""Who pays: the employer PAYE reference, and the key by which two spellings of an employer's name are one."""

import re
import unicodedata
from typing import Self

_LEGAL_FORMS = {"ltd", "limited", "plc", "llp"}
_WITHIN_A_WORD = re.compile(r"[.'’`]")
_SEPARATOR = re.compile(r"[\W_]+")


class PayeReference(str):
    """An employer PAYE reference such as `123/AB456`, trimmed and in upper case, so that references compare as HMRC's do."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        return super().__new__(cls, text.strip().upper())


STATE_PENSION_LUMP_SUM = PayeReference("267/LS500")
"""HMRC shows a State Pension lump sum as an employment with this reference (Individual Tax 1.1, SAM121600)."""


def employer_key(name: str) -> str:
    """`name` as it is compared: caseless, its letters and digits alone, `&` as "and", without Ltd, Limited, plc or LLP."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    words = _SEPARATOR.sub(" ", _WITHIN_A_WORD.sub("", folded)).split()
    telling = [word for word in words if word not in _LEGAL_FORMS]
    return "".join(telling or words)
