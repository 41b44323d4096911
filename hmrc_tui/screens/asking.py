"""Small questions: a line of text, yes or no, one of several. Escape leaves without an answer."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList

from hmrc_tui.views.pieces import Line, line, strong
from hmrc_tui.widgets.text import Told, frame

_SHEET = """
    {name} {{ align: center middle; background: $background 60%; }}
    {name} #sheet {{ width: 90%; max-width: 90; height: auto; max-height: 90%; background: $surface; border: round $border; border-subtitle-color: $tone-quiet; padding: 0 1; }}
    {name} Told {{ height: auto; }}
    {name} Input {{ border: none; height: 1; padding: 0 1; margin: 1 0; background: $panel; }}
    {name} Input:focus {{ border: none; }}
    {name} OptionList {{ border: none; height: auto; max-height: 14; background: $surface; padding: 0; }}
    {name} OptionList:focus {{ border: none; }}
"""


LONGEST = 240
"""Letters of a complaint, three lines of a sheet at 80 columns and a bit."""


class _Question(ModalScreen[str | None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back"), Binding("q", "app.quit", "Quit")]
    KEYS: ClassVar[str] = "Enter goes on · Esc leaves"

    def __init__(self, question: str, lines: Sequence[Line] = ()) -> None:
        super().__init__()
        self._asked = (line(strong(question)), *lines)
        self._keys = self.KEYS

    def on_mount(self) -> None:
        """Asks."""
        frame(self.query_one("#sheet"), "", self._keys)
        self.query_one(Told).tell(self._asked)

    def action_leave(self) -> None:
        """Leaves without an answer."""
        self.dismiss(None)


class AskText(_Question):
    """Asks for a line of text; `check` returns what is wrong with it, or nothing."""

    DEFAULT_CSS = _SHEET.format(name="AskText")

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", priority=True)]

    def __init__(
        self,
        question: str,
        lines: Sequence[Line] = (),
        *,
        value: str = "",
        check: Callable[[str], str] | None = None,
        hidden: bool = False,
        suggester: Suggester | None = None,
        keys: str = "",
    ) -> None:
        super().__init__(question, lines)
        self._value, self._hidden, self._suggester = value, hidden, suggester
        self._check = check or _anything
        self._keys = keys or self.KEYS

    def compose(self) -> ComposeResult:
        """The question and a field."""
        with Vertical(id="sheet"):
            yield Told(wraps=True)
            yield Input(self._value, password=self._hidden, suggester=self._suggester)

    def action_complete(self) -> None:
        """Takes the completion that stands behind the cursor."""
        field = self.query_one(Input)
        if field.cursor_at_end:
            field.action_cursor_right()

    @on(Input.Submitted)
    def answered(self, event: Input.Submitted) -> None:
        """Takes the answer, or says what is wrong with it."""
        wrong = self._check(event.value)
        if wrong:
            self.query_one(Told).tell((*self._asked, line(strong(_short(wrong), "bad"))))
        else:
            self.dismiss(event.value)


class Confirm(_Question):
    """Asks whether to do something that takes something away."""

    DEFAULT_CSS = _SHEET.format(name="Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "agree", "Yes"), Binding("n", "leave", "No")]
    KEYS: ClassVar[str] = "y yes · n no"

    def compose(self) -> ComposeResult:
        """The question alone."""
        with Vertical(id="sheet"):
            yield Told(wraps=True)

    def action_agree(self) -> None:
        """Yes."""
        self.dismiss("yes")


class Choose(_Question):
    """Asks for one of several; answers with its key."""

    DEFAULT_CSS = _SHEET.format(name="Choose")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("j", "by(1)", "Down"), Binding("k", "by(-1)", "Up")]
    KEYS: ClassVar[str] = "Enter chooses · Esc leaves"

    def __init__(self, question: str, choices: Sequence[tuple[str, str]], lines: Sequence[Line] = ()) -> None:
        super().__init__(question, lines)
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The question and what there is to choose from."""
        with Vertical(id="sheet"):
            yield Told(wraps=True)
            yield OptionList(*(text for _, text in self._choices), markup=False)

    def action_by(self, rows: int) -> None:
        """Moves as vim does."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if rows > 0 else options.action_cursor_up()

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """Takes the choice."""
        self.dismiss(self._choices[event.option_index][0])


def _short(complaint: str) -> str:
    """A complaint that leaves room for the question; one that names what was pasted may be as long as that."""
    return complaint if len(complaint) <= LONGEST else f"{complaint[: LONGEST // 2]} … {complaint[-LONGEST // 2 :]}"


def _anything(answer: str) -> str:  # noqa: ARG001 - every answer will do
    return ""
