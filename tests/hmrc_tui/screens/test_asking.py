"""A question whose answer will not do: why is said, and the question and its field stay in sight."""

from pathlib import Path

from textual.widgets import Input

from hmrc_tui.screens.asking import LONGEST, AskText
from hmrc_tui.widgets.text import Told
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.still_desk import a_desk


async def test_a_complaint_as_long_as_what_was_pasted_leaves_the_field_in_sight(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        pilot.app.push_screen(
            AskText("Import a file", check=lambda name: f"{name}: the name is too long; name another")
        )
        await settle(pilot)
        field = pilot.app.screen.query_one(Input)
        field.value = "pasted by mistake " * 1000
        await pressing("enter")(pilot)
        assert field.region.height == 1
        assert field.region.bottom < 24
        told = "".join(piece.text for one in pilot.app.screen.query_one(Told).told for piece in one)
        assert "pasted by mistake" in told
        assert told.endswith("the name is too long; name another")
        assert len(told) < LONGEST + 30
