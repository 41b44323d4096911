"""The `hmrc-tui` command: every command imports what it needs when it runs."""

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from hmrc_tui import streams
from hmrc_tui.session import Session
from storage import __version__
from storage.shown_text import printable
from storage.troubles import BadInput, StorageTrouble, Trouble

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTERRUPTED = 130
SOFTWARE_FAULT = 70
"""What sysexits.h calls an internal error: none of the contracted statuses may stand for a fault of ours."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and its one line in the help, so that the help need not import it."""

    target: str
    summary: str


COMMANDS = {
    "demo": Entry("demo:demo", "Show everything on a made-up person; needs no credentials."),
    "authorise": Entry("sign_in:authorise", "Sign in at HMRC."),
    "authorize": Entry("sign_in:authorise", ""),
    "sync": Entry("sync:sync", "Ask HMRC for its figures and keep what it says."),
    "reconcile": Entry("reconcile:reconcile", "Show where HMRC and the payslips agree, and why they differ."),
    "payslips": Entry("payslips:payslips", "Import, list and remove payslips."),
    "p60": Entry("p60:p60", "Import, add, list and remove P60s."),
    "payments": Entry("payments:payments", "Import HMRC's payment table; list and remove payments."),
    "accept": Entry("reconcile:accept", "Accept a difference, with a note."),
    "link": Entry("reconcile:link", "Say that one PAYE reference became another."),
    "history": Entry("ledger:history", "Show what HMRC said, when, and what changed."),
    "headers": Entry("headers:headers", "Show and check the fraud-prevention headers."),
    "token": Entry("sign_in:token", "Show or forget the sign-in."),
    "export": Entry("ledger:export", "Write everything known into a folder, without the sign-in."),
    "backup": Entry("ledger:backup", "Write a copy of the ledger to one file."),
    "restore": Entry("ledger:restore", "Bring a backup back."),
    "daemon": Entry("daemon:daemon", "Run unattended: the schedule and the HTTP service."),
    "migrate": Entry("ledger:migrate", "Bring the databases up to this version of the program."),
    "doctor": Entry("doctor:doctor", "Check everything, and say how to put right what is wrong."),
    "config": Entry("config:config", "Write a configuration to start from, or show the one in force."),
    "simulator": Entry("simulator:simulator", "Run the built-in stand-in for HMRC's sandbox on its own."),
    "sandbox-user": Entry("simulator:sandbox_user", "Make a test user at HMRC's sandbox, with test data."),
}


class LateGroup(click.Group):
    """A group whose commands are imported when they are called, not when the program starts."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the argument
        return [name for name, entry in COMMANDS.items() if entry.summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        return getattr(import_module(f"hmrc_tui.commands.{module}"), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Completes a command's name from the table, where click would import every command for its help."""
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if entry.summary and name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {close[0]}?" if close else "hmrc-tui --help lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx) from None


@click.group(
    cls=LateGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="The configuration file; else HMRC_TUI_CONFIG names it.",
)
@click.version_option(__version__, prog_name="hmrc-tui")
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None) -> None:
    """HMRC's record of your pay and tax beside your payslips, to the penny.

    Without a command, opens the terminal interface, which guides you through the first steps. `hmrc-tui demo` shows it on made-up
    figures.
    """
    from daemon.hardening import harden

    harden()
    session = Session(os.environ, config_file)
    ctx.obj = session
    ctx.call_on_close(session.close)
    if ctx.invoked_subcommand is None:
        session.require_terminal("hmrc-tui reconcile")
        from hmrc_tui.opening import open_interface

        ctx.exit(open_interface(session))


def main() -> NoReturn:
    """Runs the command line and ends the process with the contracted exit status."""
    os.umask(0o077)
    streams.open_missing()
    streams.write_every_character()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command; every trouble is one line on standard error and its exit status, never a traceback."""
    output = sys.stdout
    try:
        outcome = cli.main(args=arguments, prog_name="hmrc-tui", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        path = error.ctx.command_path if error.ctx else "hmrc-tui"
        print(f"hmrc-tui: {path} wants a command of its own; {path} --help lists them", file=sys.stderr)
        return 2
    except click.ClickException as error:
        print(f"hmrc-tui: {printable(_with_its_mend(error))}", file=sys.stderr)
        return 2
    except (click.Abort, KeyboardInterrupt):
        print("hmrc-tui: stopped", file=sys.stderr)
        return INTERRUPTED
    except SystemExit:
        if sys.stdout is output:
            raise
        return (
            _output_ended()
        )  # click has put a wrapper in its place, and leaves with 1, which means something else here
    except BrokenPipeError:
        return _output_ended()
    except Trouble as trouble:
        print(f"hmrc-tui: {printable(str(trouble))}", file=sys.stderr)
        return trouble.exit_status
    except Exception as fault:  # noqa: BLE001 - the last line of defence: the person sees one line, the log has the rest
        if isinstance(fault, UnicodeEncodeError) and streams.not_text(fault):
            print("hmrc-tui: an argument is not UTF-8 text; write it in UTF-8", file=sys.stderr)
            return BadInput.exit_status
        if isinstance(fault, OSError) and (reason := streams.not_taken(fault)):
            streams.discard_output()
            print(f"hmrc-tui: {reason}", file=sys.stderr)
            return StorageTrouble.exit_status
        from hmrc_tui.fault_log import keep

        print(f"hmrc-tui: a fault in the program ({type(fault).__name__}); {keep(fault, os.environ)}", file=sys.stderr)
        return SOFTWARE_FAULT
    return outcome if isinstance(outcome, int) else 0


def _with_its_mend(error: click.ClickException) -> str:
    """What is wrong with the command line; where it is click that says so, which help tells how it is written."""
    message = error.format_message()
    if not (message.endswith(".") or message.startswith("Got unexpected extra")):
        return message
    context = error.ctx if isinstance(error, click.UsageError) else None
    return (
        f"{message.removesuffix('.')}; {context.command_path if context else 'hmrc-tui'} --help tells how it is written"
    )


def _output_ended() -> int:
    """The reader, such as `head`, has all it wants."""
    streams.discard_output()
    return 0
