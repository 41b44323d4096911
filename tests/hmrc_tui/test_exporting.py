"""What is shown is copied and exported, whole and as other programs read it."""

import csv
import stat
from pathlib import Path

import pytest
from textual.widgets import Input

from hmrc_tui.screens.listing import _bare
from hmrc_tui.views.pieces import Cell
from storage.records import TaxYear
from tests.hmrc_tui.pictures import an_app, pressing
from tests.hmrc_tui.still_desk import a_desk
from tests.makers import a_p60


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
