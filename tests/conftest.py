"""Every test has a home of its own, the same terminal and locale, and nothing of the machine's configuration."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]

_KEPT = ("TEXTUAL_SNAPSHOT_TEMPDIR",)
_DROPPED = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "VAULT_ADDR", "VAULT_TOKEN", "SSH_CONNECTION", "DISPLAY", "TMUX")


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
