"""The window's size, asked of real pseudo-terminals, by a process that has one as its own."""

import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.fraud_headers.collect.terminal import AskingTerminal, NoTerminal, SilentTerminal

ASKING = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from daemon.fraud_headers.collect.terminal import AskingTerminal, SilentTerminal
{before}
terminal = {terminal}
print("window", terminal.attached(), terminal.window(), terminal.window(), file=sys.stderr, flush=True)
print("left", os.read(0, 1) if {reads} else None, file=sys.stderr, flush=True)
"""
ALONE = "import os; from daemon.fraud_headers.collect.terminal import *; print(SilentTerminal().attached(), AskingTerminal({'TERM': 'xterm'}).window())"
QUESTION = b"\x1b[14t\x1b[c"
KIND = b"\x1b[?62;22c"


@dataclass
class Pseudo:
    """A terminal whose other end is this test."""

    master: int
    slave: int

    def size(self, rows: int = 24, columns: int = 80, width: int = 0, height: int = 0) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, width, height))

    def echo(self) -> bool:
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def wait_for(self, wanted: bytes, seconds: float = 20) -> bytes:
        seen, deadline = b"", time.monotonic() + seconds
        while wanted not in seen:
            assert select.select([self.master], [], [], max(deadline - time.monotonic(), 0))[0], seen
            seen += os.read(self.master, 1024)
        return seen


@pytest.fixture
def pseudo() -> Iterator[Pseudo]:
    master, slave = os.openpty()
    yield Pseudo(master, slave)
    os.close(master)
    os.close(slave)


@contextmanager
def asking(
    pseudo: Pseudo,
    terminal: str = "AskingTerminal({'TERM': 'xterm-256color'}, patience=90)",
    before: str = "",
    reads: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    program = ASKING.format(terminal=terminal, before=before, reads=reads)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=pseudo.slave,
        stdout=pseudo.slave,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=os.environ["PYTEST_ROOT"],
    ) as process:
        yield process


@pytest.fixture(autouse=True)
def at_the_root(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ROOT", str(pytestconfig.rootpath))


def test_the_kernel_knows_the_window_where_the_terminal_told_it(pseudo: Pseudo) -> None:
    pseudo.size(width=1600, height=900)

    with asking(pseudo) as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines()[0] == "window True (1600, 900) (1600, 900)"
    assert not select.select([pseudo.master], [], [], 0)[0]  # it was not asked


def test_a_terminal_that_left_zeros_is_asked_once(pseudo: Pseudo) -> None:
    pseudo.size()

    with asking(pseudo) as process:
        seen = pseudo.wait_for(QUESTION)
        os.write(pseudo.master, b"\x1b[4;803;1256t" + KIND)
        _, said = process.communicate(timeout=30)

    assert seen.count(QUESTION) == 1
    assert said.splitlines()[0] == "window True (1256, 803) (1256, 803)"
    assert pseudo.echo()


@pytest.mark.parametrize("answer", [KIND, b"\x1b[4;0;0t" + KIND, b"\x1b[4;;t" + KIND, b"nonsense" + KIND])
def test_a_terminal_that_does_not_tell_is_not_waited_for(pseudo: Pseudo, answer: bytes) -> None:
    pseudo.size()

    with asking(pseudo) as process:
        pseudo.wait_for(QUESTION)
        os.write(pseudo.master, answer)
        _, said = process.communicate(timeout=40)

    assert said.splitlines()[0] == "window True None None"
    assert pseudo.echo()


def test_a_terminal_that_says_nothing_is_given_up(pseudo: Pseudo) -> None:
    pseudo.size()

    with asking(pseudo, "AskingTerminal({'TERM': 'xterm'}, patience=0.2)") as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines()[0] == "window True None None"
    assert pseudo.echo()


@pytest.mark.parametrize(
    ("environ", "size", "window"),
    [
        ({"TERM": "tmux-256color"}, (1280, 768), None),  # 80 by 24 cells of tmux's own making
        ({"TERM": "tmux-256color"}, (800, 480), (800, 480)),
        ({"TERM": "xterm-256color"}, (1280, 768), (1280, 768)),
    ],
)
def test_a_size_that_tmux_made_up_is_not_taken(
    pseudo: Pseudo, environ: dict[str, str], size: tuple[int, int], window: tuple[int, int] | None
) -> None:
    pseudo.size(24, 80, *size)

    with asking(pseudo, f"AskingTerminal({environ})") as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines()[0] == f"window True {window} {window}"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_headers_are_right_in_a_real_tmux(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """A session that no terminal is attached to: whatever tmux tells about pixels then, it made up."""
    result, done = tmp_path / "headers.json", tmp_path / "done"
    command = f"{sys.executable} -m hmrc_tui headers show --json > {result}; touch {done}"
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    environ = {**os.environ, "PYTHONPATH": str(pytestconfig.rootpath)}
    subprocess.run([*tmux, "new-session", "-d", "-x", "100", "-y", "30", command], check=True, env=environ)
    try:
        deadline = time.monotonic() + 30
        while not done.exists():
            assert time.monotonic() < deadline, "the session did not end"
            time.sleep(0.05)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)

    shown = json.loads(result.read_text())
    assert shown["uncollectable"]["Gov-Client-Window-Size"] == "the terminal does not tell its size in pixels"
    assert {name for item in shown["errors"] for name in item["headers"]} <= {
        name.lower() for name in shown["uncollectable"]
    }


def test_what_was_typed_ahead_is_left_alone(pseudo: Pseudo) -> None:
    pseudo.size()
    os.write(pseudo.master, b"y\n")

    with asking(pseudo, reads=True) as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines() == ["window True None None", "left b'y'"]


@pytest.mark.parametrize(
    ("terminal", "before"),
    [
        ("SilentTerminal()", ""),
        ("AskingTerminal({'TERM': 'dumb'})", ""),
        ("AskingTerminal({})", ""),
        ("AskingTerminal({'TERM': 'tmux-256color'})", ""),
        ("AskingTerminal({'TERM': 'screen'})", ""),
        ("AskingTerminal({'TERM': 'xterm', 'TMUX': '/tmp/tmux-1000/default,1,0'})", ""),
        (
            "AskingTerminal({'TERM': 'xterm'})",
            "import types; sys.modules['textual.app'] = types.ModuleType('textual.app')",
        ),
        ("AskingTerminal({'TERM': 'xterm'})", "os.dup2(os.open(os.devnull, os.O_RDONLY), 0)"),
    ],
    ids=[
        "silent",
        "dumb",
        "unknown",
        "tmux",
        "tmux through SSH",
        "tmux by another name",
        "full screen",
        "fed from elsewhere",
    ],
)
def test_nothing_is_written_where_it_is_not_safe(pseudo: Pseudo, terminal: str, before: str) -> None:
    pseudo.size()

    with asking(pseudo, terminal, before) as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines()[0] == "window True None None"
    assert not select.select([pseudo.master], [], [], 0)[0]


def test_a_process_in_the_background_does_not_ask(pseudo: Pseudo) -> None:
    pseudo.size()
    in_background = (
        "child = os.fork()\nif child: os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\nos.setpgid(0, 0)"
    )

    with asking(pseudo, before=in_background) as process:
        _, said = process.communicate(timeout=30)

    assert said.splitlines()[0] == "window True None None"
    assert not select.select([pseudo.master], [], [], 0)[0]


def test_a_process_without_a_terminal_has_no_window(pytestconfig: pytest.Config) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        cwd=pytestconfig.rootpath,
    )

    assert done.stdout == "False None\n"


def test_a_terminal_that_is_gone_is_no_terminal() -> None:
    assert not SilentTerminal("/nowhere").attached()
    assert SilentTerminal("/dev/null").window() is None
    assert AskingTerminal({"TERM": "xterm"}, "/nowhere").window() is None
    assert not NoTerminal().attached()
    assert NoTerminal().window() is None
