"""The Overview as a picture: each of its states in both sizes and both themes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from daemon.events import CallFinished, SyncFinished, SyncStarted
from daemon.reconcile.model import Reconciliation
from hmrc_tui.app import HmrcTuiApp
from storage.records import Observation, TaxYear
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import LARGE, SMALL, Album, Steps, an_app, never_opened, pressing, settle
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import (
    NO_GRANT,
    NOW,
    Grant,
    StillDesk,
    StillLedger,
    Store,
    a_desk,
    a_run,
    a_story,
)


def _without_storage(home: Path) -> HmrcTuiApp:
    def fail() -> StillDesk:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")

    desk = a_desk(home)
    return HmrcTuiApp(fail, desk.settings, desk.places, desk.clock)


def _failed_run(home: Path, status: int | None) -> StillDesk:
    ledger = StillLedger()
    ledger.kept_runs = [a_run(outcome="failed", summary="1 year failed")]
    ledger.kept_observations = [
        Observation("o1", "run-1", NOW, TaxYear(2024), "individual-tax", "1.1", "failed", status, None, None, 10_000)
    ]
    return a_desk(home, ledger=ledger)


def _with(**changes: Any) -> Callable[[Path], HmrcTuiApp]:
    return lambda home: an_app(a_desk(home, **changes))


def _half_known() -> Reconciliation:
    """HMRC's Tax API failed for 2023-24, and its Income API answered."""
    years = [
        replace(
            year,
            rows=tuple(replace(row, tax=replace(row.tax, hmrc=None, difference=None), causes=()) for row in year.rows),
        )
        if year.tax_year == TaxYear(2023)
        else year
        for year in a_story().tax_years
    ]
    return Reconciliation(tuple(years))


def _syncing(then: str = "") -> tuple[Callable[[Path], HmrcTuiApp], Steps]:
    """A sync in the middle of its calls, which stands still there while the keys `then` are pressed."""
    desks: list[StillDesk] = []

    def app(home: Path) -> HmrcTuiApp:
        desks.append(a_desk(home, ledger=a_log()))
        return an_app(desks[0])

    async def steps(pilot: Pilot[Any]) -> None:
        (desk,) = desks
        call = desk.ledger.kept_observations[0]
        stopped = asyncio.Event()
        desk.cancel_sync = stopped.set  # type: ignore[method-assign]

        async def work() -> None:
            desk.tell(SyncStarted("live", NOW, (TaxYear(2023),), 10, False), CallFinished("live", call, 3, 10))
            await stopped.wait()
            desk.tell(SyncFinished("live", NOW, (), "stopped; what has been answered is kept"))

        desk.work = work
        await pressing("s", *then)(pilot)
        await settle(pilot)

    return app, steps


STATES: dict[str, tuple[Callable[[Path], HmrcTuiApp], Steps]] = {
    "newest": (_with(), pressing("g")),
    "explained": (_with(), pressing("k", "k")),
    "unexplained": (_with(), pressing()),
    "gone": (_with(), pressing("G", "k", "k")),
    "late": (_with(), pressing("G")),
    "not yet": (_with(), pressing("g", "j")),
    "partial": (lambda home: an_app(a_desk(home, told=_half_known())), pressing("k", "k")),
    "loading": (lambda home: never_opened(a_desk(home)), pressing()),
    "nothing yet": (
        _with(
            told=Reconciliation(()),
            grant_report=NO_GRANT,
            confirmed=None,
            due=None,
            store_report=Store("sqlite", False),
        ),
        pressing(),
    ),
    "offline": (lambda home: an_app(_failed_run(home, None)), pressing()),
    "failed": (lambda home: an_app(_failed_run(home, 500)), pressing()),
    "needs sign-in": (_with(grant_report=replace(Grant(), state="needs_sign_in")), pressing()),
    "not signed in": (_with(grant_report=NO_GRANT), pressing()),
    "sign-in ends in five days": (
        _with(
            grant_report=replace(Grant(), state="expiring", grant_days_left=5, grant_expires_at=NOW + timedelta(days=5))
        ),
        pressing(),
    ),
    "Postgres away": (_with(store_report=Store("sqlite", True, 12, trouble="connection refused")), pressing()),
    "no ledger": (_without_storage, pressing()),
    "syncing": _syncing(),
    "messages while syncing": _syncing(then="sy"),
    "sync stopped": _syncing(then="x"),
    "filtered": (_with(), pressing("slash", "a", "c", "m", "e")),
    "filter without a hit": (_with(), pressing("slash", "z", "z", "enter")),
    "tax instead of pay": (_with(), pressing("t")),
    "months instead of causes": (_with(), pressing("k", "k", "m")),
}


@pytest.mark.parametrize("state", STATES)
async def test_overview(album: Album, home: Path, state: str) -> None:
    app, steps = STATES[state]
    await album.compare(app(home), steps)


@pytest.mark.parametrize("theme", ["high-contrast", "colour-blind"])
async def test_overview_in_the_other_themes(album: Album, home: Path, theme: str) -> None:
    await album.once(an_app(a_desk(home), theme), pressing("k", "k"), LARGE)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_overview_without_colour(
    album: Album, home: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    await album.once(an_app(a_desk(home)), pressing("k", "k"), size)


@pytest.mark.parametrize("size", [(200, 60), (100, 30), (40, 10)], ids=["200x60", "100x30", "40x10"])
async def test_overview_at_other_sizes(album: Album, home: Path, size: tuple[int, int]) -> None:
    await album.once(an_app(a_desk(home)), pressing("k", "k"), size)
