"""The Activity tab as a picture: each of its states in both sizes and both themes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from daemon.events import CallFinished, CallStarted, SyncFinished, SyncStarted, YearFinished
from hmrc_tui.app import HmrcTuiApp
from storage.records import SyncRun, TaxYear
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import Album, Steps, an_app, never_opened, pressing, settle
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NOW, StillDesk, StillLedger, a_desk, a_run

YEARS = (TaxYear(2021), TaxYear(2023))


class Broken(StillLedger):
    """A ledger whose runs cannot be read."""

    def runs(self, limit: int) -> list[SyncRun]:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")


def _with(ledger: Callable[[], StillLedger]) -> Callable[[Path], HmrcTuiApp]:
    return lambda home: an_app(a_desk(home, ledger=ledger()))


def _no_run(home: Path) -> HmrcTuiApp:
    desk = a_desk(home, ledger=StillLedger())
    desk.ledger.kept_runs = []
    return an_app(desk)


def _every_outcome() -> StillLedger:
    ledger = a_log()
    ledger.kept_runs = [
        a_run(id="r1", outcome="cancelled", unattended=False, summary="2 of 5 calls"),
        a_run(id="r2", outcome="needs_sign_in", summary="HMRC no longer accepts the sign-in"),
        a_run(id="r3", outcome="failed", summary="1 year partial, 1 year failed"),
        *ledger.kept_runs,
    ]
    return ledger


def _syncing(*, then_stopped: bool = False) -> tuple[Callable[[Path], HmrcTuiApp], Steps]:
    """A sync that stands still in the middle of its calls, or is stopped there."""
    desks: list[StillDesk] = []

    def app(home: Path) -> HmrcTuiApp:
        desks.append(a_desk(home, ledger=a_log()))
        return an_app(desks[0])

    async def steps(pilot: Pilot[Any]) -> None:
        (desk,) = desks
        stopped = asyncio.Event()
        desk.cancel_sync = stopped.set  # type: ignore[method-assign]

        async def work() -> None:
            calls = desk.ledger.kept_observations
            desk.tell(SyncStarted("live", NOW, YEARS, 10, False))
            for number, call in enumerate(calls[:4], start=1):
                desk.tell(CallStarted("live", call.tax_year, call.api), CallFinished("live", call, number, 10))
            desk.tell(YearFinished("live", YEARS[0], "changed"), CallStarted("live", YEARS[1], "individual-tax"))
            await stopped.wait()
            desk.tell(SyncFinished("live", NOW, (), "stopped; what has been answered is kept"))

        desk.work = work
        await pressing("5", "s", *("x" if then_stopped else ""))(pilot)
        await settle(pilot)

    return app, steps


STATES: dict[str, tuple[Callable[[Path], HmrcTuiApp], Steps]] = {
    "the runs and their calls": (_with(a_log), pressing("5", "j")),
    "every outcome": (_with(_every_outcome), pressing("5")),
    "no run yet": (_no_run, pressing("5")),
    "loading": (lambda home: never_opened(a_desk(home)), pressing("5")),
    "failed": (_with(Broken), pressing("5")),
    "syncing": _syncing(),
    "sync stopped": _syncing(then_stopped=True),
    "filter without a hit": (_with(a_log), pressing("5", "slash", "z", "z", "enter")),
}


@pytest.mark.parametrize("state", STATES)
async def test_activity(album: Album, home: Path, state: str) -> None:
    app, steps = STATES[state]
    await album.compare(app(home), steps)
