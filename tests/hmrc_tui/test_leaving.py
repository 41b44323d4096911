"""However the interface ends, the terminal is left as it was and no process stays behind."""

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.hmrc_tui.terminal import PATIENCE, Program


@pytest.fixture
def program(home: Path) -> Iterator[Program]:
    """The interface, open on an empty ledger."""
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('[hmrc]\nenvironment = "sandbox"\nutr = "2234567890"\n')
    (home / "config.toml").chmod(0o600)
    with Program() as running:
        running.until("Overview", "Nothing here yet")
        yield running


def test_q_leaves_at_once(program: Program) -> None:
    begun = time.monotonic()
    program.press("q")
    assert program.status() == 0
    assert time.monotonic() - begun < PATIENCE / 2
    assert program.left_clean()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_clean(program: Program, number: signal.Signals) -> None:
    os.kill(program.pid, number)
    assert program.status() == 0
    assert program.left_clean()


def test_a_lost_terminal_ends_the_program(program: Program) -> None:
    program.hang_up()
    assert program.status() == 0


def test_a_lost_terminal_ends_a_program_that_ignores_hangups(home: Path) -> None:
    with Program(ignoring=[signal.SIGHUP]) as program:
        program.until("Welcome to hmrc-tui")
        process = psutil.Process(program.pid)
        program.hang_up()
        process.wait(PATIENCE)


def test_every_file_that_was_made_is_its_owners_alone(program: Program, home: Path) -> None:
    program.press("TP")
    program.until("Picture saved")
    program.press("q")
    program.status()
    for place in home.rglob("*"):
        assert stat.S_IMODE(place.stat().st_mode) == (0o700 if place.is_dir() else 0o600), place
