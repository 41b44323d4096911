"""The demo's story: right to the penny on any day of the year, told from HTTP to text, and nothing left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hmrc_tui.cli import cli, run
from hmrc_tui.demo import demonstration
from hmrc_tui.demo_person import BAKERY, BOOKS, HARBOUR, Job, days, story, worked
from storage.records import PayeReference, TaxYear
from tests.makers import StoppedClock

TODAY = date(2026, 11, 22)


def test_twelve_equal_months_have_the_tax_and_insurance_that_are_published() -> None:
    job = Job("Example Ltd", PayeReference("1/A"), "1257L", Decimal("3000.00"), 5)
    slips = worked(job, days(TaxYear(2024)))
    assert (slips[0].taxable_pay, slips[0].income_tax, slips[0].national_insurance) == (
        Decimal("2850.00"),
        Decimal("360.20"),
        Decimal("156.16"),
    )
    assert slips[0].net_pay == Decimal("2333.64")
    assert slips[-1].ytd_tax == Decimal("4324.00")


def test_a_new_job_goes_on_from_the_p45() -> None:
    year = TaxYear(2024)
    first = worked(BAKERY, days(year)[:5])
    second = worked(HARBOUR, days(year)[5:], before=first)
    taxable = sum(slip.taxable_pay or 0 for slip in [*first, *second])
    tax = sum(slip.income_tax or 0 for slip in [*first, *second])
    # The year's free pay for 1257L is twelve times 1,048.26, and everything lies in the basic band.
    assert tax == (Decimal(int(taxable - Decimal("12579.12"))) * Decimal("0.2")).quantize(Decimal("0.01"))
    assert second[0].ytd_taxable == second[0].taxable_pay


def test_a_second_job_pays_basic_rate_from_the_first_pound() -> None:
    slips = worked(BOOKS, days(TaxYear(2024)))
    assert {slip.income_tax for slip in slips} == {Decimal("84.00")}
    assert {slip.national_insurance for slip in slips} == {Decimal("0.00")}


@given(st.dates(min_value=date(2022, 4, 6), max_value=date(2034, 12, 31)))
def test_on_any_day_the_story_is_whole_and_every_slip_adds_up(today: date) -> None:
    told = story(today)
    assert told.current == TaxYear.containing(today)
    assert len(told.years) == 6
    assert told.current not in told.hmrc
    assert told.current.previous not in told.hmrc
    by_year = {year: [slip for slip in told.payslips if slip.tax_year == year] for year in told.years}
    assert all(by_year.values())
    assert max(slip.pay_date for slip in told.payslips) <= today
    for slip in told.payslips:
        taken = (slip.pension_employee or 0) + (slip.income_tax or 0) + (slip.national_insurance or 0)
        assert slip.gross_pay == taken + (slip.net_pay or 0)
    assert told.withdrawn == told.years[0]


def told(base: StoppedClock) -> Any:
    from hmrc_tui.reports.reconcile_json import document

    with demonstration(base) as engine:
        answer = document(engine.reconciliation())
        engine.ledger.close()
    return answer


def statuses(answer: Any) -> dict[tuple[str, str], tuple[str, list[str]]]:
    return {
        (year["tax_year"], row["employer"]): (row["status"], [cause["cause"] for cause in row["causes"]])
        for year in answer["tax_years"]
        for row in year["rows"]
    }


@pytest.mark.parametrize(
    ("today", "latest"),
    [(date(2026, 11, 22), "not_yet"), (date(2026, 12, 1), "late"), (date(2026, 4, 6), "not_yet")],
)
def test_the_story_is_told_all_the_way_from_http(today: date, latest: str) -> None:
    answer = told(StoppedClock(datetime(today.year, today.month, today.day, 12, tzinfo=UTC)))
    years = [TaxYear(TaxYear.containing(today).start - back).hmrc for back in range(6)]
    assert [(year["tax_year"], year["state"]) for year in answer["tax_years"]] == list(
        zip(years, ["current", latest, "available", "available", "available", "gone"], strict=True)
    )
    assert statuses(answer) == {
        (years[0], HARBOUR.employer): ("waiting", []),
        (years[1], HARBOUR.employer): ("waiting", []),
        (years[2], HARBOUR.employer): ("explained", ["missing_payslip"]),
        (years[2], BAKERY.employer): ("match", []),
        (years[3], BAKERY.employer): ("explained", ["gross_not_taxable"]),
        (years[3], BOOKS.employer): ("unexplained", []),
        (years[4], BAKERY.employer): ("match", []),
        (years[4], BOOKS.employer): ("accepted", []),
        (years[5], BAKERY.employer): ("match", []),
    }
    person = answer["tax_years"][4]["person"]["nicable_earnings"]
    assert person["hmrc"] == person["payslips"]
    assert answer["tax_years"][5]["person"]["refunds"] == "86.40"


def test_the_history_has_the_correction_and_what_was_withdrawn() -> None:
    with demonstration(StoppedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))) as engine:
        corrected = [s for s in engine.ledger.snapshots(TaxYear(2022)) if s.employer_paye_ref == BAKERY.reference]
        assert [second.income_tax - first.income_tax for first, second in pairwise(corrected)] == [Decimal("50.00")]
        gone = engine.ledger.observations(TaxYear(2021))
        taxes = [each.outcome for each in gone if each.api == "individual-tax"]
        assert taxes == ["ok", "no_data"]
        assert engine.ledger.snapshots(TaxYear(2021))
        assert engine.grant_status().grant_days_left == 447
        engine.ledger.close()


def test_nothing_is_left_behind_and_the_persons_own_home_is_not_touched(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with demonstration(StoppedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))) as engine:
        folder = engine.places.data
        assert folder.is_relative_to(tmp_path)
        assert all(not path.stat().st_mode & 0o077 for path in folder.parent.rglob("*"))
        engine.ledger.close()
    assert not folder.exists()
    assert not list(tmp_path.glob("hmrc-tui-demo-*"))
    assert not home.exists()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_nothing_is_left_behind_when_it_is_stopped_half_way(ending: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "hmrc_tui", "demo", "--report"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("hmrc-tui-demo-*/state")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(ending)
    _, talk = process.communicate(timeout=30)
    assert "Traceback" not in talk
    assert process.returncode in {128 + ending, 130}
    assert not list(tmp_path.glob("hmrc-tui-demo-*"))


def test_the_report_is_printed() -> None:
    done = CliRunner().invoke(cli, ["demo", "--report"])
    assert done.exit_code == 0, done.output
    for words in (BAKERY.employer, HARBOUR.employer, "missing_payslip", "gross_not_taxable", "UNEXPLAINED", "waiting"):
        assert words in done.stdout
    assert "no figure here is real" in done.stderr


def test_the_json_is_the_contracted_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    states = [year["state"] for year in answer["tax_years"]]
    assert states[0] == "current"
    assert states[-1] == "gone"
    assert {status for status, _ in statuses(answer).values()} == {
        "waiting",
        "match",
        "explained",
        "unexplained",
        "accepted",
    }


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_interface_opens_on_it(size: tuple[int, int]) -> None:
    from hmrc_tui.app import HmrcTuiApp
    from hmrc_tui.screens.overview import Overview

    story_of = demonstration(StoppedClock(datetime(2026, 11, 22, 12, tzinfo=UTC)))
    engine = await asyncio.to_thread(story_of.__enter__)
    try:
        app = HmrcTuiApp(lambda: engine, engine.settings, engine.places, engine.clock)
        async with app.run_test(size=size) as pilot:
            deadline = time.monotonic() + 20
            while not app.known.read and time.monotonic() < deadline:
                await pilot.pause(0.02)
            assert app.known.reconciliation is not None
            assert len(app.known.reconciliation.tax_years) == 6
            assert app.query_one(Overview).display
            await pilot.press("q")
        assert app.return_code in {0, None}
    finally:
        await asyncio.to_thread(story_of.__exit__, None, None, None)
