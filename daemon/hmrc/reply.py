"""What comes back over the wire, and the trouble when nothing does: known without importing the HTTP library."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

NOT_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises where a body is not JSON, or not of the shape that is asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `complete` is False where the connection broke inside the body: `body` is what had come."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)
    complete: bool = True


class TransportError(Exception):
    """No usable answer came. `may_have_reached` tells whether HMRC can have had the request; the text holds no address."""

    may_have_reached = True


class NotConnected(TransportError):
    """No connection: refused, no such host, TLS failed, or it took too long. HMRC never had the request."""

    may_have_reached = False


class NoAnswer(TransportError):
    """The request went out, and the answer did not come, or broke off."""


class AnswerTooLong(TransportError):
    """Far more came than any answer of HMRC's has; asking again would bring the same."""

    def __init__(self) -> None:
        super().__init__("the answer is too long to be one of HMRC's")


class RedirectRefused(TransportError):
    """HMRC's address redirected to somewhere that must not have the access token."""
