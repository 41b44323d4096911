"""Time can be set, moved and stopped; figures appear, change and go with it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from daemon.simulator.clock import SettableClock
from daemon.simulator.figures import Document, Employment, Figures, WholeYear, documents
from tests.makers import UTR, StoppedClock

JUNE = datetime(2025, 6, 6, tzinfo=UTC)
YEAR = ("individual-tax", UTR, "2024-25")


def test_the_clock_runs_on_from_where_it_was_set() -> None:
    base = StoppedClock()
    clock = SettableClock(base)
    clock.set(JUNE)
    base.moment += timedelta(hours=2)
    assert clock.now() == JUNE + timedelta(hours=2)
    clock.advance(timedelta(days=-1))
    assert clock.now() == JUNE + timedelta(hours=-22)
    clock.follow()
    assert clock.now() == base.moment


def test_a_stopped_clock_moves_only_when_it_is_moved() -> None:
    base = StoppedClock()
    clock = SettableClock(base)
    clock.set(JUNE, stopped=True)
    base.moment += timedelta(hours=2)
    assert clock.now() == JUNE
    clock.advance(timedelta(minutes=1))
    assert clock.now() == JUNE + timedelta(minutes=1)


def test_a_year_is_missing_appears_changes_and_goes() -> None:
    figures = Figures()
    figures.keep(*YEAR, Document("first"), since=JUNE)
    figures.withdraw(*YEAR, since=JUNE + timedelta(days=200))
    figures.keep(*YEAR, Document("second"), since=JUNE + timedelta(days=30))
    told = [figures.at(JUNE + timedelta(days=days), *YEAR) for days in (-1, 0, 29, 30, 199, 200)]
    assert [document and document.body for document in told] == [None, "first", "first", "second", "second", None]


def test_what_is_kept_without_a_time_stands_for_all_time() -> None:
    figures = Figures()
    figures.keep(*YEAR, Document("later"), since=JUNE)
    figures.keep(*YEAR, Document("now"))
    assert [d.body for d in (figures.at(JUNE - timedelta(days=900), *YEAR), figures.at(JUNE, *YEAR)) if d] == [
        "now"
    ] * 2
    figures.withdraw(*YEAR)
    assert figures.at(JUNE, *YEAR) is None


def test_a_whole_year_becomes_the_documents_of_the_five_apis_digit_for_digit() -> None:
    made = documents(
        WholeYear(
            employments=(
                Employment(reference="123/AB456", name="Example Ltd", pay=Decimal("34200.00"), tax=Decimal("-0.10")),
                Employment(reference="456/AB456", pay=Decimal(5), benefits={"otherBenefits": Decimal(16)}),
            ),
            refunds=Decimal("12.50"),
            nicable_earnings=Decimal("23424.00"),
        )
    )
    assert made["individual-tax"].body == (
        '{"pensionsAnnuitiesAndOtherStateBenefits":{},"refunds":{"taxRefundedOrSetOff":12.50},'
        '"employments":[{"employerPayeReference":"123/AB456","taxTakenOffPay":-0.10}]}'
    )
    income = msgspec.json.decode(
        made["individual-income"].body, type=dict[str, list[dict[str, str | float]] | dict[str, float]]
    )
    assert income["employments"] == [
        {"employerPayeReference": "123/AB456", "payFromEmployment": 34200.0},
        {"employerPayeReference": "456/AB456", "payFromEmployment": 5},
    ]
    assert made["individual-employment"].body.count("employerName") == 1
    assert made["individual-benefits"].body == (
        '{"employments":[{"employerPayeReference":"456/AB456","otherBenefits":16}]}'
    )
    assert '"totalNICableEarnings":23424.00' in made["national-insurance"].body


def test_an_api_without_anything_to_say_has_no_document() -> None:
    assert set(documents(WholeYear())) == {"individual-tax", "individual-income"}
