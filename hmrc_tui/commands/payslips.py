"""`hmrc-tui payslips`: import, list and remove payslips."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hmrc_tui.commands import importing
from hmrc_tui.session import Session
from storage.troubles import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.imports.intake import Directions
    from storage.imports.reading import Reading
    from storage.records import Payslip

_FILE = click.Path(path_type=Path)
_AMOUNTS = ("taxable_pay", "income_tax", "national_insurance", "net_pay")


@click.group()
def payslips() -> None:
    """Import, list and remove payslips."""


@payslips.command("import", short_help="Import payslips from PDF, CSV or JSON.")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--mapping", type=_FILE, help="A TOML file that names the columns of somebody else's CSV or JSON.")
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
    mapping: Path | None,
    profile: str | None,
    employer: str | None,
    paye_ref: str | None,
    password_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import payslips from CSV, JSON or PDF files.

    Every file is read before anything is stored: one that cannot be read stops the whole command, and nothing changes.
    """
    if mapping and profile:
        raise click.UsageError("--mapping is for CSV and JSON, --profile for PDF: name one of them.")
    directions = _directions(session, mapping, profile, importing.employer_constants(employer, paye_ref), password_file)
    try:
        readings = _read(session, files, directions)
    except BadInput as refusal:
        if dry_run and not as_json:
            _show_found_so_far(refusal)
        raise
    if dry_run:
        _show_dry_run(session, readings, as_json)
        return
    from storage.imports.intake import store_payslips

    done = store_payslips(session.ledger(), readings, session.clock)
    _narrate(session, done.notes, done.payslips)
    if as_json:
        outcome = {"dry_run": False, "import_id": done.import_id, "new": done.new, "known": done.known}
        outcome["changed"] = done.changed
        importing.echo_json({**outcome, **_document(readings, done.notes, done.payslips)})
        return
    click.echo(importing.imported_line("payslip", done.new, done.known, done.changed, done.import_id))


def _directions(
    session: Session, mapping: Path | None, profile: str | None, constants: dict[str, str], password_file: Path | None
) -> "Directions":
    from storage.imports.file_content import file_content
    from storage.imports.intake import Directions

    columns = layout = None
    if mapping:
        from storage.imports.mapping import read_mapping

        columns = read_mapping(file_content(mapping), str(mapping))
    if profile:
        from storage.imports.profile import named_profile

        layout = named_profile(profile, session.places.profiles)
    return Directions(columns, layout, constants, importing.password_source(password_file), session.places.profiles)


def _read(session: Session, files: tuple[Path, ...], directions: "Directions") -> "list[Reading[Payslip]]":
    from storage.clock import london_date
    from storage.imports.intake import read_payslips

    today = london_date(session.clock.now())
    return [read_payslips(*importing.content_of(session, file), today, directions) for file in files]


def _show_found_so_far(refusal: BadInput) -> None:
    """What was found of a layout that could not be read to the end: it tells what its profile still lacks."""
    from storage.imports.pdf_payslips import Incomplete

    if isinstance(refusal, Incomplete) and refusal.found:
        importing.echo_found(refusal.found)


def _show_dry_run(session: Session, readings: "list[Reading[Payslip]]", as_json: bool) -> None:
    from storage.imports.intake import prepared

    stored = session.ledger().payslips()
    slips, notes = prepared(readings, stored)
    known = len({slip.id for slip in slips} & {slip.id for slip in stored})
    _narrate(session, notes, slips)
    if as_json:
        outcome = {"dry_run": True, "import_id": None, "new": len(slips) - known, "known": known, "changed": None}
        importing.echo_json({**outcome, **_document(readings, notes, slips)})
        return
    for reading in readings:
        click.echo(f"{reading.name} ({reading.layout}): {importing.counted(len(reading.records), 'payslip')}")
        if reading.found:
            importing.echo_found(reading.found)
        else:
            _echo_slips(reading.records)
    click.echo(
        f"Nothing was stored: {importing.counted(len(slips) - known, 'payslip')} would be new, {known} already known."
    )


def _narrate(session: Session, notes: "Sequence[str]", slips: "Sequence[Payslip]") -> None:
    for note in notes:
        session.narrate(note)
    for slip in slips:
        for warning in slip.warnings:
            session.narrate(f"{slip.source}: {slip.pay_date}, {slip.employer}: {warning}")


def _document(
    readings: "Sequence[Reading[Payslip]]", notes: "Sequence[str]", slips: "Sequence[Payslip]"
) -> dict[str, Any]:
    files = [
        {"file": r.name, "layout": r.layout, "payslips": len(r.records), "found": importing.found_rows(r.found)}
        for r in readings
    ]
    return {"files": files, "payslips": [_as_json(slip) for slip in slips], "notes": list(notes)}


def _as_json(slip: "Payslip") -> dict[str, Any]:
    from storage.imports.canonical import canonical_fields

    return {
        "id": slip.id,
        "tax_year": slip.tax_year.hmrc,
        **canonical_fields(slip),
        "source": slip.source,
        "warnings": list(slip.warnings),
    }


def _echo_slips(slips: "Sequence[Payslip]") -> None:
    from storage.money import plain

    header = ("pay date", "employer", "taxable pay", "tax", "NI", "net pay", "id", "warnings")
    rows = [
        (
            slip.pay_date.isoformat(),
            slip.employer_paye_ref or slip.employer,
            *(plain(getattr(slip, name)) or "-" for name in _AMOUNTS),
            slip.id,
            str(len(slip.warnings) or ""),
        )
        for slip in slips
    ]
    importing.echo_table(header, rows, right=frozenset({"taxable pay", "tax", "NI", "net pay", "warnings"}))


@payslips.command("list", short_help="List the payslips by pay date.")
@click.option("--imports", is_flag=True, help="The imports instead, newest first, each with the id that undoes it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_(session: Session, imports: bool, as_json: bool) -> None:
    """List the payslips by pay date; their warnings go to standard error."""
    from storage.imports.checks import checked

    if imports:
        _list_imports(session, as_json)
        return
    slips = sorted(checked(session.books().payslips()), key=lambda slip: (slip.pay_date, slip.employer, slip.id))
    if as_json:
        importing.echo_json({"payslips": [_as_json(slip) for slip in slips]})
        return
    _echo_slips(slips)
    _narrate(session, (), slips)


def _list_imports(session: Session, as_json: bool) -> None:
    from storage.clock import rfc3339

    records = session.ledger().imports()
    header = ("import", "at", "what", "payslips", "P60s", "payments", "state")
    rows = [
        (
            each.id,
            rfc3339(each.imported_at),
            each.description,
            *(str(count) for count in (each.payslips, each.p60s, each.payments)),
            "undone" if each.undone else "",
        )
        for each in records
    ]
    if as_json:
        names = ("import_id", "imported_at", "description")
        counts = [{"payslips": each.payslips, "p60s": each.p60s, "payments": each.payments} for each in records]
        documents = [dict(zip(names, row[:3], strict=True)) for row in rows]
        undone = [{"undone": each.undone} for each in records]
        importing.echo_json(
            {
                "imports": [
                    first | second | third for first, second, third in zip(documents, counts, undone, strict=True)
                ]
            }
        )
        return
    importing.echo_table(header, rows, right=frozenset({"payslips", "P60s", "payments"}))


@payslips.command(short_help="Remove payslips, or a whole import.")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--import", "import_id", help="Take a whole import back, by its id.")
@click.pass_obj
def remove(session: Session, ids: tuple[str, ...], import_id: str | None) -> None:
    """Remove payslips by id (its first letters are enough), or everything that one import brought.

    A removed payslip comes back when it is imported again.
    """
    from storage.ledger import Ledger

    for slip in importing.take_out(session, "payslip", ids, import_id, Ledger.payslips, Ledger.remove_payslip):
        click.echo(f"payslip of {slip.pay_date} from {slip.employer} removed ({slip.id})")


@payslips.command(short_help="Print the text of a PDF.")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--password-file", type=_FILE, help="A file with the password of the PDFs, instead of asking.")
@click.pass_obj
def text(session: Session, files: tuple[Path, ...], password_file: Path | None) -> None:
    """Print the text of PDFs as a profile sees it, each page plain and in layout.

    National Insurance numbers and UTRs are masked; the rest is what the PDF says.
    """
    from storage.imports.excerpt import masked_identifiers
    from storage.imports.pdf_text import pdf_pages

    for file in files:
        content, name = importing.content_of(session, file)
        for page in pdf_pages(content, name, importing.password_source(password_file)):
            for mode in ("plain", "layout"):
                click.echo(f"--- {name}, page {page.number}, {mode}")
                click.echo(masked_identifiers(page.text(mode)))


@payslips.command(short_help="List the layouts of PDFs, or print one.")
@click.argument("name", required=False)
@click.pass_obj
def profiles(session: Session, name: str | None) -> None:
    """List the profiles that PDFs are read by, or print the one called NAME, to begin one of your own with."""
    from storage.imports.profile import SHIPPED, own_profiles, profile_content, read_profile

    folder = session.places.profiles
    if name:
        click.echo(profile_content(name, folder).decode("utf-8", "replace"), nl=False)
        return
    own = own_profiles(folder)
    known = [(each, str(folder / f"{each}.toml")) for each in own]
    known += [(each, "comes with the program") for each in SHIPPED if each not in own]
    rows = [(each, read_profile(profile_content(each, folder), each).keys.title, where) for each, where in known]
    importing.echo_table(("profile", "title", "where"), rows)
    session.narrate(f"Profiles of your own are TOML files in {folder}")
