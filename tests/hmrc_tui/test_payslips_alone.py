"""Somebody who chose payslips alone is told what works without HMRC, and nowhere to press a key that cannot lead to it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.text import Told
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, VaultSettings
from tests.hmrc_tui.pictures import an_app, pressing, settle, toasts
from tests.hmrc_tui.still_desk import a_desk_without_hmrc

NEVER = ("6 signs in", "6 Sign in", "s asks", "s Ask", "s starts", "b opens", "b signs", "f forgets", "file by")


def said(pilot: Pilot[Any]) -> str:
    return "\n".join(spoken(told.told) for told in pilot.app.screen.query(Told) if told.display)


@pytest.mark.parametrize("papers", [True, False])
async def test_no_tab_leads_to_hmrc(home: Path, papers: bool) -> None:
    async with an_app(a_desk_without_hmrc(home, papers=papers)).run_test() as pilot:
        await settle(pilot)
        for tab in "123456":
            await pressing(tab)(pilot)
            assert not [words for words in NEVER if words in said(pilot)], tab


async def test_it_is_told_what_works_and_how_hmrc_is_set_up(home: Path) -> None:
    async with an_app(a_desk_without_hmrc(home, papers=True)).run_test() as pilot:
        await settle(pilot)
        assert "Payslips and P60s alone, without HMRC. ^g sets HMRC up." in said(pilot)
        assert "HMRC is not set up; import the P60 (2, then i)" in said(pilot)
        assert "Sign-in none: payslips alone" in said(pilot)
        await pressing("6")(pilot)
        assert "payslips and P60s need no sign-in" in said(pilot)


async def test_the_strip_tells_of_no_run_and_no_answer_that_will_never_come(home: Path) -> None:
    async with an_app(a_desk_without_hmrc(home, papers=True)).run_test() as pilot:
        await settle(pilot)
        strip = said(pilot).splitlines()[0]
        assert "SQLite" in strip
        assert not [words for words in ("confirmed", "next run") if words in strip]


async def test_asking_hmrc_all_the_same_says_how_it_is_set_up(home: Path) -> None:
    desk = a_desk_without_hmrc(home, papers=True)
    async with an_app(desk).run_test() as pilot:
        await pressing("s", "escape", "6", "b")(pilot)
        assert toasts(pilot) == ["HMRC is not set up: ^g does that. Payslips and P60s need nothing of it."]
        assert desk.syncs == 0
        assert not pilot.app.query_one("#steps", Told).told


@pytest.mark.parametrize(
    "settings",
    [
        Settings(hmrc=HmrcSettings(environment="production", client_id=Secret("made-up"))),
        Settings(hmrc=HmrcSettings(environment="production"), vault=VaultSettings(address="https://vault.example")),
    ],
)
async def test_whoever_has_credentials_or_a_vault_is_led_to_the_sign_in(home: Path, settings: Settings) -> None:
    async with an_app(a_desk_without_hmrc(home, settings=settings)).run_test() as pilot:
        await settle(pilot)
        assert "6 signs in" in said(pilot)
