"""Payslips, P60s and payments in the interface: behind a row, brought in, and removed."""

from pathlib import Path

from daemon.events import LedgerChanged
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.clock import SystemClock
from storage.ledger import open_ledger
from storage.records import TaxYear
from tests.hmrc_tui.pictures import an_app, pressing, settle, toasts
from tests.hmrc_tui.still_desk import a_desk, a_story, with_rows
from tests.makers import a_p60, a_payslip

CSV = "pay_date,employer,employer_paye_ref,taxable_pay,income_tax\n2024-04-26,Example Ltd,123/AB456,2850.00,360.20\n"


async def test_the_payslips_behind_a_row_are_one_key_away(home: Path) -> None:
    async with an_app(a_desk(home)).run_test() as pilot:
        await pressing("p")(pilot)
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert {item.cells["employer"].text for item in rows.items} == {"Acme Widgets plc"}
        await pressing("escape")(pilot)
        assert len(rows.items) > 6


async def test_the_papers_behind_a_row_without_payslips_are_shown_too(home: Path) -> None:
    p60 = a_p60(TaxYear(2021), employer="Big Pension Trust")
    desk = a_desk(home, told=with_rows(a_story(), p60.tax_year, p60s=(p60,)))
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
