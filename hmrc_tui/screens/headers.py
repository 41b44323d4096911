"""Tab 4, the Fraud headers: each header, its value, our verdict and HMRC's, those that need attention first."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from daemon.fraud_headers.build import OUR_METHODS
from daemon.fraud_headers.current import HeaderSource
from daemon.fraud_headers.overview import HeaderRow, Overview, overview
from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import headers as headers_view
from hmrc_tui.views.pieces import keyed, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.hmrc.pace import Pace


class Headers(ListPage):
    """The headers of one connection method: a person's, or with `m` the timer's."""

    SCOPE: ClassVar[Scope] = "headers"
    DEFAULT_CSS = """
    Headers #heading { height: 2; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    Headers Rows { height: 1fr; min-height: 4; }
    Headers #brief { height: auto; max-height: 9; padding: 0 1; background: $surface; }
    Headers #nothing { display: none; height: 1fr; padding: 1 2; }
    Headers.-empty #brief { display: none; }
    Headers.-empty #nothing { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("headers"))

    class Collected(Message):
        """The headers were collected and looked at."""

        def __init__(self, shown: Overview) -> None:
            super().__init__()
            self.shown = shown

    def __init__(self) -> None:
        super().__init__(id="headers")
        self._methods = list(OUR_METHODS)
        self._sources: dict[str, HeaderSource] = {}
        self._rows: dict[str, HeaderRow] = {}

    def compose(self) -> ComposeResult:
        """Both verdicts, the list, and the marked header in full."""
        yield Told(id="heading")
        yield Rows(headers_view.columns, id="rows")
        yield Told(wraps=True, id="nothing")
        yield Told(wraps=True, id="brief")

    @property
    def method(self) -> str:
        """The connection method whose headers are shown."""
        return self._methods[0]

    def renew(self) -> None:
        """Collects the headers in a thread: that starts programs and may ask Vault."""
        if self.unopened:
            self.post_message(Changed(self.unopened, failed=True))
        elif not self._rows:
            self.query_one("#heading", Told).tell([line(quiet("Collecting the headers of this machine …"))])
        if self.interface.is_open:
            self.in_thread(self._collect, "headers")

    def _source(self) -> HeaderSource:
        desk = self.desk
        if self.method not in self._sources:
            self._sources[self.method] = HeaderSource(self.method, desk.settings, desk.places, desk.clock)
        return self._sources[self.method]

    def _collect(self) -> None:
        try:
            shown = overview(self._source().built(), self.desk.ledger.verdict(self.method))
        except Trouble as trouble:
            self.post_message(Changed(str(trouble), failed=True))
        else:
            self.post_message(self.Collected(shown))

    @on(Collected)
    def headers_collected(self, message: Collected) -> None:
        """Shows the headers."""
        shown = message.shown
        if shown.method != self.method:
            return
        self._rows = {row.name: row for row in shown.rows}
        self.show_empty(False)
        self.query_one("#heading", Told).tell(headers_view.heading(shown, self.interface.clock.now()))
        self.rows.show(headers_view.items(shown))

    @on(Changed)
    def validated(self, message: Changed) -> None:
        """Says what HMRC's validator said, or why it could not be asked."""
        if message.failed and not self._rows:
            self.show_empty(True)
            self.query_one("#heading", Told).tell([line(quiet("The headers that go with every call to HMRC"))])
            self.query_one("#nothing", Told).tell(
                [
                    line(strong("✗ The headers could not be collected.", "bad")),
                    line(message.said),
                    (),
                    line(keyed("{reread} collects them again.")),
                ]
            )
            return
        self.notify(message.said, severity="error" if message.failed else "information", timeout=8)
        if not message.failed:
            self.interface.reread()

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Tells the marked header in full."""
        row = self._rows.get(self.rows.current.key) if self.rows.current else None
        self.query_one("#brief", Told).tell(headers_view.detail(row) if row else ())

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the marked header in full."""
        from hmrc_tui.screens.telling import Telling

        row = self._rows.get(self.rows.current.key) if self.rows.current else None
        if row is not None:
            self.app.push_screen(Telling("A header in full", headers_view.detail(row)))

    def action_method(self) -> None:
        """Shows the headers of the next connection method."""
        self._methods.append(self._methods.pop(0))
        self.renew()

    def action_validate(self) -> None:
        """Asks HMRC's validator in a thread."""
        if not self.is_ready():
            return
        self.notify("Asking HMRC's validator …", timeout=2)
        self.in_thread(self._validate, "validate")

    def _validate(self) -> None:
        from daemon.fraud_headers.validate import validate

        try:
            desk = self.desk
            verdict = validate(desk.settings, desk.clock, desk.ledger, self.method, self._source()(), self._pace())
        except Trouble as trouble:
            self.post_message(Changed(str(trouble), failed=True))
        else:
            self.post_message(Changed(f"HMRC says {verdict.code}"))

    def _pace(self) -> "Pace | None":
        """In production the validator is asked as another application, which has a limit of its own."""
        return None if self.desk.settings.environment == "production" else self.desk.pace
