"""A secret is masked wherever it might be shown by accident, and can be compared whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.secret import Secret, masked

PLANTED = Secret("planted-secret")


def test_neither_text_nor_form_nor_format_shows_it() -> None:
    shown = (str(PLANTED), repr(PLANTED), f"{PLANTED}", f"{PLANTED!r:>40}", repr({"token": PLANTED}), "%s" % PLANTED)  # noqa: UP031 - a logger's way
    assert not any("planted" in text for text in shown)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_two_are_equal_where_their_texts_are(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) == (one == other)
    assert hash(Secret(one)) == hash(Secret(one))


def test_half_a_character_from_a_terminal_is_compared_like_any_other() -> None:
    assert Secret("\udc80") != Secret("\udc81")
    assert Secret("\udc80") == Secret("\udc80")


@pytest.mark.parametrize(
    ("identifier", "shown"), [("2234567890", "••••••••90"), ("AA000000A", "•••••••0A"), ("1234", "••••"), ("", "")]
)
def test_an_identifier_shows_its_last_two_characters_at_the_most(identifier: str, shown: str) -> None:
    assert masked(identifier) == shown
