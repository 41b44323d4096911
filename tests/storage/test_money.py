"""Money is exact or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.money import LARGEST, amount_from_text, exact, from_pence, plain, pounds, to_pence

PENCE = st.integers(-999_999_999_999, 999_999_999_999)


@given(PENCE)
def test_pence_and_pounds_are_the_same_money(pence: int) -> None:
    assert to_pence(from_pence(pence)) == pence
    assert amount_from_text(plain(from_pence(pence)) or "") == from_pence(pence)


@pytest.mark.parametrize(
    ("text", "shown"), [("36.5", "36.50"), ("22500", "22500.00"), ("-0.01", "-0.01"), ("1e2", "100.00")]
)
def test_an_amount_is_kept_with_two_decimals(text: str, shown: str) -> None:
    assert plain(amount_from_text(text)) == shown


def test_minus_nothing_is_nothing() -> None:
    assert plain(exact(Decimal("-0.00"))) == "0.00"


@pytest.mark.parametrize(
    "text",
    [
        *("1.005", "0.001", "NaN", "Infinity", "-inf", "", "abc", "1,000.00", "£5", "1_000", "１２"),
        *("10000000000", "-10000000000", "1e999999999", "1e-999999999"),
    ],
)
def test_what_is_not_exact_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount of money|two decimals"):
        amount_from_text(text)


def test_the_largest_amount_is_what_the_database_holds() -> None:
    assert exact(LARGEST) == LARGEST


def test_a_person_reads_pounds_with_their_sign() -> None:
    assert pounds(Decimal("1234.5")) == "£1,234.50"
    assert pounds(Decimal("-412")) == "−£412.00"
    assert pounds(Decimal("412"), sign=True) == "+£412.00"
    assert pounds(Decimal("0"), sign=True) == "£0.00"
