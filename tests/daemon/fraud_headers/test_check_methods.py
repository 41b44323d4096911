"""Which headers each connection method must have: every header of the specification against all eight methods."""

import pytest

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check, connection_method
from daemon.fraud_headers.verdict import Finding
from tests.daemon.fraud_headers.makers import EXAMPLES, headers_of

VALID = (
    "All headers required for your connection method have been supplied and all appear to be valid. Validation is "
    "based on a single request. We have access to all requests and can draw additional conclusions."
)
SINGLE_FACTOR = (
    "This may be correct for single factor authentication, for example username and password. If this is the case, "
    "you must contact us explaining why you cannot submit this header."
)
REQUIRED_BY = {
    "Gov-Client-Connection-Method": "D DV W M MV B O OV",
    "Gov-Client-Device-ID": "D DV W M MV B O OV",
    "Gov-Client-User-IDs": "D DV W M MV B O OV",
    "Gov-Client-Timezone": "D DV W M MV B O OV",
    "Gov-Vendor-License-IDs": "D DV W M MV B O OV",
    "Gov-Vendor-Product-Name": "D DV W M MV B O OV",
    "Gov-Vendor-Version": "D DV W M MV B O OV",
    "Gov-Client-Local-IPs": "D DV M MV B O OV",
    "Gov-Client-Local-IPs-Timestamp": "D DV M MV B O OV",
    "Gov-Client-User-Agent": "D DV M MV B O OV",
    "Gov-Client-MAC-Addresses": "D DV B O OV",
    "Gov-Client-Multi-Factor": "D DV W M MV O OV",
    "Gov-Client-Screens": "D DV W M MV",
    "Gov-Client-Window-Size": "D DV W M MV",
    "Gov-Client-Public-IP": "DV W MV OV",
    "Gov-Client-Public-IP-Timestamp": "DV W MV OV",
    "Gov-Client-Public-Port": "DV W MV OV",
    "Gov-Vendor-Forwarded": "DV W MV OV",
    "Gov-Vendor-Public-IP": "DV W MV OV",
    "Gov-Client-Browser-JS-User-Agent": "W",
}
"""HMRC's table, written out again rather than read from the program."""
INITIALS = {
    "D": "DESKTOP_APP_DIRECT",
    "DV": "DESKTOP_APP_VIA_SERVER",
    "W": "WEB_APP_VIA_SERVER",
    "M": "MOBILE_APP_DIRECT",
    "MV": "MOBILE_APP_VIA_SERVER",
    "B": "BATCH_PROCESS_DIRECT",
    "O": "OTHER_DIRECT",
    "OV": "OTHER_VIA_SERVER",
}
WANTED = [
    (method, header, initial in methods.split())
    for header, methods in REQUIRED_BY.items()
    for initial, method in INITIALS.items()
]
SOFT = {"Gov-Client-Multi-Factor", "Gov-Vendor-License-IDs"}


@pytest.mark.parametrize("method", INITIALS.values())
def test_hmrcs_own_examples_are_valid(method: str) -> None:
    verdict = check(headers_of(method))

    assert (verdict.code, verdict.message) == ("VALID_HEADERS", VALID)
    assert verdict.errors == verdict.warnings == ()


@pytest.mark.parametrize(("method", "header", "required"), WANTED)
def test_a_missing_header_is_found_where_the_method_requires_it(method: str, header: str, required: bool) -> None:
    headers = headers_of(method)
    headers.pop(header, None)

    verdict = check(headers, method)

    if not required:
        assert verdict.code == "VALID_HEADERS"
    elif header in SOFT:
        assert verdict.code == "POTENTIALLY_INVALID_HEADERS"
        (warning,) = verdict.warnings
        assert (warning.code, warning.headers) == ("MISSING_HEADER", (header.lower(),))
    else:
        assert verdict.code == "INVALID_HEADERS"
        assert verdict.errors == (Finding("MISSING_HEADER", "Header required", (header.lower(),)),)


@pytest.mark.parametrize("empty", ["", "   ", "\t"])
@pytest.mark.parametrize(("method", "header", "required"), WANTED)
def test_an_empty_header_is_found_where_the_method_requires_it(
    method: str, header: str, required: bool, empty: str
) -> None:
    verdict = check({**headers_of(method), header: empty}, method)

    if not required:
        assert verdict.code == "VALID_HEADERS"
    elif header in SOFT:
        assert verdict.code == "POTENTIALLY_INVALID_HEADERS"
        (warning,) = verdict.warnings
        assert (warning.code, warning.headers) == ("EMPTY_HEADER", (header.lower(),))
    else:
        assert verdict.code == "INVALID_HEADERS"
        assert verdict.errors == (Finding("EMPTY_HEADER", "Value required", (header.lower(),)),)


def test_a_single_factor_is_warned_about_in_hmrcs_words() -> None:
    empty = check(headers_of(spec.OTHER_DIRECT, multi_factor=""))
    missing = check(headers_of(spec.OTHER_DIRECT, multi_factor=None))

    assert empty.warnings[0].message == f"Value is empty. {SINGLE_FACTOR}"
    assert missing.warnings[0].message == f"Header missing. {SINGLE_FACTOR}"


@pytest.mark.parametrize("value", ["", None])
def test_a_missing_licence_is_warned_about_with_hmrcs_ending(value: str | None) -> None:
    verdict = check(headers_of(spec.DESKTOP_APP_DIRECT, license_ids=value))

    assert verdict.warnings[0].message.endswith("you must contact us explaining why you cannot submit this header.")


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/vnd.hmrc.1.0+json"}, {"Gov-Test-Scenario": "X"}])
def test_no_fraud_prevention_header_at_all_has_a_verdict_of_its_own(headers: dict[str, str]) -> None:
    verdict = check(headers)

    assert verdict.code == "INVALID_HEADERS"
    assert verdict.message == (
        "No fraud prevention headers submitted. These are required by law. Check the specification."
    )
    assert verdict.errors == verdict.warnings == ()


@pytest.mark.parametrize(
    "name", ["Gov-Client-Browser-Plugins", "Gov-Client-Time-Zone", "gov-vendor-license-id", "Gov-", "GOV-CLIENT-FOO"]
)
def test_an_unknown_header_is_unexpected(name: str) -> None:
    verdict = check({**headers_of(spec.BATCH_PROCESS_DIRECT), name: "1"})

    assert verdict.code == "POTENTIALLY_INVALID_HEADERS"
    assert verdict.warnings == (
        Finding("UNEXPECTED_HEADER", "Unrecognised header. Check format and spelling.", (name.lower(),)),
    )


def test_the_test_scenario_header_is_known() -> None:
    assert check({**headers_of(spec.BATCH_PROCESS_DIRECT), "Gov-Test-Scenario": ""}).code == "VALID_HEADERS"


@pytest.mark.parametrize("method", INITIALS.values())
def test_a_known_header_of_another_method_is_not_unexpected(method: str) -> None:
    everything = {**EXAMPLES, **headers_of(method)}

    assert check(everything).code == "VALID_HEADERS"


@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_names_are_caseless(case) -> None:
    headers = {case(name): value for name, value in headers_of(spec.WEB_APP_VIA_SERVER).items()}

    assert check(headers).code == "VALID_HEADERS"


def test_a_header_that_comes_twice_is_one_list() -> None:
    sent = list(headers_of(spec.BATCH_PROCESS_DIRECT, local_ips="10.1.2.3").items())

    assert check([*sent, ("gov-client-local-ips", "10.1.2.4")]).code == "VALID_HEADERS"
    assert check([*sent, ("gov-client-timezone", "UTC+00:00")]).code == "INVALID_HEADERS"


def test_the_method_is_read_from_the_headers_unless_it_is_given() -> None:
    batch = headers_of(spec.BATCH_PROCESS_DIRECT)

    assert connection_method(batch) == "BATCH_PROCESS_DIRECT"
    assert check(batch).code == "VALID_HEADERS"
    as_desktop = check(batch, spec.DESKTOP_APP_DIRECT)
    assert as_desktop.code == "INVALID_HEADERS"
    found = {(item.code, name) for item in as_desktop.errors for name in item.headers}
    assert found == {
        ("MISSING_HEADER", "gov-client-screens"),
        ("MISSING_HEADER", "gov-client-window-size"),
        ("INVALID_HEADER", "gov-client-connection-method"),
    }


@pytest.mark.parametrize("method", ["", "desktop_app_direct", "DESKTOP", "null"])
def test_an_unknown_method_leaves_what_every_method_requires(method: str) -> None:
    verdict = check(
        {"Gov-Client-Connection-Method": method, "Gov-Client-Timezone": "UTC+00:00", "Gov-Client-Screens": ""}
    )

    found = {(item.code, name) for item in verdict.errors for name in item.headers}
    assert found == {
        ("INVALID_HEADER" if method else "EMPTY_HEADER", "gov-client-connection-method"),
        ("MISSING_HEADER", "gov-client-device-id"),
        ("MISSING_HEADER", "gov-client-user-ids"),
        ("MISSING_HEADER", "gov-vendor-product-name"),
        ("MISSING_HEADER", "gov-vendor-version"),
        ("EMPTY_HEADER", "gov-client-screens"),
    }


def test_what_is_said_of_several_headers_is_said_once() -> None:
    verdict = check({"Gov-Client-Connection-Method": "BATCH_PROCESS_DIRECT"})

    (missing,) = verdict.errors
    assert missing.code == "MISSING_HEADER"
    assert len(missing.headers) == 9
    assert all(name == name.lower() for name in missing.headers)


def test_the_answer_has_no_empty_lists() -> None:
    good = check(headers_of(spec.BATCH_PROCESS_DIRECT)).as_answer("3.3")
    bad = check(headers_of(spec.BATCH_PROCESS_DIRECT, timezone="BST")).as_answer("3.3")

    assert set(good) == {"specVersion", "code", "message"}
    assert set(bad) == {"specVersion", "code", "message", "errors"}
    assert bad["errors"] == [
        {
            "code": "INVALID_HEADER",
            "message": "Value must be a recognised timezone in UTC format, submitted as UTC±<hh>:<mm>",
            "headers": ["gov-client-timezone"],
        }
    ]
