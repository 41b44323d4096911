"""The interface beside other processes on the same home: what they do is shown and told while it is open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import install, running
from tests.end_to_end.terminals import Terminal, surroundings

CSV = "pay_date,employer,employer_paye_ref,taxable_pay,income_tax\n2025-04-26,Example Ltd,123/AB456,2850.00,360.20\n"


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        yield server


@pytest.fixture
def person(hmrc: AnotherHmrc, home: Path) -> Home:
    return install(home, hmrc)


@pytest.fixture
def interface(person: Home) -> Iterator[Terminal]:
    """The interface, open on the person's home and at rest."""
    with Terminal(120, 40, surroundings(**person.environ)) as terminal:
        terminal.enter("hmrc-tui")
        terminal.wait_for("[1 Overview]", "✓ 5")
        yield terminal
        terminal.press("q")


def test_a_sync_in_another_shell_is_told_and_its_figures_are_shown(
    hmrc: AnotherHmrc, person: Home, interface: Terminal
) -> None:
    assert person.run("sync").returncode == 0
    interface.wait_for("Synced by ")
    interface.wait_for("2025-26", "not yet")
    hmrc.employ("2025-26", ("123/AB456", "Example Ltd", 34200, 4322.4))
    assert person.run("sync").returncode == 0
    interface.wait_for("34,200.00", "confirmed today")


def test_an_import_in_another_shell_is_told_and_shown(person: Home, interface: Terminal, tmp_path: Path) -> None:
    (tmp_path / "slips.csv").write_text(CSV)
    assert person.run("payslips", "import", str(tmp_path / "slips.csv")).returncode == 0
    interface.wait_for("Imported elsewhere: payslips from slips.csv")
    interface.wait_for("Example Ltd")


def test_a_sync_of_the_daemon_is_told(person: Home, interface: Terminal) -> None:
    with running(person) as daemon:
        assert daemon.ask_for_a_sync().status_code == 202
        interface.wait_for("Synced by ")
        status, _, _ = daemon.stop()
        assert status == 0
