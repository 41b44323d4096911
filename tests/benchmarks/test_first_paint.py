"""How fast the interface is beside a minimal Textual app with one table, in one run on one machine."""

import statistics
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from storage.clock import SystemClock
from storage.configuration import load
from storage.ledger import open_ledger
from storage.places import Places
from storage.records import TaxYear
from tests.daemon.answers import income_answer, keep, tax_answer
from tests.hmrc_tui.terminal import INTERFACE, Program
from tests.makers import a_year_of_payslips

ROUNDS = 9
FLOOR = """
from textual.app import App
from textual.widgets import DataTable

class Floor(App):
    def compose(self):
        yield DataTable()

    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("Tax year", "Employer", "Pay", "Tax")
        for year in range(1996, 2026):
            table.add_row(str(year), "Example Ltd", "34,200.00", "4,322.40")

Floor().run()
"""
YEARS = [TaxYear(year) for year in range(1994, 2024)]


@pytest.fixture
def thirty_years(home: Path) -> Iterator[Path]:
    """A ledger with thirty tax years of payslips and answers, seen once before."""
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('[hmrc]\nenvironment = "sandbox"\nutr = "2234567890"\n')
    (home / "config.toml").chmod(0o600)
    places = Places.under(home)
    settings = load(places, {}).settings
    ledger = open_ledger(settings, places, SystemClock())
    for year in YEARS:
        slips = [replace(slip, id=f"{year}-{number}") for number, slip in enumerate(a_year_of_payslips(year))]
        ledger.add_payslips(slips, import_id=f"{year}", description="thirty years")
        asked = datetime(year.start + 1, 7, 1, 6, tzinfo=UTC)
        keep(ledger, "individual-income", income_answer({"123/AB456": "34200.00"}), asked, year)
        keep(ledger, "individual-tax", tax_answer({"123/AB456": "4322.40"}), asked, year)
    ledger.close()
    with Program(size=(120, 40)) as program:
        program.until("Example Ltd", "2023-24", "match")
        program.read(2)
        program.press("q")
        program.status()
    return home


def _paint(arguments: tuple[str, ...], *wanted: str) -> float:
    with Program(arguments, size=(120, 40)) as program:
        return program.until(*wanted)


@pytest.mark.benchmark_gate
def test_the_first_paint_takes_at_most_1_6_times_a_bare_table(thirty_years: Path) -> None:
    floor, ours = [], []
    for _ in range(ROUNDS):
        floor.append(_paint((sys.executable, "-c", FLOOR), "Example Ltd"))
        ours.append(_paint(INTERFACE, "Overview", "Example Ltd", "2023-24"))
    ratio = statistics.median(ours) / statistics.median(floor)
    print(
        f"first paint {statistics.median(ours):.3f} s, a bare table {statistics.median(floor):.3f} s: {ratio:.2f} times"
    )
    assert ratio <= 1.6


@pytest.mark.benchmark_gate
def test_idle_it_writes_nothing_and_costs_next_to_nothing(thirty_years: Path) -> None:
    with Program(size=(120, 40)) as program:
        program.until("Example Ltd", "2023-24")
        program.read(25)
        process = psutil.Process(program.pid)
        before = sum(process.cpu_times()[:2])
        written = _wait(program, 20)
        spent = sum(process.cpu_times()[:2]) - before
        memory = process.memory_info().rss / 1e6
        print(f"idle: {len(written)} bytes, {spent / 20:.2%} CPU, {memory:.0f} MB")
        assert written == b""
        assert spent / 20 <= 0.003
        assert memory <= 85


def _wait(program: Program, seconds: float) -> bytes:
    return program.read(seconds)


@pytest.mark.benchmark_gate
def test_a_key_is_answered_within_fifty_milliseconds(thirty_years: Path) -> None:
    with Program(size=(120, 40)) as program:
        program.until("Example Ltd", "2023-24")
        program.read(6)
        answers = [program.answered_in(key) for key in "jk" * 20]
        print(f"a key: median {statistics.median(answers) * 1000:.1f} ms, slowest {max(answers) * 1000:.1f} ms")
        assert statistics.median(answers) <= 0.05
