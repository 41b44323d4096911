"""How dates and amounts are read by a file's conventions."""

from datetime import date
from decimal import Decimal

import pytest

from storage.imports.conventions import PRINTED, Conventions, read_amount, read_date


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0.00"),
        ("1234.5", "1234.50"),
        ("-0.01", "-0.01"),
        ("+5.00", "5.00"),
        ("-0.00", "0.00"),
        ("007.10", "7.10"),
    ],
)
def test_canonical_amounts(text: str, amount: str) -> None:
    assert str(read_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("£1,234.50", "1234.50"),
        ("-£1,234.50", "-1234.50"),
        ("£-1,234.50", "-1234.50"),
        ("−£0.01", "-0.01"),
        ("189.90-", "-189.90"),
        ("£189.90-", "-189.90"),
        ("(1,189.90)", "-1189.90"),
        ("1234.50 £", "1234.50"),
    ],
)
def test_printed_amounts(text: str, amount: str) -> None:
    assert str(read_amount(text, PRINTED)) == amount


@pytest.mark.parametrize(
    "text", ["1,23.45", "1,2345.00", ",123.00", "1,,234.00", "--1.00", "-1.00-", "1.00£2", "", "-", "£", "."]
)
def test_misplaced_signs_and_separators_are_not_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount(text, PRINTED)


def test_continental_separators_and_credit_marks() -> None:
    continental = Conventions(decimal=",", thousands=".", signs=("cr",))
    assert read_amount("1.234,50", continental) == Decimal("1234.50")
    assert read_amount("1.234,50 CR", continental) == Decimal("-1234.50")
    assert read_amount("1.234,50DR", continental) == Decimal("1234.50")
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount("1.50", continental)
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount("-1,50", continental)


def test_spaces_as_thousands_separators_of_every_width() -> None:
    spaced = Conventions(thousands=" ", decimal=",")
    for space in (" ", "\u00a0", "\u202f", "\u2009"):
        assert read_amount(f"1{space}234,50", spaced) == Decimal("1234.50")


@pytest.mark.parametrize(
    "text",
    [
        "26 April 2024",
        "26 Apr 2024",
        "26th April 2024",
        "26 Apr2024",
        "26/04/2024",
        "26-04-2024",
        "26.04.2024",
        "2024-04-26",
        " 26  April  2024 ",
    ],
)
def test_printed_dates_are_read_day_first(text: str) -> None:
    assert read_date(text, PRINTED) == date(2024, 4, 26)


def test_september_has_two_short_forms() -> None:
    assert read_date("5 Sept 2024", PRINTED) == read_date("5 Sep 2024", PRINTED) == date(2024, 9, 5)


@pytest.mark.parametrize("text", ["04/26/2024", "31 April 2024", "April 2024", "", "26 Avril 2024"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        read_date(text, PRINTED)
