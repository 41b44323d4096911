"""The History tab as a picture: what HMRC said, and its calls."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hmrc_tui.app import HmrcTuiApp
from tests.hmrc_tui.pictures import SIZES, SMALL, an_app, pressing
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import StillLedger, a_desk

Compare = Callable[..., bool]


def _app(home: Path, theme: str = "dark", ledger: StillLedger | None = None) -> HmrcTuiApp:
    return an_app(a_desk(home, ledger=ledger or a_log()), theme)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_what_hmrc_said_and_when_it_changed(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    assert snap_compare(_app(home, theme), terminal_size=SIZES[size], run_before=pressing("3", *"jjjjj"))


@pytest.mark.parametrize("size", SIZES)
def test_every_call(snap_compare: Compare, home: Path, size: str) -> None:
    assert snap_compare(_app(home), terminal_size=SIZES[size], run_before=pressing("3", "c"))


def test_what_a_call_answered(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(_app(home), terminal_size=SMALL, run_before=pressing("3", "c", "j", "enter"))


def test_hmrc_was_not_asked_yet(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(_app(home, ledger=StillLedger()), terminal_size=SMALL, run_before=pressing("3"))


def test_a_damaged_answer(snap_compare: Compare, home: Path) -> None:
    ledger = a_log()
    ledger.kept_answers = dict.fromkeys(ledger.kept_answers, "{")
    assert snap_compare(_app(home, ledger=ledger), terminal_size=SMALL, run_before=pressing("3"))
