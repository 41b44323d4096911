"""A walk through the interface: every tab with something on it, and what opens over them, each reached by keys from the one before."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.screens import headers
from storage.records import TaxYear
from tests.hmrc_tui.one_machine import OneMachine
from tests.hmrc_tui.pictures import an_app
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NOW, a_desk, a_story
from tests.makers import a_p60, a_payment, a_payslip

PLACES: Mapping[str, Sequence[str]] = {
    "overview": ("k", "k"),
    "months": ("m",),
    "accepting": ("m", "a"),
    "payslips": ("escape", "2"),
    "a payslip in full": ("enter",),
    "P60s": ("escape", "p"),
    "payments": ("p",),
    "filter": ("slash", *"ex"),
    "importing": ("escape", "i"),
    "importing what is not there": (*"nowhere", "enter"),
    "pasting": ("escape", "v"),
    "removing": ("escape", "d"),
    "history": ("escape", "3"),
    "every call": ("c",),
    "headers": ("4",),
    "activity": ("5",),
    "sign-in": ("6",),
    "help": ("question_mark",),
    "palette": ("escape", "colon", *"acc"),
    "first steps": ("escape", "ctrl+g"),
    "messages": ("escape", "2", "y", "1", "s"),
}
OVER = frozenset(
    {
        "accepting",
        "a payslip in full",
        "importing",
        "importing what is not there",
        "pasting",
        "removing",
        "help",
        "palette",
    }
)
"""What opens over a tab, which stands back meanwhile."""


def an_app_with_everything(home: Path, theme: str, monkeypatch: pytest.MonkeyPatch) -> HmrcTuiApp:
    """The interface on a desk that has something for every tab, good and bad; of this machine's headers some are wrong."""
    changes = {"timezone": "BST", "multi_factor": None}
    monkeypatch.setattr(headers, "HeaderSource", lambda method, *_: OneMachine(method, changes=changes))
    ledger = a_log()
    ledger.slips = [slip for year in a_story().tax_years for row in year.rows for slip in row.payslips]
    ledger.slips.append(a_payslip(date(2025, 6, 27), id="broken", net_pay=Decimal("2332.64")))
    ledger.kept_p60s = [a_p60(TaxYear(2022)), a_p60(TaxYear(2023))]
    ledger.kept_payments = [
        a_payment(date(2025, 4, 26), imported_at=NOW - timedelta(days=3)),
        a_payment(date(2025, 5, 26), employer=None, employer_paye_ref=None),
    ]
    return an_app(a_desk(home, ledger=ledger), theme)
