"""The device's local addresses, with the moment they were read, and the hardware addresses of its network cards."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daemon.fraud_headers.addresses import (
    Address,
    is_empty_mac,
    is_local,
    is_loopback,
    is_mac,
    read_address,
)
from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from daemon.fraud_headers.collect.machine import InterfaceAddress, Machine
from storage.clock import Clock

_HARDWARE = getattr(socket, "AF_PACKET", getattr(socket, "AF_LINK", -1))
"""The family under which psutil gives hardware addresses: AF_PACKET, AF_LINK, or -1 where the system has neither."""
_CONTAINERS_END = "veth"
"""Linux names the host's end of a container's cable so: it comes and goes with the container and is no card of the device."""


@dataclass(frozen=True, slots=True)
class LocalAddresses:
    """Local addresses in ascending order, IPv4 first, without zones, and when they were read (UTC)."""

    addresses: tuple[Address, ...]
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Network:
    """What the network interfaces tell."""

    addresses: Fact[LocalAddresses]
    hardware: Fact[tuple[str, ...]]
    """Hardware addresses in lower case with colons, ascending."""


def collect_network(machine: Machine, clock: Clock) -> Network:
    """Reads the interfaces once, so that addresses, hardware addresses and the moment belong together."""
    try:
        interfaces = machine.interfaces()
    except OSError:
        hidden = Unknown("the system does not let this program see its network interfaces")
        return Network(hidden, hidden)
    found = _own(interfaces)
    return Network(_local_addresses(found, clock.now()), _hardware(found))


def _own(interfaces: Mapping[str, Sequence[InterfaceAddress]]) -> list[InterfaceAddress]:
    return [
        address
        for name, addresses in interfaces.items()
        if not name.startswith(_CONTAINERS_END)
        for address in addresses
    ]


def _local_addresses(found: Iterable[InterfaceAddress], taken_at: datetime) -> Fact[LocalAddresses]:
    read = (read_address(one.address) for one in found if one.family in {socket.AF_INET, socket.AF_INET6})
    addresses = {address for address in read if address is not None and not is_loopback(address)}
    local = sorted((address for address in addresses if is_local(address)), key=_order)
    others = len(addresses) - len(local)
    if not addresses:
        return Unknown("this machine has no network address")
    if not local:
        return Unknown("this machine has no local network address, only public ones, which HMRC refuses in this header")
    note = f"{others} left out that are not local addresses: HMRC refuses them in this header" if others else ""
    return Known(LocalAddresses(tuple(local), taken_at), note)


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)


def _hardware(found: Iterable[InterfaceAddress]) -> Fact[tuple[str, ...]]:
    texts = {one.address.lower().replace("-", ":") for one in found if one.family == _HARDWARE}
    cards = sorted(text for text in texts if is_mac(text) and not is_empty_mac(text))
    if not cards:
        return Unknown("this machine has no network card with a hardware address")
    return Known(tuple(cards))
