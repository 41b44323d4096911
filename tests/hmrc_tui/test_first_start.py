"""The guide to the first start: what it writes, what it says, where it leads."""

from pathlib import Path

import pytest

from hmrc_tui import first_start
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.text import Told
from storage.configuration import load
from storage.places import Places
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.still_desk import a_desk
from tests.hmrc_tui.terminal import Program


def test_it_says_what_a_person_without_self_assessment_can_and_cannot_have() -> None:
    told = spoken(first_start.ABOUT)
    assert "HMRC's interfaces give you nothing: they answer only for a UTR" in told
    assert "What still works: payslips beside P60s" in told
    assert "What you cannot have: HMRC's figures here, and signing in" in told


async def test_on_a_small_screen_the_keyboard_reaches_the_end_of_the_guide_and_of_its_form(home: Path) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test(size=(60, 16)) as pilot:
        await settle(pilot)
        sheet = app.screen.query_one("#sheet")
        assert sheet.scroll_y == 0
        await pressing("pagedown", "pagedown", "pagedown")(pilot)
        assert sheet.scroll_y == sheet.max_scroll_y > 0
        await pressing("pageup", "pageup", "pageup")(pilot)
        assert sheet.scroll_y == 0
        await pressing("2", "pageup", "pageup")(pilot)
        assert sheet.scroll_y == 0
        await pressing("pagedown", "pagedown", "pagedown")(pilot)
        assert sheet.scroll_y == sheet.max_scroll_y > 0
        await pressing("escape")(pilot)
        assert sheet.scroll_y == 0


async def test_the_form_leads_from_field_to_field_and_begins_again(home: Path) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test() as pilot:
        await pressing("j", "enter", *"abc", "enter", *"hush", "enter", *"2234567890", "enter")(pilot)
    assert app.return_value == "again"
    assert load(Places.under(home), {}).settings.environment == "sandbox"


async def test_the_form_names_the_redirect_uri_and_how_the_sandbox_gives_a_utr(home: Path) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test() as pilot:
        await pressing("3")(pilot)
        told = spoken(app.screen.query_one("#form", Told).told)
        assert "redirect URI http://localhost:8080/oauth/callback" in told
        assert "sandbox-user" not in told
        await pressing("escape", "2")(pilot)
        assert "Leave the UTR empty" in spoken(app.screen.query_one("#form", Told).told)
        await pressing(*"abc", "enter", *"hush", "enter", "enter")(pilot)
    assert app.return_value == "again"


@pytest.mark.parametrize(("keys", "result"), [(("1",), "demo"), (("enter",), "demo"), (("4",), "again")])
async def test_each_way_leads_on(home: Path, keys: tuple[str, ...], result: str) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test() as pilot:
        await pressing(*keys)(pilot)
    assert app.return_value == result


async def test_a_configuration_that_is_there_is_changed_after_asking(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[sync]\nat = "05:30"\n')
    app = an_app(a_desk(home))
    async with app.run_test(size=(100, 30)) as pilot:
        await pressing("ctrl+g", "4")(pilot)
        assert 'environment = "production"' in spoken(app.screen.query_one(Told).told)
        await pressing("n")(pilot)
        assert "production" not in (home / "config.toml").read_text()
        await pressing("4", "y")(pilot)
    assert app.return_value == "again"
    settings = load(Places.under(home), {}).settings
    assert (settings.environment, settings.sync.at) == ("production", "05:30")


async def test_escape_goes_back_from_the_form_then_on_without(home: Path) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test() as pilot:
        await pressing("3", "escape")(pilot)
        assert not app.screen.has_class("-form")
        await pressing("escape")(pilot)
        assert len(app.screen_stack) == 1
        await settle(pilot)
    assert not (home / "config.toml").exists()


async def test_a_configured_program_opens_without_the_guide(home: Path) -> None:
    desk = a_desk(home)
    async with HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock).run_test() as pilot:
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1


def test_the_program_opens_again_on_what_was_written(home: Path) -> None:
    with Program() as program:
        program.until("Welcome to hmrc-tui", "SIMULATOR")
        program.press("4")
        program.until("PRODUCTION", "Nothing here yet")
        program.press("q")
        assert program.status() == 0
        assert program.left_clean()
    assert 'environment = "production"' in (home / "config.toml").read_text()


def test_the_demo_that_the_guide_opens_is_over_before_the_program_goes_on_without_it(
    home: Path, tmp_path: Path
) -> None:
    made_up = tmp_path / "made up"
    made_up.mkdir()
    with Program(environ={"TMPDIR": str(made_up)}) as program:
        program.until("Welcome to hmrc-tui", "SIMULATOR")
        program.press("1")
        program.until("no figure here is real", "HMRC agrees in")
        assert list(made_up.glob("hmrc-tui-demo-*"))
        program.written = b""
        program.press("\x07")
        program.until("Only my payslips")
        program.press("4")
        program.until("PRODUCTION", "Nothing here yet")
        assert not list(made_up.glob("hmrc-tui-demo-*"))
        program.press("q")
        assert program.status() == 0
        assert program.left_clean()
    assert 'environment = "production"' in (home / "config.toml").read_text()
