"""The person's decisions about a row: accept its difference, link its PAYE reference, or take either back."""

from functools import partial

from daemon.reconcile.model import Reconciliation, Row
from hmrc_tui.screens.page import Page
from hmrc_tui.views.pieces import line, quiet
from hmrc_tui.views.story import apart
from storage.records import Acceptance, PayeReference, ReferenceLink
from storage.troubles import BadInput


def accept(page: Page, row: Row) -> None:
    """Asks for a note and accepts the row's difference; an accepted one is asked whether to take that back."""
    from hmrc_tui.screens.asking import AskText, Confirm

    ledger = page.desk.ledger
    if row.status == "accepted":
        withdraw = partial(ledger.withdraw_acceptance, row.tax_year, row.key)
        question = Confirm("Withdraw what you accepted?", [line(quiet(row.accepted_note or ""))])
        page.app.push_screen(question, lambda answer: page.change(withdraw, "Withdrawn") if answer else None)
        return
    if row.status in {"match", "waiting"}:
        page.notify("There is no difference to accept.", timeout=3)
        return

    def decide(note: str | None) -> None:
        if note is not None:
            decided = Acceptance(
                tax_year=row.tax_year,
                employer=row.key,
                note=note.strip(),
                pay_difference=row.pay.difference,
                tax_difference=row.tax.difference,
                decided_at=page.desk.clock.now(),
            )
            page.change(partial(ledger.accept, decided), "Accepted; a penny's change opens it again")

    about = [
        line(f"{apart(row)}."),
        line(quiet("It holds for exactly these differences: a penny's change opens the row again.")),
    ]
    page.app.push_screen(
        AskText("Accept this difference. Why?", about, check=lambda note: "" if note.strip() else "Write a few words."),
        decide,
    )


def link(page: Page, row: Row, reconciliation: Reconciliation) -> None:
    """Asks which reference the row's became, among those that are known; or whether to take a link back."""
    from hmrc_tui.screens.asking import Choose

    own = row.employer_paye_ref
    if own is None:
        page.notify("This row has no PAYE reference to link.", timeout=4)
        return
    others = {
        other.employer_paye_ref: other.employer
        for year in reconciliation.tax_years
        for other in year.rows
        if other.employer_paye_ref not in {None, own}
    }
    choices = [(f"to {reference}", f"it became {reference}, {name}") for reference, name in others.items()]
    choices += [(f"from {reference}", f"it was {reference}, {name}, before") for reference, name in others.items()]
    choices.append(("undo", "undo the links of this reference"))

    def decide(answer: str | None) -> None:
        if answer == "undo":
            page.change(partial(_unlink, page, own), "Links undone")
        elif answer:
            towards, _, other = answer.partition(" ")
            old, new = (own, PayeReference(other)) if towards == "to" else (PayeReference(other), own)
            page.change(partial(_link, page, old, new), f"{old} and {new} are one row now, under {new}")

    about = [
        line(
            quiet(
                "Employers change their reference when payroll moves. Linked references are one row, under the newer."
            )
        )
    ]
    page.app.push_screen(Choose(f"{own}, {row.employer}:", choices, about), decide)


def _link(page: Page, old: PayeReference, new: PayeReference) -> None:
    """Raises `BadInput` where the two are one row already: a link back would make a ring of them."""
    from daemon.reconcile.match import follow_links

    newest = follow_links(page.desk.ledger.links())
    if newest(old) == newest(new):
        undo = page.interface.naming_keys("{overview.link}")
        raise BadInput(f"{old} and {new} are linked already; undo that first ({undo})")
    page.desk.ledger.link(ReferenceLink(old=old, new=new, decided_at=page.desk.clock.now()))


def _unlink(page: Page, reference: PayeReference) -> None:
    """Raises `BadInput` where there is no link to undo."""
    linked = [known for known in page.desk.ledger.links() if reference in {known.old, known.new}]
    if not linked:
        raise BadInput(f"{reference} is not linked: there is nothing to undo")
    for known in linked:
        page.desk.ledger.unlink(known.old, known.new)
