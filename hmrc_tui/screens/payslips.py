"""Tab 2, the Payslips: what they say, where they do not add up, and how more come in."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from hmrc_tui import words
from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import payslips as payslip_view
from hmrc_tui.views.pieces import Item, Line, Piece, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.clock import london_date
from storage.records import Payslip
from storage.troubles import Trouble

_NOTHING: tuple[Line, ...] = (
    line(strong("No payslips yet.")),
    (),
    line(Piece("i ", "note", bold=True), Piece("Import a file: CSV, JSON, or a PDF payslip.")),
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
            self.post_message(Changed(str(trouble), failed=True))
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
        """Asks for a file and imports it in a thread."""
        from hmrc_tui.screens.asking import AskText

        about = [line(quiet("CSV, JSON, or a PDF payslip. Nothing is stored unless the whole file can be read."))]
        self.app.push_screen(AskText("Import payslips from the file", about, check=_readable), self._import)

    def _import(self, name: str | None) -> None:
        if name:
            file = Path(name.strip()).expanduser()
            self.run_worker(lambda: self._bring_in(file), thread=True, group="import")

    def _bring_in(self, file: Path) -> None:
        from storage.imports.intake import file_content, read_payslips, store_payslips

        desk = self.desk
        try:
            reading = read_payslips(file_content(file), file.name, london_date(desk.clock.now()))
            done = store_payslips(desk.ledger, [reading], desk.clock)
        except Trouble as trouble:
            self.post_message(Changed(str(trouble), failed=True))
            return
        said = f"{words.plural(done.new, 'new payslip')}, {done.known} known already"
        self.post_message(Changed("\n".join([said, *done.notes[:3]])))

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
        remove = partial(self.desk.ledger.remove_payslip, slip.id)
        self.app.push_screen(
            Confirm(question, about), lambda answer: self.change(remove, "Removed") if answer else None
        )


def _readable(name: str) -> str:
    if not name.strip():
        return "Name a file."
    return "" if Path(name.strip()).expanduser().is_file() else "There is no such file."
