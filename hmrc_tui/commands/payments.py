"""`hmrc-tui payments`: import HMRC's payment table, pasted from the tax account; list it, and take an import back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hmrc_tui.commands import importing
from hmrc_tui.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.records import Payment


@click.group()
def payments() -> None:
    """Import HMRC's payment table from your tax account; list and remove payments."""


@payments.command("import", short_help="Import the payment table.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--employer", help="Whose payments these are, where the text does not say.")
@click.option("--paye-ref", help="The employer PAYE reference, as in 123/AB456.")
@click.option("--dry-run", is_flag=True, help="Show what would be read without storing it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def import_(
    session: Session, file: Path, employer: str | None, paye_ref: str | None, dry_run: bool, as_json: bool
) -> None:
    """Import the payment table that “Check your Income Tax” shows, copied into FILE, or pasted with - for FILE.

    Any number of lines: date, taxable income, Income Tax, National Insurance. “Payments from NAME” begins another employer's.
    """
    from storage.clock import london_date
    from storage.imports.payment_table import read_payment_table, store_payments

    content, name = importing.content_of(session, file)
    today = london_date(session.clock.now())
    reading = read_payment_table(content, name, today, importing.employer_constants(employer, paye_ref))
    if not all(each.employer or each.employer_paye_ref for each in reading.records):
        session.narrate("The text does not name the employer; with several, give --employer or --paye-ref.")
    if dry_run:
        if as_json:
            importing.echo_json({"dry_run": True, **_document(reading.records)})
            return
        _echo_payments(reading.records)
        click.echo("Nothing was stored.")
        return
    done = store_payments(session.ledger(), reading, session.clock)
    if as_json:
        outcome = {"import_id": done.import_id, "new": done.new, "known": done.known, "changed": done.changed}
        importing.echo_json({"dry_run": False, **outcome, **_document(reading.records)})
        return
    click.echo(importing.imported_line("payment", done.new, done.known, done.changed, done.import_id))


@payments.command("list", short_help="List the payments by date.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the payments that HMRC's table showed, by date."""
    records = session.ledger().payments()
    if as_json:
        importing.echo_json(_document(records))
        return
    _echo_payments(records)


@payments.command(short_help="Remove payments, or a whole import.")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--import", "import_id", help="Take a whole import back, by its id.")
@click.pass_obj
def remove(session: Session, ids: tuple[str, ...], import_id: str | None) -> None:
    """Remove payments by id (its first letters are enough), or everything that one import brought."""
    from storage.ledger import Ledger

    for each in importing.take_out(session, "payment", ids, import_id, Ledger.payments, Ledger.remove_payment):
        click.echo(f"payment of {each.pay_date} removed ({each.id})")


def _document(records: "Sequence[Payment]") -> dict[str, object]:
    from storage.money import plain

    return {
        "payments": [
            {
                "id": each.id,
                "tax_year": each.tax_year.hmrc,
                "pay_date": each.pay_date.isoformat(),
                "employer": each.employer,
                "employer_paye_ref": str(each.employer_paye_ref) if each.employer_paye_ref else None,
                "taxable_pay": plain(each.taxable_pay),
                "income_tax": plain(each.income_tax),
                "national_insurance": plain(each.national_insurance),
            }
            for each in records
        ]
    }


def _echo_payments(records: "Sequence[Payment]") -> None:
    from storage.money import plain

    rows = [
        (
            each.pay_date.isoformat(),
            each.employer_paye_ref or each.employer or "-",
            *(plain(amount) or "-" for amount in (each.taxable_pay, each.income_tax, each.national_insurance)),
            each.id,
        )
        for each in records
    ]
    importing.echo_table(
        ("date", "employer", "taxable pay", "tax", "NI", "id"), rows, right=frozenset({"taxable pay", "tax", "NI"})
    )
    click.echo(importing.counted(len(records), "payment"))
