"""Makes the headers of one connection method from what was collected, percent encoded exactly, leaving out what is not known."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.collect import Collected
from daemon.fraud_headers.collect.display import Screen
from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from daemon.fraud_headers.encoding import encode, encode_list, encode_pairs
from storage import __version__

PRODUCT = "hmrc-tui"
OUR_METHODS = (spec.DESKTOP_APP_DIRECT, spec.BATCH_PROCESS_DIRECT)
"""How this program connects: a person at the terminal or the command line, and the timer."""
WITH_DISPLAY = frozenset({spec.DESKTOP_APP_DIRECT})
"""Those of our methods for which HMRC asks about screens and windows."""

NO_SECOND_FACTOR = f"{PRODUCT} has no sign-in of its own, so there is no second factor to tell of"
NO_LICENCE = f"{PRODUCT} is free software and has no licence keys"


@dataclass(frozen=True, slots=True)
class Built:
    """The headers to send, and why each other one that the method requires cannot be collected here."""

    method: str
    headers: Mapping[str, str]
    uncollectable: Mapping[str, str]
    """Header name to the reason, in plain words."""
    mendable: frozenset[str] = frozenset()
    """Those of the uncollectable ones that could be collected if the person did what the reason says."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Header name to what was left out of its value, and why."""


def build(method: str, collected: Collected) -> Built:
    """The headers of `method`, one of `OUR_METHODS`; raises ValueError for another, because it would not be true."""
    if method not in OUR_METHODS:
        raise ValueError(f"{PRODUCT} does not connect as {method}")
    headers: dict[str, str] = {}
    uncollectable: dict[str, str] = {}
    mendable: set[str] = set()
    notes: dict[str, str] = {}
    for name in spec.REQUIRED[method]:
        fact = Known(method) if name == spec.CONNECTION_METHOD else _MAKERS[name](collected)
        if isinstance(fact, Unknown):
            uncollectable[name] = str(fact)
            mendable.update([name] if fact.mend else [])
            continue
        headers[name] = fact.value
        if fact.note:
            notes[name] = fact.note
    return Built(method, headers, uncollectable, frozenset(mendable), notes)


def _device_id(collected: Collected) -> Fact[str]:
    return collected.device_id


def _user_ids(collected: Collected) -> Fact[str]:
    user = collected.os_user
    return user if isinstance(user, Unknown) else Known(encode_pairs({"os": user.value}), user.note)


def _timezone(collected: Collected) -> Fact[str]:
    offset = collected.offset
    return offset if isinstance(offset, Unknown) else Known(_utc_offset(offset.value))


def _utc_offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _local_ips(collected: Collected) -> Fact[str]:
    found = collected.network.addresses
    if isinstance(found, Unknown):
        return found
    return Known(encode_list(str(address) for address in found.value.addresses), found.note)


def _local_ips_timestamp(collected: Collected) -> Fact[str]:
    found = collected.network.addresses
    if isinstance(found, Unknown):
        return Unknown(f"there are no local addresses to give the time of: {found.why}", found.mend)
    return Known(_milliseconds(found.value.taken_at))


def _milliseconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _mac_addresses(collected: Collected) -> Fact[str]:
    found = collected.network.hardware
    return found if isinstance(found, Unknown) else Known(encode_list(found.value))


def _screens(collected: Collected) -> Fact[str]:
    found = collected.screens
    return found if isinstance(found, Unknown) else Known(",".join(_screen(screen) for screen in found.value))


def _screen(screen: Screen) -> str:
    return encode_pairs(
        {
            "width": str(screen.width),
            "height": str(screen.height),
            "scaling-factor": f"{screen.scaling_factor:f}",
            "colour-depth": str(screen.colour_depth),
        }
    )


def _window_size(collected: Collected) -> Fact[str]:
    found = collected.window
    if isinstance(found, Unknown):
        return found
    width, height = found.value
    return Known(encode_pairs({"width": str(width), "height": str(height)}))


def _user_agent(collected: Collected) -> Fact[str]:
    """The system and the device. Without the system's name and version HMRC takes the header for invalid: it is left out."""
    system = collected.system
    for needed in (system.family, system.version):
        if isinstance(needed, Unknown):
            return needed
    parts = {
        "os-family": system.family,
        "os-version": system.version,
        "device-manufacturer": system.manufacturer,
        "device-model": system.model,
    }
    known = {key: fact.value for key, fact in parts.items() if isinstance(fact, Known)}
    return Known(encode_pairs(known), "; ".join(_reasons(parts)))


def _reasons(parts: Mapping[str, Fact[str]]) -> Iterator[str]:
    for key, fact in parts.items():
        if isinstance(fact, Unknown):
            yield f"{key} left out: {fact.why}"


def _multi_factor(_collected: Collected) -> Fact[str]:
    return Unknown(NO_SECOND_FACTOR)


def _license_ids(_collected: Collected) -> Fact[str]:
    return Unknown(NO_LICENCE)


def _product_name(_collected: Collected) -> Fact[str]:
    return Known(encode(PRODUCT))


def _vendor_version(_collected: Collected) -> Fact[str]:
    return Known(encode_pairs({PRODUCT: __version__}))


_MAKERS: Mapping[str, Callable[[Collected], Fact[str]]] = {
    spec.DEVICE_ID: _device_id,
    spec.USER_IDS: _user_ids,
    spec.TIMEZONE: _timezone,
    spec.LOCAL_IPS: _local_ips,
    spec.LOCAL_IPS_TIMESTAMP: _local_ips_timestamp,
    spec.MAC_ADDRESSES: _mac_addresses,
    spec.SCREENS: _screens,
    spec.WINDOW_SIZE: _window_size,
    spec.USER_AGENT: _user_agent,
    spec.MULTI_FACTOR: _multi_factor,
    spec.LICENSE_IDS: _license_ids,
    spec.PRODUCT_NAME: _product_name,
    spec.VENDOR_VERSION: _vendor_version,
}
