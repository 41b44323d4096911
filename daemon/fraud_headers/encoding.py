"""How values are written: percent encoding (RFC 3986 section 2.1), key-value structures and lists, and reading them back.

Source: https://developer.service.hmrc.gov.uk/guides/fraud-prevention/getting-it-right/ (Send data in the correct format).
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_to_bytes

_ENCODED = re.compile(r"(?:[A-Za-z0-9\-._~!*'()+]|%[0-9A-Fa-f]{2})*")
"""What an encoded key or value may hold. Beside RFC 3986's unreserved characters it takes those that JavaScript's
encodeURIComponent leaves as they are, because HMRC is not known to refuse them; a plus sign is judged apart."""

_PLACEHOLDERS = frozenset({"null", "undefined"})


def encode(text: str) -> str:
    """`text` percent encoded as UTF-8: everything but letters, digits, `-`, `.`, `_` and `~`."""
    return quote(text, safe="", encoding="utf-8", errors="surrogateescape")


def decode(text: str) -> str:
    """Encoded text as it was; octets that are not UTF-8 become replacement characters."""
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def encode_pairs(pairs: Mapping[str, str]) -> str:
    """A key-value structure: keys and values encoded, separators not."""
    return "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs.items())


def encode_list(values: Iterable[str]) -> str:
    """A list: values encoded, commas not."""
    return ",".join(encode(value) for value in values)


def is_encoded(text: str) -> bool:
    """Whether nothing in `text` still needs encoding. An ampersand, an equals sign or a comma in it does."""
    return _ENCODED.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether `text`, decoded, is a word that HMRC forbids in place of a value: null or undefined."""
    return decode(text).strip().lower() in _PLACEHOLDERS


def read_list(value: str) -> list[str]:
    """The values of a list, still encoded; an empty one is an empty text."""
    return value.split(",")


def read_pairs(value: str) -> list[tuple[str, str | None]]:
    """The pairs of a key-value structure, still encoded, in order; None is the value of a part without an equals sign."""
    pairs: list[tuple[str, str | None]] = []
    for part in value.split("&"):
        key, equals, text = part.partition("=")
        pairs.append((key, text if equals else None))
    return pairs
