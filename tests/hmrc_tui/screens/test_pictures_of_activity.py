"""The Activity tab as a picture: the runs, and a sync as it goes on."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from daemon.events import CallFinished, CallStarted, SyncStarted, YearFinished
from storage.records import TaxYear
from tests.hmrc_tui.pictures import SIZES, SMALL, Steps, an_app, pressing, settle
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NOW, StillDesk, StillLedger, a_desk

Compare = Callable[..., bool]
YEARS = (TaxYear(2021), TaxYear(2023))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_the_runs_and_their_calls(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    app = an_app(a_desk(home, ledger=a_log()), theme)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing("5", "j"))


def test_no_run_yet(snap_compare: Compare, home: Path) -> None:
    desk = a_desk(home, ledger=StillLedger())
    desk.ledger.kept_runs = []
    assert snap_compare(an_app(desk), terminal_size=SMALL, run_before=pressing("5"))


def _syncing(desk: StillDesk) -> Steps:
    """A sync that stands still in the middle of its calls."""

    async def work() -> None:
        calls = desk.ledger.kept_observations
        desk.tell(SyncStarted("live", NOW, YEARS, 10, False))
        for number, call in enumerate(calls[:4], start=1):
            desk.tell(CallStarted("live", call.tax_year, call.api), CallFinished("live", call, number, 10))
        desk.tell(YearFinished("live", YEARS[0], "changed"), CallStarted("live", YEARS[1], "individual-tax"))
        await asyncio.Event().wait()

    async def steps(pilot: Pilot[Any]) -> None:
        desk.work = work
        await pressing("5", "s")(pilot)
        await settle(pilot)

    return steps


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_a_sync_as_it_goes_on(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    desk = a_desk(home, ledger=a_log())
    assert snap_compare(an_app(desk, theme), terminal_size=SIZES[size], run_before=_syncing(desk))
