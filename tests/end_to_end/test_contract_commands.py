"""The command line's contract, as another program would check it: the result on standard output, one line on standard error."""

from dataclasses import dataclass

import pytest

from hmrc_tui import cli


@dataclass
class Done:
    """What a command left."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> "Run":
    return Run(capsys)


class Run:
    """Runs a command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Done:
        status = cli.run(list(arguments))
        captured = self._capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Done(status, captured.out, captured.err)


def test_a_report_has_one_form(run: Run) -> None:
    done = run("reconcile", "--json", "--csv")
    assert (done.status, done.out) == (2, "")
    assert done.err == "hmrc-tui: --json and --csv exclude each other\n"
