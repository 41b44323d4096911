"""The real program in a real pseudo-terminal: what it writes, how it answers keys, how it ends."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Self

_ESCAPES = re.compile(rb"\x1b\[[0-9;?<>]*[a-zA-Z$]|\x1b[()][A-Z0-9]")
INTERFACE = (sys.executable, "-m", "hmrc_tui")
PATIENCE = 40.0
"""Seconds within which anything must have happened; a loaded machine takes its time."""


class Program:
    """A program whose terminal is ours."""

    def __init__(
        self,
        arguments: Sequence[str] = INTERFACE,
        environ: Mapping[str, str] | None = None,
        *,
        size: tuple[int, int] = (80, 24),
        ignoring: Sequence[int] = (),
    ) -> None:
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for number in ignoring:
                signal.signal(number, signal.SIG_IGN)
            os.execve(arguments[0], list(arguments), {**os.environ, **(environ or {}), "TERM": "xterm-256color"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.written = b""
        self.before = termios.tcgetattr(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.hang_up()

    def hang_up(self) -> None:
        """Takes the terminal away."""
        with contextlib.suppress(OSError):
            os.close(self.fd)

    def read(self, seconds: float) -> bytes:
        """What is written within some time; ends early when the program closes its terminal."""
        end, got = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                break
            if not part:
                break
            got += part
            self.written += part
        return got

    @property
    def text(self) -> str:
        """Everything written so far, without its escapes."""
        return _ESCAPES.sub(b"", self.written).decode(errors="replace")

    def until(self, *wanted: str) -> float:
        """Waits until all of `wanted` was written; returns after how many seconds from the start."""
        end = time.monotonic() + PATIENCE
        while not all(text in self.text for text in wanted):
            if time.monotonic() > end:
                raise AssertionError(f"never wrote {wanted}: {self.text[-2000:]}")
            self._step()
        return time.monotonic() - self.started

    def _step(self) -> None:
        if select.select([self.fd], [], [], 0.2)[0]:
            try:
                self.written += os.read(self.fd, 65536)
            except OSError:
                raise AssertionError(f"the program ended: {self.text[-2000:]}") from None

    def press(self, keys: str) -> None:
        """Types."""
        os.write(self.fd, keys.encode())

    def answered_in(self, keys: str, *, after: float = 0.1) -> float:
        """Types, `after` so many seconds of reading, and returns after how many seconds the first byte of an answer comes."""
        self.read(after)
        begun = time.monotonic()
        self.press(keys)
        select.select([self.fd], [], [], PATIENCE)
        return time.monotonic() - begun

    def status(self) -> int:
        """Waits for the end; returns the exit status, negative for a signal."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            with contextlib.suppress(OSError, ValueError):
                self.read(0.05)
            time.sleep(0.01)
        raise AssertionError("the program did not end")

    def left_clean(self) -> bool:
        """Whether the alternate screen, mouse, focus and paste reports are off again, the cursor is shown and echo as before."""
        for on, off in (
            (b"\x1b[?1049h", b"\x1b[?1049l"),
            (b"\x1b[?1000h", b"\x1b[?1000l"),
            (b"\x1b[?1003h", b"\x1b[?1003l"),
            (b"\x1b[?1004h", b"\x1b[?1004l"),
            (b"\x1b[?2004h", b"\x1b[?2004l"),
            (b"\x1b[?25l", b"\x1b[?25h"),
        ):
            if self.written.rfind(off) < self.written.rfind(on):
                return False
        return termios.tcgetattr(self.fd)[3] & termios.ECHO == self.before[3] & termios.ECHO
