"""The reconciliation as JSON, CSV, Markdown and plain text: the contracted shape, and words that stand by themselves."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from daemon.reconcile.model import HmrcRevision, Reconciliation
from daemon.reconcile.run import reconcile
from hmrc_tui.reports import reconcile_csv, reconcile_json, reconcile_markdown, reconcile_plain
from storage.records import Acceptance, Observation, Payment, TaxYear
from tests.daemon.reconcile.figures import YEAR, a_true_year, an_employment, an_hmrc_year, facts, under
from tests.makers import REFERENCE, a_p60

AMOUNT = re.compile(r"-?\d+\.\d\d")
ASKED = datetime(2025, 6, 20, 6, tzinfo=UTC)


def a_missing_payslip() -> Reconciliation:
    """A payslip missing beside a P60, an employer that HMRC lacks, refunds and earnings; and a year that waits."""
    slips = [*a_true_year()[:4], *a_true_year()[5:], *under("9/X", a_true_year()[:2]), *a_true_year(YEAR.next)[:3]]
    hmrc = an_hmrc_year(
        an_employment(benefits=Decimal("640.00")),
        refunds=Decimal("325.00"),
        pensions=Decimal("36.50"),
        nicable_earnings=Decimal("23424.00"),
        last_asked=ASKED,
        revisions=(
            HmrcRevision(REFERENCE, ASKED, Decimal("1.00"), Decimal("2.00")),
            HmrcRevision(REFERENCE, ASKED, Decimal("34200.00"), Decimal("4324.00")),
        ),
    )
    payment = Payment(
        id="p",
        pay_date=YEAR.begins,
        taxable_pay=Decimal("1.00"),
        income_tax=Decimal("0.20"),
        employer_paye_ref=REFERENCE,
    )
    return reconcile(facts(slips, hmrc, p60s=[a_p60(YEAR)], payments=[payment]))


def test_json_has_the_contracted_shape() -> None:
    document = json.loads(reconcile_json.report(a_missing_payslip()))
    assert [year["tax_year"] for year in document["tax_years"]] == ["2025-26", "2024-25"]
    year = document["tax_years"][1]
    assert {"tax_year", "state", "rows", "person"} <= set(year)
    assert year["state"] == "available"
    row = next(each for each in year["rows"] if each["employer_paye_ref"] == "123/AB456")
    assert {"employer_paye_ref", "employer", "status", "pay", "tax", "national_insurance"} <= set(row)
    assert {"payslip_count", "as_of", "basis", "benefits", "accepted_note", "causes"} <= set(row)
    assert row["pay"] == {"hmrc": "34200.00", "payslips": "31350.00", "p60": "34200.00", "difference": "2850.00"}
    assert row["tax"] == {"hmrc": "4324.00", "payslips": "3963.60", "p60": "4322.40", "difference": "360.40"}
    assert set(row["national_insurance"]) == {"payslips", "p60", "computed"}
    assert (row["status"], row["payslip_count"], row["basis"], row["benefits"]) == ("explained", 11, "hmrc", "640.00")
    assert row["as_of"] == "2025-06-20T06:00:00Z"
    (cause,) = row["causes"]
    assert {"cause", "pay", "tax", "evidence"} <= set(cause)
    assert (cause["cause"], cause["pay"], cause["tax"]) == ("missing_payslip", "2850.00", "360.40")
    assert all(isinstance(text, str) for text in cause["evidence"])
    earnings = year["person"]["nicable_earnings"]
    assert (set(earnings), earnings["hmrc"]) == ({"hmrc", "payslips", "difference"}, "23424.00")
    assert (year["person"]["refunds"], year["person"]["pensions"]) == ("325.00", "36.50")


def test_json_amounts_are_strings_with_two_decimals_or_null() -> None:
    def amounts(value: object, name: str = "") -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                amounts(each, key)
        elif isinstance(value, list):
            for each in value:
                amounts(each, name)
        elif (
            name in {"hmrc", "payslips", "p60", "difference", "computed", "benefits", "refunds", "pensions"}
            and value is not None
        ):
            # Under a cause or a finding `payslips` are the identities of the slips concerned.
            assert isinstance(value, str)
            assert AMOUNT.fullmatch(value) or value.startswith("slip-")
        else:
            assert not isinstance(value, float)

    amounts(reconcile_json.document(a_missing_payslip()))


def test_csv_is_a_line_a_row_and_no_formula() -> None:
    slips = under("=1+1", a_true_year()[:1], employer="=cmd()")
    accepted = Acceptance(
        tax_year=YEAR,
        employer="=1+1",
        note="@note",
        pay_difference=Decimal("-2850.00"),
        tax_difference=Decimal("-360.20"),
        decided_at=ASKED,
    )
    text = reconcile_csv.report(reconcile(facts(slips, an_hmrc_year(an_employment()), acceptances=[accepted])))
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["status"] for line in lines] == ["accepted", "hmrc_only"]
    assert (lines[0]["employer"], lines[0]["accepted_note"]) == ("'=cmd()", "'@note")
    assert (lines[1]["pay_hmrc"], lines[1]["pay_payslips"], lines[1]["pay_difference"]) == ("34200.00", "", "34200.00")


def test_the_plain_report_fits_80_columns_and_says_who_has_more() -> None:
    text = reconcile_plain.in_columns(reconcile_plain.report(a_missing_payslip()))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    told = " ".join(text.split())
    assert "HMRC has £2,850.00 more pay; HMRC has £360.40 more tax." in told
    assert "1. A payslip is missing [missing_payslip]: pay +2,850.00, tax +360.40" in told
    assert "What to do: Find the payslip" in told
    assert "Tax refunded or set off by HMRC in the year: £325.00 (not taken off the tax above)." in told
    assert "Benefits in kind at HMRC: £640.00, shown beside pay and not part of it." in told
    assert "1 difference is open: 2024-25 Example Ltd: PAYSLIPS ONLY" in told


def test_into_a_pipe_the_plain_report_has_each_fact_in_one_line() -> None:
    lines = reconcile_plain.report(a_missing_payslip()).splitlines()
    verdict = [line for line in lines if "HMRC has £2,850.00 more pay" in line]
    assert len(verdict) == 1
    assert "HMRC has £360.40 more tax" in verdict[0]
    assert verdict[0].endswith(")")
    assert all(line.endswith((".", ")")) for line in lines if line.lstrip().startswith(("- ", "What to do: ")))


def test_what_is_broken_for_a_terminal_stands_below_its_own_beginning() -> None:
    fact = "pay " * 30
    for opening in ("     - ", "  1. ", "  Note: ", "  ", ""):
        first, second, *_ = reconcile_plain.in_columns(f"{opening}{fact}").split("\n")
        assert first.startswith(f"{opening}pay")
        assert second.startswith(" " * len(opening) + "pay")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("current", "still running"),
        ("not_yet", "come between June and 30 November 2025"),
        ("late", "were due by 30 November 2025"),
        ("unknown", "has not been asked"),
    ],
)
def test_the_plain_report_says_what_a_year_waits_for(state: str, words: str) -> None:
    hmrc = an_hmrc_year(state=state, tax_answered=False, pay_answered=False)
    told = " ".join(reconcile_plain.report(reconcile(facts(a_true_year(), hmrc))).split())
    assert words in told
    assert "Waiting for HMRC's figures. (12 payslips)" in told
    assert ("a P60 is compared instead: hmrc-tui p60 import FILE" in told) == (state == "unknown")
    assert told.endswith("No difference is open.")


def test_a_match_without_hmrcs_tax_says_that_it_cannot_be_compared() -> None:
    hmrc = an_hmrc_year(an_employment(tax=None), tax_answered=False)
    report = reconcile(facts(a_true_year(), hmrc))
    assert report.tax_years[0].rows[0].status == "match"
    told = " ".join(reconcile_plain.report(report).split())
    assert "Pay agrees; tax cannot be compared. (12 payslips" in told


def test_without_hmrc_the_plain_report_says_what_the_p60_has() -> None:
    hmrc = an_hmrc_year(state="unknown", tax_answered=False, pay_answered=False)
    told = reconcile_plain.report(reconcile(facts(a_true_year()[:11], hmrc, p60s=[a_p60(YEAR)])))
    assert re.search(r"  The P60 has £[\d,.]+ more pay; the P60 has £[\d,.]+ more tax\. ", told)


def test_with_nothing_known_the_plain_report_says_how_to_begin() -> None:
    assert "hmrc-tui payslips import" in reconcile_plain.report(reconcile(facts([])))
    asked = reconcile(facts([]), [TaxYear(2019)])
    assert "No payslips, no P60, no figures." in reconcile_plain.report(asked)


def test_the_plain_report_tells_questions_and_notes() -> None:
    nameless = [replace(slip, employer_paye_ref=None, taxable_pay=None, pension_kind=None) for slip in a_true_year()]
    twins = an_hmrc_year(an_employment(), an_employment(reference=REFERENCE.__class__("1/B")))
    told = " ".join(reconcile_plain.report(reconcile(facts(nameless, twins))).split())
    assert "Question: Payslips of Example Ltd in 2024-25 without a PAYE reference: is it 1/B or 123/AB456?" in told
    assert "Note: 12 payslips print no taxable pay and the kind of pension is not known: counted at gross pay." in told


def observation(number: int, run: int | None = None, **changes: Any) -> Observation:
    values: dict[str, Any] = {
        "id": str(number),
        "run_id": f"run-{number if run is None else run}",
        "asked_at": ASKED.replace(minute=number % 60, day=1 + number // 60),
        "tax_year": YEAR,
        "api": "individual-tax",
        "api_version": "1.1",
        "outcome": "no_data",
        "status": 404,
        "code": "NOT_FOUND",
        "answer_hash": None,
        "duration_ms": 1,
    }
    return Observation(**{**values, **changes})


def test_the_evidence_pack_has_a_page_a_year_and_employer() -> None:
    pages = reconcile_markdown.report(a_missing_payslip(), [observation(number) for number in range(45)]).split(
        reconcile_markdown.PAGE_BREAK
    )
    assert [page.splitlines()[0] for page in pages] == [
        "# Example Ltd, tax year 2025-26",
        "# EXAMPLE LIMITED, tax year 2024-25",
        "# Example Ltd, tax year 2024-25",
    ]
    page = pages[1]
    for heading in (
        "Both sides",
        "What explains the difference",
        "Payslips",
        "HMRC's payment table",
        "What HMRC said before",
        "When HMRC was asked",
    ):
        assert f"## {heading}" in page
    assert "| Taxable pay | 34,200.00 | 31,350.00 | 34,200.00 | +2,850.00 |" in page
    assert "| 2025-06-01 07:44 | no data (404): individual-tax 1.1 |" in page
    assert "And 5 times before these, first on 2025-06-01 07:00." in page
    assert "| 2025-06-20 07:00 | 1.00 | 2.00 |" in page
    assert "A payslip is missing between 26 July 2024 and 26 September 2024" in page


def test_the_evidence_pack_tells_what_hmrc_said_before_from_the_first_change_on() -> None:
    once = an_hmrc_year(revisions=(HmrcRevision(REFERENCE, ASKED, Decimal("34000.00"), Decimal("4284.00")),))
    text = reconcile_markdown.report(reconcile(facts(a_true_year(), once)))
    assert (
        "## What HMRC said before\n\n| first seen | pay | tax |\n|---|---:|---:|\n| 2025-06-20 07:00 | 34,000.00"
        in text
    )


def test_the_evidence_pack_tells_the_answers_of_one_sync_in_one_line() -> None:
    calls = [
        observation(0, run=1, api="individual-tax", outcome="ok", status=200, code=None),
        observation(1, run=1, api="individual-income", api_version="1.2", outcome="ok", status=200, code=None),
        observation(2, run=1, api="individual-benefits", api_version="2.0"),
    ]
    text = reconcile_markdown.report(reconcile(facts(a_true_year(), an_hmrc_year(an_employment()))), calls)
    told = "no data (404): individual-benefits 2.0; ok (200): individual-income 1.2, individual-tax 1.1"
    assert f"| 2025-06-01 07:00 | {told} |" in text


def test_the_evidence_pack_shows_the_columns_that_the_payslips_fill_and_their_sums() -> None:
    slips = [replace(slip, net_pay=None, period=None, tax_code=None) for slip in a_true_year()]
    slips = [replace(slip, national_insurance=None) if slip is slips[3] else slip for slip in slips]
    text = reconcile_markdown.report(reconcile(facts(slips, an_hmrc_year(an_employment()))))
    (header,) = (line for line in text.splitlines() if line.startswith("| pay date |"))
    assert "net pay" not in header
    assert "tax code" not in header
    (sums,) = (line for line in text.splitlines() if line.startswith("| **together** |"))
    columns = dict(zip(header.split(" | "), sums.split(" | "), strict=False))
    assert (columns["taxable pay"], columns["income tax"], columns["National Insurance"]) == (
        "**34,200.00**",
        "**4,324.00**",
        "",
    )


def test_a_page_of_the_evidence_pack_says_when_it_was_made() -> None:
    made = datetime(2025, 7, 1, 8, 30, tzinfo=UTC)
    text = reconcile_markdown.report(a_missing_payslip(), made=made)
    assert text.count("- This page was made: 1 July 2025 09:30 (UK time)") == len(
        text.split(reconcile_markdown.PAGE_BREAK)
    )


def test_the_evidence_pack_marks_the_payslips_concerned() -> None:
    slips = a_true_year()
    copy = replace(slips[3], id="the-copy", source="second|scan.pdf")
    text = reconcile_markdown.report(reconcile(facts([*slips, copy], an_hmrc_year(an_employment()))))
    (line,) = (line for line in text.splitlines() if "concerned |" in line)
    assert line.startswith("| 2024-07-26 |")
    assert "second\\|scan.pdf" in text


def test_the_evidence_pack_without_calls_names_the_last_one() -> None:
    page = reconcile_markdown.report(a_missing_payslip()).split(reconcile_markdown.PAGE_BREAK)[1]
    assert "Last on 20 June 2025 07:00 (UK time)." in page
    assert reconcile_markdown.report(reconcile(facts([]))) == "# Nothing to reconcile yet"
