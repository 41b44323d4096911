"""The manual page: made from the commands as they are, complete, and taken by man."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hmrc_tui.cli import COMMANDS, cli

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "hmrc-tui.1"


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, and those below it."""
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click.Context(below, info_name=name, parent=context))


def test_the_page_is_made_from_the_commands_as_they_are() -> None:
    made = subprocess.run(
        [sys.executable, "docs/man_page.py"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    assert made.stdout == PAGE.read_text(), "make man writes it anew"


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed here; .ci/install brings it")
def test_man_shows_every_command_and_option_without_a_warning() -> None:
    shown = subprocess.run(
        ["man", "--warnings", "-P", "cat", "-l", str(PAGE)],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "MANWIDTH": "200", "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shown.stderr == ""
    assert {name for name, entry in COMMANDS.items() if entry.summary} <= set(shown.stdout.split())
    for path, command in commands(cli, click.Context(cli, info_name="hmrc-tui")):
        words = path.removeprefix("hmrc-tui").strip()
        assert f"   {words}" in shown.stdout, path
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert all(option in shown.stdout for option in parameter.opts), (path, parameter.opts)
