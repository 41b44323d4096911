"""Writes the manual page from the commands themselves: `make man` puts it into docs/hmrc-tui.1."""

import inspect
import re
from collections.abc import Iterator

import click

from hmrc_tui.cli import COMMANDS, cli
from storage import __version__

SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}
"""What roff would take for its own, or for a typographer's."""

NAME = "compare HMRC's record of your pay and tax with your payslips"
OPENING = """
HMRC tells what employers reported of a person's pay and tax, through its APIs, for a few months of the year.
.B hmrc\\-tui
asks daily, keeps every answer for good, sets it beside the person's payslips and P60s, and explains each difference to the penny.
Without a command it opens the terminal interface.
.PP
The result of a command goes to standard output, everything else that it says to standard error.
"""
CLOSING = """
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
.B reconcile \\-\\-check
found a difference that is neither explained nor accepted, or
.B headers check
found invalid headers.
.TP
.B 2
Bad usage, configuration or input; nothing was stored. Or
.B doctor
found a problem.
.TP
.B 3
There is no usable sign\\-in.
.TP
.B 4
HMRC failed, refused or could not be reached.
.TP
.B 5
This machine's own storage could not be read or written; for
.BR migrate ,
Postgres.
.TP
.B 70
A fault in the program;
.I faults.log
says where.
.TP
.B 130
Stopped by Ctrl\\-C.
.SH ENVIRONMENT
.TP
.B HMRC_TUI_CONFIG
The configuration file to read.
.TP
.B HMRC_TUI_HOME
One folder for configuration, data and state, instead of the XDG folders.
.TP
.BI HMRC_TUI_ TABLE __ KEY
Any key of the configuration. It wins over the file.
.B HMRC_TUI_HMRC__UTR_FILE
and the like name a file that holds a secret.
.TP
.BR HMRC_TUI_TEST_USER ", " HMRC_TUI_TEST_PASSWORD
The test user whom
.B authorise \\-\\-headless
signs in, never in production.
.TP
.B NO_COLOR
No colours.
.SH FILES
.TP
.I ~/.config/hmrc\\-tui/config.toml
The configuration;
.B hmrc\\-tui config init
writes one in which every key is described.
.TP
.I ~/.local/share/hmrc\\-tui/ledger\\-production.sqlite
All that is known; another for the sandbox, and for the simulator.
.TP
.I ~/.local/state/hmrc\\-tui/
Locks, the journal of the sign\\-in, and
.I faults.log
where the program had a fault.
.PP
All of them can be read by their owner only.
.SH EXAMPLES
.nf
hmrc\\-tui demo                        look at everything, on made\\-up figures
hmrc\\-tui config init                 then fill in environment, client_id, client_secret and utr
hmrc\\-tui authorise                   sign in at HMRC
hmrc\\-tui sync \\-\\-tax\\-year previous    ask for last tax year
hmrc\\-tui payslips import slips.csv   bring payslips
hmrc\\-tui reconcile \\-\\-check           in a script: does everything agree?
.fi
.SH SEE ALSO
The folder
.I docs
of the source: credentials, importing, why figures differ, the interface, scripts, fraud\\-prevention headers, deploying.
"""


def main() -> None:
    """Writes the page to standard output."""
    print("\n".join(part.strip("\n") for part in page()))


def page() -> Iterator[str]:
    """The page, part by part."""
    yield f'.\\" Made by docs/man_page.py\n.TH HMRC\\-TUI 1 "" "hmrc\\-tui {escaped(__version__)}" "User Commands"\n.ad l'
    yield f".SH NAME\nhmrc\\-tui \\- {escaped(NAME)}"
    yield ".SH SYNOPSIS\n.B hmrc\\-tui\n[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]]"
    yield f".SH DESCRIPTION\n{OPENING.strip()}\n.SH OPTIONS"
    context = click.Context(cli, info_name="hmrc-tui", **cli.context_settings)
    yield from options(cli, context)
    yield ".SH COMMANDS"
    for name, entry in COMMANDS.items():
        command = cli.get_command(context, name)
        if entry.summary and command is not None:
            yield from described(command, click.Context(command, info_name=name, parent=context))
    yield CLOSING


def described(command: click.Command, context: click.Context) -> Iterator[str]:
    """A command with its arguments, its help and its options, and those below it."""
    path = context.command_path.removeprefix("hmrc-tui ")
    pieces = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f".SS {escaped(path)} {escaped(pieces)}".rstrip()
    yield "\n.PP\n".join(escaped(" ".join(part.split())) for part in inspect.cleandoc(command.help or "").split("\n\n"))
    yield from options(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from described(below, click.Context(below, info_name=name, parent=context))


def options(command: click.Command, context: click.Context) -> Iterator[str]:
    """The options of a command, each with its help. `--help` is the same everywhere, and told once."""
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        told_before = "--help" in parameter.opts and context.parent is not None
        if record is None or told_before or not isinstance(parameter, click.Option):
            continue
        yield f".TP\n.B {escaped(record[0])}\n{escaped(record[1])}"


def escaped(text: str) -> str:
    """`text` as roff takes it literally."""
    literal = re.sub(r"[\\\-'`^~]", lambda found: SPECIAL[found[0]], text)
    literal = re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", literal)
    return re.sub(r"(?m)^\.", r"\\&.", literal)


if __name__ == "__main__":
    main()
