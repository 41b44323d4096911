"""Where a filter is typed, between a list and the keys."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from hmrc_tui.views.pieces import line, strong
from hmrc_tui.widgets.text import Told


class FilterLine(Horizontal):
    """A word and a field; there only while a filter is in use. Tells by `Changed` what was typed, by `Kept` that it stays."""

    class Changed(Message):
        """Something was typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Message):
        """The filter stays in force; the keyboard goes back to the list."""

    DEFAULT_CSS = """
    FilterLine { dock: bottom; height: 1; padding: 0 1; background: $panel; }
    FilterLine Told { width: auto; }
    FilterLine Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterLine Input:focus { border: none; }
    """

    def __init__(self, text: str, leaves: str) -> None:
        """`leaves` is the key that leaves the filter, as it is printed."""
        super().__init__()
        self._text, self._leaves = text, leaves

    def compose(self) -> ComposeResult:
        """A word before the field."""
        yield Told()
        about = f"what a row must contain; Enter keeps it, {self._leaves} shows all"
        yield Input(self._text, placeholder=about, select_on_focus=False)

    def on_mount(self) -> None:
        """Says what the field is for."""
        self.query_one(Told).tell([line(strong("Filter: ", "note"))])
        self.query_one(Input).focus()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Filters while it is typed."""
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Leaves the field."""
        event.stop()
        self.post_message(self.Kept())
