"""The headers about the software: how it connects, what it is called, which versions run, on which system, under which licence."""

from collections.abc import Iterator

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.encoding import is_placeholder
from daemon.fraud_headers.rules.structure import key_values, lacking, writing
from daemon.fraud_headers.verdict import Complaint, error, warning

_CLIENT_AND_SERVER = frozenset({spec.DESKTOP_APP_VIA_SERVER, spec.MOBILE_APP_VIA_SERVER, spec.OTHER_VIA_SERVER})


def connection_method(value: str, method: str | None) -> Iterator[Complaint]:
    """One of the eight names, exactly."""
    if value not in spec.METHODS:
        yield error(messages.INVALID_FORMAT)
    elif method is not None and value != method:
        yield error(messages.WRONG_METHOD)


def user_agent(value: str, _method: str | None) -> Iterator[Complaint]:
    """The device's operating system and its version, its manufacturer and its model."""
    agent, complaints = key_values(value, ("os-family", "os-version", "device-manufacturer", "device-model"))
    yield from complaints
    yield from lacking([agent], "os-family", error(messages.OS_FAMILY_MISSING))
    yield from lacking([agent], "os-version", error(messages.OS_VERSION_MISSING))
    yield from lacking([agent], "device-manufacturer", warning(messages.DEVICE_MANUFACTURER_MISSING))
    yield from lacking([agent], "device-model", warning(messages.DEVICE_MODEL_MISSING))


def license_ids(value: str, _method: str | None) -> Iterator[Complaint]:
    """Key-value: each licensed program's name and a hash of its licence key."""
    licences, complaints = key_values(value)
    yield from complaints
    # HMRC asks for a value; what it says where one is missing is unknown.
    if not all(licences.values()):
        yield error(messages.LICENCE_MISSING)


def product_name(value: str, _method: str | None) -> Iterator[Complaint]:
    """The product's name, percent encoded."""
    yield from writing([value])


def vendor_version(value: str, method: str | None) -> Iterator[Complaint]:
    """Key-value: each program that handles the request and its version; client and server where there are both."""
    versions, complaints = key_values(value)
    yield from complaints
    if not all(versions.values()):
        yield error(messages.VERSION_MISSING)
    if versions and method in _CLIENT_AND_SERVER and len(versions) < 2:
        yield warning(messages.TOO_FEW_VERSIONS)


def browser_js_user_agent(value: str, _method: str | None) -> Iterator[Complaint]:
    """`navigator.userAgent` as the browser gives it: printable US-ASCII, not encoded."""
    if not value.isascii() or not value.isprintable():
        yield error(messages.INVALID_FORMAT)
    elif is_placeholder(value):
        yield error(messages.PLACEHOLDER)
    elif "%20" in value or "%2F" in value.upper():
        yield warning(messages.BROWSER_AGENT_ENCODED)
