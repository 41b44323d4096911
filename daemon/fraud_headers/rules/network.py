"""The headers about the device's own network: its addresses, when they were taken, and its network cards."""

import re
from collections.abc import Iterator
from datetime import datetime

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.addresses import (
    is_empty_mac,
    is_local,
    is_loopback,
    is_mac,
    is_shared,
    read_address,
)
from daemon.fraud_headers.rules.structure import plain_list
from daemon.fraud_headers.verdict import Complaint, error, warning

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MULTICAST_NAME = re.compile(r"[A-Za-z0-9-]+\.local", re.IGNORECASE)


def local_ips(value: str, method: str | None) -> Iterator[Complaint]:
    """A list of the device's local IPv4 and IPv6 addresses, every value percent encoded.

    Browsers hide addresses behind multicast names (`….local`), which HMRC's web page asks to submit as they are.
    """
    values, complaints = plain_list(value)
    yield from complaints
    if method == spec.WEB_APP_VIA_SERVER:
        values = [text for text in values if not _MULTICAST_NAME.fullmatch(text)]
    addresses = [read_address(text) for text in values]
    if None in addresses:
        yield error(messages.NOT_AN_IP)
    known = [address for address in addresses if address is not None]
    if any(is_loopback(address) for address in known):
        yield warning(messages.LOOPBACK)
    # HMRC has refused addresses beginning with 100 (vat-api issue 723); whether it meant these is unknown.
    if any(is_shared(address) for address in known):
        yield warning(messages.SHARED_ADDRESS)
    if not all(is_local(address) or is_loopback(address) or is_shared(address) for address in known):
        yield error(messages.NOT_LOCAL)


def timestamp(value: str, _method: str | None) -> Iterator[Complaint]:
    """A moment in UTC as `yyyy-MM-ddThh:mm:ss.sssZ`, with all three digits of the milliseconds."""
    if not _TIMESTAMP.fullmatch(value) or not is_moment(value):
        yield error(messages.INVALID_FORMAT)


def is_moment(text: str) -> bool:
    """Whether an ISO 8601 text is a date and time that exist."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def mac_addresses(value: str, _method: str | None) -> Iterator[Complaint]:
    """A list of the hardware addresses of the device's network cards, every value percent encoded."""
    values, complaints = plain_list(value)
    yield from complaints
    if not all(map(is_mac, values)) and error(messages.INVALID_FORMAT) not in complaints:
        yield error(messages.INVALID_FORMAT)
    # Whether HMRC refuses these is unknown; they cannot be right.
    if any(is_mac(text) and is_empty_mac(text) for text in values):
        yield warning(messages.EMPTY_MAC)
