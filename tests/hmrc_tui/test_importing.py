"""Importing in the interface: a file is recognised, what is missing is asked for, and an import can be taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from hmrc_tui.screens.asking import Choose, Confirm
from hmrc_tui.screens.completing import completed
from hmrc_tui.screens.pasting import AskLines
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.clock import SystemClock
from storage.ledger import Ledger, open_ledger
from storage.tax_year import TaxYear
from storage.troubles import BadInput, StorageTrouble
from tests.hmrc_tui.pictures import an_app, pressing, settle
from tests.hmrc_tui.still_desk import StillDesk, a_desk
from tests.makers import a_p60
from tests.storage.imports.pdf_writer import a_pdf, p60_page, sage_page

HEADER = "pay_date,employer,employer_paye_ref,taxable_pay,income_tax\n"
SLIP = "2024-04-26,Example Ltd,123/AB456,2850.00,360.20\n"
P60 = "tax_year,employer,employer_paye_ref,pay,income_tax\n2023-24,Example Ltd,123/AB456,34200.00,4322.40\n"
TABLE = "26 April 2024\t£2,850.00\t£360.20\t£156.16\n26 May 2024\t£2,850.00\t£360.20\t£156.16\n"


@pytest.fixture
def desk(home: Path) -> Iterator[StillDesk]:
    """A desk on a real ledger."""
    desk = a_desk(home)
    desk.ledger = open_ledger(desk.settings, desk.places, SystemClock())
    yield desk
    desk.ledger.close()


def toasts(pilot: Pilot[Any]) -> str:
    return "\n".join(f"{toast.title}{toast.message}" for toast in pilot.app._notifications)


async def importing(pilot: Pilot[Any], name: str) -> None:
    await pressing("2", "i")(pilot)
    pilot.app.screen.query_one(Input).value = name
    await pressing("enter")(pilot)


async def pasting(pilot: Pilot[Any], text: str) -> None:
    await pressing("2", "v")(pilot)
    assert isinstance(pilot.app.screen, AskLines)
    pilot.app.screen.query_one(TextArea).text = text
    await pressing("f2")(pilot)


def counted(ledger: Ledger) -> tuple[int, int, int]:
    return len(ledger.payslips()), len(ledger.p60s()), len(ledger.payments())


@pytest.mark.parametrize(
    ("name", "content", "said", "stored"),
    [
        ("slips.csv", (HEADER + SLIP).encode(), "1 new payslip, 0 known already", (1, 0, 0)),
        ("whatever.csv", P60.encode(), "1 new P60, 0 known already", (0, 1, 0)),
        ("april.pdf", a_pdf(sage_page("26 Apr 2024")), "1 new payslip, 0 known already", (1, 0, 0)),
        ("document.pdf", a_pdf(p60_page()), "1 new P60, 0 known already", (0, 1, 0)),
        ("table.txt", f"Payments from Example Ltd\n{TABLE}".encode(), "2 new payments, 0 known already", (0, 0, 2)),
    ],
)
async def test_what_a_file_holds_is_recognised(
    desk: StillDesk, tmp_path: Path, name: str, content: bytes, said: str, stored: tuple[int, int, int]
) -> None:
    (tmp_path / name).write_bytes(content)
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, name)
        assert said in toasts(pilot)
        assert counted(desk.ledger) == stored


async def test_a_folder_is_imported_whole_or_not_at_all(desk: StillDesk, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "slips.csv").write_text(HEADER + SLIP)
    (folder / "p60.csv").write_text(P60)
    (folder / "bad.csv").write_text((HEADER + SLIP).replace("2850.00", "2850.005"))
    (folder / "holiday.png").write_bytes(b"\x89PNG")
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, "papers")
        assert "bad.csv" in toasts(pilot)
        assert counted(desk.ledger) == (0, 0, 0)
        (folder / "bad.csv").unlink()
        await importing(pilot, "papers/")
        assert "1 new payslip, 0 known already; 1 new P60" in toasts(pilot)
        assert counted(desk.ledger) == (1, 1, 0)


async def test_the_password_of_a_pdf_is_asked_for_and_never_shown(desk: StillDesk, tmp_path: Path) -> None:
    (tmp_path / "april.pdf").write_bytes(a_pdf(sage_page("26 Apr 2024"), password="open sesame"))
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, "april.pdf")
        assert "Password of april.pdf" in spoken(pilot.app.screen.query_one(Told).told)
        await pressing(*"wrong", "enter")(pilot)
        assert "that is not the PDF's password" in spoken(pilot.app.screen.query_one(Told).told)
        assert pilot.app.screen.query_one(Input).password
        await pressing(*"open", "space", *"sesame", "enter")(pilot)
        assert "1 new payslip" in toasts(pilot)
        assert "sesame" not in toasts(pilot)


async def test_whose_payments_a_pasted_table_shows_is_asked_not_guessed(desk: StillDesk, tmp_path: Path) -> None:
    (tmp_path / "slips.csv").write_text(HEADER + SLIP)
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, "slips.csv")
        await pasting(pilot, TABLE)
        assert isinstance(pilot.app.screen, Choose)
        await pressing("escape")(pilot)
        assert desk.ledger.payments() == []
        await pasting(pilot, TABLE)
        await pressing("enter")(pilot)
        assert {payment.employer_paye_ref for payment in desk.ledger.payments()} == {"123/AB456"}
        assert "2 new payments" in toasts(pilot)


async def test_a_ledger_that_fails_while_it_is_asked_whose_payments_these_are_says_so(
    desk: StillDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise StorageTrouble("the disk is full; make room")

    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        monkeypatch.setattr(desk.ledger, "payslips", fails)
        await pasting(pilot, TABLE)
        await settle(pilot)
        assert "the disk is full; make room" in toasts(pilot)


async def test_a_table_that_cannot_be_read_says_where(desk: StillDesk) -> None:
    async with an_app(desk).run_test() as pilot:
        await pasting(pilot, "26 April 2024 £2,850.00 apples")
        assert "the pasted table: line 1: ‘apples’ is not an amount" in toasts(pilot)
        await pasting(pilot, "  \n")
        assert desk.ledger.payments() == []


async def test_an_import_is_taken_back_after_asking(desk: StillDesk, tmp_path: Path) -> None:
    (tmp_path / "slips.csv").write_text(HEADER + SLIP)
    (tmp_path / "p60.csv").write_text(P60)
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "U")(pilot)
        assert "There is no import to take back" in toasts(pilot)
        await importing(pilot, "slips.csv")
        await importing(pilot, "p60.csv")
        await pressing("U", "enter")(pilot)
        assert isinstance(pilot.app.screen, Confirm)
        assert "P60s from p60.csv: 1 P60" in spoken(pilot.app.screen.query_one(Told).told)
        await pressing("enter")(pilot)
        assert isinstance(pilot.app.screen, Confirm)  # only the keys that its frame names answer it
        await pressing("n")(pilot)
        assert counted(desk.ledger) == (1, 1, 0)
        await pressing("U", "j", "enter", "y")(pilot)
        assert counted(desk.ledger) == (0, 1, 0)
        assert "The import was taken back" in toasts(pilot)
        await settle(pilot)
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert [item.cells["pay"].text for item in rows.items] == ["34,200.00"]  # what came last is what is shown
        await pressing("p", "p")(pilot)
        assert rows.items == []


async def test_a_payslip_of_the_payslip_database_is_not_removed_here(home: Path) -> None:
    from dataclasses import replace

    desk = a_desk(home)
    desk.ledger.slips = [replace(slip, source="payslip_ingest") for slip in desk.ledger.slips]
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "d", "y")(pilot)
        assert desk.ledger.removed == []
        assert "comes from payslip_ingest; remove" in toasts(pilot)


def test_the_name_of_a_file_is_completed(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "april.pdf").touch()
    (tmp_path / "papers" / "april.png").touch()
    assert completed("pa") == "papers/"
    assert completed("papers/ap") == "papers/april.pdf"
    assert completed("papers/x") is None
    assert completed("nowhere/x") is None
    assert completed("") is None


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    from hmrc_tui.bringing_in import files_named

    with pytest.raises(BadInput, match="no CSV, JSON, PDF or text file"):
        files_named(str(tmp_path))


@pytest.mark.parametrize("name", ["~no-such-person/april.csv", "x" * 300], ids=["no such home", "too long"])
def test_a_name_that_no_file_can_have_is_told_and_no_fault(name: str) -> None:
    from hmrc_tui.screens.importing import _readable
    from hmrc_tui.screens.listing import _writable

    for told in (_readable(name), _writable(name)):
        assert "no such home folder" in told or "File name too long" in told
    assert completed(name) is None


async def test_what_was_imported_is_shown_and_removed_one_by_one(desk: StillDesk, tmp_path: Path) -> None:
    """P60s and the lines of HMRC's payment table as payslips are: seen, and gone after asking; an import brings them back."""
    (tmp_path / "p60.csv").write_text(P60)
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, "p60.csv")
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert [item.cells["pay"].text for item in rows.items] == ["34,200.00"]  # no payslip hides what there is
        await pressing("d", "n")(pilot)
        assert counted(desk.ledger) == (0, 1, 0)
        await pressing("d", "y")(pilot)
        assert counted(desk.ledger) == (0, 0, 0)
        await importing(pilot, "p60.csv")
        await pasting(pilot, f"Payments from Example Ltd\n{TABLE}")
        assert counted(desk.ledger) == (0, 1, 2)
        await pressing("d", "y")(pilot)
        assert [payment.pay_date.month for payment in desk.ledger.payments()] == [4]
        assert [item.cells["taxable"].text for item in rows.items] == ["2,850.00"]
        await pressing("U", "enter", "y")(pilot)
        assert rows.items == []


async def test_a_p60_of_the_payslip_database_is_removed_there(desk: StillDesk) -> None:
    desk.ledger.replace_p60_mirror("payslip_ingest", [a_p60(TaxYear(2023), source="payslip_ingest")])
    async with an_app(desk).run_test() as pilot:
        await pressing("2", "d", "y")(pilot)
        assert "the P60 for 2023-24 comes from payslip_ingest; remove it there" in toasts(pilot)
        assert len(desk.ledger.p60s()) == 1


async def test_what_adds_up_is_seen_anew_when_a_payslip_is_removed(desk: StillDesk, tmp_path: Path) -> None:
    months = [f"2024-0{month}-26,Example Ltd,123/AB456,2850.00,360.20,{2850 * (month - 3)}.00\n" for month in (4, 5, 6)]
    (tmp_path / "slips.csv").write_text(HEADER.replace("\n", ",ytd_taxable\n") + "".join(months))
    async with an_app(desk).run_test() as pilot:
        await importing(pilot, "slips.csv")
        rows = pilot.app.query_one("#payslips Rows", Rows)
        assert [item.cells["check"].text for item in rows.items] == ["✓ ok", "✓ ok", "✓ ok"]
        await pressing("j", "d", "y")(pilot)
        assert [item.cells["check"].text for item in rows.items] == ["! YTD", "✓ ok"]
