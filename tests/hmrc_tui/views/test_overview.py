"""The Overview's and the status strip's words, from what is known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.reconcile.model import Reconciliation, YearReport
from hmrc_tui import words
from hmrc_tui.desk import Known
from hmrc_tui.views import overview as view
from hmrc_tui.views import story
from hmrc_tui.views.pieces import Line, line, quiet, spoken, strong, wrapped
from storage.records import TaxYear, ValidatorVerdict
from tests.hmrc_tui.still_desk import (
    NO_GRANT,
    NO_PERSON,
    NOW,
    Grant,
    Store,
    a_row,
    a_run,
    a_story,
    missing_payslip,
    money,
)


def known(**changes: Any) -> Known:
    values: dict[str, Any] = {
        "now": NOW,
        "reconciliation": a_story(),
        "grant": Grant(),
        "store": Store(),
        "confirmed": NOW - timedelta(hours=2),
        "next_run": NOW + timedelta(hours=21),
        "last_run": a_run(),
    }
    return Known(**{**values, **changes})


def strip(**changes: Any) -> str:
    told = known(**changes)
    return spoken(view.status_strip(told, "production", "••••••••90", None, NOW))


def glance(**changes: Any) -> str:
    return spoken(view.glance(known(**changes)))


def test_the_strip_tells_environment_store_freshness_next_run_and_both_countdowns() -> None:
    told = strip()
    for part in (
        "PRODUCTION",
        "✓ Postgres",
        "confirmed today 08:00",
        "next run 07:00",
        "✓ 532 days left",
        "3 h 10 min",
    ):
        assert part in told


@pytest.mark.parametrize("environment", ["simulator", "sandbox", "production"])
@pytest.mark.parametrize("offline", [True, False])
def test_the_strip_fits_eighty_columns_at_its_fullest(environment: str, offline: bool) -> None:
    full = known(store=Store("sqlite", True, 12), offline=offline, confirmed=NOW - timedelta(days=1))
    told = view.status_strip(full, environment, "••••••••90", view.Progress(35, 35), NOW)
    assert max(len(spoken([one])) for one in told) <= 78


def test_the_next_run_is_told_also_while_postgres_is_away() -> None:
    first, second = view.status_strip(known(store=Store("sqlite", True, 12)), "production", "••••••••90", None, NOW)
    assert "next run" in spoken([second])
    assert max(len(spoken([first])), len(spoken([second]))) <= 78


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (Store(), "✓ Postgres"),
        (Store(queued=3), "✓ Postgres, 3 queued"),
        (Store("sqlite", True, 12), "! offline: SQLite, 12 queued"),
        (Store("sqlite", True, 0), "! offline: SQLite"),
        (Store("sqlite", False), "SQLite"),
    ],
)
def test_the_strip_tells_the_store(store: Store, said: str) -> None:
    assert f" {said} · " in strip(store=store)


@pytest.mark.parametrize(
    ("days", "tone", "glyph"),
    [(532, "good", "✓"), (30, "good", "✓"), (29, "warn", "!"), (7, "warn", "!"), (6, "bad", "!"), (0, "bad", "!")],
)
def test_the_authority_is_amber_under_thirty_days_and_red_under_seven(days: int, tone: str, glyph: str) -> None:
    grant = replace(Grant(), grant_days_left=days, grant_expires_at=NOW + timedelta(days=days, hours=1))
    second = view.status_strip(known(grant=grant), "production", "", None, NOW)[1]
    assert second[1].tone == tone
    assert second[1].text.startswith(glyph)


def test_the_glance_counts_what_agrees_and_what_does_not() -> None:
    assert "HMRC agrees with your payslips in 2 of 5   ! 1 explained   ? 2 to look at" in glance()


@pytest.mark.parametrize(
    ("bases", "said"),
    [
        (("p60",), "✓ The P60s agree with your payslips in 1 of 1"),
        (("hmrc", "p60"), "✓ HMRC or the P60 agrees in 2 of 2"),
        (("hmrc",), "✓ HMRC agrees with your payslips in 1 of 1"),
    ],
)
def test_the_glance_gives_hmrc_no_credit_for_what_a_p60_says(bases: tuple[str, ...], said: str) -> None:
    rows = tuple(replace(a_row(TaxYear(2024)), basis=basis) for basis in bases)
    assert said in glance(reconciliation=Reconciliation((YearReport(TaxYear(2024), "unknown", rows, NO_PERSON),)))


def test_a_difference_that_was_accepted_is_told_apart_from_agreement_and_all_counts_fit() -> None:
    def told(*statuses: Any) -> str:
        rows = tuple(replace(a_row(TaxYear(2024)), status=status) for status in statuses)
        years = (YearReport(TaxYear(2024), "available", rows, NO_PERSON),)
        return glance(reconciliation=Reconciliation(years)).splitlines()[0]

    assert told("match", "accepted") == "✓ HMRC agrees in 1 of 2   = 1 accepted"
    every = told(*["match", "accepted", "explained", "unexplained"] * 10)
    assert every == "HMRC agrees in 10 of 40   = 10 accepted   ! 10 explained   ? 10 to look at"
    assert len(every) <= 78


def test_the_glance_tells_whether_the_figures_to_file_with_are_here() -> None:
    assert "2024-25 figures ○ not yet (June-Nov) · file by 31 Jan" in glance()
    here = Reconciliation((YearReport(TaxYear(2024), "available", (a_row(TaxYear(2024)),), NO_PERSON),))
    assert "2024-25 figures ● here · file by 31 Jan" in glance(reconciliation=here)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("VALID_HEADERS", "✓ valid"),
        ("POTENTIALLY_INVALID_HEADERS", "! warnings"),
        ("INVALID_HEADERS", "✗ invalid"),
        ("", "unchecked"),
    ],
)
def test_the_glance_tells_whether_the_headers_are_right(code: str, said: str) -> None:
    verdict = (
        ValidatorVerdict(connection_method="DESKTOP_APP_DIRECT", asked_at=NOW, code=code, body="{}") if code else None
    )
    assert f"headers {said}" in glance(verdict=verdict)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grant": replace(Grant(), state="needs_sign_in")}, "HMRC no longer accepts your sign-in"),
        ({"grant": replace(Grant(), state="expired")}, "Your sign-in has ended"),
        ({"grant": NO_GRANT}, "Not signed in at HMRC"),
        ({"offline": True, "last_run": a_run(outcome="failed")}, "HMRC could not be reached"),
        ({"last_run": a_run(outcome="failed")}, "The last sync failed today 08:00"),
        ({"store": Store("sqlite", True, 3, trouble="connection refused")}, "Postgres is away"),
    ],
)
def test_the_banner_tells_the_one_thing_to_do_first(changes: dict[str, Any], said: str) -> None:
    told = view.banner(known(**changes))
    assert said in spoken(told)
    assert len(spoken(told)) <= 78


def test_where_all_is_well_there_is_no_banner() -> None:
    assert view.banner(known()) == ()


def test_the_cursor_begins_where_it_is_needed_most() -> None:
    assert view.first_to_look_at(a_story()) == "2022-23 951/XY12Z"
    explained = Reconciliation((YearReport(TaxYear(2023), "available", (missing_payslip(TaxYear(2023)),), NO_PERSON),))
    assert view.first_to_look_at(explained) == "2023-24 123/AB456"
    assert view.first_to_look_at(Reconciliation(())) == ""


def test_every_row_of_the_list_can_be_found_again() -> None:
    for item in view.items(a_story()):
        found = view.find(a_story(), item.key)
        assert found is not None
        assert item.cells["year"].text.startswith(found[0].tax_year.hmrc)


@pytest.mark.parametrize("width", [80, 100, 108, 120, 140, 200])
@pytest.mark.parametrize("tax", [True, False])
def test_both_sides_both_differences_and_the_status_are_seen_at_every_width(width: int, tax: bool) -> None:
    shown = {column.name for column in view.columns(width, tax=tax)}
    assert {"year", "employer", "pay_difference", "tax_difference", "status"} <= shown
    assert {"tax_hmrc", "tax_slips"} <= shown if tax or width >= view.WIDE else {"pay_hmrc", "pay_slips"} <= shown


@given(st.integers(min_value=0, max_value=600 * 86400))
def test_a_countdown_changes_when_it_said_it_would_and_not_before(seconds: int) -> None:
    left = timedelta(seconds=seconds)
    step = words.next_change(left)
    assert 1.0 <= step <= 3600.0
    if seconds and step < 3600:
        earlier = left - timedelta(seconds=max(step - 1.1, 0))
        assert words.countdown(earlier) == words.countdown(left)
        assert words.countdown(left - timedelta(seconds=step)) != words.countdown(left) or step == 1.0


def test_a_screen_on_which_nothing_happens_is_hardly_ever_written_to() -> None:
    grant = replace(
        Grant(),
        grant_expires_at=NOW + timedelta(days=532, hours=5),
        access_expires_at=NOW + timedelta(hours=3, minutes=15),
    )
    assert view.next_tick(known(grant=grant), NOW) > 250
    assert view.next_tick(known(grant=None), NOW) == 3600


def tell(year: YearReport) -> str:
    return "\n".join(spoken(story.story(year, row)) for row in year.rows or (None,))


def test_the_story_of_an_explained_row_has_causes_evidence_and_remedy() -> None:
    told = tell(a_story().tax_years[2])
    assert "HMRC has £2,850.00 more pay and £360.20 more tax than your payslips" in told
    assert "1 A payslip is missing  pay +2,850.00, tax +360.20" in told
    assert "no payslip between 26 August 2023 and 26 October 2023" in told
    assert "→ Find the payslip of about 26 September 2023 and import it." in told
    assert "Refunded or set off by HMRC in the year: £325.00 (never netted)" in told


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "HMRC never gives figures for the running tax year"),
        (1, "come one night between June and 30 November 2025"),
        (3, "no known cause closes both"),
        (4, "HMRC no longer shows this year"),
        (5, "HMRC's figures were due by the end of November and have not come"),
    ],
)
def test_the_story_tells_what_each_state_means(number: int, said: str) -> None:
    assert said in tell(a_story().tax_years[number])


def test_a_match_of_one_side_alone_says_what_cannot_be_compared() -> None:
    row = a_row(TaxYear(2024))
    half = replace(row, tax=replace(row.tax, hmrc=None, difference=None))
    year = YearReport(TaxYear(2024), "available", (half,), NO_PERSON)
    assert "agree in pay; tax cannot be compared." in tell(year)
    assert "agree to the penny in pay and tax." in tell(replace(year, rows=(row,)))


def test_the_months_are_summed_to_the_penny() -> None:
    told = story.months(missing_payslip(TaxYear(2023)))
    assert [month.payslips for month in told] == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
    assert told[-1].pay_to_date == money("31350.00")
    assert told[-1].tax_to_date == money("3962.20")
    table = spoken(story.month_table(missing_payslip(TaxYear(2023))))
    assert "Sep     no payslip                 14,250.00" in table
    assert max(map(len, table.splitlines())) <= 58  # it fits beside the plots at 120 columns


def test_every_status_and_state_has_a_glyph_of_its_own_word() -> None:
    for mapping in (words.STATUS, words.STATE, words.OUTCOME, words.API_OUTCOME, words.GRANT):
        assert len({str(word) for word in mapping.values()}) == len(mapping)
        assert all(len(word.glyph) == 1 and word.word for word in mapping.values())


LINES: list[Line] = [
    line(quiet("  · "), strong("no payslip between 26 August 2023 and 26 October 2023, where one is due each month")),
    line("a short line"),
    line("Pay          34,200.00    31,350.00        –   +2,850.00 and figures are left as they are, however long"),
]


@given(st.integers(min_value=20, max_value=120))
def test_wrapping_loses_no_word_and_no_tone(width: int) -> None:
    told = wrapped(LINES, width)
    for one in told:
        assert len(spoken([one])) <= width or "   " in spoken([one]).strip()
    assert spoken(told).split() == spoken(LINES).split()
    assert [piece.bold for one in told for piece in one if piece.text.strip() == "month"] in ([True], [])


@given(st.text(alphabet="ab é\t\n\u00a0-", max_size=120), st.integers(min_value=20, max_value=40))
def test_whatever_somebody_wrote_is_wrapped_without_losing_a_letter(text: str, width: int) -> None:
    told = spoken(wrapped([line(text)], width))
    assert "".join(told.split()) == "".join(text.split())


def test_what_is_wrapped_hangs_under_its_own_beginning() -> None:
    first, second = wrapped(LINES[:1], 60)
    assert spoken([first]).startswith("  · no payslip")
    assert spoken([second]).startswith("    ")
    assert spoken([second])[4] != " "


def test_two_blanks_far_into_a_text_do_not_squeeze_what_is_broken_into_a_column_of_letters() -> None:
    told = wrapped([line("agreed with payroll on the telephone on Monday  and again in writing " * 2)], 60)
    assert len(told) == 3


def test_a_year_that_hmrc_was_not_asked_for_leads_somebody_without_self_assessment_to_the_p60() -> None:
    row = replace(a_row(TaxYear(2024)), status="waiting")
    told = spoken(story.story(YearReport(TaxYear(2024), "unknown", (row,), NO_PERSON), row))
    assert "not asked: HMRC has not been asked for this year yet: s asks." in told
    assert "Without Self Assessment, import the P60 (2, then i)" in told
