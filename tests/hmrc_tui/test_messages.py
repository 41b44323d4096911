"""Messages: beside the keys, once each, never too many, and gone with Escape."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast, ToastRack

from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.shell import LINES_OF_ONE, MOST_LINES
from hmrc_tui.widgets.frame import KeyLine
from hmrc_tui.widgets.text import Told
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.still_desk import a_desk

MISSING = "the column pay_date is missing; add it, or name the file's own columns in a mapping file (--mapping)"


def messages_of(pilot: Pilot[Any]) -> list[str]:
    return [str(toast.render()) for toast in pilot.app.screen.get_child_by_type(ToastRack).query(Toast).results()]


async def test_below_80_columns_too_a_message_leaves_the_programs_own_keys(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(size=(60, 20), notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify("M" * 20 + " " + "N" * 25, timeout=3600)
        await settle(pilot)
        (toast,) = pilot.app.screen.get_child_by_type(ToastRack).query(Toast).results()
        keys = str(pilot.app.query_one(KeyLine).render())
        assert keys.endswith(" s Sync  ? Help  q Quit ")
        assert len(keys) <= toast.region.x
        assert (toast.region.bottom, toast.region.right) == (20, 60)


async def test_the_same_message_is_not_shown_twice_and_the_later_title_stays(home: Path) -> None:
    trouble = "HMRC does not accept the sign-in any more (ended or withdrawn); sign in again"
    async with an_app(a_desk(home)).run_test(notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify(trouble, title="Sync", timeout=3600)
        pilot.app.notify("Imported 12 payslips", timeout=3600)
        pilot.app.notify(trouble, title="Sign-in needed: press 6", timeout=3600)
        await settle(pilot)
        assert messages_of(pilot) == ["Imported 12 payslips", f"Sign-in needed: press 6\n{trouble}"]


async def test_messages_never_pile_up_over_half_the_screen(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(notifications=True) as pilot:
        await settle(pilot)
        for number in range(5):
            pilot.app.notify(f"{number}.csv: {MISSING}", timeout=3600)
        await settle(pilot)
        assert [told[0] for told in messages_of(pilot)] == ["3", "4"]
        rack = pilot.app.screen.get_child_by_type(ToastRack)
        assert sum(toast.region.height for toast in rack.query(Toast).results()) <= MOST_LINES


async def test_escape_takes_the_messages_away_and_gives_the_keys_their_room(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(notifications=True) as pilot:
        await settle(pilot)
        before = str(pilot.app.query_one(KeyLine).render())
        pilot.app.notify("No UTR is configured; " * 6, timeout=3600)
        await settle(pilot)
        assert str(pilot.app.query_one(KeyLine).render()) != before
        await pressing("escape")(pilot)
        assert messages_of(pilot) == []
        assert str(pilot.app.query_one(KeyLine).render()) == before


async def test_escape_that_takes_messages_away_leaves_the_tab_as_it_is(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, HmrcTuiApp)
        await pressing("2")(pilot)
        app.notify("No UTR is configured", timeout=3600)
        await settle(pilot)
        await pressing("escape")(pilot)
        assert (messages_of(pilot), app.page) == ([], "payslips")
        await pressing("escape")(pilot)
        assert app.page == "overview"


async def test_a_long_message_takes_three_lines_and_its_key_tells_the_whole(home: Path) -> None:
    long = f"payslips-2024.csv, row 7: {MISSING}; nothing of this file was imported, and what was there before is as it was"
    async with an_app(a_desk(home), key_map={"messages": "f4"}).run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify(long, title="Import", timeout=3600)
        await settle(pilot)
        (toast,) = pilot.app.screen.get_child_by_type(ToastRack).query(Toast).results()
        assert toast.region.height == LINES_OF_ONE
        assert messages_of(pilot)[0].endswith(" … f4 tells all")
        await pressing("f4")(pilot)
        assert messages_of(pilot) == []
        assert long in " ".join(pilot.app.screen.query_one(Told).render().plain.split())


@pytest.mark.parametrize("width", [4, 12, 30])
async def test_on_the_narrowest_screen_a_long_message_ends_in_an_ellipsis(home: Path, width: int) -> None:
    async with an_app(a_desk(home)).run_test(size=(width, 10), notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify(MISSING, timeout=3600)
        await settle(pilot)
        (told,) = pilot.app._notifications
        assert told.message.endswith("… M tells all" if width == 30 else "…")
        assert len(told.message.splitlines()) <= LINES_OF_ONE


async def test_a_message_over_a_sheet_is_told_whole(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(size=(80, 24), notifications=True) as pilot:
        await pressing("ctrl+g")(pilot)
        pilot.app.notify(f"{MISSING}; {MISSING}", timeout=3600)
        await settle(pilot)
        assert messages_of(pilot) == [f"{MISSING}; {MISSING}"]


async def test_without_a_message_there_is_none_to_read_again(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(notifications=True) as pilot:
        await pressing("M")(pilot)
        assert "There was no message so far." in pilot.app.screen.query_one(Told).render().plain


async def test_a_message_whose_time_runs_out_when_the_screens_are_gone_is_no_fault(home: Path) -> None:
    app = an_app(a_desk(home))
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        app.notify("The import was taken back", timeout=3600)
        await settle(pilot)
        (message,) = app.shown
    assert app.screen_stack == []
    app.time_is_up(message)
    assert app.shown == []
