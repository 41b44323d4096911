"""`hmrc-tui daemon`: the schedule and the HTTP service, without a screen."""

import click

from hmrc_tui.session import Session


@click.command()
@click.option("--once", is_flag=True, help="Make one unattended sync and end.")
@click.pass_obj
def daemon(session: Session, once: bool) -> int:
    """Run unattended: the daily sync, the alerts and the HTTP service, until SIGTERM."""
    from daemon.headless import run

    return run(session.settings, session.places, session.clock, once=once)
