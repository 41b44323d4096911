"""A question whose answer is pasted: several lines of text."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import TextArea

from hmrc_tui.views.pieces import Line, line, strong
from hmrc_tui.widgets.text import Told, frame


class AskLines(ModalScreen[str | None]):
    """Asks for several lines. Enter makes a new line, as in the text that is pasted; F2 goes on."""

    DEFAULT_CSS = """
    AskLines { align: center middle; background: $background 60%; }
    AskLines #sheet { width: 90%; max-width: 100; height: auto; max-height: 92%; background: $surface; border: round $border; border-subtitle-color: $tone-quiet; padding: 0 1; }
    AskLines Told { height: auto; }
    AskLines TextArea { height: 9; margin: 1 0; border: none; padding: 0 1; background: $panel; }
    AskLines TextArea:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", priority=True),
        Binding("f2,ctrl+s", "go_on", "Import", priority=True),
    ]

    def __init__(self, question: str, lines: Sequence[Line] = ()) -> None:
        super().__init__()
        self._asked = (line(strong(question)), *lines)

    def compose(self) -> ComposeResult:
        """The question and room for the text."""
        with Vertical(id="sheet") as sheet:
            frame(sheet, "", "F2 or ^s imports · Esc leaves")
            yield Told(wraps=True)
            yield TextArea(tab_behavior="focus")

    def on_mount(self) -> None:
        """Asks."""
        self.query_one(Told).tell(self._asked)
        self.query_one(TextArea).focus()

    def action_leave(self) -> None:
        """Leaves without an answer."""
        self.dismiss(None)

    def action_go_on(self) -> None:
        """Takes the text."""
        self.dismiss(self.query_one(TextArea).text)
