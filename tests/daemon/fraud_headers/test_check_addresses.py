"""Addresses: public ones are those that the internet sees, and the hops agree with the client's and the server's."""

import pytest

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check
from tests.daemon.fraud_headers.makers import headers_of
from tests.daemon.fraud_headers.sentences import MISMATCH, NOT_IP, NOT_PUBLIC

DV, W = spec.DESKTOP_APP_VIA_SERVER, spec.WEB_APP_VIA_SERVER


@pytest.mark.parametrize("header", ["public_ip", "vendor_public_ip"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("server.example.com", {NOT_IP}),
        ("198.51.100", {NOT_IP}),
        ("198.51.100.0:443", {NOT_IP}),
        ("null", {NOT_IP}),
        ("2a00%3A%3A1", {NOT_IP, messages.IPV6_ENCODED}),
        ("10.1.2.3", {NOT_PUBLIC}),
        ("192.168.0.1", {NOT_PUBLIC}),
        ("127.0.0.1", {NOT_PUBLIC}),
        ("169.254.1.1", {NOT_PUBLIC}),
        ("100.64.0.1", {NOT_PUBLIC}),
        ("0.0.0.0", {NOT_PUBLIC}),
        ("255.255.255.255", {NOT_PUBLIC}),
        ("fd00::1", {NOT_PUBLIC}),
        ("fe80::1", {NOT_PUBLIC}),
        ("::1", {NOT_PUBLIC}),
        ("::ffff:10.1.2.3", {NOT_PUBLIC}),
    ],
)
def test_a_public_address_is_one_that_the_internet_sees(header: str, value: str, said: set[str]) -> None:
    verdict = check(headers_of(DV, **{header: value}))

    name = next(name.lower() for name in spec.HEADERS if name.lower().endswith("-" + header.replace("_", "-")))
    assert {item.message for item in verdict.errors if item.headers == (name,)} == said


def test_a_hop_joins_the_clients_address_to_the_servers() -> None:
    hops = "by=2001%3A0db8%3A85a3%3A0000%3A0000%3A8a2e%3A0370%3A7334&for=198.51.100.0,by=203.0.113.6&for=2001%3Adb8%3A85a3%3A%3A8a2e%3A370%3A7334"

    agreeing = check(headers_of(W, forwarded=hops, vendor_public_ip="2001:db8:85a3::8a2e:370:7334"))
    assert agreeing.code == "VALID_HEADERS"
    for changes in ({"vendor_public_ip": "203.0.113.6"}, {"public_ip": "198.51.100.9"}):
        verdict = check(
            headers_of(W, **{"forwarded": hops, "vendor_public_ip": "2001:db8:85a3::8a2e:370:7334", **changes})
        )
        (finding,) = verdict.errors
        assert (finding.code, finding.message) == ("INVALID_HEADERS", MISMATCH)
        assert finding.headers == ("gov-vendor-forwarded", "gov-vendor-public-ip", "gov-client-public-ip")


def test_addresses_that_cannot_be_read_are_not_called_inconsistent_too() -> None:
    for changes in ({"public_ip": "nowhere"}, {"forwarded": "nothing"}, {"vendor_public_ip": "fe80%3A%3A1"}):
        assert MISMATCH not in {item.message for item in check(headers_of(W, **changes)).errors}
