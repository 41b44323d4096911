"""The interface as a person uses it: every key does what it says, and nothing is shown that should not be."""

import asyncio
import csv
import stat
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._toast import Toast, ToastRack

from daemon.events import Alerted, CallFinished, CallStarted, GrantChanged, LedgerChanged, SyncFinished, SyncStarted
from daemon.reconcile.model import Reconciliation
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.screens.listing import _bare
from hmrc_tui.views.pieces import Cell, spoken
from hmrc_tui.widgets import strip as strip_module
from hmrc_tui.widgets.frame import KeyLine, TabLine
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.clock import SystemClock
from storage.ledger import open_ledger
from storage.records import PayeReference, TaxYear
from storage.troubles import HmrcTrouble, SignInNeeded, StorageTrouble
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import ACME, NOW, Grant, StillDesk, a_desk, a_run, a_story
from tests.makers import UTR, a_p60, a_payslip

CSV = "pay_date,employer,employer_paye_ref,taxable_pay,income_tax\n2024-04-26,Example Ltd,123/AB456,2850.00,360.20\n"


def strip(pilot: Pilot[Any]) -> str:
    return spoken(pilot.app.screen_stack[0].query_one("#strip", Told).told)


def toasts(pilot: Pilot[Any]) -> list[str]:
    return [f"{toast.title}: {toast.message}".removeprefix(": ") for toast in pilot.app._notifications]


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


async def test_an_import_by_another_process_is_told_and_ones_own_is_not(home: Path, tmp_path: Path) -> None:
    desk = a_desk(home)
    desk.ledger = open_ledger(desk.settings, desk.places, SystemClock())
    (tmp_path / "good.csv").write_text(CSV)
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "i", *"good.csv", "enter")(pilot)
        assert not any("elsewhere" in said for said in toasts(pilot))
        other = open_ledger(desk.settings, desk.places, SystemClock())
        other.add_payslips([a_payslip()], import_id="other", description="payslips from may.csv")
        desk.tell(LedgerChanged())
        await settle(pilot)
        assert "Imported elsewhere: payslips from may.csv" in toasts(pilot)
        other.undo_import("other")
        desk.tell(LedgerChanged())
        await settle(pilot)
        assert "Taken back elsewhere: payslips from may.csv" in toasts(pilot)
        other.close()
    desk.ledger.close()


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
    monkeypatch.setattr(strip_module, "REVEALED_FOR", 0.2)
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        assert UTR not in strip(pilot)
        await pilot.press("u")
        assert UTR in strip(pilot)
        async with asyncio.timeout(5):
            while UTR in strip(pilot):
                await asyncio.sleep(0.02)


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


async def test_a_cell_and_a_row_are_copied_as_other_programs_read_them(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("l", "l", "l", "l", "y")(pilot)
        assert pilot.app.clipboard == "+412.00"
        await pressing("Y")(pilot)
        assert pilot.app.clipboard.split("\t") == [
            "2022-23",
            "Acme Widgets plc",
            "9,412.00",
            "9,000.00",
            "+412.00",
            "+82.40",
            "? unexplained",
        ]


async def test_what_is_shown_is_exported(home: Path, tmp_path: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("slash", *"acme", "enter", "e")(pilot)
        for _ in range(200):
            await pilot.press("backspace")
        await pressing(*"out.csv", "enter")(pilot)
        with (tmp_path / "out.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [(row["pay_difference"], row["status"]) for row in rows] == [("412.00", "unexplained")]
        assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (Cell("34,200.00"), "34200.00"),
        (Cell("−18.20"), "-18.20"),
        (Cell("+61.37"), "61.37"),
        (Cell("–"), ""),
        (Cell("= accepted", "good", "accepted"), "accepted"),
        (Cell("=HYPERLINK(1)"), "'=HYPERLINK(1)"),
        (Cell("Example Ltd"), "Example Ltd"),
    ],
)
def test_a_cell_is_written_as_a_spreadsheet_reads_it(cell: Cell, written: str) -> None:
    assert _bare(cell) == written


@pytest.mark.parametrize(("name", "holds"), [("all.json", '"tax_years"'), ("all.md", "Acme Widgets plc")])
async def test_the_whole_reconciliation_is_exported_by_the_files_name(
    home: Path, tmp_path: Path, name: str, holds: str
) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("e")(pilot)
        pilot.app.screen.query_one(Input).value = name
        await pressing("enter")(pilot)
        assert holds in (tmp_path / name).read_text()


async def test_a_difference_is_accepted_with_a_note(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("a", "enter")(pilot)
        assert desk.ledger.accepted == []
        await pressing(*"overtime", "enter")(pilot)
    (accepted,) = desk.ledger.accepted
    assert (accepted.tax_year, accepted.employer, accepted.note) == (TaxYear(2022), ACME, "overtime")
    assert (accepted.pay_difference, accepted.tax_difference) == (Decimal("412.00"), Decimal("82.40"))


async def test_an_acceptance_is_withdrawn_after_asking(home: Path) -> None:
    story = a_story()
    years = [
        replace(
            year,
            rows=tuple(replace(row, status="accepted") if row.status == "unexplained" else row for row in year.rows),
        )
        for year in story.tax_years
    ]
    desk = a_desk(home, told=Reconciliation(tuple(years)))
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        pilot.app.query_one(Rows).go_to("2022-23 951/XY12Z")
        await pressing("a", "n", "a", "y")(pilot)
    assert desk.ledger.withdrawn == [(TaxYear(2022), ACME)]


async def test_what_agrees_cannot_be_accepted(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("k", "a")(pilot)
        assert "There is no difference to accept." in toasts(pilot)


async def test_references_are_linked_and_the_link_undone(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("L", "enter")(pilot)
        (link,) = desk.ledger.kept_links
        assert (link.old, link.new) == (ACME, PayeReference("123/AB456"))
        await pressing("L", "j", "j", "enter")(pilot)
        assert len(desk.ledger.kept_links) == 1
        assert any("are linked already" in said for said in toasts(pilot))
        await pressing("L", "k", "enter")(pilot)
        assert desk.ledger.kept_links == []


async def test_the_payslips_behind_a_row_are_one_key_away(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("p")(pilot)
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert {item.cells["employer"].text for item in rows.items} == {"Acme Widgets plc"}
        await pressing("escape")(pilot)
        assert len(rows.items) > 6


async def test_the_papers_behind_a_row_without_payslips_are_shown_too(home: Path) -> None:
    story = a_story()
    p60 = a_p60(TaxYear(2021), employer="Big Pension Trust")
    years = [
        replace(year, rows=tuple(replace(row, p60s=(p60,)) for row in year.rows))
        if year.tax_year == p60.tax_year
        else year
        for year in story.tax_years
    ]
    desk = a_desk(home, told=replace(story, tax_years=tuple(years)))
    desk.ledger.kept_p60s = [p60, a_p60(TaxYear(2019))]
    async with an_app(desk).run_test() as pilot:
        await pressing("slash", *"pension", "enter", "p")(pilot)
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert [item.cells["year"].text for item in rows.items] == ["2021-22"]
        await pressing("escape")(pilot)
        assert len(rows.items) == 2


async def test_the_kinds_of_papers_are_turned_by_key_and_mouse_and_keep_their_row(home: Path) -> None:
    desk = a_desk(home)
    desk.ledger.kept_p60s = [a_p60(TaxYear(2021)), a_p60(TaxYear(2022))]
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "j", "j")(pilot)
        rows = pilot.app.query_one("#payslips Rows", Rows)
        before = rows.current
        await pressing("p", "j", "p", "p")(pilot)
        assert rows.current == before
        heading = spoken(pilot.app.query_one("#payslips #heading", Told).told)
        await pilot.click("#payslips #heading", offset=(heading.index("2 P60s") + 2, 0))
        await settle(pilot)
        assert [item.cells["year"].text for item in rows.items] == ["2022-23", "2021-22"]
        assert rows.current == rows.items[1]
        await pressing("b")(pilot)
        assert "date" in rows.columns[0].name  # what has breaks is payslips


async def test_an_export_is_called_after_what_it_holds(home: Path, tmp_path: Path) -> None:
    desk = a_desk(home)
    desk.ledger.kept_p60s = [a_p60(TaxYear(2022))]
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "p", "e", "enter")(pilot)
        (written,) = tmp_path.glob("hmrc-tui-p60s-*.csv")
        assert written.read_text().splitlines() == [
            "year,employer,pay,tax,ni,code",
            "2022-23,Example Ltd,34200.00,4322.40,1873.92,",
        ]


async def test_a_removed_payslip_is_gone_after_asking(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "d", "n")(pilot)
        assert desk.ledger.removed == []
        await pressing("d", "y")(pilot)
        assert len(desk.ledger.removed) == 1


async def test_a_file_is_imported_into_a_real_ledger_and_a_bad_one_harms_nothing(home: Path, tmp_path: Path) -> None:
    desk = a_desk(home)
    desk.ledger = open_ledger(desk.settings, desk.places, SystemClock())
    (tmp_path / "good.csv").write_text(CSV)
    (tmp_path / "bad.csv").write_text(CSV.replace("2850.00", "2850.005"))
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "i", *"good.csv", "enter")(pilot)
        assert "1 new payslip, 0 known already. U takes it back." in toasts(pilot)
        assert [item.cells["taxable"].text for item in pilot.app.query_one("#payslips Rows", Rows).items] == [
            "2,850.00"
        ]
        await pressing("i", *"bad.csv", "enter")(pilot)
        assert any("bad.csv" in said and "decimals" in said for said in toasts(pilot))
        assert len(desk.ledger.payslips()) == 1
    desk.ledger.close()


MESSAGES = {
    "short": ("Synced: 4 new figures, 1 not yet", "", 1),
    "as long as a line": ("M" * 52, "", 1),
    "with a title": ("12 new payslips, 0 known already. U takes it back.", "Imported", 2),
    "long": ("HMRC answers 503 at the moment; the sign-in stands as it was, try again later. " * 2, "Sync", 5),
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
    app = an_app(desk)
    app._begin = lambda: None  # type: ignore[method-assign]
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
