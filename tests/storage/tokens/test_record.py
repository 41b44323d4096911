"""The grant record: what is kept of it, what is never shown, and which of two is the newer."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from storage.secret import Secret
from storage.tokens.record import decode, encode, to_wire, token_hash
from tests.daemon.hmrc.grants import a_record

TOKENS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)
"""RFC 6749, A.12 and A.17."""


@given(TOKENS, TOKENS, st.integers(0, 10**9))
def test_a_record_is_read_back_as_it_was_written(access: str, refresh: str, lifetime: int) -> None:
    record = a_record(access_token=Secret(access), refresh_token=Secret(refresh), expires_in=lifetime)
    assert decode(encode(record)) == record


@given(st.binary(max_size=300))
def test_anything_else_is_not_a_record(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a grant record"):
        decode(content)


@pytest.mark.parametrize("token", ["", "tök", "a\nb", "\x00"])
def test_what_no_header_can_carry_is_not_a_token(token: str) -> None:
    damaged = structs.replace(to_wire(a_record()), access_token=token)
    with pytest.raises(ValueError, match="not a grant record"):
        decode(msgspec.json.encode(damaged))


def test_no_token_is_shown() -> None:
    record = a_record()
    assert "made-up" not in f"{record} {record!r} {to_wire(record)!r} {token_hash(record.refresh_token)}"


def test_a_later_sign_in_is_newer_than_any_refresh_of_an_earlier_one() -> None:
    earlier, later = (
        a_record(generation=9),
        a_record(generation=1, granted_at=a_record().granted_at + timedelta(days=1)),
    )
    assert later.newer_than(earlier)
    assert not earlier.newer_than(later)
    assert a_record(generation=10).newer_than(earlier)
    assert not earlier.newer_than(earlier)
    assert earlier.newer_than(None)
