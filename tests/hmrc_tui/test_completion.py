"""Shell completion: every shell gets its answer from the table of commands, without the program behind it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = (
    "import sys\n"
    "from hmrc_tui.cli import cli\n"
    "try:\n"
    "    cli.main(args=[], prog_name='hmrc-tui')\n"
    "finally:\n"
    "    print(*sys.modules, file=sys.stderr)\n"
)


def complete(shell: str, words: str, at: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "_HMRC_TUI_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": at}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("shell", "at", "answer"),
    [
        ("bash", "1", ["plain,reconcile", "plain,restore"]),
        ("fish", "re", ["plain,reconcile", "plain,restore"]),
        ("zsh", "1", ["plain", "reconcile", "plain", "restore"]),
    ],
)
def test_each_shell_completes_a_command_without_importing_any(shell: str, at: str, answer: list[str]) -> None:
    done = complete(shell, "hmrc-tui re", at)
    told = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert [line for line in told if line in answer] == answer
    loaded = done.stderr.split()
    assert not [name for name in loaded if name.startswith("hmrc_tui.commands.")]
    assert not {"msgspec", "textual", "sqlite3", "daemon.engine"} & set(loaded)


def test_an_option_is_completed_from_its_own_command_alone() -> None:
    done = complete("bash", "hmrc-tui sync --un", "2")
    assert done.stdout.split() == ["plain,--unattended"]
    assert [name for name in done.stderr.split() if name.startswith("hmrc_tui.commands.")] == ["hmrc_tui.commands.sync"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_docs_tell_to_put_into_the_shell_is_there(shell: str) -> None:
    environ = {**os.environ, "_HMRC_TUI_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert f"_HMRC_TUI_COMPLETE={shell}_complete" in done.stdout
    assert f"_HMRC_TUI_COMPLETE={shell}_source" in (ROOT / "docs" / "completion.md").read_text()
