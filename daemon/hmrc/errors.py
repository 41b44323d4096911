"""What can go wrong with a call to HMRC: one type a kind of trouble, told apart by HMRC's `code`.

The status alone misleads: the gateway answers a bad Accept header with 406 or with 404, a wrong UTR with 401 as a dead token
does, and error bodies come under several content types. HMRC's reference guide promises the codes.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar

import msgspec

from daemon.hmrc.reply import NOT_JSON, AnswerTooLong, NotConnected, RedirectRefused, Reply, TransportError
from storage.records import ApiOutcome

LONGEST_RETRY_AFTER = 20.0
"""Seconds: a command waits no longer than this because HMRC asks for it; the next run asks again."""


class HmrcError(Exception):
    """A call to HMRC that brought no figures; its text is one plain line without personal data."""

    outcome: ClassVar[ApiOutcome] = "failed"
    worth_retrying: ClassVar[bool] = False
    platform: ClassVar[bool] = False
    """Whether the platform as a whole may be in trouble, rather than this one call."""

    def __init__(self, note: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(note)
        self.note, self.status, self.code = note, status, code
        self.retry_after: float | None = None
        """Seconds that HMRC asks to wait, capped."""


class NoData(HmrcError):
    """404 NOT_FOUND: nothing for this taxpayer and year, now."""

    outcome = "no_data"


class NotSubscribed(HmrcError):
    """403 RESOURCE_FORBIDDEN: the application is not subscribed to this API, or is blocked."""

    outcome = "not_subscribed"


class WrongTaxpayer(HmrcError):
    """401 UNAUTHORIZED, 403 FORBIDDEN: the person who signed in may not read this UTR. Refreshing cannot help."""

    outcome = "unauthorised"


class ScopeMissing(HmrcError):
    """403 INVALID_SCOPE: the sign-in does not cover this API."""

    outcome = "unauthorised"


class AccessTokenRejected(HmrcError):
    """401 INVALID_CREDENTIALS: the access token is dead."""

    outcome = "unauthorised"


class WrongEndpoint(HmrcError):
    """HMRC knows no such path or version: MATCHING_RESOURCE_NOT_FOUND, ACCEPT_HEADER_INVALID and their like."""


class Refused(HmrcError):
    """Any other 4xx, such as 400 SA_UTR_INVALID."""


class Throttled(HmrcError):
    """429 MESSAGE_THROTTLED_OUT: too many requests in a second for this application."""

    worth_retrying = True
    platform = True


class Unavailable(HmrcError):
    """500, 502, 503 or 504: HMRC's platform is in trouble for now."""

    worth_retrying = True
    platform = True


class Maintenance(HmrcError):
    """503 SCHEDULED_MAINTENANCE: asking again within minutes cannot help."""

    platform = True


class Unreachable(HmrcError):
    """No connection, or it broke before the answer was there."""

    worth_retrying = True
    platform = True


class UnreadableAnswer(HmrcError):
    """The answer is not what HMRC documents: cut short, an HTML page, a member missing, or an amount that is not one."""


class RedirectNotFollowed(HmrcError):
    """HMRC's address led elsewhere, where the access token must not go."""


_BY_CODE: Mapping[str, tuple[type[HmrcError], str]] = {
    "RESOURCE_FORBIDDEN": (
        NotSubscribed,
        "the application is not subscribed to this API, or is blocked; subscribe to it at HMRC's Developer Hub",
    ),
    "UNAUTHORIZED": (
        WrongTaxpayer,
        "whoever signed in may not read this UTR; check [hmrc] utr, or sign in as its owner",
    ),
    "FORBIDDEN": (WrongTaxpayer, "HMRC forbids this; check [hmrc] utr and the application's list of allowed addresses"),
    "INVALID_SCOPE": (ScopeMissing, "the sign-in does not cover this API; sign in again"),
    "INVALID_CREDENTIALS": (AccessTokenRejected, "HMRC does not accept the access token; sign in again"),
    "MISSING_CREDENTIALS": (AccessTokenRejected, "HMRC saw no access token; sign in again"),
    "INCORRECT_ACCESS_TOKEN_TYPE": (AccessTokenRejected, "this access token is not a person's; sign in again"),
    "MATCHING_RESOURCE_NOT_FOUND": (
        WrongEndpoint,
        "HMRC has no such API in this version; check [hmrc.versions] and [hmrc] api_url",
    ),
    "ACCEPT_HEADER_INVALID": (WrongEndpoint, "HMRC does not know this version of the API; check [hmrc.versions]"),
    "METHOD_NOT_ALLOWED": (WrongEndpoint, "HMRC's API does not answer to GET here; check [hmrc] api_url"),
    "NOT_IMPLEMENTED": (WrongEndpoint, "HMRC has not deployed this API; check [hmrc.versions]"),
    "SA_UTR_INVALID": (Refused, "HMRC says that the UTR is not valid; check [hmrc] utr"),
    "TAX_YEAR_INVALID": (Refused, "HMRC says that the tax year is not valid"),
    "MESSAGE_THROTTLED_OUT": (Throttled, "HMRC throttled the application: too many requests"),
    "SCHEDULED_MAINTENANCE": (Maintenance, "HMRC's platform is being maintained; try again later"),
}
_RETRIED = {500, 502, 503, 504}


def error_from(reply: Reply, now: datetime) -> HmrcError:
    """The trouble that an answer other than 200 tells of. `now` is needed for a Retry-After that is a date."""
    error = _error(reply.status, code_of(reply.body))
    if error.worth_retrying:
        error.retry_after = _retry_after(reply.headers.get("retry-after"), now)
    return error


def error_from_transport(error: TransportError) -> HmrcError:
    """The trouble of a call that got no answer."""
    if isinstance(error, RedirectRefused):
        return RedirectNotFollowed(str(error))
    if isinstance(error, AnswerTooLong):
        return UnreadableAnswer(str(error))
    return Unreachable(
        f"{'HMRC cannot be reached' if isinstance(error, NotConnected) else 'HMRC gave no answer'}: {error}"
    )


def code_of(body: bytes) -> str | None:
    """HMRC's error code, at the top or in the first of `errors`, whatever the content type; None where there is none."""
    try:
        document = msgspec.json.decode(body)
    except NOT_JSON:
        return None
    return _code(document) or _code(_first(document))


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
"""What HMRC's codes look like; anything else is not kept and not shown on a terminal."""


def _code(document: object) -> str | None:
    found = msgspec.convert(document, dict[str, object]).get("code") if isinstance(document, dict) else None
    return found if isinstance(found, str) and _CODE.fullmatch(found) else None


def _first(document: object) -> object:
    errors = msgspec.convert(document, dict[str, object]).get("errors") if isinstance(document, dict) else None
    return msgspec.convert(errors, list[object])[0] if isinstance(errors, list) and errors else None


def _error(status: int, code: str | None) -> HmrcError:
    if code == "NOT_FOUND" and status == 404:
        return NoData("HMRC has nothing for this year now", status=status, code=code)
    if code is not None and code in _BY_CODE and 400 <= status < 600:
        kind, note = _BY_CODE[code]
        return kind(note, status=status, code=code)
    if status == 429:
        return Throttled("HMRC throttled the application: too many requests", status=status, code=code)
    if status in _RETRIED:
        return Unavailable(f"HMRC's platform failed ({status})", status=status, code=code)
    if code is None:
        return UnreadableAnswer(f"the answer ({status}) is not one of HMRC's: no error code", status=status)
    return Refused(f"HMRC refused the call ({status})", status=status, code=code)


def _retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait (RFC 9110, 10.2.3: seconds or a date), at most LONGEST_RETRY_AFTER; None where nothing readable was asked."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        seconds = float(text.strip()[:6])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError):
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (aware - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
