"""The terminal is left as it was, whatever ends the program; and a program without a terminal ends."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.terminals import Modes, Pty, Terminal, surroundings, until

RUN = "stty -g | cksum; hmrc-tui; echo ended $?; stty -g | cksum"
PLAIN, OPEN = Modes(), Modes(alternate=True, cursor=False, mouse=True)
ENDS_WITHIN = 30.0
"""Seconds, on a busy machine: the program gives its engine three, and a lost terminal six."""


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        yield server


@pytest.fixture
def terminal(hmrc: AnotherHmrc, home: Path) -> Iterator[Terminal]:
    with Terminal(80, 24, surroundings(**Home.at(home, hmrc).environ)) as shell:
        yield shell


def opened(terminal: Terminal) -> psutil.Process:
    """The interface, opened from the shell."""
    terminal.enter(RUN)
    terminal.wait_for("[1 Overview]", "never confirmed")
    assert terminal.modes == OPEN
    program = terminal.program
    assert program is not None
    return program


def assert_left_clean(terminal: Terminal) -> None:
    screen = terminal.wait_until(
        lambda screen: "ended 0" in screen and screen.rstrip().endswith("\n$"), "waiting for the end"
    )
    until(lambda: terminal.modes == PLAIN, "the terminal was not switched back")
    _, before, status, after, *_ = screen.splitlines()
    assert status == "ended 0", "nothing is left on the screen"
    assert before == after, "echo and line editing are as before"
    written = terminal.written
    for switch in (b"?1049", b"?1000", b"?1003", b"?1006", b"?1004", b"?2004"):
        on, off = written.rfind(b"\x1b[" + switch + b"h"), written.rfind(b"\x1b[" + switch + b"l")
        assert off > on > 0, switch
    assert written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l") > 0
    assert b"Traceback" not in written
    terminal.enter("echo typed $((40 + 2))")
    terminal.wait_for("typed 42")


def test_by_its_key(terminal: Terminal) -> None:
    opened(terminal)
    terminal.press("q")
    assert_left_clean(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_by_a_signal(terminal: Terminal, number: signal.Signals) -> None:
    opened(terminal).send_signal(number)
    assert_left_clean(terminal)


def test_by_a_signal_as_soon_as_the_screen_is_taken(terminal: Terminal) -> None:
    terminal.enter(RUN)
    until(lambda: b"\x1b[?1049h" in terminal.written, "waiting for the alternate screen")
    program = terminal.program
    assert program is not None
    program.terminate()
    assert_left_clean(terminal)


def test_while_hmrc_does_not_answer(hmrc: AnotherHmrc, home: Path, terminal: Terminal) -> None:
    Home.at(home, hmrc).sign_in()
    hmrc.open.clear()
    program = opened(terminal)
    terminal.press("s")
    until(lambda: any("/sa/" in path for _, path, _ in hmrc.requests), "waiting for the first request")
    program.terminate()
    assert_left_clean(terminal)


@pytest.mark.parametrize("by", ["its key", "a signal"])
def test_for_a_while_and_comes_back_whole(terminal: Terminal, by: str) -> None:
    terminal.enter("set -m; hmrc-tui")
    before = terminal.wait_for("[1 Overview]", "never confirmed")
    program = terminal.program
    assert program is not None
    if by == "its key":
        terminal.press("C-z")
    else:
        program.send_signal(signal.SIGTSTP)
    terminal.wait_for("Stopped")
    assert terminal.modes == PLAIN
    terminal.enter("fg")
    terminal.wait_until(lambda screen: screen.strip() == before.strip(), "waiting for the whole screen")
    assert terminal.modes == OPEN
    terminal.press("q")
    until(lambda: terminal.modes == PLAIN, "the terminal was not switched back")


def test_with_a_question_open(terminal: Terminal) -> None:
    program = opened(terminal)
    terminal.press("2")
    terminal.wait_for("No payslips yet")
    terminal.press("i")
    terminal.wait_for("Import a file, or all in a folder")
    program.send_signal(signal.SIGHUP)
    assert_left_clean(terminal)


def test_a_closed_window_ends_the_program(terminal: Terminal) -> None:
    program = opened(terminal)
    terminal.lose()
    assert ended(program) < 2.0


def test_a_lost_terminal_of_which_no_signal_tells_ends_the_program(hmrc: AnotherHmrc, home: Path) -> None:
    with Pty(["-m", "hmrc_tui"], surroundings(**Home.at(home, hmrc).environ)) as lost:
        lost.wait_for("never confirmed")
        lost.lose()
        assert ended(lost.process) < 2.0


def ended(program: psutil.Process) -> float:
    """Waits until it has ended, and gives the seconds of processor time that it used meanwhile."""
    used, deadline = [sum(program.cpu_times()[:2])], time.monotonic() + ENDS_WITHIN
    while time.monotonic() < deadline:
        try:
            if program.status() == psutil.STATUS_ZOMBIE:
                break
            used.append(sum(program.cpu_times()[:2]))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    else:
        raise AssertionError(f"it lives on and has used {used[-1] - used[0]:.1f} s of processor time")
    return used[-1] - used[0]
