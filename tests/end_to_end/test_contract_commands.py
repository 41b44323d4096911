"""The command line's contract, as another program would check it: the result on standard output, one line on standard error."""

from dataclasses import dataclass
from pathlib import Path

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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["token", "bogus"], "No such command 'bogus'; hmrc-tui token --help tells how it is written"),
        (["sync", "--bogus"], "No such option '--bogus'; hmrc-tui sync --help tells how it is written"),
        (["export"], "Missing argument 'FOLDER'; hmrc-tui export --help tells how it is written"),
        (["migrate", "x"], "Got unexpected extra argument (x); hmrc-tui migrate --help tells how it is written"),
        (["simulator", "--port", "x"], "'x' is not a valid integer; hmrc-tui simulator --help tells how it is written"),
    ],
)
def test_a_command_line_that_is_not_understood_is_one_line_with_its_mend(
    run: Run, arguments: list[str], said: str
) -> None:
    done = run(*arguments)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.endswith(f"{said}\n")


@pytest.mark.parametrize("missing", ["--tax-year", "--employer", "--pay", "--tax"])
def test_a_p60_with_an_empty_figure_is_refused_in_one_line(run: Run, missing: str) -> None:
    figures = {"--tax-year": "2023-24", "--employer": "Example Ltd", "--pay": "34200.00", "--tax": "4324.00"}
    options = [part for option, value in (figures | {missing: " "}).items() for part in (option, value)]
    done = run("p60", "add", *options)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert run("p60", "list", "--json").out == '{\n  "p60s": []\n}\n'


@pytest.mark.parametrize("group", ["payslips", "p60", "payments", "token", "headers", "config"])
def test_a_group_without_its_command_is_bad_usage_in_one_line(run: Run, group: str) -> None:
    done = run(group)
    assert (done.status, done.out) == (2, "")
    assert done.err == f"hmrc-tui: hmrc-tui {group} wants a command of its own; hmrc-tui {group} --help lists them\n"


def test_a_date_that_is_none_is_told_with_dates_that_are(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("32 April 2024\t£2,850.00\t£360.20\t£156.16\n")
    done = run("payments", "import", str(table), "--employer", "Example Ltd")
    assert (done.status, done.out) == (2, "")
    assert "‘32 April 2024’ is not a date of the calendar; write it as 26 April 2024 or 26 Apr 2024" in done.err
