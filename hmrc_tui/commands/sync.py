"""`hmrc-tui sync`: ask HMRC for its figures and keep what it says."""

from typing import TYPE_CHECKING

import click

from hmrc_tui.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.engine import Engine
    from daemon.events import Event
    from daemon.sync import SyncReport
    from storage.tax_year import TaxYear


@click.command()
@click.option(
    "--tax-year",
    "names",
    multiple=True,
    metavar="YEAR",
    help="2023-24, current, previous, open or all; may be repeated. Without it: [sync] tax_years, else the open years.",
)
@click.option(
    "--unattended", is_flag=True, help="A timer's call: told to HMRC as a batch process, and alerts are sent."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def sync(session: Session, names: "Sequence[str]", unattended: bool, as_json: bool) -> None:
    """Ask HMRC for its figures of past tax years, and keep what it says.

    Exits with 0 if every year got a verdict, 3 if there is no usable sign-in, 4 if HMRC did not answer for a year, 5 if nothing
    can be kept here.
    """
    import asyncio

    from hmrc_tui.reports import sync as report

    engine = session.engine()
    years = engine.years(names)
    engine.listen(lambda event: _narrate(session, event))
    done = asyncio.run(_run(engine, years, unattended))
    if done.store == "sqlite" and session.settings.storage.postgres:
        why = engine.store_status().trouble or "it does not answer"
        rows = "1 row waits" if done.queued == 1 else f"{done.queued} rows wait"
        session.narrate(f"Postgres is away ({why}): everything is kept in SQLite, and {rows} to be shared")
    click.echo(report.as_json(done) if as_json else report.as_text(done))
    if done.trouble is not None:
        raise done.trouble


async def _run(engine: "Engine", years: "Sequence[TaxYear]", unattended: bool) -> "SyncReport":
    import asyncio

    try:
        report = await engine.sync(years, unattended=unattended)
        if unattended:
            from daemon.telling import remember_and_tell

            await asyncio.to_thread(remember_and_tell, engine, report)
        return report
    finally:
        await engine.close()


def _narrate(session: Session, event: "Event") -> None:
    """Says what the person would wonder about while it takes its time."""
    from daemon.events import Alerted, GrantChanged, SyncStarted

    match event:
        case SyncStarted(tax_years=years) if years:
            span = years[0].hmrc if len(years) == 1 else f"{len(years)} tax years, {years[0]} to {years[-1]}"
            session.narrate(f"asking HMRC ({session.settings.environment}) for {span}")
        case GrantChanged(state="ok" | "expiring"):
            session.narrate("the sign-in was refreshed")
        case Alerted(text=text):
            session.narrate(text)
        case _:
            return
