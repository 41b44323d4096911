"""Values that must never be shown by accident, and how identifiers are masked."""

import hashlib
import hmac


class Secret:
    """A secret text. Its `str` and `repr` are masked; only `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself: call this only where it goes onto the wire or into its store."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(••••)"

    def __str__(self) -> str:
        return "••••"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash(hashlib.sha256(self._bytes()).digest())

    def _bytes(self) -> bytes:
        """Any text at all, half of a character from a terminal included, can be compared."""
        return self._text.encode("utf-8", "surrogatepass")


def masked(identifier: str) -> str:
    """A UTR or NINO as it is shown by default: only the last two characters can be read."""
    return "•" * max(len(identifier) - 2, 0) + identifier[-2:] if len(identifier) > 4 else "•" * len(identifier)
