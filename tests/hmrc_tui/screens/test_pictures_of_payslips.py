"""The Payslips tab as a picture: each of its states in both sizes and both themes."""

from collections.abc import Callable
from dataclasses import replace
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
from tests.hmrc_tui.pictures import Album, Steps, an_app, never_opened, pressing, settle
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk, a_story, money, with_rows
from tests.makers import a_p60, a_payment, a_year_of_payslips


def _slips() -> StillLedger:
    """A year of payslips; the one of September tells of a month's pay more to date than there is."""
    slips = a_year_of_payslips(
        TaxYear(2024),
        tax_code="1257L",
        ni_category="A",
        source="payslips-2024.csv",
        imported_at=NOW - timedelta(days=3),
    )
    to_date = {8: money("14250.00"), 9: money("19950.00")}
    return StillLedger([replace(slip, ytd_taxable=to_date.get(slip.pay_date.month)) for slip in slips])


def _papers() -> StillLedger:
    """Payslips, P60s of three years, and the payment table of one employer, and a line of nobody's."""
    ledger = _slips()
    ledger.kept_p60s = [
        a_p60(TaxYear(2022), tax_code="1257L", source="p60-2022.pdf", imported_at=NOW - timedelta(days=3)),
        a_p60(TaxYear(2023), tax_code="1257L", student_loan=money("411.00"), source="p60-2023.pdf"),
        a_p60(TaxYear(2023), id="other", employer="Acme Widgets plc", income_tax=money("-12.40"), source="p60s.csv"),
    ]
    ledger.kept_payments = [
        *(
            a_payment(date(2025, month, 26), source="the pasted table", imported_at=NOW - timedelta(days=3))
            for month in (4, 5, 6)
        ),
        a_payment(date(2025, 5, 2), employer=None, employer_paye_ref=None, national_insurance=None),
    ]
    return ledger


def _of_a_row(home: Path) -> HmrcTuiApp:
    """The Overview's explained row has a P60 too."""
    p60 = a_p60(TaxYear(2023))
    desk = a_desk(home, told=with_rows(a_story(), p60.tax_year, p60s=(p60,)))
    desk.ledger.kept_p60s = [p60, a_p60(TaxYear(2022))]
    return an_app(desk)


class Broken(StillLedger):
    """A ledger whose payslips cannot be read."""

    def payslips(self) -> list[Payslip]:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")


def _with(ledger: Callable[[], StillLedger] | None = None) -> Callable[[Path], HmrcTuiApp]:
    return lambda home: an_app(a_desk(home, **({"ledger": ledger()} if ledger else {})))


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
    "loading": (lambda home: never_opened(a_desk(home)), pressing("2")),
    "failed": (_with(Broken), pressing("2")),
    "only with a warning": (_with(_slips), pressing("2", "b")),
    "one in full": (_with(_slips), pressing("2", "enter")),
    "behind a row": (_with(), pressing("p")),
    "sorted": (_with(_slips), pressing("2", "l", "l", "o", "o")),
    "filter without a hit": (_with(_slips), pressing("2", "slash", "z", "z", "enter")),
    "asking for a file": (_with(_slips), pressing("2", "i", *"nowhere.csv", "enter")),
    "pasting the payment table": (_with(_slips), _pasting),
    "asking before removing": (_with(_slips), pressing("2", "d")),
    "P60s": (_with(_papers), pressing("2", "p")),
    "a P60 in full": (_with(_papers), pressing("2", "p", "enter")),
    "no P60 yet": (_with(_slips), pressing("2", "p")),
    "P60s without a hit": (_with(_papers), pressing("2", "p", "slash", "z", "z", "enter")),
    "asking before removing a P60": (_with(_papers), pressing("2", "p", "d")),
    "the P60 behind a row": (_of_a_row, pressing("k", "k", "p", "p")),
    "no payment behind a row": (_of_a_row, pressing("k", "k", "p", "p", "p")),
    "payments": (_with(_papers), pressing("2", "p", "p", "j")),
    "a payment in full": (_with(_papers), pressing("2", "p", "p", "enter")),
    "no payment yet": (_with(_slips), pressing("2", "p", "p")),
    "asking before removing a payment": (_with(_papers), pressing("2", "p", "p", "j", "d")),
    "asking what to take back": (_with(_imported), pressing("2", "U")),
    "asking before taking back": (_with(_imported), pressing("2", "U", "j", "enter")),
}


@pytest.mark.parametrize("state", STATES)
async def test_payslips(album: Album, home: Path, state: str) -> None:
    app, steps = STATES[state]
    await album.compare(app(home), steps)
