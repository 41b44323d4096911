"""`hmrc-tui reconcile`, `accept` and `link`: the reconciliation as a report, and the person's decisions about it."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from daemon.reconcile.model import Reconciliation, Row
    from hmrc_tui.session import Session
    from storage.records import Acceptance, TaxYear

_NAMED = 5
"""How many open rows a failed check names."""


@click.command()
@click.option(
    "--tax-year",
    "names",
    multiple=True,
    metavar="YEAR",
    help="2023-24, current, previous, open or all; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, one line a tax year and employer.")
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="As an evidence pack in Markdown, one page a tax year and employer."
)
@click.option("--check", is_flag=True, help="Exit with 1 if a difference is neither explained nor accepted.")
@click.pass_obj
def reconcile(
    session: "Session", names: Sequence[str], as_json: bool, as_csv: bool, as_markdown: bool, check: bool
) -> None:
    """Set HMRC's figures beside the payslips, and explain every difference."""
    forms = [form for form, wanted in (("json", as_json), ("csv", as_csv), ("markdown", as_markdown)) if wanted]
    if len(forms) > 1:
        raise click.UsageError(f"--{' and --'.join(forms)} exclude each other")
    reconciliation = _reconciled(session, session.years(names))
    click.echo(_written(session, reconciliation, forms[0] if forms else None))
    if check and reconciliation.open_differences:
        session.narrate(_what_is_open(reconciliation))
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("tax_year")
@click.argument("employer_ref")
@click.option("--note", help="Why the difference is all right.")
@click.option("--undo", is_flag=True, help="Withdraw the acceptance.")
@click.pass_obj
def accept(session: "Session", tax_year: str, employer_ref: str, note: str | None, undo: bool) -> None:
    """Accept a difference as it is now; a penny's change reopens it."""
    from storage.troubles import BadInput

    if undo == (note is not None):
        raise BadInput("accept: give either --note TEXT or --undo")
    if note is not None and not note.strip():
        raise BadInput("accept: the note is empty; say why the difference is all right")
    year = _tax_year(tax_year)
    if undo or note is None:
        _withdraw(session, year, employer_ref)
    else:
        _accept(session, year, employer_ref, note.strip())


@click.command()
@click.argument("old_ref")
@click.argument("new_ref")
@click.option("--undo", is_flag=True, help="Take the two references apart again.")
@click.pass_obj
def link(session: "Session", old_ref: str, new_ref: str, undo: bool) -> None:
    """Say that an employer's PAYE reference OLD_REF became NEW_REF: both are one row, under the newer."""
    from storage.records import PayeReference, ReferenceLink
    from storage.troubles import BadInput

    old, new = PayeReference(old_ref), PayeReference(new_ref)
    if not old or not new:
        raise BadInput("link: a PAYE reference is empty; give both, such as 123/AB456")
    if undo:
        if not session.ledger().unlink(old, new):
            raise BadInput(f"link: {old} and {new} are not linked; hmrc-tui reconcile shows the references there are")
        click.echo(f"{old} and {new} are two employers again.")
        return
    if old == new:
        raise BadInput(f"link: {old} is one reference; give the old one and the new one")
    if _leads_to(session, new, old):
        raise BadInput(f"link: {new} is already linked to {old}; undo that first: hmrc-tui link {new} {old} --undo")
    known = _known_references(session)
    for reference in (old, new):
        if reference not in known:
            session.narrate(f"Nothing is known of {reference} yet; the link holds once there is.")
    session.ledger().link(ReferenceLink(old=old, new=new, decided_at=session.clock.now()))
    click.echo(f"{old} is now shown under {new}.")


def _known_references(session: "Session") -> set[str]:
    """Every employer PAYE reference that a payslip, a P60 or HMRC has named."""
    ledger = session.books()
    records = (*ledger.payslips(), *ledger.p60s(), *ledger.snapshots())
    return {str(record.employer_paye_ref) for record in records if record.employer_paye_ref}


def _leads_to(session: "Session", start: str, end: str) -> bool:
    """Whether the links there are lead from one reference to another."""
    newer = {str(link.old): str(link.new) for link in session.ledger().links()}
    seen: set[str] = set()
    while start in newer and start not in seen:
        seen.add(start)
        start = newer[start]
        if start == end:
            return True
    return False


def _reconciled(session: "Session", years: "Sequence[TaxYear] | None") -> "Reconciliation":
    from daemon.facts import gather
    from daemon.reconcile.run import reconcile as run

    return run(gather(session.books(), session.settings, session.clock, years), years)


def _written(session: "Session", reconciliation: "Reconciliation", form: str | None) -> str:
    if form == "json":
        from hmrc_tui.reports import reconcile_json

        return reconcile_json.report(reconciliation)
    if form == "csv":
        from hmrc_tui.reports import reconcile_csv

        return reconcile_csv.report(reconciliation)
    if form == "markdown":
        from hmrc_tui.reports import reconcile_markdown

        return reconcile_markdown.report(reconciliation, session.ledger().observations(), made=session.clock.now())
    from hmrc_tui.reports import reconcile_plain

    text = reconcile_plain.report(reconciliation)
    return reconcile_plain.in_columns(text) if sys.stdout.isatty() else text


def _what_is_open(reconciliation: "Reconciliation") -> str:
    """One line on why a check fails: which rows, and what to do about them."""
    named = [
        f"{row.tax_year} {row.employer_paye_ref or row.employer} ({row.status.replace('_', ' ')})"
        for row in reconciliation.open_differences
    ]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return (
        f"hmrc-tui: neither explained nor accepted: {', '.join(named[:_NAMED])}{more}; "
        "import what is missing, or accept a difference: hmrc-tui accept TAX_YEAR EMPLOYER_REF --note TEXT"
    )


def _tax_year(text: str) -> "TaxYear":
    from storage.tax_year import TaxYear
    from storage.troubles import BadInput

    try:
        return TaxYear.parse(text)
    except ValueError as error:
        raise BadInput(f"accept: {error}") from None


def _accept(session: "Session", tax_year: "TaxYear", employer_ref: str, note: str) -> None:
    from storage.records import Acceptance
    from storage.troubles import BadInput

    row = _row(session, tax_year, employer_ref)
    if row.status == "waiting":
        raise BadInput(
            f"accept: HMRC has no figures for {row.employer} in {tax_year} yet, so there is no difference to accept"
        )
    if row.status == "match":
        raise BadInput(f"accept: {row.employer} in {tax_year} matches; there is no difference to accept")
    decision = Acceptance(
        tax_year=tax_year,
        employer=row.key,
        note=note,
        pay_difference=row.pay.difference,
        tax_difference=row.tax.difference,
        decided_at=session.clock.now(),
    )
    session.ledger().accept(decision)
    click.echo(f"Accepted: {row.employer} in {tax_year}.")


def _withdraw(session: "Session", tax_year: "TaxYear", employer_ref: str) -> None:
    from storage.troubles import BadInput

    keys = [
        decision.employer
        for decision in session.ledger().acceptances()
        if _names(session, decision, tax_year, employer_ref)
    ]
    if not [key for key in keys if session.ledger().withdraw_acceptance(tax_year, key)]:
        raise BadInput(f"accept: nothing is accepted for {employer_ref} in {tax_year}")
    click.echo(f"No longer accepted: {employer_ref} in {tax_year}.")


def _names(session: "Session", decision: "Acceptance", tax_year: "TaxYear", employer_ref: str) -> bool:
    """Whether an acceptance is of the row that `employer_ref` names: by reference, a linked one too, or by employer's name."""
    from daemon.reconcile.match import follow_links
    from storage.employers import employer_key
    from storage.records import PayeReference

    newest = follow_links(session.ledger().links())
    same_reference = newest(PayeReference(decision.employer)) == newest(PayeReference(employer_ref))
    return decision.tax_year == tax_year and (
        same_reference or employer_key(decision.employer) == employer_key(employer_ref)
    )


def _row(session: "Session", tax_year: "TaxYear", employer_ref: str) -> "Row":
    from storage.troubles import BadInput

    rows = _matching(session, tax_year, employer_ref)
    if len(rows) == 1:
        return rows[0]
    known = [row.key for year in _reconciled(session, [tax_year]).tax_years for row in year.rows]
    listed = f"there are: {', '.join(known)}" if known else "there is no row in that tax year"
    raise BadInput(f"accept: {employer_ref} is not {'one' if rows else 'a'} row of {tax_year}; {listed}")


def _matching(session: "Session", tax_year: "TaxYear", employer_ref: str) -> "list[Row]":
    """The rows that `employer_ref` names: by reference; failing that, by employer's name where the row has no reference."""
    from daemon.reconcile.match import follow_links
    from storage.employers import employer_key
    from storage.records import PayeReference

    rows = [row for year in _reconciled(session, [tax_year]).tax_years for row in year.rows]
    reference = follow_links(session.ledger().links())(PayeReference(employer_ref))
    by_reference = [row for row in rows if row.employer_paye_ref == reference]
    return by_reference or [
        row
        for row in rows
        if row.employer_paye_ref is None and employer_key(row.employer) == employer_key(employer_ref)
    ]
