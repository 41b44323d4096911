"""Real terminals for tests: a shell in tmux that a person types into, and a bare pty whose other end is the test's."""

import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any, Self

import psutil

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds for anything on the screen to come about, on a machine that is busy with other tests."""


def until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = PATIENCE) -> Any:
    """Waits until `condition` holds, and gives what it gave; `what` is told where it never does."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what if isinstance(what, str) else what()
        time.sleep(0.03)
    return found


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a person's shell: the test's own home, and the program on the PATH."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "/usr/bin:/bin")])
    kept = {
        name: os.environ[name] for name in ("HOME", "HMRC_TUI_HOME", "PYTHON_KEYRING_BACKEND") if name in os.environ
    }
    return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TZ": "UTC", "PS1": "$ ", **more}


@dataclass(frozen=True)
class Modes:
    """What a program has switched in the terminal: the alternate screen, the cursor, and mouse reports."""

    alternate: bool = False
    cursor: bool = True
    mouse: bool = False


class Terminal:
    """A shell in a tmux of its own, `width` × `height` characters. Use it as a context manager."""

    def __init__(self, width: int, height: int, environ: Mapping[str, str]) -> None:
        self._size = ["-x", str(width), "-y", str(height)]
        self._environ = dict(environ)
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-", dir="/tmp"))  # a socket's name may have 107 bytes
        self._written = self._folder / "written"

    def __enter__(self) -> Self:
        shell = ["env", "TERM=screen-256color", "sh"]
        self._tmux("new-session", "-d", *self._size, *shell)
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        self._tmux("pipe-pane", f"cat >> {self._written}")
        self.wait_for("$")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._command, "kill-server"], env=self._tmux_environ, capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _command(self) -> list[str]:
        return ["tmux", "-f", "/dev/null", "-L", "hmrc-tui-test"]

    @property
    def _tmux_environ(self) -> dict[str, str]:
        return {**self._environ, "TMUX_TMPDIR": str(self._folder)}

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments], env=self._tmux_environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Presses keys by tmux's names: `q`, `Enter`, `Escape`, `C-g`."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Types `text` as it is."""
        self._tmux("send-keys", "-l", text)

    def enter(self, text: str) -> None:
        """Types `text` and presses Enter."""
        self.type(text)
        self.press("Enter")

    @property
    def screen(self) -> str:
        """What stands on the screen now."""
        return self._tmux("capture-pane", "-p")

    @property
    def modes(self) -> Modes:
        """How the terminal is switched now."""
        asked = self._tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")
        alternate, cursor, mouse = (word == "1" for word in asked.split())
        return Modes(alternate, cursor, mouse)

    @property
    def written(self) -> bytes:
        """Every byte that was written to the terminal so far."""
        return self._written.read_bytes() if self._written.exists() else b""

    def wait_for(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Waits until all of `texts` stand on the screen at once, and gives the screen."""
        return self.wait_until(lambda screen: all(text in screen for text in texts), f"waiting for {texts}", seconds)

    def wait_until(self, condition: Callable[[str], Any], what: str, seconds: float = PATIENCE) -> str:
        """Waits until the screen fulfils `condition`, and gives the screen."""
        seen = ""

        def fulfilled() -> str:
            nonlocal seen
            seen = self.screen
            assert "a fault in the program" not in seen, f"{what}; the screen:\n{seen}"
            return seen if condition(seen) else ""

        return until(fulfilled, lambda: f"{what}; the screen:\n{seen}", seconds)

    @property
    def program(self) -> psutil.Process | None:
        """What the shell runs at the moment."""
        shell = psutil.Process(int(self._tmux("display-message", "-p", "#{pane_pid}")))
        return next(iter(shell.children()), None)

    def lose(self) -> None:
        """Takes the terminal away, as when a window is closed or a connection is lost."""
        self._tmux("kill-server")


class Pty:
    """A program on a pty of the test's own, which is not its controlling terminal: when it is lost, no signal tells so."""

    def __init__(
        self, arguments: Sequence[str], environ: Mapping[str, str], *, width: int = 80, height: int = 24
    ) -> None:
        self._main, replica = pty.openpty()
        self._wake, self._woken = os.pipe()
        ioctl(replica, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.began = time.monotonic()
        self.process = psutil.Popen(
            [sys.executable, *arguments],
            env={**environ, "TERM": "xterm-256color"},
            stdin=replica,
            stdout=replica,
            stderr=replica,
        )
        os.close(replica)
        self.parts: list[tuple[float, bytes]] = []
        """What was written, and when by the monotonic clock."""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.lose()

    def _read(self) -> None:
        while self._main in select.select([self._main, self._wake], [], [])[0]:
            try:
                part = os.read(self._main, 65536)
            except OSError:  # the program has ended
                return
            self.parts.append((time.monotonic(), part))

    @property
    def written(self) -> bytes:
        """Every byte that the program has written so far."""
        return b"".join(part for _, part in list(self.parts))

    def type(self, text: str) -> None:
        """Types `text`."""
        os.write(self._main, text.encode())

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        """Waits until `text` was written, in one piece."""
        until(
            lambda: text.encode() in self.written, lambda: f"waiting for {text!r}; written: {self.written!r}", seconds
        )

    def lose(self) -> None:
        """Takes the terminal away, as when a window is closed or a connection is lost."""
        if self._reader.is_alive():
            os.write(self._woken, b"x")
            self._reader.join()
        for descriptor in (self._main, self._wake, self._woken):
            with suppress(OSError):
                os.close(descriptor)
