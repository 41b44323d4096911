"""The Payslips tab as a picture: each of its states in both sizes and both themes."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from hmrc_tui.app import HmrcTuiApp
from storage.books import ImportRecord
from storage.records import Payslip, TaxYear
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import Album, Steps, an_app, pressing, settle
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk, money
from tests.makers import a_payslip, a_year_of_payslips

BREAK = "taxable pay to date rises by £5,700.00 from 26 August 2024, and this payslip pays £2,850.00"


def _slips() -> StillLedger:
    slips = a_year_of_payslips(
        TaxYear(2024),
        tax_code="1257L",
        ni_category="A",
        source="payslips-2024.csv",
        imported_at=NOW - timedelta(days=3),
    )
    broken = a_payslip(
        date(2024, 9, 26), id="broken", tax_code="1257L", ytd_taxable=money("19950.00"), warnings=(BREAK,)
    )
    return StillLedger([slip for slip in slips if slip.pay_date != broken.pay_date] + [broken])


class Broken(StillLedger):
    """A ledger whose payslips cannot be read."""

    def payslips(self) -> list[Payslip]:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")


def _with(ledger: Callable[[], StillLedger] | None = None) -> Callable[[Path], HmrcTuiApp]:
    return lambda home: an_app(a_desk(home, **({"ledger": ledger()} if ledger else {})))


def _never_opened(home: Path) -> HmrcTuiApp:
    app = an_app(a_desk(home))
    app._begin = lambda: None  # type: ignore[method-assign]
    return app


def _imported() -> StillLedger:
    ledger = _slips()
    ledger.kept_imports = [
        ImportRecord("20250701-b", NOW - timedelta(hours=1), "P60s from p60-2024.pdf", 0, 1, 0, False),
        ImportRecord("20250628-a", NOW - timedelta(days=3), "payslips from payslips-2024.csv", 12, 0, 0, False),
    ]
    return ledger


async def _pasting(pilot: Pilot[Any]) -> None:
    await pressing("2", "v")(pilot)
    pilot.app.screen.query_one(TextArea).text = "26 April 2025\t£2,850.00\t£360.20\t£156.16\n"
    await settle(pilot)


STATES: dict[str, tuple[Callable[[Path], HmrcTuiApp], Steps]] = {
    "break in the year to date": (_with(_slips), pressing("2", *"jjjjjj")),
    "none yet": (_with(StillLedger), pressing("2")),
    "loading": (_never_opened, pressing("2")),
    "failed": (_with(Broken), pressing("2")),
    "only with a warning": (_with(_slips), pressing("2", "b")),
    "one in full": (_with(_slips), pressing("2", "enter")),
    "behind a row": (_with(), pressing("p")),
    "sorted": (_with(_slips), pressing("2", "l", "l", "o", "o")),
    "filter without a hit": (_with(_slips), pressing("2", "slash", "z", "z", "enter")),
    "asking for a file": (_with(_slips), pressing("2", "i", *"nowhere.csv", "enter")),
    "pasting the payment table": (_with(_slips), _pasting),
    "asking before removing": (_with(_slips), pressing("2", "d")),
    "asking what to take back": (_with(_imported), pressing("2", "U")),
    "asking before taking back": (_with(_imported), pressing("2", "U", "j", "enter")),
}


@pytest.mark.parametrize("state", STATES)
async def test_payslips(album: Album, home: Path, state: str) -> None:
    app, steps = STATES[state]
    await album.compare(app(home), steps)
