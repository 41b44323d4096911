"""The help: every key of the open page, from the registry of actions."""

from collections.abc import Iterator, Mapping

from hmrc_tui import actions
from hmrc_tui.actions import Action, Scope
from hmrc_tui.key_names import keys_of
from hmrc_tui.keys import KEY_FILE
from hmrc_tui.screens.telling import Telling
from hmrc_tui.views.pieces import Line, Piece, line, quiet, strong

_ABOUT: Mapping[Scope, str] = {
    "overview": "Each row is one employer in one tax year: what HMRC has, what your payslips say, and why they differ.",
    "payslips": "Every payslip that was imported, or the P60s, or HMRC's payment table. A mark shows which payslip does not add up with itself or the one before.",
    "history": "What HMRC said and from when on: a row for every change, or for every call.",
    "headers": "The fraud-prevention headers that go with every call, what we think of them, and what HMRC said.",
    "activity": "The runs of the sync, and its calls as they are made.",
    "sign_in": "The sign-in at HMRC lasts 18 months. The access token of four hours renews itself.",
}


class HelpScreen(Telling):
    """What every key of a page does."""

    def __init__(self, page: Scope, key_map: Mapping[str, str]) -> None:
        super().__init__(f"Help: {actions.PAGES[page]}", _lines(page, key_map))


def _lines(page: Scope, key_map: Mapping[str, str]) -> Iterator[Line]:
    yield line(_ABOUT[page])
    groups: list[tuple[str, tuple[Action, ...]]] = [("On this page", actions.of(page))]
    if page in actions.LIST_PAGES:
        groups.append(("In the list", actions.of("rows", "list")))
    groups.append(("Everywhere", actions.of("app")))
    for name, group in groups:
        yield ()
        yield line(strong(name, "note"))
        for action in group:
            yield line(Piece(f"  {keys_of(action, key_map):12}", "plain", bold=True), quiet(action.about))
    yield ()
    yield line(
        quiet(f'Keys of your own: {KEY_FILE} beside config.toml, a line such as sync = "S" or "overview.accept" = "A".')
    )
