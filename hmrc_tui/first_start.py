"""The guide to the first start: demo, sandbox, production, or payslips alone; and who gets what from HMRC."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from hmrc_tui.configuring import FIELDS, Plan, Way, fault, plan, write
from hmrc_tui.views.pieces import Line, Piece, keyed, line, quiet, strong
from hmrc_tui.widgets.text import Told
from storage.settings import DEFAULT_REDIRECT_URI
from storage.troubles import Trouble

_WAYS: Mapping[Way, str] = {
    "demo": "Look around: a made-up person, a built-in HMRC, nothing to set up",
    "sandbox": "Try HMRC's sandbox with test users and your sandbox credentials",
    "production": "See my own figures: production credentials and my UTR",
    "payslips": "Only my payslips and P60s, without HMRC",
}
ABOUT: tuple[Line, ...] = (
    line(
        strong("With Self Assessment", "note"),
        Piece(
            "  HMRC gives your pay and tax of past tax years, from June after the year's end until your return is processed."
        ),
    ),
    line(
        strong("Without it", "note"),
        Piece(
            "            HMRC's interfaces give you nothing: they answer only for a UTR. What still works: payslips beside P60s and "
        ),
        Piece("the payment table of your tax account, and each payslip's tax and National Insurance checked. "),
        Piece("What you cannot have: HMRC's figures here, and signing in."),
    ),
    line(
        strong("Nobody", "note"),
        Piece("                gets the running tax year, or the National Insurance paid: HMRC does not give them."),
    ),
    (),
    line(keyed("Enter chooses, Esc goes on without, q leaves. {guide} opens this again.", "quiet")),
)
_NO_TEST_USER = (
    "No test user yet? Leave the UTR empty, and make one afterwards: hmrc-tui sandbox-user prints its UTR and password."
)


class FirstStart(ModalScreen[str]):
    """Asks how to begin. Its result is `demo`, `again` once a configuration was written, or nothing."""

    DEFAULT_CSS = """
    FirstStart { background: $background; }
    FirstStart #sheet { padding: 1 2; scrollbar-size-vertical: 1; }
    FirstStart Told { height: auto; }
    FirstStart OptionList { height: auto; margin: 1 0; border: none; background: $background; padding: 0; }
    FirstStart OptionList:focus { border: none; }
    FirstStart Input { height: 3; border: round $border-blurred; border-title-color: $tone-quiet; background: $background; }
    FirstStart Input:focus { border: round $border; border-title-color: $tone-plain; }
    FirstStart .form { display: none; }
    FirstStart.-form .form { display: block; }
    FirstStart.-form .start { display: none; }
    """
    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back"),
        Binding("q", "app.quit", "Quit"),
        Binding("j", "by(1)", "Down"),
        Binding("k", "by(-1)", "Up"),
        Binding("pagedown", "scroll(1)", "Scroll down", priority=True),  # the list of ways would take them
        Binding("pageup", "scroll(-1)", "Scroll up", priority=True),
        Binding("enter", "next_field", "Next field", priority=True),
        *(Binding(str(number), f"choose('{way}')", text) for number, (way, text) in enumerate(_WAYS.items(), 1)),
    ]

    def __init__(self, file: Path) -> None:
        """`file` is the configuration to write."""
        super().__init__()
        self._file = file
        self._way: Way = "demo"

    def compose(self) -> ComposeResult:
        """What there is to know, what there is to choose, and the form."""
        with VerticalScroll(id="sheet", can_focus=False):
            yield Told(wraps=True, id="welcome", classes="start")
            yield OptionList(
                *(f"{number}  {text}" for number, text in enumerate(_WAYS.values(), 1)), markup=False, classes="start"
            )
            yield Told(wraps=True, id="about", classes="start")
            yield Told(wraps=True, id="form", classes="form")
            for key, (name, hidden) in FIELDS.items():
                field = Input(password=hidden, id=key, classes="form")
                field.border_title = name
                yield field

    def on_mount(self) -> None:
        """Asks."""
        self.query_one("#welcome", Told).tell(
            [
                line(
                    strong("Welcome to hmrc-tui: "),
                    Piece("what HMRC has on record for your pay, beside your payslips."),
                )
            ]
        )
        self.query_one("#about", Told).tell(ABOUT)
        self._begin()

    def _begin(self) -> None:
        """The choice, from the top: on a small screen the list would be brought up and the welcome put away."""
        self.query_one("#sheet").scroll_home(animate=False)
        self.query_one(OptionList).focus(scroll_visible=False)

    def action_choose(self, way: Way) -> None:
        """The number of a way chooses it."""
        if not self.has_class("-form"):
            self._choose(way)

    def action_by(self, rows: int) -> None:
        """Moves as vim does."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if rows > 0 else options.action_cursor_up()

    def action_scroll(self, pages: int) -> None:
        """Scrolls what does not fit on a small screen."""
        sheet = self.query_one("#sheet")
        sheet.scroll_relative(y=pages * max(sheet.size.height - 2, 1), animate=False)

    def action_leave(self) -> None:
        """Back to the choice, or on to the interface as it is."""
        if self.has_class("-form"):
            self.remove_class("-form")
            self._begin()
        else:
            self.dismiss("")

    @on(OptionList.OptionSelected)
    def way_chosen(self, event: OptionList.OptionSelected) -> None:
        """Goes the way that was chosen."""
        self._choose(list(_WAYS)[event.option_index])

    def _choose(self, way: Way) -> None:
        self._way = way
        if way == "demo":
            self.dismiss("demo")
        elif way == "payslips":
            self._write({})
        else:
            self.add_class("-form")
            self._ask()
            self.query_one("#client_id", Input).focus()

    def _ask(self, wrong: str = "") -> None:
        place = "sandbox" if self._way == "sandbox" else "production"
        told = [
            line(strong(f"HMRC's {place}")),
            line(
                "Register an application at HMRC's Developer Hub (developer.service.hmrc.gov.uk), subscribe it to Individual Tax, "
                "Individual Income, Individual Employment, Individual Benefits and National Insurance, "
                f"add the redirect URI {DEFAULT_REDIRECT_URI}, and copy its credentials here."
            ),
            *((line(_NO_TEST_USER),) if self._way == "sandbox" else ()),
            line(
                quiet(
                    "They are kept in your configuration folder, readable by you alone. Enter goes on, Esc goes back."
                )
            ),
        ]
        self.query_one("#form", Told).tell((*told, line(strong(wrong, "bad"))) if wrong else told)

    def action_next_field(self) -> None:
        """The next field, at once: what is typed ahead, as over a slow line, goes into the right one. The last one takes Enter itself."""
        keys = list(FIELDS)
        here = self.focused.id if self.focused is not None else None
        if here not in keys[:-1]:
            raise SkipAction
        self.set_focus(self.query_one(f"#{keys[keys.index(here) + 1]}", Input))

    @on(Input.Submitted)
    def typed(self) -> None:
        """After the last field the configuration, or what is wrong, in the field where it is."""
        values = {key: self.query_one(f"#{key}", Input).value.strip() for key in FIELDS}
        values["utr"] = "".join(values["utr"].split())  # on HMRC's letters it has a space in the middle
        wrong = fault(values, self._way)
        if wrong:
            self._ask(wrong)
            lacking = next((key for key in FIELDS if not values[key]), "utr")
            self.query_one(f"#{lacking}", Input).focus()
        else:
            self._write(values)

    def _write(self, values: Mapping[str, str]) -> None:
        try:
            planned = plan(self._file, self._way, values)
            if planned.before is None:
                write(planned)
                self.dismiss("again")
                return
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=10)
            return
        self._ask_to_change(planned)

    def _ask_to_change(self, planned: Plan) -> None:
        """Shows what would be changed in a configuration that is there, and changes that and nothing else."""
        from hmrc_tui.screens.asking import Confirm

        def decided(answer: str | None) -> None:
            if not answer:
                return
            try:
                write(planned)
            except Trouble as trouble:
                self.notify(str(trouble), severity="error", timeout=10)
            else:
                self.dismiss("again")

        about = [
            line(f"There is a configuration already: {planned.file}"),
            line("These lines of its [hmrc] table are written; everything else in it stays:"),
            *(line(quiet("  "), Piece(text)) for text in planned.lines),
            line(quiet(f"The file as it is now is kept as {planned.kept.name}.")),
        ]
        self.app.push_screen(Confirm("Change the configuration?", about), decided)
