"""`hmrc-tui authorise` and `hmrc-tui token`: signing in at HMRC, and the state of the sign-in."""

import click

from hmrc_tui.session import Session


@click.command()
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it; paste what comes back.")
@click.option("--headless", is_flag=True, help="Sign in a test user with an invisible browser (not in production).")
@click.pass_obj
def authorise(session: Session, no_browser: bool, headless: bool) -> None:
    """Sign in at HMRC.

    Waits for the browser to come back to redirect_uri. Over SSH, or with --no-browser, the address that the browser ends at, or
    the code that HMRC shows, can be pasted here as well. A sign-in lasts 18 months.
    """
    import asyncio

    from hmrc_tui.signing_in import sign_in

    if no_browser and headless:
        raise click.UsageError("--no-browser and --headless exclude each other")
    asyncio.run(sign_in(session, browser="none" if no_browser else "headless" if headless else "own"))


@click.group()
def token() -> None:
    """Show or forget the sign-in at HMRC."""


@token.command(short_help="Show the sign-in and how long it lasts.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show whether there is a sign-in, and how long it lasts. HMRC is not asked."""
    from daemon.hmrc.grant import open_grant
    from hmrc_tui.reports.sign_in import status_as_json, status_as_text

    found = open_grant(session.settings, session.places, session.clock).status()
    click.echo(status_as_json(found) if as_json else status_as_text(found))


@token.command(short_help="Delete the sign-in here.")
@click.pass_obj
def forget(session: Session) -> None:
    """Delete the sign-in from this machine's store, and say where to withdraw the permission at HMRC."""
    from daemon.hmrc.grant import open_grant
    from daemon.hmrc.oauth import WITHDRAW_AUTHORITY

    there = open_grant(session.settings, session.places, session.clock).forget()
    click.echo("The sign-in is deleted here." if there else "There was no sign-in to delete.")
    click.echo(f"HMRC keeps the authority until it ends or you withdraw it at: {WITHDRAW_AUTHORITY}")


@token.command("setup-code", short_help="Print a code for the daemon's sign-in page.")
@click.pass_obj
def setup_code(session: Session) -> None:
    """Print a code that opens the daemon's sign-in page, /authorize, once and within ten minutes."""
    from daemon.setup_code import issue

    code = issue(session.places.state_folder(session.settings.environment), session.clock)
    click.echo(code.reveal())
    session.narrate("good once, for ten minutes: open the service's /authorize page with it")
