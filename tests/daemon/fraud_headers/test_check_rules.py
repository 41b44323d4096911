"""Every header against every rule of the specification, and every sentence of HMRC's that is known."""

import pytest

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check
from tests.daemon.fraud_headers.makers import headers_of
from tests.daemon.fraud_headers.sentences import (
    BY,
    DEPTH,
    EMAIL,
    FAMILY,
    FEW_VERSIONS,
    FOR,
    FORMAT,
    KNOWN,
    MAKER,
    MISMATCH,
    MODEL,
    NO_VERSION,
    NOT_ENCODED,
    NOT_IP,
    NOT_KEY_VALUE,
    NOT_LOCAL,
    NOT_PUBLIC,
    NOT_UUID,
    OS_IN_WEB,
    SCALING,
    SEPARATOR,
    SHORT,
    VERSION,
    ZONE,
)

D, DV, W, M, MV = (
    spec.DESKTOP_APP_DIRECT,
    spec.DESKTOP_APP_VIA_SERVER,
    spec.WEB_APP_VIA_SERVER,
    spec.MOBILE_APP_DIRECT,
    spec.MOBILE_APP_VIA_SERVER,
)
B, OD, OV = spec.BATCH_PROCESS_DIRECT, spec.OTHER_DIRECT, spec.OTHER_VIA_SERVER

PLACEHOLDER, PLUS = messages.PLACEHOLDER, messages.PLUS_SIGN

UUID = "beec798b-b366-47fa-b1f8-92cede14a1ce"
SCREEN = "width=1920&height=1080&scaling-factor=1&colour-depth=16"
AGENT = "os-family=Windows&os-version=10&device-manufacturer=Dell&device-model=XPS"
FACTOR = "type=TOTP&timestamp=2021-11-21T13%3A23Z&unique-reference=fc4b"
HASH = "8D7963490527D33716835EE7C195516D"

GOOD = [
    (D, "device_id", UUID.upper()),
    (D, "device_id", UUID.replace("-", "")),
    (D, "user_ids", "os=alice"),
    (D, "user_ids", "my-application=alice123&os=domain%5calice"),  # any order; hexadecimal in either case
    (D, "user_ids", "os=J%C3%BCrgen%20M%26S%3D1"),
    (D, "user_ids", "os=alice&my-application="),  # a key without a value may be sent empty
    (M, "user_ids", "my-application=alice123"),
    (W, "user_ids", "my-application=alice123"),
    *((D, "timezone", zone) for zone in ("UTC+00:00", "UTC-00:00", "UTC+01:00", "UTC-01:15", "UTC+14:00", "UTC-12:00")),
    *((D, "timezone", zone) for zone in ("UTC+05:30", "UTC+05:45", "UTC-03:30", "UTC+12:45", "UTC+10:30")),
    (D, "local_ips", "10.0.0.1,172.16.0.1,172.31.255.254,192.168.255.255,169.254.1.1"),
    (D, "local_ips", "fd00%3A%3A1,fe80%3A%3A1,fe80%3a%3a1"),
    (D, "local_ips", "fe80%3A%3A1%25eth0"),  # with its zone
    (D, "local_ips", "%3A%3Affff%3A10.1.2.3"),
    (W, "local_ips", "65f46603-1f39-4ca5-957f-65e231804f91.local"),
    (D, "local_ips_timestamp", "2024-02-29T23:59:59.000Z"),
    (DV, "public_ip_timestamp", "2024-12-31T00:00:00.900Z"),
    (D, "mac_addresses", "EA%3A43%3A1A%3A5D%3A21%3A45"),
    (D, "mac_addresses", "ea-43-1a-5d-21-45"),
    (D, "mac_addresses", "00%3A11%3A22%3A33%3A44%3A55%3A66%3A77"),
    (D, "multi_factor", FACTOR),
    (D, "multi_factor", FACTOR.replace("23Z", "23%3A59Z").replace("TOTP", "OTHER")),
    (D, "multi_factor", FACTOR.replace("23Z", "23%3A59.123Z") + "," + FACTOR),
    (D, "screens", "colour-depth=24&scaling-factor=1.25&height=1080&width=1920"),
    (D, "screens", f"{SCREEN},{SCREEN}"),
    (D, "screens", "width=1920&height=1080&scaling-factor=0.5&colour-depth=30"),
    (D, "window_size", "height=803&width=1256"),
    (D, "user_agent", AGENT.replace("Dell", "Dell%20Inc.").replace("XPS", "MacBookPro15%2C2")),
    (D, "license_ids", f"my%20licensed%20software={HASH}&other={HASH}"),
    (D, "product_name", "hmrc-tui"),
    (D, "vendor_version", "my-application=1.6.0"),
    (W, "vendor_version", "my-application=1.6.0"),
    (DV, "vendor_version", "my-desktop-app=2.2.2&my-serverside-code=v3.8"),
    (DV, "public_port", "1"),
    (DV, "public_port", "65535"),
    (W, "browser_js_user_agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 13_3_1 like Mac OS X) AppleWebKit/605.1.15"),
]


@pytest.mark.parametrize(("method", "header", "value"), GOOD)
def test_a_value_that_follows_the_specification_is_valid(method: str, header: str, value: str) -> None:
    verdict = check(headers_of(method, **{header: value}))

    assert verdict.code == "VALID_HEADERS", verdict


def errors(method: str, header: str, *rows: tuple[str, set[str]]) -> list[tuple[str, str, str, set[str]]]:
    return [(method, header, value, said) for value, said in rows]


WRONG = [
    *errors(D, "connection_method", ("desktop_app_direct", {FORMAT}), ("DESKTOP", {FORMAT}), ("null", {FORMAT})),
    *errors(
        D,
        "user_ids",
        ("alice", {NOT_KEY_VALUE}),
        ("=alice", {NOT_KEY_VALUE}),
        ("os=alice&", {NOT_KEY_VALUE}),
        ("os%3Dalice", {SEPARATOR}),
        (r"os=domain\alice", {NOT_ENCODED}),
        ("os=alice smith", {NOT_ENCODED}),
        ("os=alice@example.com", {NOT_ENCODED}),
        ("os=müller", {NOT_ENCODED}),
        ("os=100%", {NOT_ENCODED}),
        ("os=a%2", {NOT_ENCODED}),
        ("os=a%zz", {NOT_ENCODED}),
        ("os=a=b", {NOT_ENCODED}),
        ("os=a,b", {NOT_ENCODED}),
        ("my app=1&os=alice", {NOT_ENCODED}),
        ("os=null", {PLACEHOLDER}),
        ("os=Undefined", {PLACEHOLDER}),
        ("os=alice&app=undefined", {PLACEHOLDER}),
    ),
    *errors(D, "timezone", *((zone, {ZONE}) for zone in ("UTC", "GMT", "BST", "Europe/London", "+01:00", "utc+01:00"))),
    *errors(D, "timezone", *((zone, {ZONE}) for zone in ("UTC+1", "UTC+1:00", "UTC01:00", "UTC+01:00:00", "UTC+0100"))),
    *errors(
        D, "timezone", *((zone, {ZONE}) for zone in ("UTC+25:00", "UTC+01:60", "UTC+14:15", "UTC-12:15", "UTC+01:07"))
    ),
    *errors(
        D, "timezone", *((zone, {ZONE}) for zone in ("UTC%2B01:00", "UTC+01%3A00", "UTC 01:00", "UTC+٠١:٠٠", "null"))
    ),
    *errors(
        D,
        "local_ips",
        ("8.8.8.8", {NOT_LOCAL}),
        ("10.1.2.3,198.51.100.0", {NOT_LOCAL}),
        ("222.1.2.3", {NOT_LOCAL}),
        ("0.0.0.0", {NOT_LOCAL}),
        ("224.0.0.1", {NOT_LOCAL}),
        ("172.32.0.1", {NOT_LOCAL}),
        ("2a00%3A%3A1", {NOT_LOCAL}),
        ("%3A%3Affff%3A8.8.8.8", {NOT_LOCAL}),
        ("my-laptop", {NOT_IP}),
        ("10.1.2", {NOT_IP}),
        ("10.1.2.256", {NOT_IP}),
        ("10.1.2.03", {NOT_IP}),
        ("10.1.2.3%2C10.1.2.4", {NOT_IP}),
        ("65f46603-1f39-4ca5-957f-65e231804f91.local", {NOT_IP}),
        ("fc00::,10.1.2.3", {FORMAT}),
        ("10.1.2.3, 10.1.2.4", {FORMAT, NOT_IP}),
        ("10.1.2.3,,10.1.2.4", {FORMAT}),
        ("10.1.2.3,", {FORMAT}),
        (",10.1.2.3", {FORMAT}),
        ("null", {PLACEHOLDER, NOT_IP}),
        ("10.1.2.3,undefined", {PLACEHOLDER, NOT_IP}),
    ),
    *(
        (method, header, value, {FORMAT})
        for method, header in ((D, "local_ips_timestamp"), (DV, "public_ip_timestamp"))
        for value in (
            "2020-09-21T14:30:05Z",
            "2020-09-21T14:30:05.1Z",
            "2020-09-21T14:30:05.1234Z",
            "2020-09-21T14:30:05.123",
            "2020-09-21T14:30:05.123+00:00",
            "2020-09-21T15:30:05.123+01:00",
            "2020-09-21 14:30:05.123Z",
            "2020-09-21T14%3A30%3A05.123Z",
            "20200921T143005.123Z",
            "2020-02-30T14:30:05.123Z",
            "2020-13-01T14:30:05.123Z",
            "2020-09-21T24:30:05.123Z",
            "0000-01-01T00:00:00.000Z",
            "1600698605123",
            "null",
        )
    ),
    *errors(
        D,
        "mac_addresses",
        ("ea:43:1a:5d:21:45", {FORMAT}),
        ("ea%3A43%3A1a%3A5d%3A21", {FORMAT}),
        ("ea%3A43%3A1a%3A5d%3A21%3A45%3A46", {FORMAT}),
        ("ea%3A43%3A1a%3A5d%3A21%3Ag5", {FORMAT}),
        ("ea431a5d2145", {FORMAT}),
        ("ea%3A43-1a%3A5d%3A21%3A45", {FORMAT}),
        ("ea%3A43%3A1a%3A5d%3A21%3A45,", {FORMAT}),
        ("undefined", {PLACEHOLDER, FORMAT}),
    ),
    *errors(
        D,
        "multi_factor",
        (
            "TOTP",
            {
                NOT_KEY_VALUE,
                messages.FACTOR_TYPE_MISSING,
                messages.FACTOR_TIMESTAMP_MISSING,
                messages.FACTOR_REFERENCE_MISSING,
            },
        ),
        (FACTOR.replace("type=TOTP&", ""), {messages.FACTOR_TYPE_MISSING}),
        (FACTOR.replace("TOTP", "SMS"), {messages.FACTOR_TYPE_UNKNOWN}),
        (FACTOR.replace("TOTP", "totp"), {messages.FACTOR_TYPE_UNKNOWN}),
        (FACTOR.replace("&unique-reference=fc4b", ""), {messages.FACTOR_REFERENCE_MISSING}),
        (FACTOR.replace("fc4b", ""), {messages.FACTOR_REFERENCE_MISSING}),
        (FACTOR.replace("timestamp=2021-11-21T13%3A23Z&", ""), {messages.FACTOR_TIMESTAMP_MISSING}),
        (FACTOR.replace("%3A", ":"), {NOT_ENCODED}),
        (FACTOR.replace("23Z", "23"), {FORMAT}),
        (FACTOR.replace("T13", "%2013"), {FORMAT}),
        (FACTOR.replace("T13", "T1"), {FORMAT}),
        (FACTOR.replace("T13", "T25"), {FORMAT}),
        (FACTOR.replace("fc4b", "null"), {PLACEHOLDER}),
        (FACTOR + ",", {FORMAT}),
        (FACTOR + "&type=TOTP", {FORMAT}),
        (
            FACTOR.replace("&", "%26"),
            {
                SEPARATOR,
                messages.FACTOR_TIMESTAMP_MISSING,
                messages.FACTOR_REFERENCE_MISSING,
                messages.FACTOR_TYPE_UNKNOWN,
                NOT_ENCODED,
            },
        ),
    ),
    *errors(
        D,
        "screens",
        ("width=1920&height=1080", {SCALING, DEPTH}),
        ("width=1920&height=1080&scaling-factor=1", {DEPTH}),
        ("width=1920&height=1080&scaling-factor=&colour-depth=16", {SCALING}),
        (f"{SCREEN},width=1920&height=1080&colour-depth=16", {SCALING}),
        ("height=1080&scaling-factor=1&colour-depth=16", {messages.WIDTH_MISSING}),
        ("width=1920&scaling-factor=1&colour-depth=16", {messages.HEIGHT_MISSING}),
        (SCREEN.replace("1920", "0"), {FORMAT}),
        (SCREEN.replace("1920", "-1"), {FORMAT}),
        (SCREEN.replace("1920", "1920.5"), {FORMAT}),
        (SCREEN.replace("1920", "wide"), {FORMAT}),
        (SCREEN.replace("1920", "1920px"), {FORMAT}),
        (SCREEN.replace("factor=1", "factor=0"), {FORMAT}),
        (SCREEN.replace("factor=1", "factor=big"), {FORMAT}),
        (SCREEN.replace("depth=16", "depth=16.5"), {FORMAT}),
        (SCREEN.replace("1920", "null"), {PLACEHOLDER, FORMAT}),
        (SCREEN + ",", {FORMAT}),
        (SCREEN + "&width=1", {FORMAT}),
        (SCREEN.replace("&", ";"), {NOT_ENCODED, messages.HEIGHT_MISSING, SCALING, DEPTH, FORMAT}),
        (SCREEN.replace("&height", "%26height"), {SEPARATOR, messages.HEIGHT_MISSING, FORMAT, NOT_ENCODED}),
        ("1920x1080", {NOT_KEY_VALUE, messages.WIDTH_MISSING, messages.HEIGHT_MISSING, SCALING, DEPTH}),
    ),
    *errors(
        D,
        "window_size",
        ("1256x803", {NOT_KEY_VALUE, messages.WIDTH_MISSING, messages.HEIGHT_MISSING}),
        ("width=1256", {messages.HEIGHT_MISSING}),
        ("height=803", {messages.WIDTH_MISSING}),
        ("width=1256&height=", {messages.HEIGHT_MISSING}),
        ("width=1256&height=0", {FORMAT}),
        ("width=1256.0&height=803", {FORMAT}),
        ("width=-1256&height=803", {FORMAT}),
        ("width=undefined&height=803", {PLACEHOLDER, FORMAT}),
        ("width%3D1256%26height%3D803", {SEPARATOR, messages.WIDTH_MISSING, messages.HEIGHT_MISSING}),
        ("width=1256%26height%3D803", {SEPARATOR, messages.HEIGHT_MISSING, FORMAT}),
        ("width=1256&height=803,width=1&height=1", {NOT_ENCODED, FORMAT}),
    ),
    *errors(
        D,
        "user_agent",
        (AGENT.replace("os-family=Windows&", ""), {FAMILY}),
        (AGENT.replace("Windows", ""), {FAMILY}),
        (AGENT.replace("os-version=10&", ""), {VERSION}),
        (AGENT.replace("=10", "="), {VERSION}),
        (AGENT.replace("Dell", "Dell Inc."), {NOT_ENCODED}),
        (AGENT.replace("Dell", "Dell/EMC"), {NOT_ENCODED}),
        (AGENT.replace("Dell", "null"), {PLACEHOLDER}),
        (AGENT + "&os-family=Linux", {FORMAT}),
        ("Windows/10 (Dell/XPS)", {NOT_KEY_VALUE, FAMILY, VERSION}),
    ),
    *errors(
        D,
        "license_ids",
        (HASH, {NOT_KEY_VALUE}),
        ("my-licensed-software=", {messages.LICENCE_MISSING}),
        (f"my licensed software={HASH}", {NOT_ENCODED}),
        ("my-licensed-software=null", {PLACEHOLDER}),
        (f"my-licensed-software%3D{HASH}", {SEPARATOR}),
    ),
    *errors(
        D,
        "product_name",
        ("Product Name", {FORMAT}),
        ("Prodüct", {FORMAT}),
        ("Product%2", {FORMAT}),
        ("Product/Name", {FORMAT}),
        ("null", {PLACEHOLDER}),
        ("undefined", {PLACEHOLDER}),
    ),
    *errors(
        D,
        "vendor_version",
        ("1.6.0", {NOT_KEY_VALUE}),
        ("my-application=", {NO_VERSION}),
        ("my-application=1&my-server=", {NO_VERSION}),
        ("my application=1.6.0", {NOT_ENCODED}),
        ("my-application=1.6.0 beta", {NOT_ENCODED}),
        ("my-application%3D1.6.0", {SEPARATOR}),
        ("my-application=undefined", {PLACEHOLDER}),
    ),
    *errors(
        DV,
        "public_port",
        *((port, {FORMAT}) for port in ("0", "65536", "99999", "-1", "12345.0", "http", "123456", "٣", " 1 2", "null")),
        ("80", {messages.SERVER_PORT}),
        ("443", {messages.SERVER_PORT}),
    ),
    *errors(
        DV,
        "forwarded",
        ("by=203.0.113.6", {FOR}),
        ("for=198.51.100.0", {BY}),
        ("by=&for=198.51.100.0", {BY}),
        ("by=203.0.113.6&for=198.51.100.0,by=203.0.113.7", {FOR}),
        ("203.0.113.6", {NOT_KEY_VALUE, BY, FOR}),
        ("by=203.0.113.6&for=198.51.100.0,", {FORMAT}),
        ("by=203.0.113.6&for=198.51.100.0,by=server.example.com&for=203.0.113.6", {NOT_IP}),
        ("by=203.0.113.6&for=198.51.100.0,by=10.1.2.3&for=203.0.113.6", {NOT_PUBLIC}),
        ("by=203.0.113.6&for=198.51.100.0,by=2a00::1&for=203.0.113.6", {NOT_ENCODED}),
        ("by=203.0.113.6%26for=198.51.100.0", {NOT_ENCODED, SEPARATOR, FOR, NOT_IP}),
    ),
    *errors(
        W,
        "browser_js_user_agent",
        ("Mozilla/5.0 (Müller)", {FORMAT}),
        ("Mozilla/5.0\x07", {FORMAT}),
        ("undefined", {PLACEHOLDER}),
    ),
]


@pytest.mark.parametrize(("method", "header", "value", "said"), WRONG)
def test_a_value_that_breaks_a_rule_is_an_error(method: str, header: str, value: str, said: set[str]) -> None:
    verdict = check(headers_of(method, **{header: value}), method)

    name = next(name.lower() for name in spec.HEADERS if name.lower().endswith("-" + header.replace("_", "-")))
    assert verdict.code == "INVALID_HEADERS"
    assert verdict.message == "At least 1 header is invalid"
    assert {item.message for item in verdict.errors if name in item.headers} - {messages.WRONG_METHOD} == said
    assert {item.code for item in verdict.errors} == {"INVALID_HEADER"}


WARNED = [
    (W, "user_ids", "os=alice&my-application=alice123", {OS_IN_WEB}),
    (D, "user_ids", "my-application=alice123", {messages.OS_FIELD_MISSING}),
    (B, "user_ids", "os=&my-application=alice123", {messages.OS_FIELD_MISSING}),
    (OD, "user_ids", "my-application=alice123", {messages.OS_FIELD_MISSING}),
    (D, "user_agent", "os-family=Windows&os-version=10", {MAKER, MODEL}),
    (D, "user_agent", "os-family=Windows&os-version=10&device-manufacturer=&device-model=XPS", {MAKER}),
    (D, "user_agent", "os-family=Windows&os-version=10&device-manufacturer=Dell", {MODEL}),
    (DV, "vendor_version", "my-application=1.6.0", {FEW_VERSIONS}),
    (MV, "vendor_version", "my-application=1.6.0", {FEW_VERSIONS}),
    (OV, "vendor_version", "my-application=1.6.0", {FEW_VERSIONS}),
    (D, "device_id", "0123456789abcdef0123456789abcdef-made-up", {NOT_UUID}),
    (D, "device_id", "my-laptop", {NOT_UUID, SHORT}),
    (D, "device_id", "alice@example.com", {NOT_UUID, SHORT, EMAIL}),
    (D, "device_id", "alice%40example.com-0123456789abcdef0123", {NOT_UUID, EMAIL}),
    (D, "local_ips", "127.0.0.1,10.1.2.3", {messages.LOOPBACK}),
    (D, "local_ips", "%3A%3A1", {messages.LOOPBACK}),
    (D, "local_ips", "100.64.0.1", {messages.SHARED_ADDRESS}),
    (D, "mac_addresses", "00%3A00%3A00%3A00%3A00%3A00", {messages.EMPTY_MAC}),
    (D, "mac_addresses", "ff%3Aff%3Aff%3Aff%3Aff%3Aff", {messages.EMPTY_MAC}),
    (D, "product_name", "Product+Name", {PLUS}),
    (D, "user_agent", "os-family=Windows&os-version=Server+2012&device-manufacturer=Dell&device-model=XPS", {PLUS}),
    (W, "browser_js_user_agent", "Mozilla%2F5.0%20(X11)", {messages.BROWSER_AGENT_ENCODED}),
]


@pytest.mark.parametrize(("method", "header", "value", "said"), WARNED)
def test_a_doubtful_value_is_a_warning(method: str, header: str, value: str, said: set[str]) -> None:
    verdict = check(headers_of(method, **{header: value}))

    assert verdict.code == "POTENTIALLY_INVALID_HEADERS"
    assert verdict.message == "At least 1 header is potentially invalid"
    assert {item.message for item in verdict.warnings} == said
    assert {item.code for item in verdict.warnings} == {"POTENTIALLY_INVALID_HEADER"}


def test_every_header_has_good_and_bad_values_here() -> None:
    tested = {header for _, header, *_ in (*WRONG, *WARNED)} | {"public_ip", "vendor_public_ip"}
    named = {name for name in spec.HEADERS if any(name.lower().endswith("-" + key.replace("_", "-")) for key in tested)}
    assert named == set(spec.HEADERS)


def test_every_sentence_that_is_known_of_hmrc_is_said_by_some_rule() -> None:
    """The sentences of the validator's documentation, of HMRC's reports and of published runs."""
    said = {message for *_, sentences in (*WRONG, *WARNED) for message in sentences} | {MISMATCH}
    assert said >= KNOWN
