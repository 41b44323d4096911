"""Whatever is sent, the check does not fail, and its verdict is one of HMRC's."""

import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check
from daemon.fraud_headers.verdict import Verdict
from tests.daemon.fraud_headers.makers import EXAMPLES

VERDICTS = {"VALID_HEADERS", "POTENTIALLY_INVALID_HEADERS", "INVALID_HEADERS"}
ERRORS = {"INVALID_HEADER", "INVALID_HEADERS", "MISSING_HEADER", "EMPTY_HEADER"}
WARNINGS = {"POTENTIALLY_INVALID_HEADER", "EMPTY_HEADER", "UNEXPECTED_HEADER", "MISSING_HEADER"}
PIECES = [
    *("&", "=", ",", "%", "%2", "%26", "%3D", "%2C", "%00", "%ff", "+", " ", "\t", ":", "::", ".", "-", "/", "\\", "@"),
    *("null", "undefined", "os", "width", "by", "for", "type", "10.1.2.3", "::1", "fe80%3A%3A1", "%25eth0", "Z", "T"),
    *("0", "1", "9" * 400, "UTC", "+01:00", "\x00", "\x7f", "\u0661", "é", "\U0001f600", "\ud800", "\n", "a" * 300, ""),
]


def assert_a_verdict_of_hmrcs(verdict: Verdict) -> None:
    assert verdict.code in VERDICTS
    assert verdict.message
    assert {item.code for item in verdict.errors} <= ERRORS
    assert {item.code for item in verdict.warnings} <= WARNINGS
    for item in (*verdict.errors, *verdict.warnings):
        assert item.message
        assert item.headers
        assert all(name == name.lower() and name.startswith("gov-") for name in item.headers)
    if verdict.errors:
        assert verdict.code == "INVALID_HEADERS"
    elif verdict.warnings:
        assert verdict.code == "POTENTIALLY_INVALID_HEADERS"


def damaged(value: str, chance: random.Random) -> str:
    """`value` with pieces cut out, repeated and put in."""
    for _ in range(chance.randrange(4)):
        at, to = sorted((chance.randrange(len(value) + 1), chance.randrange(len(value) + 1)))
        match chance.randrange(4):
            case 0:
                value = value[:at] + value[to:]
            case 1:
                value = value[:to] + value[at:]
            case _:
                value = value[:at] + chance.choice(PIECES) + value[at:]
    return value


def header_sets(count: int, seed: int) -> Iterator[list[tuple[str, str]]]:
    """Sets of headers, most of them nearly right, some of them nothing like it."""
    chance = random.Random(seed)
    for _ in range(count):
        headers = [(spec.CONNECTION_METHOD, chance.choice(spec.METHODS))]
        headers += [pair for pair in EXAMPLES.items() if chance.random() < 0.9]
        for _ in range(chance.randrange(5)):
            at = chance.randrange(len(headers))
            name, value = headers[at]
            if chance.random() < 0.2:
                name = damaged(name, chance)
            headers[at] = (name, damaged(value, chance))
        if chance.random() < 0.1:
            headers.append((damaged("Gov-Client-Local-IPs", chance), "".join(chance.choices(PIECES, k=8))))
        chance.shuffle(headers)
        yield headers[: chance.randrange(len(headers) + 1)] if chance.random() < 0.1 else headers


def test_five_thousand_header_sets_get_a_verdict() -> None:
    seen: set[str] = set()
    for headers in header_sets(5_000, seed=6):
        verdict = check(headers)
        assert_a_verdict_of_hmrcs(verdict)
        seen.add(verdict.code)

    assert seen == VERDICTS


@pytest.mark.soak
def test_a_hundred_thousand_header_sets_get_a_verdict() -> None:
    began = time.perf_counter()
    for headers in header_sets(100_000, seed=20250127):
        assert_a_verdict_of_hmrcs(check(headers))
    print(f"100,000 header sets in {time.perf_counter() - began:.1f} s")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(spec.HEADERS), st.text().map(lambda text: f"Gov-{text}"), st.text()), st.text()
    ),
    st.one_of(st.none(), st.sampled_from(spec.METHODS), st.text()),
)
def test_any_text_gets_a_verdict(headers: dict[str, str], method: str | None) -> None:
    assert_a_verdict_of_hmrcs(check(headers, method))


@settings(deadline=None)
@given(st.sampled_from(spec.HEADERS), st.text(alphabet="0123456789abcdef%&=,.:-+TZUCos"))
def test_any_value_of_a_known_header_gets_a_verdict(name: str, value: str) -> None:
    assert_a_verdict_of_hmrcs(check({name: value}))


@pytest.mark.parametrize("piece", ["a", "a=", "&", ",", "%", "%41", "@a.", "1", ":", "by=1&for=1,", "-", "\u00e9"])
def test_a_very_long_value_takes_no_very_long_time(piece: str) -> None:
    """A value is read a few times from end to end, and never compared with itself."""
    headers = {name: piece * (50_000 // len(piece)) for name in spec.HEADERS[1:]}
    began = time.process_time()

    assert_a_verdict_of_hmrcs(check(headers, spec.DESKTOP_APP_VIA_SERVER))

    assert time.process_time() - began < 10
