"""Runs commands in the test's own process, for tests of what they do once they are understood."""

import json
from typing import Any

import pytest

from hmrc_tui import cli


class Run:
    """Runs a command and keeps what it said: its result in `output`, all else in `errors`."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, status: int = 0) -> str:
        self._capsys.readouterr()
        found = cli.run(list(arguments))
        self.output, self.errors = self._capsys.readouterr()
        assert found == status, self.errors
        return self.output

    def json(self, *arguments: str) -> Any:
        """The result as JSON."""
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The commands, in the home of this test."""
    return Run(capsys)
