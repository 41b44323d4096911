"""Which network addresses are local to a device and which are public, as the headers need it."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


_LOCAL = _networks(
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",  # link-local, RFC 3927
    "192.0.0.0/24",  # DS-Lite and 464XLAT give devices addresses here, RFC 7335
    "192.0.2.0/24",  # documentation; HMRC's examples do not use it for public addresses, so it can only be local
    "198.18.0.0/15",  # benchmarking, RFC 2544
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",  # site-local, deprecated by RFC 3879 but still met
)
_LOOPBACK = _networks("127.0.0.0/8", "::1/128")
_SHARED = _networks("100.64.0.0/10")
_NEITHER = _networks("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?:(?:\1[0-9A-Fa-f]{2}){2})?")


def read_address(text: str) -> Address | None:
    """An IPv4 or IPv6 address, the latter with or without a zone; None for anything else.

    An IPv4 address mapped into IPv6 is taken for what it stands for, as HMRC's validator does.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def is_local(address: Address) -> bool:
    """Whether the address is one that a device has inside its own network only."""
    return _within(address, _LOCAL)


def is_loopback(address: Address) -> bool:
    """Whether the address leads back to the device itself."""
    return _within(address, _LOOPBACK)


def is_shared(address: Address) -> bool:
    """Whether the address is in the space shared by carriers, RFC 6598: neither private nor public."""
    return _within(address, _SHARED)


def is_public(address: Address) -> bool:
    """Whether the address can be seen on the internet.

    198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32 count as public although they are kept for documentation: HMRC's
    own examples use them so.
    """
    return not any(_within(address, networks) for networks in (_LOCAL, _LOOPBACK, _SHARED, _NEITHER))


def is_mac(text: str) -> bool:
    """Whether `text` is a hardware address: six or eight octets in hexadecimal, between colons or hyphens."""
    return _MAC.fullmatch(text) is not None


def is_empty_mac(text: str) -> bool:
    """Whether a hardware address is all zeros, or the broadcast address, and so names no card."""
    return set(text.lower()) - set(":-") in ({"0"}, {"f"})


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
