"""UTRs, NINOs and tax years are told apart from near misses as HMRC tells them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.simulator.identifiers import is_nino, is_tax_year, is_utr, new_nino, new_utr


@pytest.mark.parametrize("utr", ["2234567890", "1097172564", "1111111111", "1000057161"])
def test_a_utr_with_the_right_check_digit_is_one(utr: str) -> None:
    assert is_utr(utr)


@pytest.mark.parametrize(
    "text", ["1097172565", "1700000000", "1234567890", "1097172564-", "109717256", "", "K223456789", "٢٢٣٤٥٦٧٨٩٠"]
)
def test_a_wrong_check_digit_or_form_is_not_a_utr(text: str) -> None:
    assert not is_utr(text)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_each_nine_digits_have_at_most_one_check_digit(rest: str) -> None:
    assert sum(is_utr(first + rest) for first in "0123456789") == 1


def test_new_identifiers_are_good_ones() -> None:
    assert all(is_utr(new_utr()) and is_nino(new_nino()) for _ in range(200))


@pytest.mark.parametrize(
    ("text", "good"), [("2023-24", True), ("2099-00", True), ("1999-00", True), ("2017-19", False)]
)
def test_a_tax_year_is_two_years_that_follow(text: str, good: bool) -> None:
    assert is_tax_year(text) is good


@pytest.mark.parametrize("text", ["2023/24", "2023-2024", "23-24", "2023-24 ", "", "current"])
def test_other_spellings_are_not_a_tax_year_here(text: str) -> None:
    assert not is_tax_year(text)
