"""The tax year by pay date, in its spellings."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.tax_year import TaxYear, tax_month, tax_week

DAYS = st.dates(date(1950, 1, 1), date(2150, 1, 1))


@pytest.mark.parametrize(
    ("pay_date", "spelled"),
    [
        (date(2024, 4, 5), "2023-24"),
        (date(2024, 4, 6), "2024-25"),
        (date(2024, 12, 31), "2024-25"),
        (date(2025, 1, 1), "2024-25"),
        (date(2000, 4, 5), "1999-00"),
    ],
)
def test_a_payment_belongs_to_the_tax_year_of_its_date(pay_date: date, spelled: str) -> None:
    assert TaxYear.containing(pay_date).hmrc == spelled


@pytest.mark.parametrize("spelling", ["2023-24", "2023/24", "23-24", "2023-2024", "2023/2024", " 2023-24 "])
def test_every_spelling_of_a_year_is_read(spelling: str) -> None:
    assert TaxYear.parse(spelling) == TaxYear(2023)


@pytest.mark.parametrize(
    "text", ["", "2023", "2023-25", "2023-23", "2023_24", "last year", "2023-4", "0001-02", "٢٠٢٣-٢٤", "2023-24x"]
)
def test_what_is_no_tax_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tax year"):
        TaxYear.parse(text)


@given(DAYS)
def test_a_year_reads_back_from_each_of_its_spellings(day: date) -> None:
    year = TaxYear.containing(day)
    assert TaxYear.parse(year.hmrc) == TaxYear.parse(year.database) == year
    if 2000 <= year.start < 2099:
        assert TaxYear.parse(year.hmrc.removeprefix("20")) == year, "as RTI submissions spell it"


@given(DAYS)
def test_years_follow_one_another_without_a_gap(day: date) -> None:
    year = TaxYear.containing(day)
    assert year.begins <= day <= year.ends
    assert year.ends + timedelta(days=1) == year.next.begins
    assert year.next.previous == year


@pytest.mark.parametrize(
    ("pay_date", "month"),
    [
        (date(2024, 4, 6), 1),
        (date(2024, 5, 5), 1),
        (date(2024, 5, 6), 2),
        (date(2024, 12, 31), 9),
        (date(2025, 1, 5), 9),
        (date(2025, 1, 6), 10),
        (date(2025, 3, 6), 12),
        (date(2025, 4, 5), 12),
        (date(2025, 4, 1), 12),
    ],
)
def test_tax_months_begin_on_the_sixth(pay_date: date, month: int) -> None:
    assert tax_month(pay_date) == month


def test_the_days_left_over_at_the_end_are_week_53() -> None:
    assert tax_week(date(2024, 4, 6)) == 1
    assert tax_week(date(2024, 4, 12)) == 1
    assert tax_week(date(2024, 4, 13)) == 2
    assert tax_week(date(2025, 4, 4)) == 52
    assert tax_week(date(2025, 4, 5)) == 53
