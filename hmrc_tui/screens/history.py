"""Tab 3, the History: what HMRC said and when it changed."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from daemon.history import Statement, YearHistory, hashes, history
from hmrc_tui import words
from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.views import history as history_view
from hmrc_tui.views.pieces import Column, Item, Line, keyed, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.records import Observation
from storage.troubles import Trouble

_KEPT = "From then on every answer is kept here for good, also after HMRC has withdrawn it."
_NOTHING: tuple[Line, ...] = (
    line(strong("HMRC was not asked yet.")),
    (),
    line(keyed("{sync} asks HMRC now. " + _KEPT)),
)
_NOT_SET_UP: tuple[Line, ...] = (
    line(strong("HMRC is not set up, and so not asked.")),
    (),
    line(keyed("For somebody in Self Assessment {guide} sets HMRC up. " + _KEPT)),
)


class History(ListPage):
    """A row for every change of HMRC's figures, or for every call; the marked one in full below."""

    SCOPE: ClassVar[Scope] = "history"
    DEFAULT_CSS = """
    History #heading { height: 1; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    History Rows { height: 1fr; min-height: 4; }
    History #brief { height: auto; max-height: 10; padding: 0 1; background: $surface; }
    History #nothing { display: none; height: 1fr; padding: 1 2; }
    History.-empty #brief { display: none; }
    History.-empty #nothing { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("history"))

    class Read(Message):
        """The fetch log was read, and made into rows."""

        def __init__(
            self,
            told: Sequence[tuple[YearHistory, Statement]],
            calls: Sequence[Observation],
            items: Mapping[bool, Sequence[Item]],
        ) -> None:
            super().__init__()
            self.told = told
            self.calls = calls
            self.items = items

    class AnswerRead(Message):
        """What HMRC answered to a call was read."""

        def __init__(self, lines: Sequence[Line]) -> None:
            super().__init__()
            self.lines = lines

    class Failed(Message):
        """The fetch log could not be read."""

        def __init__(self, trouble: str) -> None:
            super().__init__()
            self.trouble = trouble

    def __init__(self) -> None:
        super().__init__(id="history")
        self._calls_shown = False
        self._told: dict[str, tuple[YearHistory, Statement]] = {}
        self._calls: dict[str, Observation] = {}
        self._items: Mapping[bool, Sequence[Item]] = {}

    def compose(self) -> ComposeResult:
        """A heading, the list, and the marked row in full."""
        yield Told(id="heading")
        yield Rows(self._columns, id="rows")
        yield Told(wraps=True, id="nothing")
        yield Told(wraps=True, id="brief")

    def _columns(self, width: int) -> Sequence[Column]:
        return history_view.call_columns(width) if self._calls_shown else history_view.statement_columns(width)

    def renew(self) -> None:
        """Reads the fetch log in a thread."""
        if self.interface.is_open:
            self.in_thread(self._read, "history")
        elif self.unopened:
            self.post_message(self.Failed(self.unopened))
        self.query_one("#heading", Told).tell([self._heading()])

    def _read(self) -> None:
        try:
            calls = self.desk.ledger.observations()
            told = history_view.statements(history(calls, self.desk.ledger.answers(hashes(calls))))
        except Trouble as trouble:
            self.post_message(self.Failed(str(trouble)))
            return
        items = {False: history_view.statement_items(told), True: history_view.call_items(calls)}
        self.post_message(self.Read(told, calls, items))

    @on(Read)
    def log_read(self, message: Read) -> None:
        """Shows the fetch log."""
        self._told = {history_view.statement_key(pair[1]): pair for pair in message.told}
        self._calls = {call.id: call for call in message.calls}
        self._items = message.items
        self.show_empty(not message.calls)
        self.query_one("#nothing", Told).tell(_NOTHING if self.known.hmrc_set_up else _NOT_SET_UP)
        self._show()
        self.interface.set_aside()

    @on(Failed)
    def not_read(self, message: Failed) -> None:
        """Says why the history cannot be shown."""
        self.show_empty(True)
        self.query_one("#heading", Told).tell([self._heading()])
        self.query_one("#nothing", Told).tell(
            [
                line(strong("✗ The history could not be read. ", "bad")),
                line(message.trouble),
                (),
                line(keyed("{reread} reads it again.")),
            ]
        )

    def _show(self) -> None:
        self.rows.show(self._items.get(self._calls_shown, ()))
        self.query_one("#heading", Told).tell([self._heading()])

    def _heading(self) -> Line:
        if not self._calls:
            return line(quiet("What HMRC said, and when" if self.has_class("-empty") else "Reading the history …"))
        if self._calls_shown:
            return line(
                strong(words.plural(len(self._calls), "call")),
                keyed(", the newest first; {history.calls} shows the changes alone", "quiet"),
            )
        return line(
            strong(words.plural(len(self._told), "statement")),
            keyed(" of HMRC, the newest first; {history.calls} shows every call", "quiet"),
        )

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Tells the marked row in full."""
        item = self.rows.current
        told: list[Line] = []
        if item is not None and item.key in self._told:
            told = list(history_view.statement_lines(*self._told[item.key]))
        elif item is not None and item.key in self._calls:
            told = list(history_view.call_lines(self._calls[item.key], None))
        self.query_one("#brief", Told).tell(told)

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the marked row in full; of a call, what HMRC answered."""
        item = self.rows.current
        if item is not None and item.key in self._calls:
            self.in_thread(lambda: self._read_answer(self._calls[item.key]), "answer")
        elif item is not None and item.key in self._told:
            self._tell("What HMRC said", list(history_view.statement_lines(*self._told[item.key])))

    def _read_answer(self, call: Observation) -> None:
        try:
            found: Mapping[str, str] = self.desk.ledger.answers([call.answer_hash]) if call.answer_hash else {}
        except Trouble as trouble:
            self.post_message(self.Failed(str(trouble)))
            return
        body = found.get(call.answer_hash or "")
        self.post_message(self.AnswerRead(list(history_view.call_lines(call, body))))

    @on(AnswerRead)
    def answer_read(self, message: AnswerRead) -> None:
        """Opens a call in full."""
        self._tell("A call to HMRC", message.lines)

    def _tell(self, title: str, lines: Sequence[Line]) -> None:
        from hmrc_tui.screens.telling import Telling

        self.app.push_screen(Telling(title, lines))

    def action_calls(self) -> None:
        """Shows every call instead of the changes, or back."""
        self._calls_shown = not self._calls_shown
        self.rows.reshape()
        self._show()
