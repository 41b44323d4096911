"""The ledger's commands: `history`, `export`, `backup`, `restore` and `migrate`."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from hmrc_tui.commands.importing import echo_json
from hmrc_tui.session import Session
from storage.troubles import BadInput, PostgresAway


@click.command()
@click.option("--tax-year", "names", multiple=True, metavar="YEAR", help="2023-24, current, previous, open or all.")
@click.option("--from", "earlier", metavar="MOMENT", help="Show what differs since 2024-07-01 or 2024-07-01T06:00Z.")
@click.option("--to", "later", metavar="MOMENT", help="Until this moment; now, unless given.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def history(session: Session, names: tuple[str, ...], earlier: str | None, later: str | None, as_json: bool) -> None:
    """Show what HMRC said, when it first said it, what changed, and when it went.

    With --from, show what differs between two moments instead. A day stands for its end, in UTC.
    """
    from daemon.history import hashes

    if later and not earlier:
        raise click.UsageError("--to needs --from: the two moments to compare.")
    ledger = session.ledger()
    years = session.years(names)
    observations = [each for each in ledger.observations() if years is None or each.tax_year in years]
    bodies = ledger.answers(hashes(observations))
    if earlier:
        moments = _moment(earlier, "--from"), _moment(later, "--to") if later else session.clock.now()
        if moments[0] > moments[1]:
            raise BadInput("--from is later than --to; exchange the two")
        from daemon.history import difference
        from hmrc_tui.reports.history import differences_json, differences_text

        found = [
            (year.hmrc, difference(observations, bodies, year, *moments))
            for year in sorted({each.tax_year for each in observations}, reverse=True)
        ]
        _show(differences_json(*moments, found) if as_json else differences_text(*moments, found, years))
        return
    from daemon.history import history as told
    from hmrc_tui.reports.history import history_json, history_text

    made = told(observations, bodies)
    _show(history_json(made) if as_json else history_text(made, years))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def export(session: Session, folder: Path) -> None:
    """Write all that is known into FOLDER as CSV and JSON, HMRC's raw answers and an evidence pack too. Never the sign-in."""
    from storage import archive

    written = archive.export(session.books(), folder)
    _write_evidence(session, folder / "evidence.md")
    for name, count in written.items():
        click.echo(f"{name}: {count}")
    click.echo("evidence.md: one page a tax year and employer")
    session.narrate(f"Written to {folder}; it holds tax data: keep it private.")


def _write_evidence(session: Session, file: Path) -> None:
    """The evidence pack of `reconcile --markdown`, over every year."""
    from daemon.facts import gather
    from daemon.reconcile.run import reconcile
    from hmrc_tui.reports import reconcile_markdown
    from storage.tokens.private_file import replace_private

    ledger = session.ledger()
    reconciliation = reconcile(gather(ledger, session.settings, session.clock))
    pack = reconcile_markdown.report(reconciliation, ledger.observations(), made=session.clock.now())
    replace_private(file, pack.encode())


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Write a copy of the ledger to FILE, which must not exist yet. Never the sign-in."""
    from storage.archive import back_up

    rows = back_up(session.ledger(), file)
    click.echo(f"{file}: rows {rows}")
    session.narrate("It holds tax data: keep it private. The sign-in is not in it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def restore(session: Session, file: Path) -> None:
    """Bring back every row of the backup FILE that is missing here. Nothing that is here is changed or lost."""
    from storage import archive

    done = archive.restore(session.ledger(), file)
    click.echo(f"Rows restored: {done.new}, here already: {done.known}, kept though the backup lacks them: {done.kept}")


@click.command()
@click.option(
    "--if-reachable",
    is_flag=True,
    help="Exit with 0 also where Postgres cannot be reached: the next contact that works brings it up.",
)
@click.pass_obj
def migrate(session: Session, if_reachable: bool) -> None:
    """Bring this machine's database, and Postgres where one is configured, up to this version of the program.

    Takes ten seconds at most where Postgres does not answer.
    """
    ledger = session.ledger()
    click.echo(f"{ledger.file.path}: ready")
    if session.settings.storage.postgres is None:
        return
    try:
        ledger.migrate_postgres()
    except PostgresAway as away:
        if not if_reachable:
            raise
        session.narrate(str(away))
        return
    click.echo(f"Postgres: schema {session.settings.schema} ready")
    again = ledger.try_refused_again()
    if again:
        session.narrate(f"Rows that Postgres had refused and that wait again: {again}")
    status = ledger.exchange()
    if status.trouble:
        trouble = PostgresAway(f"{status.trouble}; nothing is lost, rows that wait here: {status.queued}")
        if not if_reachable:
            raise trouble
        session.narrate(str(trouble))
    for refused in ledger.set_aside():
        session.narrate(f"refused: a row of {refused.table}: {refused.reason}")


def _moment(text: str, option: str) -> datetime:
    """A moment written as RFC 3339 or as a day, which stands for its end. Without a zone it is UTC."""
    try:
        if len(text) == len("2024-07-01"):
            return datetime.combine(date.fromisoformat(text), time.max, UTC)
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first hours of the year 1 east of Greenwich are before all time in UTC
        raise BadInput(f"{option}: {text!r} is not a moment; write 2024-07-01 or 2024-07-01T06:00Z") from None


def _show(result: object) -> None:
    if isinstance(result, str):
        click.echo(result, nl=False)
    else:
        echo_json(result)
