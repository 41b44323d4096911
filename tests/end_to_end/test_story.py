"""The whole story as a person lives it, in a real terminal: first start, demo, sign-in, sync, import, explain, accept, export, quit."""

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.simulator import Simulator
from hmrc_tui.demo_person import BAKERY, days, worked
from storage.imports.canonical import write_canonical_csv
from storage.tax_year import TaxYear
from tests.end_to_end import browser
from tests.end_to_end.terminals import Modes, Terminal, surroundings, until
from tests.ports import free_port
from tests.simulated import control, simulated

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here; .ci/install brings it"),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here; .ci/install brings it"),
]
LAST = TaxYear.containing(datetime.now(UTC).date()).previous
BEFORE = LAST.previous
NOTE = "Slip-of-September-is-lost"  # one word, which no width of the screen breaks


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return request.param


@pytest.fixture
def hmrc() -> Iterator[Simulator]:
    """HMRC has both years; the payslips will lack one of the older year's."""
    with simulated(throttle=True, redirect_uris=[f"http://localhost:{free_port()}/oauth/callback"]) as simulator:
        for year in (BEFORE, LAST):
            slips = worked(BAKERY, days(year))
            pay, tax = sum(slip.taxable_pay or 0 for slip in slips), sum(slip.income_tax or 0 for slip in slips)
            known = {"reference": BAKERY.reference, "name": BAKERY.employer, "pay": str(pay), "tax": str(tax)}
            control(simulator, "PUT", f"/years/{simulator.person.utr}/{year.hmrc}", {"employments": [known]})
        yield simulator


def write_configuration(home: Path, hmrc: Simulator) -> None:
    """A configured home, as `hmrc-tui config init` and an editor leave it."""
    home.mkdir(exist_ok=True)
    (home / "client_secret").write_text(hmrc.application.secrets[0])
    (home / "config.toml").write_text(f"""
[hmrc]
environment = "simulator"
client_id = "{hmrc.application.client_id}"
client_secret_file = "client_secret"
utr = "{hmrc.person.utr}"
redirect_uri = "{hmrc.application.redirect_uris[0]}"
api_url = "{hmrc.address}"
www_url = "{hmrc.address}"

[sync]
first_year = "{BEFORE}"

[tokens]
store = "file"
""")


def write_browser(folder: Path) -> Path:
    """The person's browser, as the variable BROWSER names it."""
    script = folder / "browser"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {browser.__file__} "$1"\n')
    script.chmod(0o700)
    return script


def write_payslips(folder: Path) -> Path:
    """Both years' payslips, without that of a September."""
    slips = [slip for year in (BEFORE, LAST) for slip in worked(BAKERY, days(year))]
    missing = (BEFORE.start, 9)
    file = folder / "payslips.csv"
    file.write_text(write_canonical_csv(slip for slip in slips if (slip.pay_date.year, slip.pay_date.month) != missing))
    return file


@pytest.fixture
def terminal(size: tuple[int, int], hmrc: Simulator, tmp_path: Path) -> Iterator[Terminal]:
    """A person's shell; their browser signs in as the made-up person."""
    environ = surroundings(
        BROWSER=str(write_browser(tmp_path)),
        PERSONS_BROWSER_CHROMIUM=CHROMIUM or "",
        PERSONS_BROWSER_USER=hmrc.person.user_id,
        PERSONS_BROWSER_PASSWORD=hmrc.person.password,
        PERSONS_BROWSER_SEEN=str(tmp_path / "seen"),
    )
    with Terminal(*size, environ) as shell:
        yield shell


def open_interface(terminal: Terminal, told_at_the_end: str) -> None:
    """Starts the program as a person does; its exit status follows what is told at the end."""
    terminal.enter(f"hmrc-tui; echo {told_at_the_end} $?")


def leave(terminal: Terminal, told_at_the_end: str) -> None:
    """Quits, with exit status 0, and the terminal as it was."""
    terminal.press("q")
    terminal.wait_until(lambda screen: re.search(rf"(?m)^{told_at_the_end} 0$", screen), "waiting for the end")
    until(lambda: terminal.modes == Modes(), "the terminal was not switched back")


def test_from_the_first_start_to_the_last_key(terminal: Terminal, hmrc: Simulator, home: Path, tmp_path: Path) -> None:
    look_around(terminal, home)
    write_configuration(home, hmrc)
    open_configured(terminal)
    sign_in(terminal, tmp_path)
    sync(terminal)
    import_payslips(terminal, write_payslips(tmp_path))
    see_it_explained(terminal)
    accept(terminal)
    export(terminal, tmp_path / "exported.csv")
    leave(terminal, "all ended")
    written = terminal.written.decode(errors="replace")
    assert "syncing" in written
    assert browser.NOISE not in written
    assert "Traceback" not in written
    for secret in (hmrc.application.secrets[0], hmrc.person.utr or "", hmrc.person.password):
        assert secret not in written


def look_around(terminal: Terminal, home: Path) -> None:
    """The first start: the guide, and from it the demo, of which a picture is left."""
    open_interface(terminal, "demo ended")
    terminal.wait_for("Welcome to hmrc-tui", "1  Look around", "Without it")
    terminal.press("1")
    terminal.wait_for("[1 Overview]", "Lantern Books", "? unexplained")
    terminal.press("3")
    terminal.wait_for("[3 History]")
    terminal.press("P")
    terminal.wait_for("Picture saved")
    leave(terminal, "demo ended")
    (picture,) = (home / "data" / "pictures").iterdir()
    assert picture.suffix == ".svg"


def open_configured(terminal: Terminal) -> None:
    open_interface(terminal, "all ended")
    terminal.wait_for("SIMULATOR", "Nothing here yet", "not signed in")


def sign_in(terminal: Terminal, folder: Path) -> None:
    """The key of the Sign-in tab opens the browser; what it gives is kept."""
    terminal.press("6")
    terminal.wait_for("b opens HMRC's sign-in page")
    terminal.press("b")
    seen = folder / "seen"
    until(seen.exists, lambda: f"waiting for the browser; the screen:\n{terminal.screen}")
    terminal.wait_for("✓ signed in", "kept in a file on this machine", "There is nothing to do here until it ends")
    assert "HMRC's answer was received" in seen.read_text()
    assert "code=" not in seen.read_text(), "the code does not stay in the address bar"


def sync(terminal: Terminal) -> None:
    """HMRC is asked, and its figures stand on the screen before there is a payslip."""
    terminal.press("1")
    terminal.wait_for("[1 Overview]")
    terminal.press("s")
    terminal.wait_for("28,272.00", "+ HMRC only", "confirmed today")


def import_payslips(terminal: Terminal, file: Path) -> None:
    """A CSV comes in from the empty Payslips tab, and again without doubling."""
    terminal.press("2")
    terminal.wait_for("No payslips yet")
    for said in ("23 new payslips", "0 new payslips, 23 known already"):
        terminal.press("i")
        terminal.wait_for("Import a file, or all in a folder")
        terminal.enter(str(file))
        terminal.wait_for(said)


def see_it_explained(terminal: Terminal) -> None:
    """The cause stands on the screen with its evidence, and the payslips behind it are one key away."""
    terminal.press("1")
    terminal.wait_for("[1 Overview]", "! explained")
    terminal.press("j")
    terminal.wait_for("A payslip is missing", f"between 28 August {BEFORE.start}")
    terminal.press("p")
    terminal.wait_for("[2 Payslips]", "[11 payslips]")
    terminal.press("1")
    terminal.wait_for("A payslip is missing")


def accept(terminal: Terminal) -> None:
    terminal.press("a")
    terminal.wait_for("Accept this difference. Why?")
    terminal.enter(NOTE)
    terminal.wait_for("= accepted", NOTE)


def export(terminal: Terminal, file: Path) -> None:
    terminal.press("e")
    terminal.wait_for("Export to the file", "hmrc-tui-overview")
    terminal.press("C-u")
    terminal.wait_until(lambda screen: "hmrc-tui-overview" not in screen, "waiting for the suggestion to go")
    terminal.enter(str(file))
    until(file.exists, lambda: f"waiting for the file; the screen:\n{terminal.screen}")
    rows = file.read_text().splitlines()
    assert len(rows) == 3
    assert any("accepted" in row and "28272.00" in row for row in rows)
    assert file.stat().st_mode & 0o077 == 0
