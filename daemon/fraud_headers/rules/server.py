"""The headers that a vendor's server adds: where the client came from and which servers it passed."""

from collections.abc import Iterator, Mapping

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.addresses import is_public, read_address
from daemon.fraud_headers.encoding import decode, read_list, read_pairs
from daemon.fraud_headers.rules.structure import key_value_list, lacking
from daemon.fraud_headers.verdict import Complaint, error

_SERVER_PORTS = frozenset({80, 443})
CROSS_CHECKED = (spec.FORWARDED, spec.VENDOR_PUBLIC_IP, spec.PUBLIC_IP)
"""The headers that must agree with one another."""


def public_ip(value: str, _method: str | None) -> Iterator[Complaint]:
    """One IPv4 or IPv6 address as the internet sees it, not encoded."""
    address = None if "%" in value else read_address(value)
    if address is None:
        yield error(messages.NOT_AN_IP)
        if read_address(decode(value)) is not None:
            yield error(messages.IPV6_ENCODED)
    elif not is_public(address):
        yield error(messages.NOT_PUBLIC)


def public_port(value: str, _method: str | None) -> Iterator[Complaint]:
    """The TCP port that the client's connection came from: 1 to 65535, and not the port of a server."""
    digits = value.isascii() and value.isdecimal() and len(value) <= 5
    if not digits or not 1 <= int(value) <= 65535:
        yield error(messages.INVALID_FORMAT)
    elif int(value) in _SERVER_PORTS:
        yield error(messages.SERVER_PORT)


def forwarded(value: str, _method: str | None) -> Iterator[Complaint]:
    """A list of hops over the internet, each with the public address that received it and the one that sent it."""
    hops, complaints = key_value_list(value, ("by", "for"))
    yield from complaints
    yield from lacking(hops, "by", error(messages.BY_MISSING))
    yield from lacking(hops, "for", error(messages.FOR_MISSING))
    texts = [hop[key] for hop in hops for key in ("by", "for") if hop.get(key)]
    addresses = [read_address(text) for text in texts]
    if None in addresses:
        yield error(messages.NOT_AN_IP)
    if not all(is_public(address) for address in addresses if address is not None):
        yield error(messages.NOT_PUBLIC)


def agree(values: Mapping[str, str]) -> bool:
    """Whether one hop in Gov-Vendor-Forwarded joins Gov-Client-Public-IP to Gov-Vendor-Public-IP.

    `values` are the three headers of `CROSS_CHECKED`. True also where one of them cannot be read: its own rule says so.
    """
    client, vendor = read_address(values[spec.PUBLIC_IP]), read_address(values[spec.VENDOR_PUBLIC_IP])
    hops = [
        {decode(key): decode(text or "") for key, text in read_pairs(hop)} for hop in read_list(values[spec.FORWARDED])
    ]
    pairs = [(read_address(hop.get("for", "")), read_address(hop.get("by", ""))) for hop in hops]
    if client is None or vendor is None or all(None in pair for pair in pairs):
        return True
    return (client, vendor) in pairs
