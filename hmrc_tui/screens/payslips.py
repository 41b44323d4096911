"""Tab 2, the Payslips: what they say, where they do not add up, and how more come in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import payslips as payslip_view
from hmrc_tui.views.pieces import Item, Line, Piece, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.records import Payslip
from storage.troubles import Trouble

if TYPE_CHECKING:
    from hmrc_tui.screens.importing import Imported, ToAsk

_NOTHING: tuple[Line, ...] = (
    line(strong("No payslips yet.")),
    (),
    line(Piece("i ", "note", bold=True), Piece("Import a file or a folder: payslips or P60s as CSV, JSON or PDF")),
    line(Piece("v ", "note", bold=True), Piece("Paste the payment table of your tax account at HMRC")),
    (),
    line(
        quiet(
            "A CSV needs the columns pay_date, employer and taxable_pay (or gross_pay). A payslip imported twice is one payslip."
        )
    ),
    line(quiet("`hmrc-tui payslips import --help` tells how to read other people's layouts.")),
)


class Payslips(ListPage):
    """Every payslip, the newest first, with those that do not add up marked."""

    SCOPE: ClassVar[Scope] = "payslips"
    DEFAULT_CSS = """
    Payslips #heading { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    Payslips Rows { height: 1fr; }
    Payslips #brief { height: auto; max-height: 6; padding: 0 1; background: $surface; }
    Payslips #nothing { display: none; height: 1fr; padding: 1 2; }
    Payslips.-empty #brief { display: none; }
    Payslips.-empty #nothing { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("payslips"))

    class Read(Message):
        """The payslips were read, and made into rows."""

        def __init__(self, slips: Sequence[Payslip], items: Sequence[Item]) -> None:
            super().__init__()
            self.slips = slips
            self.items = items

    class Failed(Message):
        """The payslips could not be read."""

        def __init__(self, trouble: str) -> None:
            super().__init__()
            self.trouble = trouble

    def __init__(self) -> None:
        super().__init__(id="payslips")
        self._slips: dict[str, Payslip] = {}
        self._items: Sequence[Item] = ()
        self._breaks = False
        self._behind: tuple[str, frozenset[str]] | None = None
        self._first: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        """A heading, the list, and the payslip under the cursor in brief."""
        yield Told(id="heading")
        yield Rows(payslip_view.columns, id="rows")
        yield Told(wraps=True, id="nothing")
        yield Told(wraps=True, id="brief")

    def renew(self) -> None:
        """Reads the payslips in a thread."""
        if self.interface.is_open:
            self.in_thread(self._read, "payslips")
        elif not self._slips:
            self.query_one("#heading", Told).tell([line(quiet("Reading the payslips …"))])

    def _read(self) -> None:
        try:
            slips = self.desk.ledger.payslips()
        except Trouble as trouble:
            self.post_message(self.Failed(str(trouble)))
            return
        self.post_message(self.Read(slips, payslip_view.items(slips)))

    @on(Read)
    def payslips_read(self, message: Read) -> None:
        """Shows the payslips."""
        self._slips = {slip.id: slip for slip in message.slips}
        self._items = message.items
        self.show_empty(not message.slips)
        self.query_one("#nothing", Told).tell(_NOTHING)
        self._show()
        self.interface.set_aside()

    @on(Failed)
    def not_read(self, message: Failed) -> None:
        """Says why the payslips cannot be shown."""
        self.show_empty(True)
        self.query_one("#heading", Told).tell([line(quiet("Your payslips"))])
        self.query_one("#nothing", Told).tell(
            [
                line(strong("✗ The payslips could not be read. ", "bad")),
                line(message.trouble),
                (),
                line("r reads them again."),
            ]
        )

    def only(self, name: str, ids: frozenset[str], *, first: Sequence[str] = ()) -> None:
        """Shows only these payslips, those behind a row of the Overview; the cursor goes to the first that a cause concerns."""
        self._behind = (name, ids)
        self._first = tuple(first)
        self._breaks = False
        self._show()

    def _show(self) -> None:
        items = self._items
        if self._behind is not None:
            items = [item for item in items if item.key in self._behind[1]]
        if self._breaks:
            items = [item for item in items if self._slips[item.key].warnings]
        self.rows.show(items)
        if self._first and items:
            self.rows.go_to(self._first[0])
            self._first = ()

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Tells the payslip under the cursor in brief."""
        only = f"of {self._behind[0]}" if self._behind else "with a warning" if self._breaks else ""
        self.query_one("#heading", Told).tell(
            [payslip_view.heading(list(self._slips.values()), len(self.rows.items), only=only)]
        )
        slip = self.selected
        self.query_one("#brief", Told).tell(
            payslip_view.brief(slip) if slip else [line(quiet("No payslip holds what the filter asks for."))]
        )

    @property
    def selected(self) -> Payslip | None:
        """The payslip under the cursor."""
        return self._slips.get(self.rows.current.key) if self.rows.current else None

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the payslip in full."""
        from hmrc_tui.screens.telling import Telling

        if self.selected is not None:
            self.app.push_screen(Telling("Payslip", payslip_view.full(self.selected)))

    def leave(self) -> bool:
        """Leaves the filter, then the choice of payslips."""
        if super().leave():
            return True
        if self._behind is None and not self._breaks:
            return False
        self._behind, self._breaks = None, False
        self._show()
        return True

    def action_breaks(self) -> None:
        """Shows only payslips with a warning, or all."""
        self._breaks = not self._breaks
        self._show()

    def action_import_file(self) -> None:
        """Imports payslips, P60s or HMRC's payment table from a file or a folder."""
        from hmrc_tui.screens import importing

        importing.ask_for_files(self)

    def action_paste_table(self) -> None:
        """Imports HMRC's payment table as it is pasted."""
        from hmrc_tui.screens import importing

        importing.ask_for_table(self)

    def action_undo_import(self) -> None:
        """Takes an import back after asking."""
        from hmrc_tui.screens import importing

        importing.ask_what_to_undo(self)

    def on_to_ask(self, message: "ToAsk") -> None:
        """Asks what an import needs to know."""
        message.question()

    def on_imported(self, message: "Imported") -> None:
        """Says what came in, and what is to be known about it."""
        from hmrc_tui.screens.telling import Telling

        brought = message.brought
        self.interface.own_doings |= brought.import_ids
        self.notify(f"{brought.said}. U takes it back.", title="Imported", timeout=8)
        if brought.notes:
            self.app.push_screen(Telling("What was noticed", [line(quiet("· "), note) for note in brought.notes]))
        self.interface.reread()

    @on(Changed)
    def ledger_changed(self, message: Changed) -> None:
        """Says what came in or went, or what went wrong, and reads again."""
        self.notify(message.said, severity="error" if message.failed else "information", timeout=8)
        self.interface.reread()

    def action_remove(self) -> None:
        """Removes the payslip under the cursor after asking."""
        from hmrc_tui.screens.asking import Confirm

        slip = self.selected
        if slip is None:
            return
        question = f"Remove the payslip of {slip.pay_date:%-d %B %Y} from {slip.employer}?"
        about = [line(quiet("It is no longer counted. Importing it again brings it back."))]
        self.app.push_screen(
            Confirm(question, about),
            lambda answer: self.change(lambda: self._remove(slip), "Removed") if answer else None,
        )

    def _remove(self, slip: Payslip) -> None:
        from storage.imports.payslip_ingest import refuse_mirrored

        refuse_mirrored(slip)
        self.desk.ledger.remove_payslip(slip.id)
