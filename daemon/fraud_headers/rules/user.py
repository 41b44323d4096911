"""The headers about the person and their device: its id, who is signed in, the time zone, and second factors."""

import re
from collections.abc import Iterator

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.encoding import decode
from daemon.fraud_headers.rules.network import is_moment
from daemon.fraud_headers.rules.structure import key_value_list, key_values, lacking, writing
from daemon.fraud_headers.verdict import Complaint, error, warning

_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}", re.IGNORECASE)
_SHORTEST_ID = 32
_TIMEZONE = re.compile(r"UTC([+-])([0-9]{2}):([0-9]{2})")
_WESTMOST, _EASTMOST = -12 * 60, 14 * 60
_FACTOR_TYPES = frozenset({"TOTP", "AUTH_CODE", "OTHER"})
_FACTOR_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?Z")
_WITH_OS_USER = frozenset(spec.METHODS) - {spec.WEB_APP_VIA_SERVER, spec.MOBILE_APP_DIRECT, spec.MOBILE_APP_VIA_SERVER}


def device_id(value: str, _method: str | None) -> Iterator[Complaint]:
    """A UUID that the program made and keeps on the device for ever. HMRC warns about anything else."""
    if _UUID.fullmatch(value):
        return
    yield from writing([value.replace("@", "%40")])
    yield warning(messages.NOT_A_UUID)
    if len(value) < _SHORTEST_ID:
        yield warning(messages.ID_TOO_SHORT)
    name, _, domain = decode(value).partition("@")
    if name and "." in domain:
        yield warning(messages.ID_HAS_EMAIL)


def user_ids(value: str, method: str | None) -> Iterator[Complaint]:
    """Key-value: the user signed in to the device under `os`, and one pair for each account with the vendor."""
    accounts, complaints = key_values(value)
    yield from complaints
    if method == spec.WEB_APP_VIA_SERVER and "os" in accounts:
        yield warning(messages.OS_FIELD_IN_WEB)
    # The specification asks for the field; what HMRC says where it is missing is unknown.
    if method in _WITH_OS_USER and accounts and not accounts.get("os"):
        yield warning(messages.OS_FIELD_MISSING)


def timezone(value: str, _method: str | None) -> Iterator[Complaint]:
    """The device's present offset from UTC, as `UTC±hh:mm`.

    Which offsets HMRC recognises is unknown: here, every quarter of an hour that clocks on Earth may show, UTC-12:00
    to UTC+14:00, which takes in HMRC's own example UTC-01:15.
    """
    match = _TIMEZONE.fullmatch(value)
    if match is None or not is_recognised_offset(_minutes(match)):
        yield error(messages.TIMEZONE)


def is_recognised_offset(minutes: int) -> bool:
    """Whether an offset from UTC, in minutes, can be that of a time zone."""
    return _WESTMOST <= minutes <= _EASTMOST and minutes % 15 == 0


def _minutes(match: re.Match[str]) -> int:
    sign, hours, minutes = match.groups()
    if int(minutes) > 59:
        return _EASTMOST + 1
    return (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)


def multi_factor(value: str, _method: str | None) -> Iterator[Complaint]:
    """A list of second factors used to sign in to the software: type, when, and a lasting reference to the factor."""
    factors, complaints = key_value_list(value, ("type", "timestamp", "unique-reference"))
    yield from complaints
    yield from lacking(factors, "type", error(messages.FACTOR_TYPE_MISSING))
    yield from lacking(factors, "timestamp", error(messages.FACTOR_TIMESTAMP_MISSING))
    yield from lacking(factors, "unique-reference", error(messages.FACTOR_REFERENCE_MISSING))
    if any(factor.get("type") and factor["type"] not in _FACTOR_TYPES for factor in factors):
        yield error(messages.FACTOR_TYPE_UNKNOWN)
    moments = [factor["timestamp"] for factor in factors if factor.get("timestamp")]
    well_formed = all(_FACTOR_TIMESTAMP.fullmatch(moment) and is_moment(moment[:19].rstrip("Z")) for moment in moments)
    if not well_formed and error(messages.INVALID_FORMAT) not in complaints:
        yield error(messages.INVALID_FORMAT)
