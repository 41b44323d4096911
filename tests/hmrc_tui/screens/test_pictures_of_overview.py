"""The Overview as a picture: both sizes, both themes, and each of its states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.reconcile.model import Reconciliation
from hmrc_tui.app import HmrcTuiApp
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import LARGE, SIZES, SMALL, an_app, pressing
from tests.hmrc_tui.still_desk import NO_GRANT, NOW, Grant, StillDesk, StillLedger, Store, a_desk, a_run

Compare = Callable[..., bool]
BOTH_THEMES = ("dark", "light")
FULL: dict[str, tuple[str, ...]] = {
    "newest": ("g",),
    "explained": ("k", "k"),
    "unexplained": (),
    "gone": ("G", "k", "k"),
    "late": ("G",),
}


@pytest.mark.parametrize("theme", BOTH_THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("row", FULL)
def test_overview_tells_the_selected_row(snap_compare: Compare, home: Path, size: str, theme: str, row: str) -> None:
    assert snap_compare(an_app(a_desk(home), theme), terminal_size=SIZES[size], run_before=pressing(*FULL[row]))


def _never_opened(home: Path) -> HmrcTuiApp:
    app = an_app(a_desk(home))
    app._begin = lambda: None  # type: ignore[method-assign]
    return app


def _without_storage(home: Path) -> HmrcTuiApp:
    def fail() -> StillDesk:
        raise StorageTrouble("/home/sam/ledger.sqlite: disk I/O error; run `hmrc-tui doctor`")

    desk = a_desk(home)
    return HmrcTuiApp(fail, desk.settings, desk.places, desk.clock)


def _failed_run(home: Path, status: int | None) -> StillDesk:
    from storage.records import Observation, TaxYear

    ledger = StillLedger()
    ledger.kept_runs = [a_run(outcome="failed", summary="1 year failed")]
    ledger.kept_observations = [
        Observation("o1", "run-1", NOW, TaxYear(2024), "individual-tax", "1.1", "failed", status, None, None, 10_000)
    ]
    return a_desk(home, ledger=ledger)


STATES: dict[str, Callable[[Path], HmrcTuiApp]] = {
    "loading": _never_opened,
    "nothing yet": lambda home: an_app(
        a_desk(
            home,
            told=Reconciliation(()),
            grant_report=NO_GRANT,
            confirmed=None,
            due=None,
            store_report=Store("sqlite", False),
        )
    ),
    "offline": lambda home: an_app(_failed_run(home, None)),
    "failed": lambda home: an_app(_failed_run(home, 500)),
    "needs sign-in": lambda home: an_app(a_desk(home, grant_report=replace(Grant(), state="needs_sign_in"))),
    "sign-in ends in five days": lambda home: an_app(
        a_desk(
            home,
            grant_report=replace(
                Grant(), state="expiring", grant_days_left=5, grant_expires_at=NOW + timedelta(days=5)
            ),
        )
    ),
    "Postgres away": lambda home: an_app(
        a_desk(home, store_report=Store("sqlite", True, 12, trouble="connection refused"))
    ),
    "no ledger": _without_storage,
}


@pytest.mark.parametrize("theme", BOTH_THEMES)
@pytest.mark.parametrize("state", STATES)
def test_overview_in_every_state(snap_compare: Compare, home: Path, state: str, theme: str) -> None:
    app = STATES[state](home)
    app.theme = theme
    assert snap_compare(app, terminal_size=SMALL, run_before=pressing())


@pytest.mark.parametrize("theme", ["high-contrast", "colour-blind"])
def test_overview_in_the_other_themes(snap_compare: Compare, home: Path, theme: str) -> None:
    assert snap_compare(an_app(a_desk(home), theme), terminal_size=LARGE, run_before=pressing("k", "k"))


def test_overview_without_colour(snap_compare: Compare, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("k", "k"))


def test_overview_shows_tax_instead_of_pay(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("t"))


def test_overview_filtered(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("slash", "a", "c", "m", "e"))


def test_overview_without_a_match(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("slash", "z", "z", "enter"))


@pytest.mark.parametrize("size", [(200, 60), (100, 30)])
def test_overview_at_other_sizes(snap_compare: Compare, home: Path, size: tuple[int, int]) -> Any:
    assert snap_compare(an_app(a_desk(home)), terminal_size=size, run_before=pressing("k", "k"))


@pytest.mark.parametrize("theme", BOTH_THEMES)
def test_overview_shows_the_months_instead_of_the_causes(snap_compare: Compare, home: Path, theme: str) -> None:
    assert snap_compare(an_app(a_desk(home), theme), terminal_size=SMALL, run_before=pressing("k", "k", "m"))
