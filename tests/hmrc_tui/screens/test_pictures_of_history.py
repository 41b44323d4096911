"""The History tab as a picture: each of its states in both sizes and both themes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hmrc_tui.app import HmrcTuiApp
from storage.records import Observation, TaxYear
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import Album, Steps, an_app, never_opened, pressing
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import StillLedger, a_desk


class Broken(StillLedger):
    """A ledger whose fetch log cannot be read."""

    def observations(self, tax_year: TaxYear | None = None) -> list[Observation]:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")


def _damaged() -> StillLedger:
    ledger = a_log()
    ledger.kept_answers = dict.fromkeys(ledger.kept_answers, "{")
    return ledger


def _with(ledger: Callable[[], StillLedger]) -> Callable[[Path], HmrcTuiApp]:
    return lambda home: an_app(a_desk(home, ledger=ledger()))


STATES: dict[str, tuple[Callable[[Path], HmrcTuiApp], Steps]] = {
    "what HMRC said and when it changed": (_with(a_log), pressing("3", *"jjjjj")),
    "every call": (_with(a_log), pressing("3", "c")),
    "what a call answered": (_with(a_log), pressing("3", "c", "j", "enter")),
    "not asked yet": (_with(StillLedger), pressing("3")),
    "loading": (lambda home: never_opened(a_desk(home)), pressing("3")),
    "failed": (_with(Broken), pressing("3")),
    "a damaged answer": (_with(_damaged), pressing("3")),
    "filter without a hit": (_with(a_log), pressing("3", "slash", "z", "z", "enter")),
}


@pytest.mark.parametrize("state", STATES)
async def test_history(album: Album, home: Path, state: str) -> None:
    app, steps = STATES[state]
    await album.compare(app(home), steps)
