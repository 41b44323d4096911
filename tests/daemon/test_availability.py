"""What HMRC's answers mean for a year: the words of the contract, one by one."""

from datetime import date, timedelta

import pytest

from daemon.availability import Standing, standing, year_outcome, year_state
from storage.records import ApiOutcome, Observation
from tests.daemon.answers import BENEFITS, EMPLOYMENT, INCOME, INSURANCE, NOW, TAX, YEAR, seen

BEFORE_DECEMBER, FROM_DECEMBER = date(2024, 11, 30), date(2024, 12, 1)
ALL: dict[str, ApiOutcome] = dict.fromkeys((TAX, INCOME, EMPLOYMENT, BENEFITS, INSURANCE), "no_data")
NEVER = Standing()


def known(*observations: Observation) -> Standing:
    """The standing of calls made one hour after the other."""
    return standing(
        [seen(each.api, each.outcome, NOW + timedelta(hours=hour), str(hour)) for hour, each in enumerate(observations)]
    )


ONCE_SEEN = known(seen(TAX), seen(INCOME))


def outcome(
    before: Standing = NEVER, *, changed: bool = False, today: date = BEFORE_DECEMBER, **calls: ApiOutcome
) -> str:
    """The verdict where every API says "no data" but those named: `tax="ok"`."""
    names = {"tax": TAX, "income": INCOME, "employment": EMPLOYMENT, "benefits": BENEFITS, "insurance": INSURANCE}
    return year_outcome(
        YEAR, {**ALL, **{names[n]: said for n, said in calls.items()}}, before, changed=changed, today=today
    )


class TestTheOutcomeOfASync:
    def test_first_figures_are_new(self) -> None:
        assert outcome(tax="ok", income="ok", changed=True) == "new"

    def test_the_same_again_is_unchanged_and_another_amount_is_changed(self) -> None:
        assert outcome(ONCE_SEEN, tax="ok", income="ok") == "unchanged"
        assert outcome(ONCE_SEEN, tax="ok", income="ok", changed=True) == "changed"

    def test_nothing_so_far_is_not_yet_until_30_november_and_late_from_1_december(self) -> None:
        assert outcome(today=BEFORE_DECEMBER) == "not_yet"
        assert outcome(today=FROM_DECEMBER) == "late"

    def test_the_current_year_is_not_yet(self) -> None:
        assert year_outcome(YEAR, ALL, NEVER, changed=False, today=date(2023, 12, 24)) == "not_yet"

    @pytest.mark.parametrize("today", [BEFORE_DECEMBER, FROM_DECEMBER, date(2031, 1, 1)])
    def test_figures_once_seen_and_now_both_404_are_gone_at_every_asking(self, today: date) -> None:
        assert outcome(ONCE_SEEN, today=today) == "gone"
        again = known(seen(TAX), seen(INCOME), seen(TAX, "no_data"), seen(INCOME, "no_data"))
        assert outcome(again, today=today) == "gone"

    def test_gone_figures_that_come_back_are_told_by_their_amounts(self) -> None:
        gone = known(seen(TAX), seen(INCOME), seen(TAX, "no_data"), seen(INCOME, "no_data"))
        assert outcome(gone, tax="ok", income="ok") == "unchanged"
        assert outcome(gone, tax="ok", income="ok", changed=True) == "changed"

    def test_one_of_the_two_is_enough_to_have_figures(self) -> None:
        assert outcome(tax="ok") == "new"
        assert outcome(ONCE_SEEN, income="ok") == "unchanged"

    @pytest.mark.parametrize("said", ["failed", "unauthorised"])
    def test_tax_or_income_failed_or_refused_is_partial(self, said: ApiOutcome) -> None:
        assert outcome(tax=said, income="ok") == "partial"
        assert outcome(ONCE_SEEN, tax="ok", income=said, changed=True) == "partial"
        assert outcome(tax=said) == "partial"

    def test_any_other_api_failing_makes_no_year_partial(self) -> None:
        assert outcome(tax="ok", income="ok", employment="failed", benefits="unauthorised", insurance="failed") == "new"

    def test_no_data_and_not_subscribed_never_make_a_year_partial(self) -> None:
        assert outcome(tax="ok", income="not_subscribed") == "new"
        assert outcome(tax="ok", income="no_data") == "new"

    @pytest.mark.parametrize("said", ["failed", "unauthorised", "not_subscribed"])
    def test_where_no_api_answered_the_year_failed(self, said: ApiOutcome) -> None:
        assert year_outcome(YEAR, dict.fromkeys(ALL, said), ONCE_SEEN, changed=False, today=BEFORE_DECEMBER) == "failed"

    def test_an_api_without_subscription_contradicts_nothing(self) -> None:
        assert outcome(ONCE_SEEN, income="not_subscribed") == "gone"
        assert outcome(income="not_subscribed") == "not_yet"

    def test_an_api_that_is_not_configured_contradicts_nothing(self) -> None:
        assert year_outcome(YEAR, {TAX: "no_data"}, ONCE_SEEN, changed=False, today=BEFORE_DECEMBER) == "gone"
        assert year_outcome(YEAR, {TAX: "ok"}, NEVER, changed=True, today=BEFORE_DECEMBER) == "new"

    def test_national_insurance_alone_is_no_figure_of_pay_or_tax(self) -> None:
        assert outcome(known(seen(INSURANCE)), insurance="ok", changed=True) == "not_yet"

    def test_without_tax_and_income_the_others_decide(self) -> None:
        calls: dict[str, ApiOutcome] = {TAX: "not_subscribed", INCOME: "not_subscribed", INSURANCE: "ok"}
        assert year_outcome(YEAR, calls, NEVER, changed=True, today=BEFORE_DECEMBER) == "new"
        asked: dict[str, ApiOutcome] = {INSURANCE: "no_data"}
        assert year_outcome(YEAR, asked, NEVER, changed=False, today=FROM_DECEMBER) == "late"
        assert year_outcome(YEAR, asked, known(seen(INSURANCE)), changed=False, today=FROM_DECEMBER) == "gone"


class TestTheStateOfAYear:
    def test_figures_that_are_there_are_available(self) -> None:
        assert year_state(YEAR, ONCE_SEEN, FROM_DECEMBER) == "available"

    def test_a_failure_changes_nothing(self) -> None:
        after = known(seen(TAX), seen(INCOME), seen(TAX, "failed"), seen(INCOME, "unauthorised"))
        assert year_state(YEAR, after, FROM_DECEMBER) == "available"

    def test_both_404_after_figures_is_gone_and_one_of_them_is_not(self) -> None:
        gone = known(seen(TAX), seen(INCOME), seen(TAX, "no_data"), seen(INCOME, "no_data"))
        half = known(seen(TAX), seen(INCOME), seen(TAX, "no_data"), seen(INCOME, "failed"))
        assert year_state(YEAR, gone, FROM_DECEMBER) == "gone"
        assert year_state(YEAR, half, FROM_DECEMBER) == "available"

    def test_a_lost_subscription_contradicts_nothing(self) -> None:
        lost = known(seen(TAX), seen(INCOME), seen(INCOME, "not_subscribed"), seen(TAX, "no_data"))
        assert year_state(YEAR, lost, FROM_DECEMBER) == "gone"

    def test_an_api_that_is_configured_no_more_contradicts_nothing(self) -> None:
        tax_gone = known(seen(TAX), seen(INCOME), seen(TAX, "no_data"))
        assert year_state(YEAR, tax_gone, FROM_DECEMBER, [TAX]) == "gone"
        assert year_state(YEAR, tax_gone, FROM_DECEMBER, [TAX, INCOME]) == "available"

    def test_404s_without_figures_are_not_yet_then_late(self) -> None:
        nothing = known(seen(TAX, "no_data"), seen(INCOME, "no_data"))
        assert year_state(YEAR, nothing, BEFORE_DECEMBER) == "not_yet"
        assert year_state(YEAR, nothing, FROM_DECEMBER) == "late"

    def test_a_year_under_way_is_current(self) -> None:
        assert year_state(YEAR, known(seen(TAX, "no_data")), YEAR.ends) == "current"
        assert year_state(YEAR, NEVER, YEAR.begins) == "current"
        assert year_state(YEAR, NEVER, YEAR.ends + timedelta(days=1)) == "unknown"

    def test_a_year_that_was_never_answered_is_unknown(self) -> None:
        assert year_state(YEAR, NEVER, FROM_DECEMBER) == "unknown"
        assert year_state(YEAR, known(seen(TAX, "failed"), seen(INCOME, "unauthorised")), FROM_DECEMBER) == "unknown"

    def test_figures_in_a_year_under_way_as_the_sandbox_has_them_are_available(self) -> None:
        assert year_state(YEAR, ONCE_SEEN, YEAR.begins) == "available"


def test_figures_are_confirmed_as_of_the_older_of_their_two_answers() -> None:
    later = known(seen(TAX), seen(INCOME), seen(TAX), seen(INCOME, "failed"))
    assert later.confirmed_at == NOW + timedelta(hours=1)
    assert later.last_asked == NOW + timedelta(hours=3)
    assert NEVER.confirmed_at is None
