"""Text from outside, made fit for one line of a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.shown_text import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Example Ltd", "Example Ltd"),
        ("  Example\r\n\tLtd ", "Example Ltd"),
        ("\x1b[2JExample\x07\x00", "[2JExample"),
        ("Exa\u202emple \u2028Ltd", "Exa mple Ltd"),
        ("Crème & Söhne £", "Crème & Söhne £"),
    ],
)
def test_what_a_terminal_would_obey_is_gone(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text())
def test_whatever_comes_can_be_printed_and_stays_as_it_is_the_second_time(text: str) -> None:
    assert one_line(text).isprintable()
    assert one_line(one_line(text)) == one_line(text)


def test_what_is_shown_in_its_place_keeps_its_width() -> None:
    assert printable("a\tb\n  c\x1b") == "a b   c "
