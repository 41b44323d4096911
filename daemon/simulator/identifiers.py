"""HMRC's identifiers as the sandbox checks and makes them: UTR, NINO, the tax year of a path, user ids, tokens."""

import re
import secrets

_UTR_WEIGHTS = (6, 7, 8, 9, 10, 5, 4, 3, 2)
_UTR_CHECK_DIGITS = "21987654321"
_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
_TAX_YEAR = re.compile(r"(\d{4})-(\d{2})")
_NINO_FIRST, _NINO_SECOND = "ABCEGHJKLMPRSWXY", "ABCEGHJKLMPRSTWXYZ"


def utr_check_digit(rest: str) -> str:
    """The first digit of a UTR whose other nine digits are `rest` (hmrc/reference-checker: mod 11)."""
    total = sum(weight * int(digit) for weight, digit in zip(_UTR_WEIGHTS, rest, strict=True))
    return _UTR_CHECK_DIGITS[total % 11]


def is_utr(text: str) -> bool:
    """Whether `text` is ten digits with the right check digit (hmrc/reference-checker)."""
    return re.fullmatch(r"[0-9]{10}", text) is not None and utr_check_digit(text[1:]) == text[0]


def is_nino(text: str) -> bool:
    """Whether `text` has the form of a National Insurance number: two letters, six digits, A to D."""
    return _NINO.fullmatch(text) is not None


def is_tax_year(text: str) -> bool:
    """Whether `text` is a tax year as HMRC's paths have it: `2023-24`, the second year following the first, no range limit."""
    match = _TAX_YEAR.fullmatch(text)
    return match is not None and (int(match[1]) + 1) % 100 == int(match[2])


def new_utr() -> str:
    """A UTR at random, with the right check digit."""
    rest = "".join(secrets.choice("0123456789") for _ in range(9))
    return utr_check_digit(rest) + rest


def new_nino() -> str:
    """A NINO at random, of the form that HMRC's test users have."""
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(6))
        nino = secrets.choice(_NINO_FIRST) + secrets.choice(_NINO_SECOND) + digits + secrets.choice("ABCD")
        if is_nino(nino):
            return nino


def new_user_id() -> str:
    """A Government Gateway user id as test users have it: twelve digits."""
    return secrets.choice("123456789") + "".join(secrets.choice("0123456789") for _ in range(11))


def new_password() -> str:
    """Twelve letters and digits."""
    return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(12))


def new_token() -> str:
    """Thirty-two lower-case hexadecimal characters, as the sandbox's tokens were seen to be; clients must not rely on it."""
    return secrets.token_hex(16)
