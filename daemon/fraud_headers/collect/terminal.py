"""The size in pixels of the window that the program runs in, asked of the terminal: TIOCGWINSZ, or `CSI 14 t` where that is safe."""

import os
import re
import select
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

Size = tuple[int, int]
"""Width and height in pixels."""

_QUESTION = b"\x1b[14t\x1b[c"
"""The window's size, then what kind of terminal this is: every terminal answers the second, so that one which does not
know the first is not waited for."""
_SIZE = re.compile(rb"\x1b\[4;([0-9]{1,6});([0-9]{1,6})t")
_KIND = re.compile(rb"\x1b\[\?[0-9;]*c")
_PATIENCE = 1.0
"""Seconds that a terminal has to answer; over SSH it is a round trip."""


_TMUX_DEFAULT_CELL = (16, 32)
"""Pixels that tmux takes for a character's cell where it does not know better (DEFAULT_XPIXEL and DEFAULT_YPIXEL of its
source): a size in whole cells of this is made up."""


def through_tmux(environ: Mapping[str, str]) -> bool:
    """Whether what the terminal tells comes from tmux, on this machine or at the other end of an SSH session."""
    return bool(environ.get("TMUX")) or environ.get("TERM", "").startswith(("tmux", "screen"))


class Terminal(Protocol):
    """Something that may know the window's size in pixels."""

    def attached(self) -> bool:
        """Whether there is a terminal at all."""
        ...

    def window(self) -> Size | None:
        """The window's size; None where the terminal does not tell."""
        ...


class NoTerminal:
    """A process without a terminal."""

    def attached(self) -> bool:
        """There is none."""
        return False

    def window(self) -> Size | None:
        """There is no window."""
        return None


@dataclass(frozen=True, slots=True)
class SilentTerminal:
    """The terminal of this process, read without writing to it: safe at any time, inside a full-screen program too."""

    device: str = "/dev/tty"
    tmux: bool = False
    """Whether tmux is in between, which makes a size up rather than tell none."""

    def attached(self) -> bool:
        """Whether this process has a controlling terminal."""
        with _opened(self.device, os.O_RDONLY) as descriptor:
            return descriptor is not None

    def window(self) -> Size | None:
        """What TIOCGWINSZ tells in ws_xpixel and ws_ypixel; many terminals leave them at zero."""
        with _opened(self.device, os.O_RDONLY) as descriptor:
            return None if descriptor is None else _from_the_kernel(descriptor, tmux=self.tmux)


class AskingTerminal:
    """The terminal of this process, asked by `CSI 14 t` where the kernel does not know. It asks once and remembers.

    For a command line only: a full-screen program reads the terminal itself and would take the answer for keys.
    """

    def __init__(self, environ: Mapping[str, str], device: str = "/dev/tty", patience: float = _PATIENCE) -> None:
        """`environ` tells what kind of terminal it is: a dumb one and tmux are not asked."""
        tmux = through_tmux(environ)
        self._silent = SilentTerminal(device, tmux)
        self._device = device
        self._patience = patience
        self._asked = tmux or environ.get("TERM", "") in {"", "dumb"}
        self._answer: Size | None = None
        self._lock = threading.Lock()

    def attached(self) -> bool:
        """Whether this process has a controlling terminal."""
        return self._silent.attached()

    def window(self) -> Size | None:
        """The kernel's word, else the terminal's own."""
        known = self._silent.window()
        if known is not None or "textual.app" in sys.modules:
            return known
        with self._lock:
            if not self._asked:
                self._asked = True
                self._answer = self._ask()
            return self._answer

    def _ask(self) -> Size | None:
        with _opened(self._device, os.O_RDWR) as descriptor:
            # Nobody may be there to answer a program that is fed from elsewhere, and a background process that writes
            # to the terminal or reads from it is stopped by the kernel.
            if descriptor is None or not os.isatty(0) or not _in_foreground(descriptor):
                return None
            return _ask(descriptor, self._patience)


@contextmanager
def _opened(device: str, flags: int) -> Generator[int | None]:
    try:
        descriptor = os.open(device, flags | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _from_the_kernel(descriptor: int, *, tmux: bool) -> Size | None:
    import fcntl
    import struct
    import termios

    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if tmux and (width, height) == (columns * _TMUX_DEFAULT_CELL[0], rows * _TMUX_DEFAULT_CELL[1]):
        return None
    return (width, height) if width and height else None


def _in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _ask(descriptor: int, patience: float) -> Size | None:
    import termios

    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        return None
    # What the person typed ahead is theirs: with input waiting, the answer cannot be told apart from it.
    if select.select([descriptor], [], [], 0)[0]:
        return None
    quiet = [*before[:6], [*before[6]]]
    quiet[3] = before[3] & ~(termios.ICANON | termios.ECHO)
    quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
    afterwards = termios.TCSAFLUSH
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
        os.write(descriptor, _QUESTION)
        received, complete = _read_answers(descriptor, time.monotonic() + patience)
        if complete:
            afterwards = termios.TCSADRAIN
        match = _SIZE.search(received)
        width, height = (int(match[2]), int(match[1])) if match else (0, 0)
    except (OSError, termios.error):
        return None
    finally:
        # Without the last answer, what still comes is thrown away rather than left to the shell as if typed.
        with suppress(termios.error):
            termios.tcsetattr(descriptor, afterwards, before)
    return (width, height) if width and height else None


def _read_answers(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """What the terminal says until it told its kind, and whether it did."""
    received = b""
    while (left := deadline - time.monotonic()) > 0 and len(received) < 256:
        if not select.select([descriptor], [], [], left)[0]:
            break
        received += os.read(descriptor, 1)
        if _KIND.search(received):
            return received, True
    return received, False
