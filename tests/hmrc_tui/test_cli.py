"""The command line: late imports, exit statuses, one line for every trouble."""

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from textual.worker import WorkerFailed

from hmrc_tui import cli
from hmrc_tui.session import Session
from storage import __version__
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded, StorageTrouble

LIGHT = {
    "hmrc_tui",
    "hmrc_tui.cli",
    "hmrc_tui.session",
    "hmrc_tui.streams",
    "storage",
    "storage.clock",
    "storage.places",
    "storage.shown_text",
    "storage.troubles",
}
"""All of ours that the parser may load; a command imports the rest when it runs."""
HEAVY = (
    "alembic", "apprise", "apscheduler", "authlib", "fastapi", "httpx2", "hvac", "keyring", "msgspec", "plotext",
    "psutil", "psycopg", "pypdf", "rich", "sqlalchemy", "sqlite3", "sqlite_utils", "starlette", "textual", "uvicorn",
)  # fmt: skip


def hmrc_tui(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hmrc_tui", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def loaded_by(*arguments: str) -> set[str]:
    script = (
        "import sys\n"
        "from hmrc_tui.cli import run\n"
        f"run({list(arguments)!r})\n"
        "print(*sorted(sys.modules), sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    return set(done.stderr.split())


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_the_parser_loads_nothing_but_itself(argument: str) -> None:
    modules = loaded_by(argument)
    ours = {name for name in modules if name.split(".")[0] in {"hmrc_tui", "daemon", "storage"}}
    assert ours <= LIGHT
    assert not {name for name in modules if name.split(".")[0] in HEAVY}


def test_every_command_of_the_table_is_there_and_explains_itself() -> None:
    for name in cli.COMMANDS:
        command = cli.cli.get_command(click.Context(cli.cli), name)
        assert command is not None
        assert command.get_short_help_str(), name


def test_the_version_is_told() -> None:
    assert hmrc_tui("--version").stdout.strip() == f"hmrc-tui, version {__version__}"


def test_an_unknown_command_is_bad_usage_with_a_suggestion() -> None:
    done = hmrc_tui("reconcil")
    assert done.returncode == 2
    assert "reconcile" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_configuration_mistake_is_one_line_and_exit_2(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[hmrc]\nutrr = 1\n")
    done = hmrc_tui("--config", str(file), "config", "show")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"hmrc-tui: {file}: unknown key 'utrr' in [hmrc]; did you mean 'utr'?\n"


@pytest.mark.parametrize(
    ("trouble", "status"), [(BadInput, 2), (SignInNeeded, 3), (HmrcTrouble, 4), (StorageTrouble, 5)]
)
def test_each_kind_of_trouble_has_its_exit_status(
    trouble: type[BadInput], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(session: Session) -> None:
        raise trouble("what happened; what to do")

    monkeypatch.setattr("hmrc_tui.commands.config.show", click.command()(click.pass_obj(fail)))
    monkeypatch.setitem(cli.COMMANDS, "config", cli.Entry("config:show", "Fails."))
    assert cli.run(["config"]) == status
    assert capsys.readouterr().err == "hmrc-tui: what happened; what to do\n"


def test_a_fault_of_ours_is_one_line_and_its_place_is_logged_without_what_it_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    def fail() -> None:
        raise RuntimeError("AA000000A owes £5")

    monkeypatch.setitem(cli.COMMANDS, "config", cli.Entry("config:show", "Fails."))
    monkeypatch.setattr("hmrc_tui.commands.config.show", click.command()(fail))
    assert cli.run(["config"]) == cli.SOFTWARE_FAULT
    told = capsys.readouterr().err
    log = home / "state" / "faults.log"
    assert told.count("\n") == 1
    assert str(log) in told
    assert "AA000000A" not in told + log.read_text()
    assert "RuntimeError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_the_log_goes_on_to_what_a_fault_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    def fail() -> None:
        try:
            _ = {}["AA000000A"]
        except KeyError as error:
            raise WorkerFailed(error) from None

    monkeypatch.setattr("hmrc_tui.commands.config.config", click.command()(fail))
    assert cli.run(["config"]) == cli.SOFTWARE_FAULT
    log = (home / "state" / "faults.log").read_text()
    assert [line for line in log.splitlines() if line in {"WorkerFailed", "KeyError"}] == ["WorkerFailed", "KeyError"]
    assert log.count(" fail\n") == 2
    assert "AA000000A" not in log


def through_a_shell(command: str) -> "subprocess.CompletedProcess[str]":
    """A command line that Bash runs, with `hmrc-tui` in it; its last line says how the command ended."""
    program = f"{sys.executable} -m hmrc_tui"
    return subprocess.run(
        ["bash", "-c", command.replace("hmrc-tui", program)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("command", ["config show", "--help", "headers show"])
def test_output_into_a_closed_pipe_is_no_fault(command: str) -> None:
    done = through_a_shell(f"hmrc-tui {command} | head -1; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")


@pytest.mark.parametrize("command", ["config show", "reconcile --json"])
def test_output_that_has_no_room_is_one_line(command: str) -> None:
    done = through_a_shell(f"hmrc-tui {command} > /dev/full; echo $?")
    said = "hmrc-tui: standard output: No space left on device; see that what it goes to can be written\n"
    assert (done.stdout, done.stderr) == ("5\n", said)


def test_an_argument_that_is_no_text_is_one_line() -> None:
    done = through_a_shell("hmrc-tui link $'a\\xff' b 2>&1 >/dev/null | tail -1; echo ${PIPESTATUS[0]}")
    assert done.stdout == "hmrc-tui: an argument is not UTF-8 text; write it in UTF-8\n2\n"


def test_a_stream_that_is_closed_is_as_good_as_the_null_device() -> None:
    assert through_a_shell("hmrc-tui config show >&-; echo $?").stdout == "0\n"
    assert through_a_shell("hmrc-tui config show <&-; echo $?").stdout.endswith("\n0\n")
    said = through_a_shell("hmrc-tui headers check --from /nonexistent 2>&-; echo $?")
    assert (said.stdout, said.stderr) == ("2\n", "")
    missing = through_a_shell("hmrc-tui token setup-code 2>&-; echo $?").stdout.splitlines()
    assert [len(line) for line in missing] == [32, 1]


def test_a_character_that_the_locale_lacks_ends_no_command(home: Path) -> None:
    shown = hmrc_tui("doctor", HMRC_TUI_HOME=str(home), PYTHONIOENCODING="iso-8859-1")
    assert shown.returncode in {0, 2}  # a problem may be found, and a fault of the program may not
    assert r"\u2192" in shown.stdout  # the arrow before a mend: no credentials are configured


def test_a_written_configuration_is_private_and_never_replaced_unasked(home: Path) -> None:
    assert hmrc_tui("config", "init").stdout.strip() == str(home / "config.toml")
    file = home / "config.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700
    assert "hmrc" in tomllib.loads(file.read_text())
    file.write_text("# mine\n")
    refused = hmrc_tui("config", "init")
    assert refused.returncode == 2
    assert file.read_text() == "# mine\n"
    assert hmrc_tui("config", "init", "--force").returncode == 0


def test_the_configuration_in_force_is_shown_with_where_each_value_came_from() -> None:
    done = hmrc_tui("config", "show", "--json", HMRC_TUI_HMRC__UTR="2234567890", HMRC_TUI_SERVICE__PORT="8099")
    values = {row["key"]: row for row in json.loads(done.stdout)["values"]}
    assert values["service.port"] == {"key": "service.port", "value": 8099, "source": "HMRC_TUI_SERVICE__PORT"}
    assert values["hmrc.environment"]["source"] == "default"
    assert "2234567890" not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [(), ("demo",)])
def test_without_a_terminal_the_interface_says_what_to_use_instead(arguments: tuple[str, ...]) -> None:
    done = hmrc_tui(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal; for text use: hmrc-tui" in done.stderr
    assert done.stderr.count("\n") == 1


NAMING_A_FILE = (
    ("payslips", "import", "{}"),
    ("payslips", "import", "--mapping", "{}", "x.csv"),
    ("payslips", "import", "--profile", "{}/own.toml", "x.csv"),
    ("payslips", "text", "{}"),
    ("p60", "import", "{}"),
    ("payments", "import", "{}"),
    ("backup", "{}"),
    ("restore", "{}"),
    ("export", "{}/below"),
    ("headers", "check", "--from", "{}"),
    ("simulator", "--port", "0", "--script", "{}"),
    ("--config", "{}", "config", "show"),
    ("--config", "{}", "config", "init"),
)
"""Every command that takes the name of a file or folder."""


@pytest.mark.parametrize("arguments", NAMING_A_FILE, ids=" ".join)
@pytest.mark.parametrize("name", ["x" * 300, "\x1b[2J\x07" + "x" * 300], ids=["too long", "with an escape sequence"])
def test_a_name_that_no_file_can_have_is_one_line_and_never_a_fault_of_the_program(
    arguments: tuple[str, ...], name: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.run([each.format(name) for each in arguments])
    said = capsys.readouterr().err.removesuffix("\n")
    assert status in {BadInput.exit_status, StorageTrouble.exit_status}
    assert said.isprintable(), "a terminal would obey it, or it is more than a line"
    assert said.startswith("hmrc-tui: ")
    assert "File name too long; " in said, "what happened, and what to do"
    assert not (home / "state" / "faults.log").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("payslips", "import", "{}"),
        ("payslips", "import", "--mapping", "{}", "x.csv"),
        ("headers", "check", "--from", "{}"),
        ("simulator", "--port", "0", "--script", "{}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("device", ["pipe", "/dev/zero"])
def test_a_pipe_that_nobody_fills_and_a_device_without_end_are_not_waited_for(
    arguments: tuple[str, ...], device: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert cli.run([each.format(tmp_path / device) for each in arguments]) == BadInput.exit_status
    assert "this is not a file but a pipe or device" in capsys.readouterr().err


def test_what_is_piped_in_without_end_is_refused_once_it_is_far_too_much(home: Path) -> None:
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(
            [sys.executable, "-m", "hmrc_tui", "payments", "import", "-"],
            stdin=endless,
            capture_output=True,
            text=True,
            env={**os.environ, "HMRC_TUI_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
            timeout=60,
            check=False,
        )
    assert done.returncode == BadInput.exit_status
    assert "larger than 50 MB" in done.stderr


@pytest.mark.parametrize(("program", "module"), [("hmrc_tui", "click"), ("daemon", "msgspec")])
def test_ctrl_c_during_the_start_ends_it_without_a_traceback(tmp_path: Path, program: str, module: str) -> None:
    # A library that is interrupted while it is imported.
    (tmp_path / f"{module}.py").write_text(
        "import os, signal; os.kill(os.getpid(), signal.SIGINT); raise SystemExit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-m", program],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"},
        timeout=60,
        check=False,
    )
    assert (done.returncode in {-signal.SIGINT, 130}, done.stdout, done.stderr) == (True, b"", b"")
