"""`hmrc-tui headers`: the fraud-prevention headers of this machine, or of any other HMRC software, shown, checked and validated."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from hmrc_tui.session import Session
from storage.troubles import BadInput, Trouble

if TYPE_CHECKING:
    from daemon.fraud_headers.build import Built
    from daemon.hmrc.pace import Pace
    from storage.records import ValidatorVerdict

METHODS = (
    "DESKTOP_APP_DIRECT",
    "DESKTOP_APP_VIA_SERVER",
    "WEB_APP_VIA_SERVER",
    "MOBILE_APP_DIRECT",
    "MOBILE_APP_VIA_SERVER",
    "BATCH_PROCESS_DIRECT",
    "OTHER_DIRECT",
    "OTHER_VIA_SERVER",
)
"""Written out, so that the help need not import the specification; a test holds them together."""
_OURS = METHODS[0]
_INVALID = 1

_method = click.option(
    "--method",
    metavar="METHOD",
    type=click.Choice(METHODS, case_sensitive=False),
    help="DESKTOP_APP_DIRECT, a person, which is the default, or BATCH_PROCESS_DIRECT, the timer; with --from any of HMRC's eight.",
)
_from = click.option("--from", "source", metavar="FILE", help="Headers as lines 'Name: value'; - is standard input.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def headers() -> None:
    """Show the fraud-prevention headers, check them offline, or ask HMRC's validator about them."""


@headers.command(short_help="Show each header and the verdicts on it.")
@_method
@_from
@_json
@click.pass_obj
def show(session: Session, method: str | None, source: str | None, as_json: bool) -> None:
    """Show each header, its value and the verdicts on it; and why a header cannot be collected here."""
    from daemon.fraud_headers.check import check
    from daemon.fraud_headers.overview import overview
    from hmrc_tui.reports.headers import built_json, overview_text

    if source is not None:
        _report_given(_read(source), method, as_json)
        return
    built = _built(session, method)
    if as_json:
        _print_json(built_json(built, check(built.headers, built.method)))
    else:
        click.echo(overview_text(overview(built, _kept(session, built.method))), nl=False)


@headers.command(short_help="Check the headers offline.")
@_method
@_from
@_json
@click.pass_context
def check(context: click.Context, method: str | None, source: str | None, as_json: bool) -> None:
    """Check the headers offline as HMRC's validator would; exit status 1 where they are invalid."""
    from daemon.fraud_headers.check import check as verdict_on
    from daemon.fraud_headers.overview import overview
    from hmrc_tui.reports.headers import built_json, overview_text

    if source is not None:
        code = _report_given(_read(source), method, as_json)
    else:
        built = _built(context.obj, method)
        verdict = verdict_on(built.headers, built.method)
        code = verdict.code
        if as_json:
            _print_json(built_json(built, verdict))
        else:
            click.echo(overview_text(overview(built, _kept(context.obj, built.method))), nl=False)
    context.exit(_INVALID if code == "INVALID_HEADERS" else 0)


@headers.command(short_help="Ask HMRC's own validator.")
@_method
@_from
@_json
@click.pass_obj
def validate(session: Session, method: str | None, source: str | None, as_json: bool) -> None:
    """Ask HMRC's own validator, which is in its sandbox, and compare its verdict with ours."""
    from daemon.fraud_headers.check import check, connection_method
    from daemon.fraud_headers.validate import differences, read_verdict
    from daemon.fraud_headers.validate import validate as ask
    from hmrc_tui.reports.headers import validation_text, verdict_json
    from storage.clock import rfc3339

    if source is not None:
        sent: Mapping[str, str] = _read(source)
        named = method or connection_method(sent)
        kept = ask(session.settings, session.clock, None, named or "", sent, _pace(session))
    else:
        built = _built(session, method)
        sent, named = built.headers, built.method
        kept = ask(session.settings, session.clock, session.ledger(), built.method, sent, _pace(session))
    theirs, ours = read_verdict(kept.body), check(sent, method)
    differing = differences(ours, theirs)
    if not as_json:
        click.echo(validation_text(named, theirs, ours, differing), nl=False)
        return
    _print_json(
        verdict_json(
            named,
            sent,
            theirs,
            asked_at=rfc3339(kept.asked_at),
            ours=verdict_json(named, sent, ours),
            differences=differing,
        )
    )


@headers.command(short_help="Write the mail that HMRC asks for.")
@click.pass_obj
def mail(session: Session) -> None:
    """Write the mail that HMRC asks for where headers cannot be collected."""
    from daemon.fraud_headers.build import OUR_METHODS
    from daemon.fraud_headers.current import built_for
    from daemon.fraud_headers.mail import mail_text

    built = [built_for(method, session.settings, session.places, session.clock) for method in OUR_METHODS]
    click.echo(mail_text(built), nl=False)


def _built(session: Session, method: str | None) -> "Built":
    """This machine's own headers for one of our methods, a person's unless another is named. Raises `BadInput`."""
    from daemon.fraud_headers.build import OUR_METHODS
    from daemon.fraud_headers.current import built_for

    chosen = method or _OURS
    if chosen not in OUR_METHODS:
        ours = " or ".join(OUR_METHODS)
        raise BadInput(f"hmrc-tui itself connects as {ours}; give the headers of {chosen} with --from FILE")
    return built_for(chosen, session.settings, session.places, session.clock)


def _kept(session: Session, method: str) -> "ValidatorVerdict | None":
    """What HMRC's validator last said; a ledger in trouble does not keep the headers from being shown."""
    try:
        return session.ledger().verdict(method)
    except Trouble as trouble:
        session.narrate(f"HMRC's last verdict cannot be shown: {trouble}")
        return None


def _pace(session: Session) -> "Pace | None":
    """The pace to keep with the syncs of the same application; in production the validator has one of its own."""
    from daemon.hmrc.pace import Pace

    environment = session.settings.environment
    return None if environment == "production" else Pace(session.places.state_folder(environment) / "pace")


def _report_given(given: Mapping[str, str], method: str | None, as_json: bool) -> str:
    """Prints our verdict on headers that were given, and returns its code."""
    from daemon.fraud_headers.check import check, connection_method
    from daemon.fraud_headers.overview import given_rows
    from hmrc_tui.reports.headers import verdict_json, verdict_text

    verdict = check(given, method)
    named = method or connection_method(given)
    if as_json:
        _print_json(verdict_json(named, given, verdict))
    else:
        click.echo(verdict_text(named, given_rows(given, verdict), verdict), nl=False)
    return verdict.code


def _read(source: str) -> Mapping[str, str]:
    """The `Gov-*` headers of `Name: value` lines; an empty value is an empty header. Raises `BadInput`."""
    from daemon.fraud_headers.lines import read_lines
    from storage.imports.file_content import file_content, piped_content
    from storage.places import from_home

    if source == "-":
        return read_lines(piped_content(sys.stdin.buffer, "standard input"), "standard input")
    return read_lines(file_content(from_home(source)), source)


def _print_json(value: Mapping[str, Any]) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)))
