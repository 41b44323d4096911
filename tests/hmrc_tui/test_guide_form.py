"""The guide's form under a person's hands: typed ahead, left empty, and a UTR as HMRC's letters have it."""

from pathlib import Path

from textual.widgets import Input

from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.text import Told
from storage.configuration import load
from storage.places import Places
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.still_desk import a_desk
from tests.hmrc_tui.terminal import Program


def test_what_is_typed_ahead_goes_into_the_right_field(home: Path) -> None:
    with Program() as program:
        program.until("Welcome to hmrc-tui")
        program.press("3")
        program.until("Client secret")
        program.press("abc\rhush\r22345 67890\r")  # in one go, as a slow line delivers it
        program.until("PRODUCTION", "Nothing here yet")
        program.press("q")
        assert program.status() == 0
    hmrc = load(Places.under(home), {}).settings.hmrc
    typed = (hmrc.client_id, hmrc.client_secret, hmrc.utr)
    assert [value.reveal() for value in typed if value is not None] == ["abc", "hush", "2234567890"]


async def test_what_is_missing_is_named_and_its_field_takes_the_keyboard(home: Path) -> None:
    app = an_app(a_desk(home), first_start=True)
    async with app.run_test() as pilot:
        await pressing("3", "enter", "enter", "enter")(pilot)
        await settle(pilot)
        assert "Missing: Client ID." in spoken(app.screen.query_one("#form", Told).told)
        assert app.screen.query_one("#client_id", Input).has_focus
        await pressing(*"abc", "enter", *"hush", "enter", *"12345", "enter")(pilot)
        assert "A UTR has ten digits." in spoken(app.screen.query_one("#form", Told).told)
        assert app.screen.query_one("#utr", Input).has_focus
