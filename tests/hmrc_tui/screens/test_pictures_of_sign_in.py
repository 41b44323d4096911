"""The Sign-in tab as a picture: each state of the sign-in and of an attempt, in both sizes and both themes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from hmrc_tui.screens.sign_in import SignInPage
from hmrc_tui.views.sign_in import Attempt
from tests.hmrc_tui.pictures import Album, Steps, an_app, never_opened, pressing, settle
from tests.hmrc_tui.still_desk import NO_GRANT, NOW, Grant, a_desk

ADDRESS = (
    "https://test-www.tax.service.gov.uk/oauth/authorize?response_type=code&client_id=made-up-client"
    "&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Foauth%2Fcallback&scope=read%3Aindividual-income"
    "&state=made-up-state&code_challenge=made-up-challenge&code_challenge_method=S256"
)
WAITING = Attempt("waiting", ADDRESS, "http://localhost:8080/oauth/callback", listening=True, browser=True)
GRANTS = {
    "signed in": Grant(),
    "never signed in": NO_GRANT,
    "ends in five days": replace(
        Grant(), state="expiring", grant_days_left=5, grant_expires_at=NOW + timedelta(days=5)
    ),
    "ended": replace(Grant(), state="expired", grant_days_left=0, grant_expires_at=NOW - timedelta(days=1)),
    "refused": replace(Grant(), state="needs_sign_in"),
}
ATTEMPTS = {
    "waiting for the browser": WAITING,
    "waiting for a paste": replace(WAITING, listening=False, browser=False, why_not="port 8080 is taken"),
    "exchanging": replace(WAITING, stage="exchanging"),
    "failed": Attempt("failed", complaint="HMRC was told not to give permission; nothing was changed"),
}


@pytest.mark.parametrize("grant", GRANTS)
async def test_how_the_sign_in_stands(album: Album, home: Path, grant: str) -> None:
    await album.compare(an_app(a_desk(home, grant_report=GRANTS[grant])), pressing("6"))


async def test_before_the_sign_in_was_read(album: Album, home: Path) -> None:
    await album.compare(never_opened(a_desk(home)), pressing("6"))


async def test_asking_before_it_is_forgotten(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home)), pressing("6", "f"))


def _trying(attempt: Attempt) -> Steps:
    async def steps(pilot: Pilot[Any]) -> None:
        await pressing("6")(pilot)
        page = pilot.app.query_one(SignInPage)
        page._now(attempt)
        await settle(pilot)

    return steps


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_the_steps_of_an_attempt(album: Album, home: Path, attempt: str) -> None:
    await album.compare(an_app(a_desk(home, grant_report=NO_GRANT)), _trying(ATTEMPTS[attempt]))
