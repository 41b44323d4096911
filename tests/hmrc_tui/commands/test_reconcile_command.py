"""`reconcile`, `accept` and `link` as a person calls them, on a ledger with HMRC's answers and payslips in it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.ledger import Ledger
from tests.daemon.answers import employment_answer, income_answer, tax_answer
from tests.daemon.reconcile.figures import YEAR, a_true_year, under
from tests.hmrc_tui.commands.conftest import Run
from tests.makers import a_payslip
from tests.storage.ledgers import a_ledger, an_answer, an_observation

START = datetime(2025, 6, 7, 6, tzinfo=UTC)


def rows(run: Run, *arguments: str) -> dict[str, Any]:
    """The rows of the reconciliation, by their tax year and PAYE reference."""
    return {
        f"{year['tax_year']} {row['employer_paye_ref']}": row
        for year in run.json("reconcile", *arguments)["tax_years"]
        for row in year["rows"]
    }


def answered(ledger: Ledger, pay: str = "34200.00", tax: str = "4324.00", days: int = 0) -> None:
    """HMRC's answers for 2024-25, from some day on."""
    bodies = {
        "individual-employment": employment_answer(),
        "individual-tax": tax_answer({"123/AB456": tax}),
        "individual-income": income_answer({"123/AB456": pay}),
    }
    for number, (api, body) in enumerate(bodies.items()):
        at = START + timedelta(days=days, minutes=number)
        answer = an_answer(body, at, api)
        ledger.add_observation(an_observation(f"{api}-{days}", at, api=api, tax_year=YEAR, answer=answer), answer)


@pytest.fixture
def ledger(home: Path) -> Ledger:
    ledger = a_ledger(home, environment="simulator", utr=None)
    answered(ledger)
    return ledger


def test_the_report_comes_in_four_forms(run: Run, ledger: Ledger) -> None:
    ledger.add_payslips(a_true_year(), import_id="one", description="payslips.csv")
    assert "123/AB456" in run("reconcile")
    assert rows(run)["2024-25 123/AB456"]["status"] == "match"
    assert run("reconcile", "--csv").count("\n") == 2
    pack = run("reconcile", "--markdown")
    assert "## When HMRC was asked" in pack
    assert "- This page was made: " in pack
    assert run.errors == ""


def test_a_check_that_fails_says_which_rows_and_what_to_do(run: Run, ledger: Ledger) -> None:
    run("reconcile", "--check", "--json", status=1)
    assert run.errors == (
        "hmrc-tui: neither explained nor accepted: 2024-25 123/AB456 (hmrc only); "
        "import what is missing, or accept a difference: hmrc-tui accept TAX_YEAR EMPLOYER_REF --note TEXT\n"
    )
    json.loads(run.output)
    others = [
        a_payslip(date(2024, 5, 31), id=f"slip-{number}", employer=f"Other {number} Ltd", employer_paye_ref=None)
        for number in range(7)
    ]
    ledger.add_payslips(others, import_id="one", description="payslips.csv")
    run("reconcile", "--check", status=1)
    assert "Other 0 Ltd (payslips only)" in run.errors
    assert " and 3 more;" in run.errors
    assert run.errors.count("\n") == 1
    run("reconcile", "--check", "--tax-year", "2019-20")
    assert run.errors == ""


def test_check_ends_with_1_only_while_a_difference_is_open(run: Run, ledger: Ledger) -> None:
    run("reconcile", "--check", status=1)
    ledger.add_payslips(a_true_year(), import_id="one", description="payslips.csv")
    run("reconcile", "--check")
    answered(ledger, pay="34700.00", days=1)
    assert "UNEXPLAINED" in run("reconcile", "--check", status=1)
    run("accept", "2024/25", "123/ab456", "--note", "HMRC will put it right")
    run("reconcile", "--check")
    row = rows(run)["2024-25 123/AB456"]
    assert (row["status"], row["accepted_note"]) == ("accepted", "HMRC will put it right")
    answered(ledger, pay="34700.01", days=2)
    run("reconcile", "--check", status=1)
    run("accept", "2024-25", "123/AB456", "--undo")
    run("accept", "2024-25", "123/AB456", "--undo", status=2)


def test_what_cannot_be_accepted_is_one_line_and_exit_2(run: Run, ledger: Ledger) -> None:
    ledger.add_payslips(a_true_year(), import_id="one", description="payslips.csv")
    ledger.add_payslips(under("9/X", a_true_year(YEAR.next)[:1]), import_id="two", description="more.csv")
    for arguments, words in (
        (("2024-25", "123/AB456", "--note", "x"), "matches; there is no difference to accept"),
        (("2024-25", "555/NO", "--note", "x"), "555/NO is not a row of 2024-25; there are: 123/AB456"),
        (("2019-20", "123/AB456", "--note", "x"), "there is no row in that tax year"),
        (("last year", "123/AB456", "--note", "x"), "is not a tax year"),
        (("2025-26", "9/X", "--note", "x"), "HMRC has no figures for Example Ltd in 2025-26 yet"),
        (("2024-25", "123/AB456"), "give either --note TEXT or --undo"),
        (("2024-25", "123/AB456", "--note", " "), "the note is empty"),
        (("2024-25", "123/AB456", "--note", "x", "--undo"), "give either --note TEXT or --undo"),
    ):
        run("accept", *arguments, status=2)
        assert words in run.errors
        assert run.errors.count("\n") == 1
    run("reconcile", "--tax-year", "1066", status=2)
    assert run.errors.count("\n") == 1


def test_a_row_without_a_reference_is_accepted_by_its_employers_name(run: Run, ledger: Ledger) -> None:
    slips = a_true_year(employer_paye_ref=None, employer="Corner Shop Ltd")
    ledger.add_payslips(slips, import_id="one", description="payslips.csv")
    run("accept", "2024-25", "corner shop", "--note", "cash in hand")
    assert rows(run)["2024-25 None"]["status"] == "accepted"
    run("accept", "2024-25", "Corner Shop Limited", "--undo")
    assert rows(run)["2024-25 None"]["status"] == "payslips_only"


def test_linked_references_are_one_row_until_the_link_is_undone(run: Run, ledger: Ledger) -> None:
    ledger.add_payslips(under("111/OLD", a_true_year()), import_id="one", description="payslips.csv")
    before = rows(run)
    assert {key: row["causes"][0]["cause"] for key, row in before.items()} == dict.fromkeys(before, "reference_changed")
    run("link", "111/old", "123/AB456")
    assert {key: row["status"] for key, row in rows(run).items()} == {"2024-25 123/AB456": "match"}
    run("link", "123/AB456", "111/OLD", status=2)
    run("link", "111/OLD", "111/OLD", status=2)
    run("link", "111/OLD", "123/AB456", "--undo")
    assert rows(run) == before
    run("link", "111/OLD", "123/AB456", "--undo", status=2)
    assert "are not linked" in run.errors


def test_a_link_of_references_nobody_knows_yet_says_so(run: Run, ledger: Ledger) -> None:
    run("link", "1/UNKNOWN", "123/AB456")
    assert "Nothing is known of 1/UNKNOWN yet" in run.errors


def test_an_acceptance_can_be_undone_after_a_link_by_either_reference(run: Run, ledger: Ledger) -> None:
    ledger.add_payslips(under("111/OLD", a_true_year()[:3]), import_id="one", description="payslips.csv")
    run("accept", "2024-25", "111/OLD", "--note", "left")
    run("link", "111/OLD", "123/AB456")
    run("accept", "2024-25", "123/AB456", "--undo")
    assert ledger.acceptances() == []


def test_years_are_asked_for_by_name(run: Run, ledger: Ledger) -> None:
    ledger.add_payslips(a_true_year(), import_id="one", description="payslips.csv")
    document = json.loads(run("reconcile", "--json", "--tax-year", "2024/25", "--tax-year", "current"))
    assert [year["tax_year"] for year in document["tax_years"]][-1] == "2024-25"
    assert document["tax_years"][0]["state"] == "current"


def test_with_nothing_known_the_report_says_how_to_begin(run: Run, home: Path) -> None:
    assert "import payslips" in run("reconcile", "--check")
    assert json.loads(run("reconcile", "--json")) == {"tax_years": []}
