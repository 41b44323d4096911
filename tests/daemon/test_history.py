"""What HMRC said, when it first said it, what changed between two answers, and when it went."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.history import Change, FigureName, difference, employer_names, figures_at, hashes, history
from storage.records import Observation, PayeReference, TaxYear
from storage.troubles import StorageTrouble

START = datetime(2024, 6, 7, 6, tzinfo=UTC)
YEAR = TaxYear(2023)
PAY = FigureName("individual-income", ".employments.payFromEmployment", "123/AB456")


class Story:
    """Calls to HMRC, one a day, and what they answered."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.bodies: dict[str, str] = {}

    def said(self, body: str | None, api: str = "individual-income", outcome: str = "ok", year: TaxYear = YEAR) -> None:
        number = len(self.observations)
        answer_hash = sha256(body.encode()).hexdigest() if body is not None else None
        if body is not None and answer_hash is not None:
            self.bodies[answer_hash] = body
        self.observations.append(
            Observation(
                id=str(number),
                run_id="run",
                asked_at=START + timedelta(days=number),
                tax_year=year,
                api=api,
                api_version="1.2",
                outcome="no_data" if body is None and outcome == "ok" else outcome,  # pyright: ignore[reportArgumentType]
                status=200 if body is not None else 404,
                code=None,
                answer_hash=answer_hash,
                duration_ms=1,
            )
        )

    def kinds(self) -> list[str]:
        (year,) = history(self.observations, self.bodies)
        return [statement.kind for statement in year.statements]


def an_income(*employments: tuple[str, str], **benefits: str) -> str:
    """An answer of Individual Income, its amounts spelt as given."""
    listed = ", ".join(f'{{"employerPayeReference": "{ref}", "payFromEmployment": {pay}}}' for ref, pay in employments)
    others = ", ".join(f'"{name}": {amount}' for name, amount in benefits.items())
    return f'{{"pensionsAnnuitiesAndOtherStateBenefits": {{{others}}}, "employments": [{listed}]}}'


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def test_nothing_then_figures_then_the_same_again_is_two_statements() -> None:
    story = Story()
    for body in (None, None, an_income(("123/AB456", "22500")), an_income(("123/AB456", "22500"))):
        story.said(body)
    (year,) = history(story.observations, story.bodies)
    nothing, first = year.statements
    assert (nothing.kind, nothing.at, nothing.until, nothing.times) == ("nothing", day(0), day(1), 2)
    assert (first.kind, first.at, first.until, first.times) == ("first", day(2), day(3), 2)
    assert first.changes == (Change(PAY, None, None, Decimal("22500.00")),)
    assert (year.first_seen, year.last_confirmed, year.gone_at) == (day(2), day(3), None)


def test_a_change_tells_both_amounts() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "22500"), ("9/Z", "1")))
    story.said(an_income(("123/AB456", "22600.5"), ("9/Z", "1")))
    (year,) = history(story.observations, story.bodies)
    assert year.statements[1].kind == "changed"
    assert year.statements[1].changes == (Change(PAY, None, Decimal("22500.00"), Decimal("22600.50")),)


def test_order_and_spelling_change_nothing() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "36.5"), ("9/Z", "1")))
    story.said(an_income((" 9/z ", "1.00"), ("123/ab456", "36.50")))
    assert story.kinds() == ["first"]


def test_a_repeated_reference_is_summed() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "100.10"), ("123/AB456", "100.10")))
    (year,) = history(story.observations, story.bodies)
    assert year.statements[0].changes[0].after == Decimal("200.20")


def test_figures_that_go_and_come_back_are_told_so() -> None:
    story = Story()
    for body in (an_income(("123/AB456", "1")), None, None, an_income(("123/AB456", "1")), None):
        story.said(body)
    assert story.kinds() == ["first", "gone", "back", "gone"]
    (year,) = history(story.observations, story.bodies)
    assert year.statements[1].changes == (Change(PAY, None, Decimal("1.00"), None),)
    assert year.statements[2].changes == ()
    assert (year.first_seen, year.last_confirmed, year.gone_at) == (day(0), day(3), day(4))


def test_figures_that_come_back_different_say_what_is_different() -> None:
    story = Story()
    for body in (an_income(("123/AB456", "1")), None, an_income(("123/AB456", "2"))):
        story.said(body)
    (year,) = history(story.observations, story.bodies)
    assert year.statements[-1].changes == (Change(PAY, None, Decimal("1.00"), Decimal("2.00")),)


def test_a_failed_call_says_nothing() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "1")))
    story.said(None, outcome="failed")
    story.said(None, outcome="unauthorised")
    story.said(an_income(("123/AB456", "1")))
    (year,) = history(story.observations, story.bodies)
    assert [(statement.kind, statement.times) for statement in year.statements] == [("first", 2)]


def test_a_year_is_gone_only_when_tax_and_income_both_are() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "1")))
    story.said('{"pensionsAnnuitiesAndOtherStateBenefits": {}, "refunds": {}, "employments": []}', "individual-tax")
    story.said(None)
    assert history(story.observations, story.bodies)[0].gone_at is None
    story.said(None, "individual-tax")
    assert history(story.observations, story.bodies)[0].gone_at == day(3)


def test_a_year_that_never_had_figures_is_not_gone() -> None:
    story = Story()
    story.said(None)
    (year,) = history(story.observations, story.bodies)
    assert (year.first_seen, year.last_confirmed, year.gone_at) == (None, None, None)


def test_years_are_newest_first_and_can_be_chosen() -> None:
    story = Story()
    for start in (2021, 2023, 2022):
        story.said(None, year=TaxYear(start))
    years = [year.tax_year.start for year in history(story.observations, story.bodies)]
    assert years == [2023, 2022, 2021]
    chosen = history(story.observations, story.bodies, [TaxYear(2022)])
    assert [year.tax_year.start for year in chosen] == [2022]


def test_employers_have_the_name_that_employment_gives_them() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "1")))
    named = {"employments": [{"employerPayeReference": "123/ab456", "employerName": " Company XYZ "}]}
    story.said(json.dumps(named), "individual-employment")
    assert employer_names(story.observations, story.bodies) == {PayeReference("123/AB456"): "Company XYZ"}
    (year,) = history(story.observations, story.bodies)
    assert year.statements[0].changes[0].employer == "Company XYZ"


def test_an_answer_without_a_name_takes_back_no_name_that_was_given() -> None:
    story = Story()
    story.said(
        '{"employments":[{"employerPayeReference":"123/AB456","employerName":"Company XYZ"}]}', "individual-employment"
    )
    story.said('{"employments":[{"employerPayeReference":"123/AB456"}]}', "individual-employment")
    assert employer_names(story.observations, story.bodies) == {PayeReference("123/AB456"): "Company XYZ"}


def test_any_two_moments_can_be_compared() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "1"), ("9/Z", "5")))
    story.said(an_income(("123/AB456", "2")))
    story.said(None)
    other = FigureName("individual-income", ".employments.payFromEmployment", "9/Z")
    compared = (story.observations, story.bodies, YEAR)
    assert difference(*compared, day(0), day(1)) == (
        Change(PAY, None, Decimal("1.00"), Decimal("2.00")),
        Change(other, None, Decimal("5.00"), None),
    )
    assert difference(*compared, START - timedelta(days=1), day(0)) == (
        Change(PAY, None, None, Decimal("1.00")),
        Change(other, None, None, Decimal("5.00")),
    )
    assert difference(*compared, day(1), day(9)) == (Change(PAY, None, Decimal("2.00"), None),)
    assert difference(*compared, day(0), day(0)) == ()


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (PAY, "pay"),
        (FigureName("individual-tax", ".employments.taxTakenOffPay", "1/A"), "tax"),
        (
            FigureName("individual-benefits", ".employments.companyCarsAndVansBenefit", "1/A"),
            "company cars and vans benefit",
        ),
        (
            FigureName("individual-tax", ".pensionsAnnuitiesAndOtherStateBenefits.incapacityBenefit", ""),
            "tax on incapacity benefit",
        ),
        (
            FigureName("individual-income", ".pensionsAnnuitiesAndOtherStateBenefits.incapacityBenefit", ""),
            "incapacity benefit",
        ),
        (FigureName("national-insurance", ".class1.totalNICableEarnings", ""), "earnings between the NI thresholds"),
        (FigureName("individual-tax", ".refunds.taxRefundedOrSetOff", ""), "tax refunded or set off"),
    ],
)
def test_a_figure_is_named_as_a_person_says_it(figure: FigureName, words: str) -> None:
    assert figure.words == words


def test_a_kept_answer_that_was_damaged_is_named() -> None:
    story = Story()
    story.said(an_income(("123/AB456", "1")))
    damaged = dict.fromkeys(story.bodies, "{")
    with pytest.raises(StorageTrouble, match="individual-income for 2023-24 cannot be read"):
        history(story.observations, damaged)


ANSWERS = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(["1/A", "2/B", "3/C"]), st.integers(0, 3), max_size=3).map(
        lambda pay: an_income(*((reference, str(amount)) for reference, amount in pay.items()))
    ),
)


def applied(figures: Mapping[FigureName, Decimal], changes: Any) -> dict[FigureName, Decimal]:
    """Figures after changes."""
    after = dict(figures)
    for change in changes:
        assert figures.get(change.figure) == change.before
        if change.after is None:
            del after[change.figure]
        else:
            after[change.figure] = change.after
    return after


@settings(max_examples=150, deadline=None)
@given(st.lists(ANSWERS, max_size=12))
def test_changes_added_up_from_the_start_give_the_figures_of_every_moment(answers: list[str | None]) -> None:
    story = Story()
    for answer in answers:
        story.said(answer)
    assert hashes(story.observations) == set(story.bodies)
    figures: dict[FigureName, Decimal] = {}
    for number in range(len(answers)):
        changes = difference(story.observations, story.bodies, YEAR, day(number - 1), day(number))
        figures = applied(figures, changes)
        assert figures == figures_at(story.observations, story.bodies, YEAR, day(number))
    told = history(story.observations, story.bodies)
    assert sum(statement.times for year in told for statement in year.statements) == len(answers)
