"""`hmrc-tui p60`: import, type in, list and remove P60s."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmrc_tui.commands import importing
from hmrc_tui.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.imports.intake import Imported
    from storage.imports.reading import Reading
    from storage.records import P60

_FILE = click.Path(path_type=Path)


@click.group()
def p60() -> None:
    """Import, add, list and remove P60s."""


@p60.command("import", short_help="Import P60s from PDF, CSV or JSON.")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--profile", help="How to read a PDF: a built-in profile's name, or a TOML file of your own.")
@click.option("--employer", help="The employer, where the files do not name one.")
@click.option("--paye-ref", help="The employer PAYE reference, where the files do not print one.")
@click.option("--password-file", type=_FILE, help="A file with the password of the PDFs, instead of asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be read, and from where, without storing it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def import_(
    session: Session,
    files: tuple[Path, ...],
    profile: str | None,
    employer: str | None,
    paye_ref: str | None,
    password_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import P60s from PDF, CSV or JSON files; every file is read before anything is stored."""
    from storage.clock import london_date
    from storage.imports.intake import Directions
    from storage.imports.p60s import read_p60s, store_p60s

    folder = session.places.profiles
    layout = None
    if profile:
        from storage.imports.profile import named_profile

        layout = named_profile(profile, folder)
    constants = importing.employer_constants(employer, paye_ref)
    directions = Directions(None, layout, constants, importing.password_source(password_file), folder)
    today = london_date(session.clock.now())
    readings = [read_p60s(*importing.content_of(session, file), today, directions) for file in files]
    if dry_run:
        _show_dry_run(readings, as_json)
        return
    _show_stored(session, store_p60s(session.ledger(), readings, session.clock), readings, as_json)


@p60.command()
@click.option("--tax-year", required=True, help="The tax year, as in 2023-24.")
@click.option("--employer", required=True, help="The employer's name.")
@click.option("--paye-ref", help="The employer PAYE reference, as in 123/AB456.")
@click.option("--pay", required=True, help="Pay in this employment, as in 34200.00.")
@click.option("--tax", required=True, help="Tax deducted in this employment; a refund is -5.00 or “5.00 R”.")
@click.option("--ni", help="Your National Insurance contributions, of all category letters.")
@click.option("--ni-earnings", help="Earnings between the Primary Threshold and the Upper Earnings Limit.")
@click.option("--student-loan", help="Student Loan deductions.")
@click.option("--postgrad-loan", help="Postgraduate Loan deductions.")
@click.option("--previous-pay", help="Pay in previous employments.")
@click.option("--previous-tax", help="Tax in previous employments.")
@click.option("--tax-code", help="The final tax code.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def add(session: Session, as_json: bool, **options: str | None) -> None:
    """Add a P60 from its figures."""
    from storage.clock import london_date
    from storage.imports.p60s import p60_from_options, store_p60s
    from storage.imports.reading import Reading

    fields = {
        "paye_ref": "employer_paye_ref",
        "tax": "income_tax",
        "ni": "national_insurance",
        "ni_earnings": "nicable_band",
    }
    given = {fields.get(name, name): text for name, text in options.items() if text and text.strip()}
    called = {fields.get(name, name): f"--{name.replace('_', '-')}" for name in options}
    typed = p60_from_options(given, london_date(session.clock.now()), called)
    reading = Reading("the command line", "typed", (typed,))
    _show_stored(session, store_p60s(session.ledger(), [reading], session.clock), [reading], as_json)


@p60.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the P60s by tax year."""
    p60s = session.books().p60s()
    if as_json:
        importing.echo_json({"p60s": [_as_json(each) for each in p60s]})
        return
    _echo_p60s(p60s)


@p60.command(short_help="Remove P60s, or a whole import.")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--import", "import_id", help="Take a whole import back, by its id.")
@click.pass_obj
def remove(session: Session, ids: tuple[str, ...], import_id: str | None) -> None:
    """Remove P60s by id (its first letters are enough), or everything that one import brought."""
    from storage.ledger import Ledger

    for each in importing.take_out(session, "P60", ids, import_id, Ledger.p60s, Ledger.remove_p60):
        click.echo(f"P60 for {each.tax_year} from {each.employer} removed ({each.id})")


def _show_dry_run(readings: "Sequence[Reading[P60]]", as_json: bool) -> None:
    if as_json:
        importing.echo_json({"dry_run": True, **_document(readings)})
        return
    for reading in readings:
        click.echo(f"{reading.name} ({reading.layout}): {importing.counted(len(reading.records), 'P60')}")
        if reading.found:
            importing.echo_found(reading.found)
        else:
            _echo_p60s(reading.records)
    click.echo("Nothing was stored.")


def _show_stored(session: Session, done: "Imported", readings: "Sequence[Reading[P60]]", as_json: bool) -> None:
    for note in done.notes:
        session.narrate(note)
    if as_json:
        outcome = {"import_id": done.import_id, "new": done.new, "known": done.known, "changed": done.changed}
        importing.echo_json({"dry_run": False, **outcome, **_document(readings), "notes": list(done.notes)})
        return
    click.echo(importing.imported_line("P60", done.new, done.known, done.changed, done.import_id))


def _document(readings: "Sequence[Reading[P60]]") -> dict[str, object]:
    files = [
        {"file": r.name, "layout": r.layout, "p60s": len(r.records), "found": importing.found_rows(r.found)}
        for r in readings
    ]
    return {"files": files, "p60s": [_as_json(each) for reading in readings for each in reading.records]}


def _as_json(record: "P60") -> dict[str, object]:
    from storage.imports.p60s import p60_fields

    return {"id": record.id, **p60_fields(record), "source": record.source}


def _echo_p60s(p60s: "Sequence[P60]") -> None:
    from storage.money import plain

    rows = [
        (
            each.tax_year.hmrc,
            each.employer_paye_ref or each.employer,
            *(plain(amount) or "-" for amount in (each.pay, each.income_tax, each.national_insurance)),
            each.id,
        )
        for each in p60s
    ]
    importing.echo_table(
        ("tax year", "employer", "pay", "tax", "NI", "id"), rows, right=frozenset({"pay", "tax", "NI"})
    )
