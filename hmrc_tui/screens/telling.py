"""A screen that tells something in full: lines to scroll through, closed by Escape."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from hmrc_tui.views.pieces import Line
from hmrc_tui.widgets.text import Told, frame


class Telling(ModalScreen[None]):
    """One thing in full. Scrolls by the arrows, by vim's keys and by the mouse."""

    DEFAULT_CSS = """
    Telling { align: center middle; background: $background 60%; }
    Telling #sheet { width: 92%; max-width: 110; height: auto; max-height: 92%; background: $surface; border: round $border; border-title-color: $tone-plain; border-title-style: bold; border-subtitle-color: $tone-quiet; padding: 0 1; scrollbar-size-vertical: 1; }
    Telling Told { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "close", "Back"),
        Binding("q", "app.quit", "Quit"),
        Binding("down,j", "by(1)", "Down"),
        Binding("up,k", "by(-1)", "Up"),
        Binding("pagedown,ctrl+f,space", "by(10)", "Page down"),
        Binding("pageup,ctrl+b", "by(-10)", "Page up"),
        Binding("home,g", "by(-10000)", "First"),
        Binding("end,G", "by(10000)", "Last"),
    ]

    def __init__(self, title: str, lines: Iterable[Line]) -> None:
        super().__init__()
        self._title, self._lines = title, tuple(lines)

    def compose(self) -> ComposeResult:
        """The sheet, its title and how to leave it in its frame."""
        with VerticalScroll(id="sheet") as sheet:
            frame(sheet, self._title, "Esc closes")
            yield Told(wraps=True)

    def on_mount(self) -> None:
        """Shows the lines."""
        self.query_one(Told).tell(self._lines)

    def action_by(self, lines: int) -> None:
        """Scrolls."""
        self.query_one("#sheet").scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Goes back."""
        self.dismiss(None)
