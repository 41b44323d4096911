"""The registry of actions: every action can be done, every key reaches one, and help and palette know them all."""

from pathlib import Path

import pytest

from hmrc_tui import actions
from hmrc_tui.actions import PAGES, Action, Scope
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.key_names import key_of, keys_of
from hmrc_tui.keys import read_key_map
from hmrc_tui.screens.activity import Activity
from hmrc_tui.screens.asking import AskText
from hmrc_tui.screens.headers import Headers
from hmrc_tui.screens.help import HelpScreen
from hmrc_tui.screens.history import History
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.overview import Overview
from hmrc_tui.screens.payslips import Payslips
from hmrc_tui.screens.sign_in import SignInPage
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.rows import Rows
from storage.places import Places
from storage.troubles import BadInput
from tests.hmrc_tui.pictures import an_app, pressing
from tests.hmrc_tui.still_desk import a_desk

DOERS: dict[Scope, type] = {
    "app": HmrcTuiApp,
    "rows": Rows,
    "list": ListPage,
    "overview": Overview,
    "payslips": Payslips,
    "history": History,
    "headers": Headers,
    "activity": Activity,
    "sign_in": SignInPage,
}


@pytest.mark.parametrize("action", actions.ACTIONS, ids=lambda action: action.id)
def test_every_action_can_be_done(action: Action) -> None:
    method = "show" if action.name.startswith("show_") else action.name.partition("(")[0]
    assert callable(getattr(DOERS[action.scope], f"action_{method}"))


@pytest.mark.parametrize("page", PAGES)
def test_no_two_actions_of_a_page_share_a_key(page: Scope) -> None:
    keys = [key for action in actions.on_page(page) for key in action.keys.split(",")]
    assert sorted(set(keys)) == sorted(keys)


def test_every_action_has_a_plain_key_that_every_terminal_sends() -> None:
    only_with_control = [a.id for a in actions.ACTIONS if all(key.startswith("ctrl") for key in a.keys.split(","))]
    assert only_with_control == ["guide", "suspend_process"]


def test_the_tabs_have_the_keys_one_to_six() -> None:
    assert [actions.by_id(f"show_{page}").keys for page in PAGES] == list("123456")


@pytest.mark.parametrize("page", PAGES)
def test_help_tells_every_action_of_its_page(page: Scope) -> None:
    told = spoken(HelpScreen(page, {})._lines)
    for action in actions.on_page(page):
        assert action.about in told
        assert keys_of(action, {}) in told


def _keys_file(home: Path, text: str) -> Places:
    home.mkdir(mode=0o700)
    (home / "keys.toml").write_text(text)
    return Places.under(home)


def test_without_a_key_file_the_keys_are_as_they_are(home: Path) -> None:
    assert read_key_map(Places.under(home)) == {}


def test_a_person_moves_keys(home: Path) -> None:
    chosen = read_key_map(
        _keys_file(home, 'sync = "S"\n"overview.accept" = ["A", "ctrl+a"]\nhelp = "h"\n"rows.cursor_left" = "left"')
    )
    assert chosen == {"sync": "S", "overview.accept": "A,ctrl+a", "help": "h", "rows.cursor_left": "left"}
    assert key_of(actions.by_id("overview.accept"), chosen) == "A"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('sinc = "S"', "unknown action 'sinc'; did you mean 'sync'?"),
        ("sync = 3", "write a key as"),
        ("sync = []", "write a key as"),
        ('sync = ""', "write a key as"),
        ('sync = "q"', "would be both sync and quit"),
        ("sync = ", "not valid TOML"),
    ],
)
def test_a_key_file_that_cannot_be_followed_is_one_clear_line(home: Path, text: str, complaint: str) -> None:
    places = _keys_file(home, text)
    with pytest.raises(BadInput, match=r"keys\.toml: ") as trouble:
        read_key_map(places)
    assert complaint in str(trouble.value)
    assert "\n" not in str(trouble.value)


async def test_a_moved_key_works_and_the_old_one_does_not(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk, key_map={"sync": "S"}).run_test() as pilot:
        await pressing("s")(pilot)
        assert desk.syncs == 0
        await pressing("S")(pilot)
        assert desk.syncs == 1
        assert "S Sync" in pilot.app.query_one("KeyLine").render().plain


async def test_the_palette_finds_and_does_an_action(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("colon", *"ask hmrc now")(pilot)
        await pressing("enter")(pilot)
        await pressing("enter")(pilot)
        assert desk.syncs == 1


async def test_the_palette_does_what_belongs_to_another_tab(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("colon", *"import a file")(pilot)
        await pressing("enter", "enter")(pilot)
        assert pilot.app.query_one("#payslips").display
        assert isinstance(pilot.app.screen, AskText)


@pytest.mark.parametrize("page", PAGES)
async def test_the_line_of_keys_fits_and_always_tells_how_to_leave(home: Path, page: Scope) -> None:
    async with an_app(a_desk(home)).run_test(size=(80, 24)) as pilot:
        await pressing(actions.by_id(f"show_{page}").keys)(pilot)
        shown = pilot.app.query_one("KeyLine").render().plain
        assert len(shown.rstrip()) <= 80
        assert "q Quit" in shown
        assert "? Help" in shown
