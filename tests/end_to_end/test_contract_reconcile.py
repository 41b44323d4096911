"""The reconciliation's contract, by the command alone: what `reconcile --json` and `--check` say of what HMRC and a file of payslips said."""

import io
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hmrc_tui import cli
from storage.tax_year import TaxYear
from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home

CURRENT = TaxYear.containing(datetime.now(UTC).date())
YEAR = CURRENT.previous.previous
"""Long enough ago that HMRC is done with it."""
WHOLE = ("123/AB456", "Example Ltd", 36000, 4680)
"""What HMRC holds of `months()`."""


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        yield server


class HomeHere(Home):
    """The same installation, its commands run in this process: a tenth of the time."""

    def run(self, *arguments: str, timeout: float = 120, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = cli.run(list(arguments))
        assert "Traceback" not in out.getvalue() + err.getvalue()
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


@pytest.fixture
def person(hmrc: AnotherHmrc, home: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    signed_in = HomeHere.at(home, hmrc)
    for name, value in signed_in.environ.items():
        monkeypatch.setenv(name, value)
    signed_in.sign_in()
    return signed_in


def months(
    year: TaxYear = YEAR,
    *,
    reference: str = "123/AB456",
    employer: str = "Example Ltd",
    among: Iterable[int] = range(12),
) -> list[str]:
    """Payslips of £3,000.00 and £390.00 tax on the 26th, the first in April: month 0."""
    days = [f"{year.start + (month > 8)}-{(month + 3) % 12 + 1:02d}-26" for month in among]
    return [f"{day},{employer},{reference},3000.00,390.00" for day in days]


def hold(person: Home, *payslips: str) -> None:
    """Imports a table of these payslips."""
    file = person.folder / f"{len(list(person.folder.glob('*.csv')))}.csv"
    file.write_text("\n".join(("pay_date,employer,employer_paye_ref,taxable_pay,income_tax", *payslips)) + "\n")
    done = person.run("payslips", "import", str(file))
    assert done.returncode == 0, done.stderr


def ask(person: Home, *years: TaxYear) -> None:
    """Syncs these years."""
    person.json("sync", *(part for year in years for part in ("--tax-year", year.hmrc)))


def reconciled(person: Home, year: TaxYear = YEAR) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What is said of a year, and its rows by reference or employer."""
    (told,) = person.json("reconcile", "--tax-year", year.hmrc)["tax_years"]
    return told, {row["employer_paye_ref"] or row["employer"]: row for row in told["rows"]}


def causes(row: dict[str, Any]) -> list[str]:
    """The causes of a row, whose shares are asserted to equal its differences."""
    for amount in ("pay", "tax") if row["causes"] else ():
        assert sum(Decimal(cause[amount]) for cause in row["causes"]) == Decimal(row[amount]["difference"])
    return [cause["cause"] for cause in row["causes"]]


def check(person: Home) -> int:
    """The exit status of `reconcile --check`."""
    return person.run("reconcile", "--check").returncode


def test_an_open_difference_fails_the_check_until_it_is_accepted_and_again_after_a_penny(
    hmrc: AnotherHmrc, person: Home
) -> None:
    odd = ("456/CD1", "Odd Ltd", 36012.34, 4680)
    hmrc.employ(YEAR.hmrc, WHOLE, odd, ("789/EF2", "Only HMRC Ltd", 500, 100))
    hold(person, *months(), *months(reference="456/CD1", employer="Odd Ltd"))
    hold(person, *months(reference="999/ZZ9", employer="Only Me plc", among=range(2)))
    ask(person, YEAR)
    _, rows = reconciled(person)
    assert {reference: (row["status"], causes(row)) for reference, row in rows.items()} == {
        "123/AB456": ("match", []),
        "456/CD1": ("unexplained", []),
        "789/EF2": ("hmrc_only", []),
        "999/ZZ9": ("payslips_only", []),
    }
    assert check(person) == 1
    for reference in ("456/cd1", "789/EF2", "999/ZZ9"):
        assert person.run("accept", YEAR.database, reference, "--note", "Agreed with payroll").returncode == 0
    assert check(person) == 0
    hmrc.employ(YEAR.hmrc, WHOLE, (*odd[:2], 36012.35, 4680), ("789/EF2", "Only HMRC Ltd", 500, 100))
    ask(person, YEAR)
    _, rows = reconciled(person)
    assert (rows["456/CD1"]["status"], rows["456/CD1"]["accepted_note"]) == ("unexplained", None)
    assert (rows["789/EF2"]["status"], rows["789/EF2"]["accepted_note"]) == ("accepted", "Agreed with payroll")
    assert check(person) == 1


def test_the_boundary_payslip_explains_both_years_and_a_missing_one_its_own(hmrc: AnotherHmrc, person: Home) -> None:
    before = YEAR.previous
    hmrc.employ(YEAR.hmrc, (*WHOLE[:2], 33000, 4290), ("456/CD1", "Two Ltd", 36000, 4680))
    hmrc.employ(before.hmrc, (*WHOLE[:2], 39000, 5070))
    late = f"{YEAR.start}-04-07,Example Ltd,123/AB456,3000.00,390.00"
    hold(person, *months(before), late, *months(among=range(1, 12)))
    hold(person, *months(reference="456/CD1", employer="Two Ltd", among={*range(12)} - {5}))
    ask(person, before, YEAR)
    _, rows = reconciled(person)
    assert {reference: (row["status"], causes(row)) for reference, row in rows.items()} == {
        "123/AB456": ("explained", ["wrong_tax_year"]),
        "456/CD1": ("explained", ["missing_payslip"]),
    }
    assert rows["456/CD1"]["pay"] == {
        "hmrc": "36000.00",
        "payslips": "33000.00",
        "p60": None,
        "difference": "3000.00",
    }
    _, rows = reconciled(person, before)
    assert (rows["123/AB456"]["pay"]["difference"], causes(rows["123/AB456"])) == ("3000.00", ["wrong_tax_year"])
    assert check(person) == 0


def test_a_changed_reference_is_explained_on_both_sides_until_it_is_linked(hmrc: AnotherHmrc, person: Home) -> None:
    hmrc.employ(YEAR.hmrc, ("456/CD1", "Example Ltd", 36000, 4680))
    hold(person, *months(among=range(5)), *months(reference="456/CD1", among=range(5, 12)))
    ask(person, YEAR)
    _, rows = reconciled(person)
    for one, other in (("123/AB456", "456/CD1"), ("456/CD1", "123/AB456")):
        assert causes(rows[one]) == ["reference_changed"]
        assert other in " ".join(rows[one]["causes"][0]["evidence"])
    assert person.run("link", "123/ab456", "456/CD1").returncode == 0
    hmrc.employ(YEAR.hmrc, ("456/CD1 ", "EXAMPLE LTD", 30000, 3900), ("456/cd1", "EXAMPLE LTD", 6000, 780))
    ask(person, YEAR)
    _, rows = reconciled(person)
    assert {reference: row["status"] for reference, row in rows.items()} == {"456/CD1": "match"}
    assert rows["456/CD1"]["payslip_count"] == 12
    assert person.run("link", "123/AB456", "456/CD1", "--undo").returncode == 0
    assert len(reconciled(person)[1]) == 2


def test_payslips_without_a_reference_are_matched_by_name_and_two_candidates_are_asked_about(
    hmrc: AnotherHmrc, person: Home
) -> None:
    hmrc.employ(YEAR.hmrc, ("123/AB456", "J BLOGGS & SONS LIMITED", 36000, 4680))
    hmrc.employ(YEAR.previous.hmrc, ("1/A", "J. Bloggs & Sons", 36000, 4680), ("2/B", "J Bloggs & Sons plc", 1, 0))
    hold(person, *months(reference="", employer="J. Bloggs & Sons Ltd."))
    hold(person, *months(YEAR.previous, reference="", employer="J. Bloggs & Sons Ltd."))
    ask(person, YEAR, YEAR.previous)
    told, rows = reconciled(person)
    assert ({reference: row["status"] for reference, row in rows.items()}, told["questions"]) == (
        {"123/AB456": "match"},
        [],
    )
    told, rows = reconciled(person, YEAR.previous)
    assert {row["status"] for row in rows.values()} == {"hmrc_only", "payslips_only"}
    (question,) = told["questions"]
    assert "1/A or 2/B" in question


def test_what_stands_beside_pay_is_shown_and_never_added(hmrc: AnotherHmrc, person: Home) -> None:
    hmrc.employ(YEAR.hmrc, WHOLE)
    pensions = {"otherPensionsAndRetirementAnnuities": 36.5, "jobseekersAllowance": 89.99}
    hmrc.figures["individual-tax", YEAR.hmrc]["refunds"] = {"taxRefundedOrSetOff": 325}
    hmrc.figures["individual-income", YEAR.hmrc]["pensionsAnnuitiesAndOtherStateBenefits"] = pensions
    hmrc.figures["individual-benefits", YEAR.hmrc] = {
        "employments": [
            {"employerPayeReference": "123/AB456", "privateMedicalDentalInsurance": 64, "otherBenefits": 16.5}
        ]
    }
    hmrc.figures["national-insurance", YEAR.hmrc] = {
        "class1": {"totalNICableEarnings": 0.00},
        "class2": {"totalDue": 20},
        "maxNICsReached": False,
    }
    hold(person, *months())
    ask(person, YEAR)
    told, rows = reconciled(person)
    row = rows["123/AB456"]
    assert (row["status"], causes(row), row["benefits"], row["basis"]) == ("match", [], "80.50", "hmrc")
    assert (told["person"]["refunds"], told["person"]["pensions"]) == ("325.00", "36.50")
    assert told["person"]["nicable_earnings"]["hmrc"] is None, "nought beside pay means that HMRC is not ready"
    assert "£89.99, not added to the pay" in " ".join(person.run("reconcile").stdout.split())


def test_without_hmrcs_figures_a_p60_is_the_other_side_and_with_them_a_finding(hmrc: AnotherHmrc, person: Home) -> None:
    hold(person, *months(among={*range(12)} - {4}), *months(CURRENT, among=range(1)))
    given = ("--employer", "Example Limited", "--paye-ref", "123/ab456", "--pay", "36000.00", "--tax", "4680.00")
    assert person.run("p60", "add", "--tax-year", YEAR.hmrc, *given).returncode == 0
    ask(person, YEAR)
    told, rows = reconciled(person)
    row = rows["123/AB456"]
    assert (told["state"], row["basis"], row["status"], causes(row)) == (
        "late",
        "p60",
        "explained",
        ["missing_payslip"],
    )
    assert (row["pay"]["hmrc"], row["pay"]["p60"], row["as_of"]) == (None, "36000.00", None)
    told, rows = reconciled(person, CURRENT)
    assert (told["state"], rows["123/AB456"]["status"]) == ("current", "waiting")
    hmrc.employ(YEAR.hmrc, (*WHOLE[:2], 33000, 4290))
    ask(person, YEAR)
    told, rows = reconciled(person)
    row = rows["123/AB456"]
    assert (told["state"], row["basis"], row["status"]) == ("available", "hmrc", "match")
    assert any("P60" in finding["text"] for finding in row["findings"])
    hmrc.withdraw(YEAR.hmrc)
    ask(person, YEAR)
    told, rows = reconciled(person)
    assert (told["state"], rows["123/AB456"]["pay"]["hmrc"], rows["123/AB456"]["status"]) == (
        "gone",
        "33000.00",
        "match",
    )


def test_a_penny_is_nothing_and_a_pound_is_rounding(hmrc: AnotherHmrc, person: Home) -> None:
    figures = {
        "1/PENNY": (36000.01, 4679.99, "match"),
        "2/PENCE": (36000.02, 4680, "rounding"),
        "3/POUND": (35999, 4681, "rounding"),
        "4/MORE": (36001.01, 4680, "unexplained"),
    }
    hmrc.employ(YEAR.hmrc, *((reference, reference, pay, tax) for reference, (pay, tax, _) in figures.items()))
    hold(person, *(slip for reference in figures for slip in months(reference=reference, employer=reference)))
    ask(person, YEAR)
    for reference, row in reconciled(person)[1].items():
        status = figures[reference][2]
        assert (row["status"], causes(row)) == (status, ["rounding"] if status == "rounding" else [])
    assert check(person) == 1
