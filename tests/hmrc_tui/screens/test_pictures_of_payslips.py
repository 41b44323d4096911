"""The Payslips tab as a picture: both sizes, both themes, and each of its states."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from storage.records import TaxYear
from tests.hmrc_tui.pictures import LARGE, SIZES, SMALL, an_app, pressing
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk, money
from tests.makers import a_payslip, a_year_of_payslips

Compare = Callable[..., bool]
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


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_payslips_with_a_break_in_the_year_to_date(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    app = an_app(a_desk(home, ledger=_slips()), theme)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing("2", *"jjjjjj"))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_no_payslips_yet(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    assert snap_compare(
        an_app(a_desk(home, ledger=StillLedger()), theme), terminal_size=SIZES[size], run_before=pressing("2")
    )


def test_only_the_payslips_with_a_warning(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home, ledger=_slips())), terminal_size=SMALL, run_before=pressing("2", "b"))


def test_one_payslip_in_full(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home, ledger=_slips())), terminal_size=SMALL, run_before=pressing("2", "enter"))


def test_the_payslips_behind_a_row(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("p"))


def test_sorted_by_the_marked_column(snap_compare: Compare, home: Path) -> None:
    steps = pressing("2", "l", "l", "o", "o")
    assert snap_compare(an_app(a_desk(home, ledger=_slips())), terminal_size=LARGE, run_before=steps)


def test_asking_for_a_file(snap_compare: Compare, home: Path) -> None:
    steps = pressing("2", "i", *"nowhere.csv", "enter")
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=steps)


def test_asking_before_removing(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("2", "d"))
