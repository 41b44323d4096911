"""A ledger or a sign-in that cannot be read: every tab says so and stays alive, and none claims to be reading for ever."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from daemon.reconcile.model import Reconciliation
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.places import Places
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import an_app, never_opened, pressing, settle, toasts
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NO_GRANT, NOW, SANDBOX, Grant, StillDesk, a_desk
from tests.makers import StoppedClock

DAMAGED = "ledger.sqlite: file is not a database; move it away, then use hmrc-tui restore"


def seen(pilot: Pilot[Any]) -> str:
    """Every text that is shown."""
    shown = [told for told in pilot.app.screen_stack[0].query(Told).results(Told) if told.display and told.region]
    return "\n".join(spoken(told.told) for told in shown)


def unopened(home: Path) -> HmrcTuiApp:
    def refuse() -> Any:
        raise StorageTrouble(DAMAGED)

    return HmrcTuiApp(refuse, SANDBOX, Places.under(home), StoppedClock(NOW))


@pytest.mark.parametrize("page", "123456")
async def test_every_tab_tells_why_the_ledger_could_not_be_opened(home: Path, page: str) -> None:
    async with unopened(home).run_test(size=(120, 40)) as pilot:
        await pressing(page)(pilot)
        assert "move it away, then use hmrc-tui restore" in seen(pilot)
        assert "Reading" not in seen(pilot)
        assert "No payslips yet" not in seen(pilot)
        assert "✗ ledger not read" in seen(pilot)
        assert "…" not in seen(pilot)


@pytest.mark.parametrize(
    ("page", "key"), [("2", "i"), ("2", "v"), ("2", "U"), ("1", "s"), ("4", "v"), ("6", "b"), ("6", "f")]
)
async def test_what_needs_the_ledger_says_that_it_is_not_open(home: Path, page: str, key: str) -> None:
    async with unopened(home).run_test() as pilot:
        await pressing(page, key)(pilot)
        assert toasts(pilot) == ["The ledger could not be opened: r tries again."]
        assert len(pilot.app.screen_stack) == 1


@pytest.mark.parametrize("page", "46")
async def test_no_key_ends_the_program_while_there_is_no_ledger(home: Path, page: str) -> None:
    async with unopened(home).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for key in "pabcdfeimovyYUrsx":
            await pilot.press(page, key, "escape")
        await settle(pilot)
        await pressing(page)(pilot)
        assert "move it away" in seen(pilot)


async def test_a_sign_in_whose_store_cannot_be_read_is_told_with_the_figures(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_desk: StillDesk) -> None:
        raise StorageTrouble("token.json: others can read it; chmod 600 it")

    monkeypatch.setattr(StillDesk, "grant_status", refuse)
    async with an_app(a_desk(home)).run_test() as pilot:
        await settle(pilot)
        assert "Sign-in ! cannot be read" in seen(pilot)
        assert "! Your sign-in cannot be read. 6 says why." in seen(pilot)
        assert "agrees with your payslips" in seen(pilot)
        await pressing("6")(pilot)
        assert "token.json: others can read it; chmod 600 it" in seen(pilot)
        assert "Reading" not in seen(pilot)


async def test_an_answer_that_cannot_be_read_is_told_and_does_not_end_the_program(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = a_desk(home, ledger=a_log())
    answered = next(call.id for call in desk.ledger.kept_observations if call.answer_hash)
    async with an_app(desk).run_test() as pilot:
        await pressing("3", "c")(pilot)

        def refuse(_hashes: object) -> None:
            raise StorageTrouble(DAMAGED)

        monkeypatch.setattr(desk.ledger, "answers", refuse)
        pilot.app.query_one("#history Rows", Rows).go_to(answered)
        await pressing("enter")(pilot)
        assert "✗ The history could not be read." in seen(pilot)
        assert DAMAGED in seen(pilot)
        assert toasts(pilot) == []


async def test_what_is_done_with_a_row_waits_for_the_ledger(home: Path) -> None:
    async with never_opened(a_desk(home)).run_test() as pilot:
        for key in ("a", "L", "p"):
            await pressing(key)(pilot)
        assert toasts(pilot) == ["The ledger is being read; wait a moment."]


async def test_the_reason_stays_on_the_screen_when_the_months_are_asked_for(home: Path) -> None:
    async with unopened(home).run_test() as pilot:
        await pressing("m")(pilot)
        assert "move it away, then use hmrc-tui restore" in seen(pilot)


async def test_somebody_signed_in_is_not_told_to_sign_in(home: Path) -> None:
    for report, told in ((Grant(), False), (NO_GRANT, True)):
        async with an_app(a_desk(home, told=Reconciliation(()), grant_report=report)).run_test() as pilot:
            await settle(pilot)
            assert ("Sign in at HMRC" in seen(pilot)) is told
