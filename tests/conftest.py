"""Every test has a home of its own, the same terminal, locale and signals, and nothing of the machine's configuration."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]

_KEPT = ("TEXTUAL_SNAPSHOT_TEMPDIR",)
_DROPPED = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "VAULT_ADDR", "VAULT_TOKEN", "SSH_CONNECTION", "DISPLAY", "TMUX")

settings.load_profile("ci")  # the same examples in every run, and no deadline that a busy machine would miss
settings.register_profile("search", settings.get_profile("ci"), derandomize=False)


def pytest_configure() -> None:
    """Heeds the signals that nohup and shells in the background have ignored, from here down into the programs under test."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home folder, named by HOME and HMRC_TUI_HOME; returns the latter."""
    for variable in list(os.environ):
        ours = variable.startswith(("HMRC_TUI_", "TEXTUAL_", "XDG_")) and variable not in _KEPT
        if ours or variable in _DROPPED:
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    folder = tmp_path / "hmrc-tui-home"
    monkeypatch.setenv("HMRC_TUI_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    yield folder
    os.umask(before)
