"""Tab 2, the Payslips: what they say, where they do not add up, and how more come in; the P60s and HMRC's payment table too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import papers as view
from hmrc_tui.views.listed_papers import ALL, Behind, Narrowing, PapersRead
from hmrc_tui.views.papers import PAPERS, Kind, Paper
from hmrc_tui.views.pieces import keyed, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.records import P60, Payslip
from storage.troubles import Trouble

if TYPE_CHECKING:
    from hmrc_tui.screens.importing import Imported, ToAsk


class Payslips(ListPage):
    """Every payslip, the newest first, with those that do not add up marked; P60s and reported payments in their place when asked for."""

    SCOPE: ClassVar[Scope] = "payslips"
    DEFAULT_CSS = """
    Payslips #heading { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    Payslips Rows { height: 1fr; min-height: 4; }
    Payslips #brief { height: auto; max-height: 6; padding: 0 1; background: $surface; }
    Payslips #nothing { display: none; height: 1fr; padding: 1 2; }
    Payslips.-empty #brief { display: none; }
    Payslips.-empty #nothing { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("payslips"))

    class Read(Message):
        """The papers were read, and made into rows."""

        def __init__(self, read: PapersRead) -> None:
            super().__init__()
            self.read = read

    class Failed(Message):
        """The papers could not be read."""

        def __init__(self, trouble: str) -> None:
            super().__init__()
            self.trouble = trouble

    def __init__(self) -> None:
        super().__init__(id="payslips")
        self._read: PapersRead | None = None
        """None until the papers were read for the first time."""
        self._chosen: Kind | None = None
        """The kind that is listed; None until the person, or what there was first, settled it."""
        self._narrowing = ALL
        self._cursors: dict[Kind, str] = {}
        """Of each kind, the row that the cursor goes to when it is listed next: where it was, or what a cause concerns."""

    @property
    def _kind(self) -> Kind:
        return self._chosen or "payslips"

    def compose(self) -> ComposeResult:
        """A heading, the list, and the paper under the cursor in brief."""
        yield Told(id="heading")
        yield Rows(lambda width: PAPERS[self._kind].columns(width), id="rows")
        yield Told(wraps=True, id="nothing")
        yield Told(wraps=True, id="brief")

    def renew(self) -> None:
        """Reads the papers in a thread."""
        if self.interface.is_open:
            self.in_thread(self._read_all, "payslips")
        elif self.unopened:
            self.post_message(self.Failed(self.unopened))
        elif self._read is None:
            self.query_one("#heading", Told).tell([line(quiet("Reading the payslips …"))])

    def _read_all(self) -> None:
        from storage.imports.checks import checked

        ledger = self.desk.ledger
        try:
            found: Mapping[Kind, Sequence[Paper]] = {
                "payslips": checked(ledger.payslips()),  # what was removed since they came in changes what adds up
                "p60s": ledger.p60s(),
                "payments": ledger.payments(),
            }
        except Trouble as trouble:
            self.post_message(self.Failed(str(trouble)))
            return
        self.post_message(self.Read(PapersRead.of(found)))

    @on(Read)
    def papers_read(self, message: Read) -> None:
        """Shows the papers; where there are no payslips, what there is."""
        self._read = message.read
        if self._chosen is None and any(self._read.papers.values()):
            self._turn_to(view.first_with(self._read.papers))
        self._show()
        self.interface.set_aside()

    @on(Failed)
    def not_read(self, message: Failed) -> None:
        """Says why the papers cannot be shown."""
        self.show_empty(True)
        self.query_one("#heading", Told).tell([line(quiet("Your payslips"))])
        self.query_one("#nothing", Told).tell(
            [
                line(strong("✗ The payslips could not be read. ", "bad")),
                line(message.trouble),
                (),
                line(keyed("{reread} reads them again.")),
            ]
        )

    def only(self, name: str, ids: Mapping[Kind, frozenset[str]], *, first: Sequence[str] = ()) -> None:
        """Shows only these papers, those behind a row of the Overview; the cursor goes to the first that a cause concerns."""
        self._narrowing = Narrowing(Behind(name, ids))
        self._turn_to(view.first_with(ids))
        if first:
            self._cursors[self._kind] = first[0]
        self._show()

    def _turn_to(self, kind: Kind) -> None:
        """Lists another kind of papers, the cursor where it was when that was last left."""
        left, self._chosen = self._kind, kind
        if kind == left:
            return
        if self.rows.current is not None:
            self._cursors[left] = self.rows.current.key
        self.rows.reshape()

    def _show(self) -> None:
        kind = self._kind
        self.show_empty(self._narrowing.behind is None and not (self._read and self._read.papers[kind]))
        self.query_one("#nothing", Told).tell(PAPERS[kind].nothing)
        items = self._read.listed(kind, self._narrowing) if self._read else []
        self.rows.show(items)
        if items and (row := self._cursors.pop(kind, None)):
            self.rows.go_to(row)

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Tells the paper under the cursor in brief."""
        if self._read is None:
            return
        records = self._read.of_kind(self._kind, self._narrowing.without_warned())
        shown, only = len(self.rows.items), self._narrowing.said
        heading = view.heading(self._counts(self._read), self._kind, records, shown, only=only)
        self.query_one("#heading", Told).tell([heading])
        paper = self.selected
        told = (
            PAPERS[self._kind].brief(paper)
            if paper
            else [view.none_shown(self._kind, "" if self.rows.narrowed else only)]
        )
        self.query_one("#brief", Told).tell(told)

    def _counts(self, read: PapersRead) -> Mapping[Kind, int]:
        """How many papers of each kind there are to list."""
        return read.counts(self._narrowing.without_warned())

    @property
    def selected(self) -> Paper | None:
        """The paper under the cursor."""
        return self._read.papers[self._kind].get(self.rows.current.key) if self.rows.current and self._read else None

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the paper in full."""
        from hmrc_tui.screens.telling import Telling

        if self.selected is not None:
            self.app.push_screen(Telling(PAPERS[self._kind].title, PAPERS[self._kind].full(self.selected)))

    def leave(self) -> bool:
        """Leaves the filter, then the choice of papers."""
        if super().leave():
            return True
        if self._narrowing == ALL:
            return False
        self._narrowing = ALL
        self._show()
        return True

    def action_papers(self) -> None:
        """Shows the P60s instead of the payslips, then the payments of HMRC's table, then the payslips again."""
        self._choose(view.following(self._kind))

    def _choose(self, kind: Kind) -> None:
        if self._read is None:
            return
        self._narrowing = self._narrowing.without_warned()
        self._turn_to(kind)
        self._show()

    @on(events.Click, "#heading")
    def kind_clicked(self, event: events.Click) -> None:
        """Shows the kind of papers that was clicked."""
        kind = view.kind_at(self._counts(self._read), self._kind, event.x - 1) if self._read else None
        if kind is not None:
            self._choose(kind)

    def action_breaks(self) -> None:
        """Shows only payslips with a warning, or all."""
        if self._read is None:
            return
        self._narrowing = replace(self._narrowing, warned=not self._narrowing.warned)
        self._turn_to("payslips")
        self._show()

    def action_import_file(self) -> None:
        """Imports payslips, P60s or HMRC's payment table from a file or a folder."""
        if self.unopened and not self.is_ready():
            return
        from hmrc_tui.screens import importing

        importing.ask_for_files(self)

    def action_paste_table(self) -> None:
        """Imports HMRC's payment table as it is pasted."""
        if self.unopened and not self.is_ready():
            return
        from hmrc_tui.screens import importing

        importing.ask_for_table(self)

    def action_undo_import(self) -> None:
        """Takes an import back after asking."""
        if self.unopened and not self.is_ready():
            return
        from hmrc_tui.screens import importing

        importing.ask_what_to_undo(self)

    def on_to_ask(self, message: "ToAsk") -> None:
        """Asks what an import needs to know."""
        message.question()

    def on_imported(self, message: "Imported") -> None:
        """Shows what came in, and says what is to be known about it."""
        from hmrc_tui.screens.telling import Telling

        brought = message.brought
        self._narrowing = ALL
        if self._read is not None:
            self._choose(self._kind if self._kind in brought.holds else brought.holds[0])
        self.renew()  # before all else is read: the papers come first
        self.interface.own_doings |= brought.import_ids
        self.notify(f"{brought.said}. {self.interface.naming_keys('{payslips.undo_import} takes it back.')}", timeout=8)
        if brought.notes:
            self.app.push_screen(Telling("What was noticed", [line(quiet("· "), note) for note in brought.notes]))
        self.interface.reread()

    @on(Changed)
    def ledger_changed(self, message: Changed) -> None:
        """Says what came in or went, or what went wrong, and reads again."""
        self.notify(message.said, severity="error" if message.failed else "information", timeout=8)
        self.renew()
        self.interface.reread()

    @property
    def export_name(self) -> str:
        """What the file of an export is called after."""
        return self._kind

    def action_remove(self) -> None:
        """Removes the paper under the cursor after asking."""
        from hmrc_tui.screens.asking import Confirm

        paper, kind = self.selected, self._kind
        if paper is None:
            return
        question = f"Remove {PAPERS[kind].named(paper)}?"
        about = [line(quiet("It is no longer counted. Importing it again brings it back."))]
        self.app.push_screen(
            Confirm(question, about),
            lambda answer: self.change(lambda: self._remove(kind, paper), "Removed") if answer else None,
        )

    def _remove(self, kind: Kind, paper: Paper) -> None:
        from storage.imports.payslip_ingest import refuse_mirrored

        if isinstance(paper, Payslip | P60):
            refuse_mirrored(paper)
        ledger = self.desk.ledger
        remove = {"payslips": ledger.remove_payslip, "p60s": ledger.remove_p60, "payments": ledger.remove_payment}
        remove[kind](paper.id)
