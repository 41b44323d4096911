"""What is built is never malformed and never empty, and lacks only what it declares, whatever the machine is like."""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.build import OUR_METHODS, Built, build
from daemon.fraud_headers.check import check
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.terminal import NoTerminal
from storage import __version__
from tests.daemon.fraud_headers.makers import (
    DEVICE_ID,
    HARDWARE,
    INET,
    INET6,
    Address,
    Window,
    a_machine,
    collected_from,
    in_a_container,
    in_tmux,
    over_ssh,
    without_a_network_card,
)
from tests.makers import StoppedClock

LEGAL_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
"""A field value of HTTP: visible US-ASCII, white space only inside (RFC 9110 section 5.5)."""
ALWAYS_DECLARED = {spec.LICENSE_IDS, spec.MULTI_FACTOR}


def assert_fit_to_send(built: Built) -> None:
    """Nothing malformed, nothing empty, and everything that is required either sent or declared."""
    for value in built.headers.values():
        assert LEGAL_VALUE.fullmatch(value), value
    assert set(built.headers) | set(built.uncollectable) == set(spec.REQUIRED[built.method])
    assert not set(built.headers) & set(built.uncollectable)
    assert all(built.uncollectable.values())
    verdict = check(built.headers)
    declared = {name.lower() for name in built.uncollectable}
    for finding in (*verdict.errors, *verdict.warnings):
        if finding.code == "MISSING_HEADER":
            assert set(finding.headers) <= declared
        else:
            assert finding.code == "POTENTIALLY_INVALID_HEADER"
            assert finding.headers == ("gov-client-user-agent",)
            assert "device" in finding.message


@pytest.mark.parametrize("method", OUR_METHODS)
@pytest.mark.parametrize("make", [a_machine, over_ssh, in_tmux, in_a_container, without_a_network_card])
def test_headers_are_right_wherever_the_program_runs(make, method: str) -> None:
    assert_fit_to_send(build(method, collected_from(make())))


def test_a_desktop_sends_everything_but_a_second_factor_and_a_licence() -> None:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(a_machine()))

    assert built.headers == {
        "Gov-Client-Connection-Method": "DESKTOP_APP_DIRECT",
        "Gov-Client-Device-ID": DEVICE_ID,
        "Gov-Client-User-IDs": "os=alice",
        "Gov-Client-Timezone": "UTC+01:00",
        "Gov-Client-Local-IPs": "192.168.1.20,fe80%3A%3Afc%3Aff%3Afe00%3A1",
        "Gov-Client-Local-IPs-Timestamp": "2025-07-01T09:00:05.120Z",
        "Gov-Client-MAC-Addresses": "10%3A12%3Acc%3Afa%3Aaa%3A32,ea%3A43%3A1a%3A5d%3A21%3A45",
        "Gov-Client-Screens": "width=1920&height=1080&scaling-factor=1.25&colour-depth=24,"
        "width=2560&height=1440&scaling-factor=1.25&colour-depth=24",
        "Gov-Client-Window-Size": "width=1256&height=803",
        "Gov-Client-User-Agent": "os-family=Linux&os-version=Debian%20GNU%2FLinux%2012",
        "Gov-Vendor-Product-Name": "hmrc-tui",
        "Gov-Vendor-Version": f"hmrc-tui={__version__}",
    }
    assert set(built.uncollectable) == ALWAYS_DECLARED
    assert built.mendable == frozenset()


def test_the_timer_sends_nothing_about_a_display() -> None:
    built = build(spec.BATCH_PROCESS_DIRECT, collected_from(a_machine()))

    assert set(built.uncollectable) == {spec.LICENSE_IDS}
    assert not {spec.SCREENS, spec.WINDOW_SIZE, spec.MULTI_FACTOR} & set(built.headers)


@pytest.mark.parametrize(
    ("machine", "declared"),
    [
        (over_ssh(), {spec.SCREENS, spec.WINDOW_SIZE}),
        (in_tmux(), {spec.SCREENS}),
        (in_a_container(), {spec.SCREENS, spec.WINDOW_SIZE}),
        (without_a_network_card(), {spec.LOCAL_IPS, spec.LOCAL_IPS_TIMESTAMP, spec.MAC_ADDRESSES}),
    ],
)
def test_what_a_place_does_not_have_is_declared(machine: Machine, declared: set[str]) -> None:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(machine))

    assert set(built.uncollectable) == ALWAYS_DECLARED | declared
    assert built.mendable == frozenset()


@pytest.mark.parametrize("method", [*sorted(set(spec.METHODS) - set(OUR_METHODS)), "", "desktop_app_direct"])
def test_no_method_is_claimed_that_is_not_true(method: str) -> None:
    with pytest.raises(ValueError, match="does not connect as"):
        build(method, collected_from(a_machine()))


def test_half_a_user_agent_is_not_sent() -> None:
    built = build(spec.BATCH_PROCESS_DIRECT, collected_from(a_machine(release=lambda: "", os_release=dict)))

    assert built.uncollectable[spec.USER_AGENT] == "the platform does not tell its operating system's version"
    assert_fit_to_send(built)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        (r"domain\alice", "domain%5Calice"),
        ("Jürgen Müller", "J%C3%BCrgen%20M%C3%BCller"),
        ("a&b=c,d+e%f", "a%26b%3Dc%2Cd%2Be%25f"),
        ("o'neil (x)*!", "o%27neil%20%28x%29%2A%21"),
        ("a-b.c_d~e", "a-b.c_d~e"),
        ("名前", "%E5%90%8D%E5%89%8D"),
        ("br\udce9ve", "br%E9ve"),  # a name in Latin-1 on a system that speaks UTF-8
    ],
)
def test_encoding_is_exact(name: str, encoded: str) -> None:
    built = build(spec.BATCH_PROCESS_DIRECT, collected_from(a_machine(user_name=lambda: name)))

    assert built.headers[spec.USER_IDS] == f"os={encoded}"
    assert_fit_to_send(built)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (timedelta(0), "UTC+00:00"),
        (timedelta(hours=1), "UTC+01:00"),
        (timedelta(hours=-3, minutes=-30), "UTC-03:30"),
        (timedelta(minutes=-30), "UTC-00:30"),
        (timedelta(hours=12, minutes=45), "UTC+12:45"),
    ],
)
def test_the_time_zone_is_an_offset_with_its_sign(offset: timedelta, text: str) -> None:
    built = build(spec.BATCH_PROCESS_DIRECT, collected_from(a_machine(offset=lambda _moment: offset)))

    assert built.headers[spec.TIMEZONE] == text


@pytest.mark.parametrize(
    ("microsecond", "text"), [(0, "000"), (999, "000"), (1_000, "001"), (120_000, "120"), (999_999, "999")]
)
def test_a_moment_has_three_digits_of_milliseconds(microsecond: int, text: str) -> None:
    clock = StoppedClock(datetime(2025, 1, 2, 3, 4, 5, microsecond, tzinfo=UTC))
    built = build(spec.BATCH_PROCESS_DIRECT, collected_from(a_machine(), clock))

    assert built.headers[spec.LOCAL_IPS_TIMESTAMP] == f"2025-01-02T03:04:05.{text}Z"


names = st.text(min_size=0, max_size=40)
zones = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_.", max_size=12)
addresses = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda number: Address(INET, str(IPv4Address(number)))),
    st.tuples(st.integers(0, 2**128 - 1), zones).map(
        lambda pair: Address(INET6, str(IPv6Address(pair[0])) + (f"%{pair[1]}" if pair[1] else ""))
    ),
    st.tuples(st.integers(0, 2**64 - 1), zones).map(
        lambda pair: Address(INET6, str(IPv6Address((0xFE80 << 112) + pair[0])) + (f"%{pair[1]}" if pair[1] else ""))
    ),
    st.binary(min_size=0, max_size=20).map(lambda octets: Address(HARDWARE, octets.hex(":"))),
    st.sampled_from([Address(INET, "10.1.2.3"), Address(INET6, "fe80::1%eth0"), Address(INET, "not an address")]),
)
machines = st.builds(
    a_machine,
    environ=st.dictionaries(st.sampled_from(["DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY", "TMUX"]), names),
    interfaces=st.dictionaries(names, st.lists(addresses, max_size=6), max_size=4).map(lambda found: lambda: found),
    user_name=st.one_of(st.none(), names, st.sampled_from(["null", "undefined", " ", "&", "%00"])).map(
        lambda name: lambda: name
    ),
    user_number=st.one_of(st.none(), st.integers(0, 2**32)).map(lambda number: lambda: number),
    offset=st.one_of(
        st.none(), st.timedeltas(timedelta(hours=-24), timedelta(hours=24)), st.sampled_from([timedelta(hours=1)])
    ).map(lambda offset: lambda _moment: offset),
    system=st.one_of(names, st.sampled_from(["Linux", "Darwin", "Windows"])).map(lambda name: lambda: name),
    release=names.map(lambda name: lambda: name),
    os_release=st.dictionaries(st.sampled_from(["NAME", "VERSION_ID", "ID"]), names).map(lambda found: lambda: found),
    installed=st.booleans().map(lambda there: lambda _program: there),
    run=st.one_of(st.none(), names).map(lambda said: lambda _command: said),
    terminal=st.one_of(
        st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(Window),
        st.just(Window(None)),
        st.just(NoTerminal()),
    ),
)


@settings(deadline=None)
@given(machines, st.sampled_from(OUR_METHODS), st.integers(0, 7_258_118_400_000))
def test_whatever_the_machine_is_like_what_is_sent_is_right(machine: Machine, method: str, moment: int) -> None:
    clock = StoppedClock(datetime.fromtimestamp(moment / 1000, UTC))

    assert_fit_to_send(build(method, collected_from(machine, clock)))
