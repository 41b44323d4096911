"""The Sign-in tab as a person uses it: what cannot be done says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from hmrc_tui.screens.sign_in import SignInPage
from hmrc_tui.views.pieces import spoken
from hmrc_tui.views.sign_in import Attempt
from hmrc_tui.widgets.text import Told
from storage.troubles import SignInNeeded
from tests.hmrc_tui.pictures import an_app, pressing, settle, toasts
from tests.hmrc_tui.still_desk import NO_GRANT, a_desk


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("f", "There is no sign-in to forget."),
        ("y", "There is no address yet: b makes one."),
        ("v", "Press b first: each attempt has its own address."),
    ],
)
async def test_what_cannot_be_done_before_a_sign_in_says_so(home: Path, key: str, said: str) -> None:
    async with an_app(a_desk(home, grant_report=NO_GRANT)).run_test() as pilot:
        await pressing("6", key)(pilot)
        assert toasts(pilot) == [said]
        assert len(pilot.app.screen_stack) == 1


async def test_the_steps_of_a_sign_in_that_is_no_longer_there_are_not_shown(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("6")(pilot)
        pilot.app.query_one(SignInPage)._now(Attempt("done"))
        steps = pilot.app.query_one("#steps", Told)
        assert "✓ HMRC's code is exchanged" in spoken(steps.told)
        desk.grant_report = NO_GRANT
        await pressing("r")(pilot)
        await settle(pilot)
        assert not steps.told


class CameBack:
    """An attempt whose browser has come back; HMRC does not take its code."""

    address, redirect_uri, listening, why_not = (
        "http://localhost:9640/oauth/authorize",
        "http://localhost:8080",
        False,
        "no",
    )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def finish(self, code_came: Callable[[], object]) -> None:
        code_came()
        raise SignInNeeded("HMRC does not take the code")


async def test_a_code_that_hmrc_does_not_take_is_told_at_its_own_step(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignInPage, "_prepare", lambda _: CameBack())
    async with an_app(a_desk(home, grant_report=NO_GRANT)).run_test() as pilot:
        await pressing("6", "b")(pilot)
        await pilot.app.workers.wait_for_complete()
        await settle(pilot)
        told = spoken(pilot.app.query_one("#steps", Told).told)
        assert "✓ You sign in at HMRC and give permission" in told
        assert "✗ HMRC's code is exchanged" in told
