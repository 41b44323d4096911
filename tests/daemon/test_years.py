"""Which years a name means."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.years import which_years
from storage.settings import Settings, SyncSettings
from storage.troubles import BadInput
from tests.makers import StoppedClock

CLOCK = StoppedClock(datetime(2025, 7, 1, 9, 0, tzinfo=UTC))


def years(*names: str, first_payslip: date | None = None, clock: StoppedClock = CLOCK, **sync: object) -> list[str]:
    """The years that `names` mean, as HMRC spells them."""
    settings = Settings(sync=SyncSettings(**sync))  # pyright: ignore[reportArgumentType]
    return [year.hmrc for year in which_years(names, settings, clock, first_payslip)]


def test_current_is_the_year_under_way_in_london() -> None:
    assert years("current") == ["2025-26"]
    just_before_midnight = StoppedClock(datetime(2026, 4, 5, 22, 59, tzinfo=UTC))
    at_midnight_in_summer_time = StoppedClock(datetime(2026, 4, 5, 23, 0, tzinfo=UTC))
    assert years("current", clock=just_before_midnight) == ["2025-26"]
    assert years("current", clock=at_midnight_in_summer_time) == ["2026-27"]


def test_previous_is_the_last_that_ended() -> None:
    assert years("previous") == ["2024-25"]


def test_open_goes_from_the_first_year_named_to_the_last_that_ended() -> None:
    assert years("open", first_year="2022-23", first_payslip=date(2019, 5, 1)) == ["2022-23", "2023-24", "2024-25"]


def test_else_from_the_first_payslips_year() -> None:
    assert years("open", first_payslip=date(2023, 4, 5)) == ["2022-23", "2023-24", "2024-25"]


def test_else_from_four_years_back() -> None:
    assert years("open") == ["2021-22", "2022-23", "2023-24", "2024-25"]


def test_payslips_of_this_year_alone_still_ask_about_the_last_year_that_ended() -> None:
    assert years("open", first_payslip=date(2025, 4, 25)) == ["2024-25"]


def test_a_first_year_that_has_not_ended_leaves_nothing_open() -> None:
    assert years("open", first_year="2025-26") == []


def test_all_is_open_and_current() -> None:
    assert years("all", first_year="2024-25") == ["2024-25", "2025-26"]


@pytest.mark.parametrize("name", ["2023-24", "2023/24", "23-24", " 2023-24 "])
def test_a_year_by_its_name(name: str) -> None:
    assert years(name) == ["2023-24"]


def test_several_names_are_one_list_oldest_first_each_once() -> None:
    assert years("current", "2023/24", "previous", "2023-24") == ["2023-24", "2024-25", "2025-26"]


def test_without_names_those_of_the_configuration() -> None:
    assert years(tax_years=("previous", "2019-20")) == ["2019-20", "2024-25"]
    assert years(first_year="2024-25") == ["2024-25"]


@pytest.mark.parametrize("name", ["2023", "2023-25", "yesterday", "", "2023-24-25", "1066-67"])
def test_an_unknown_year_is_bad_input_that_says_what_to_write(name: str) -> None:
    with pytest.raises(BadInput, match="current, previous, open or all"):
        years(name)


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds of hypothesis must be naive
def test_open_never_holds_the_current_year(now: datetime) -> None:
    clock = StoppedClock(now)
    assert not set(years("open", clock=clock)) & set(years("current", clock=clock))
