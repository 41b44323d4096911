"""The interface as a person uses it: every key does what it says, and nothing is shown that should not be."""

import asyncio
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast, ToastRack

from daemon.events import Alerted, CallFinished, CallStarted, GrantChanged, LedgerChanged, SyncFinished, SyncStarted
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets import strip as strip_module
from hmrc_tui.widgets.frame import KeyLine, TabLine
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.records import TaxYear
from storage.troubles import HmrcTrouble, SignInNeeded, StorageTrouble
from tests.hmrc_tui.pictures import an_app, never_opened, pressing, settle, toasts
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NOW, Grant, StillDesk, a_desk, a_run
from tests.makers import UTR


def strip(pilot: Pilot[Any]) -> str:
    return spoken(pilot.app.screen_stack[0].query_one("#strip", Told).told)


async def test_the_overview_comes_first_and_other_tabs_only_when_opened(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        assert [page.id for page in pilot.app.query("#pages > *")] == ["overview"]
        await pressing("3", "1", "3")(pilot)
        assert [page.id for page in pilot.app.query("#pages > *")] == ["overview", "history"]


@pytest.mark.parametrize(
    "keys", [("q",), ("ctrl+q",), ("question_mark", "q"), ("2", "enter", "q"), ("a", "escape", "q"), ("2", "d", "q")]
)
async def test_q_leaves_at_once_with_status_0(home: Path, keys: tuple[str, ...]) -> None:
    desk = a_desk(home)
    app = an_app(desk)
    async with app.run_test() as pilot:
        await pressing(*keys)(pilot)
    assert app.return_code == 0
    assert desk.closed


async def test_escape_goes_back_step_by_step(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        app = pilot.app
        assert isinstance(app, HmrcTuiApp)
        await pressing("2", "slash", *"exam", "enter", "enter")(pilot)
        assert len(app.screen_stack) == 2
        await pressing("escape")(pilot)
        assert len(app.screen_stack) == 1
        await pressing("escape")(pilot)
        assert app.open_page.query_one(Rows).narrowed == ""
        await pressing("escape")(pilot)
        assert app.page == "overview"


async def test_tabs_open_by_mouse_and_by_brackets(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        app = pilot.app
        assert isinstance(app, HmrcTuiApp)
        await settle(pilot)
        await pilot.click("TabLine", offset=(17, 0))
        await settle(pilot)
        assert app.page == "payslips"
        await pressing("right_square_bracket")(pilot)
        assert app.page == "history"
        await pressing("left_square_bracket", "left_square_bracket", "left_square_bracket")(pilot)
        assert app.page == "sign_in"


async def test_a_key_is_answered_while_a_sync_runs(home: Path) -> None:
    desk = a_desk(home)
    going = asyncio.Event()

    async def work() -> None:
        desk.tell(SyncStarted("r", NOW, (TaxYear(2023),), 5, False))
        await going.wait()

    desk.work = work
    async with an_app(desk).run_test() as pilot:
        await pressing("s")(pilot)
        assert "syncing 0/5" in strip(pilot)
        await pressing("s")(pilot)
        assert desk.syncs == 1
        await pressing("2", "j")(pilot)
        assert pilot.app.query_one("#payslips Rows", Rows).current is not None
        await pressing("x")(pilot)
        assert desk.cancelled == 1
        going.set()
        desk.tell(SyncFinished("r", NOW, ((TaxYear(2023), "unchanged"),)))
        await settle(pilot)
        assert "syncing" not in strip(pilot)
        assert "Synced: 1 unchanged" in toasts(pilot)


async def test_progress_is_told_call_by_call(home: Path) -> None:
    desk = a_desk(home, ledger=a_log())
    call = desk.ledger.kept_observations[0]
    async with an_app(desk).run_test() as pilot:
        await pressing("5")(pilot)
        desk.tell(SyncStarted("r", NOW, (TaxYear(2023),), 5, False), CallStarted("r", TaxYear(2023), "individual-tax"))
        await settle(pilot)
        assert "asking Tax for 2023-24" in spoken(pilot.app.query_one("#now", Told).told)
        desk.tell(CallFinished("r", call, 3, 5))
        await settle(pilot)
        assert "3 of 5 calls" in spoken(pilot.app.query_one("#now", Told).told)
        assert "syncing 3/5" in strip(pilot)


@pytest.mark.parametrize(
    ("trouble", "title"),
    [(SignInNeeded("sign in again"), "Sign-in needed: press 6"), (HmrcTrouble("[hmrc] is away"), "Sync")],
)
async def test_a_sync_that_fails_says_why_with_its_brackets(home: Path, trouble: Exception, title: str) -> None:
    desk = a_desk(home, trouble=trouble)
    async with an_app(desk).run_test() as pilot:
        await pressing("s")(pilot)
        assert f"{title}: {trouble}" in toasts(pilot)
        assert all(not toast.markup for toast in pilot.app._notifications)


async def test_what_another_process_did_is_told_and_shown(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        desk.ledger.kept_runs = [a_run(id="run-2", host="server", summary="1 year changed"), *desk.ledger.kept_runs]
        desk.confirmed = NOW
        desk.tell(LedgerChanged())
        await settle(pilot)
        assert "Synced by server: 1 year changed" in toasts(pilot)
        assert "confirmed today 10:00" in strip(pilot)


async def test_an_alert_becomes_a_toast_unless_the_screen_shows_it_anyway(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        desk.tell(
            Alerted("difference:2023-24:abc", "A difference is open"),
            Alerted("storage", "disk I/O error"),
            GrantChanged("ok"),
        )
        await settle(pilot)
        assert toasts(pilot) == ["disk I/O error"]


async def test_a_ledger_that_cannot_be_opened_is_tried_again(home: Path) -> None:
    desk, tries = a_desk(home), 0

    def opened() -> StillDesk:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StorageTrouble("disk I/O error")
        return desk

    async with HmrcTuiApp(opened, desk.settings, desk.places, desk.clock).run_test() as pilot:
        await settle(pilot)
        assert "The ledger could not be read" in spoken(pilot.app.query_one("#story Told", Told).told)
        await pressing("r")(pilot)
        assert len(pilot.app.query_one("#overview Rows", Rows).items) == 8


# What must not be seen


async def test_the_utr_is_masked_until_asked_for_and_again_after_a_while(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        assert UTR not in strip(pilot)
        await pilot.press("u")
        assert UTR in strip(pilot)
        monkeypatch.setattr(strip_module, "REVEALED_FOR", 0.05)
        await pilot.press("u")
        async with asyncio.timeout(60):
            while UTR in strip(pilot):
                await asyncio.sleep(0.02)


async def test_the_utr_asked_for_again_is_shown_for_as_long_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = asyncio.Event()
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        for seconds in (1.0, 60.0):
            monkeypatch.setattr(strip_module, "REVEALED_FOR", seconds)
            await pilot.press("u")
        pilot.app.set_timer(1.1, later.set)  # fires after the first showing would have ended
        await asyncio.wait_for(later.wait(), 60)
        assert UTR in strip(pilot)


async def test_a_picture_is_masked_even_while_the_utr_is_shown(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("u", "P")(pilot)
        (file,) = (home / "data" / "pictures").iterdir()
        assert UTR not in file.read_text()
        assert "••••••••90" in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_no_copy_holds_the_utr(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("u", "Y")(pilot)
        assert UTR not in pilot.app.clipboard


# What a person does


MESSAGES = {
    "short": ("Synced: 4 new figures, 1 not yet", "", 1),
    "as long as a line": ("M" * 52, "", 1),
    "with a title": ("12 new payslips, 0 known already. U takes it back.", "Imported", 2),
    "long": ("HMRC answers 503 at the moment; the sign-in stands as it was, try again later. " * 2, "Sync", 3),
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_a_message_hides_none_of_the_programs_own_keys(home: Path, name: str) -> None:
    message, title, lines = MESSAGES[name]
    async with an_app(a_desk(home)).run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        pilot.app.notify(message, title=title, timeout=3600)
        for page in "123456":
            await pressing(page)(pilot)
            (toast,) = pilot.app.screen.get_child_by_type(ToastRack).query(Toast).results()
            keys = str(pilot.app.query_one(KeyLine).render())
            assert keys.endswith(" s Sync  ? Help  q Quit ")
            assert len(keys) <= toast.region.x
            assert (toast.region.bottom, toast.region.height) == (24, lines)


async def test_the_keys_come_back_when_a_message_is_over(home: Path) -> None:
    async with an_app(a_desk(home)).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        keys = pilot.app.query_one(KeyLine)
        before = str(keys.render())
        pilot.app.notify("M" * 50, timeout=0.05)
        await settle(pilot)
        while str(keys.render()) != before:
            await pilot.pause(0.05)


async def test_the_theme_is_remembered(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("T")(pilot)
        assert pilot.app.theme == "light"
    assert HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock).theme == "light"


async def test_what_was_last_seen_is_painted_before_the_engine_is_there(home: Path) -> None:
    desk = a_desk(home)
    desk.places.ledger_file("sandbox").parent.mkdir(parents=True, mode=0o700)
    desk.places.ledger_file("sandbox").touch()
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
    app = never_opened(desk)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert len(app.query_one(Rows).items) == 8
        assert "Reading the ledger" in spoken(app.query_one("#story Told", Told).told)
        assert "confirmed …" in strip(pilot)


async def test_another_taxpayers_figures_are_never_painted(home: Path) -> None:
    from storage.secret import Secret
    from storage.settings import HmrcSettings, Settings

    desk = a_desk(home)
    desk.places.ledger_file("sandbox").parent.mkdir(parents=True, mode=0o700)
    desk.places.ledger_file("sandbox").touch()
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
    other = Settings(hmrc=HmrcSettings(environment="sandbox", utr=Secret("1234567890")))
    assert HmrcTuiApp(lambda: desk, other, desk.places, desk.clock).last_seen is None
    assert HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock).last_seen is not None
    (home / "state" / "sandbox" / "last-seen.json").write_text('{"taxpayer": 3')
    assert HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock).last_seen is None


async def test_nothing_moves_while_nothing_happens(home: Path) -> None:
    """No timer is faster than once a second, and a countdown writes only when its text changed."""
    desk = a_desk(home, grant_report=replace(Grant(), grant_expires_at=NOW + timedelta(days=532, hours=5)))
    desk.clock.moment -= timedelta(seconds=60)
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        app = pilot.app
        assert isinstance(app, HmrcTuiApp)
        told = app._strip.told
        desk.clock.moment += timedelta(seconds=90)
        app._strip.tick()
        assert app._strip.told is told
        desk.clock.moment += timedelta(minutes=9)
        app._strip.tick()
        assert app._strip.told != told


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
async def test_every_tab_works_at_every_size_and_a_resize_loses_nothing(home: Path, size: tuple[int, int]) -> None:
    async with an_app(a_desk(home, ledger=a_log())).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.resize_terminal(*size)
        for key in "12356":
            await pressing(key)(pilot)
            assert pilot.app.query_one("KeyLine").region.y == size[1] - 1
            assert pilot.app.query_one("#strip").region.height == 2
        await pressing("1")(pilot)
        story = pilot.app.query_one("#story")
        assert story.region.height >= 7
        assert story.region.width >= 50


def _status_word(pilot: Pilot[Any]) -> str:
    rows = pilot.app.query_one(Rows)
    return rows.render_line(5).text


async def test_without_colour_nothing_is_lost(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        assert "unexplained" in _status_word(pilot)
        colours = {
            (segment.style.color, segment.style.bgcolor)
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip.apply_filter(pilot.app.get_line_filters()[0], pilot.app.screen.background_colors[1])
            if segment.style is not None
        }
        assert {str(color and color.name) for pair in colours for color in pair} <= {"default", "None"}
        reverse = [
            segment for segment in pilot.app.query_one(Rows).render_line(5) if segment.style and segment.style.reverse
        ]
        assert reverse


@pytest.mark.parametrize("page", "123456")
async def test_the_open_tab_and_a_row_are_seen_at_40_columns_too(home: Path, page: str) -> None:
    async with an_app(a_desk(home, ledger=a_log())).run_test(size=(40, 10)) as pilot:
        await pressing(page)(pilot)
        tabs = str(pilot.app.query_one(TabLine).render())
        assert f"[{page} " in tabs
        assert len(tabs) <= 40
        for rows in pilot.app.open_page.query(Rows):
            assert rows.size.height >= 2 or not rows.items
