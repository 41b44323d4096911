"""The `hmrc-tui` command: every command imports what it needs when it runs."""

import click

from storage import __version__


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="hmrc-tui")
def main() -> None:
    """HMRC's record of your pay and tax beside your payslips."""
