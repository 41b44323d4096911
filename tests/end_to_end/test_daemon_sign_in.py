"""Signing in through the real daemon's service: a code from the terminal, a browser elsewhere, another server that speaks HMRC's protocol."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import TOKEN, Daemon, running, runs, until
from tests.ports import free_port


@pytest.fixture
def stranger(hmrc: AnotherHmrc, home: Path) -> Home:
    """Somebody with a daemon whose own `/callback` is registered, who has not signed in."""
    port = str(free_port())
    return Home.at(
        home,
        hmrc,
        HMRC_TUI_SERVICE__PORT=port,
        HMRC_TUI_SERVICE__WEBHOOK_TOKEN=TOKEN,
        HMRC_TUI_HMRC__REDIRECT_URI=f"http://localhost:{port}/callback",
        HMRC_TUI_SYNC__FIRST_YEAR="2025-26",
        HMRC_TUI_HMRC__APIS="individual-tax,individual-income",
    )


def browser(daemon: Daemon) -> httpx2.Client:
    return httpx2.Client(base_url=daemon.address, timeout=20, verify=False)


def setup_code(person: Home) -> str:
    (code,) = re.findall(r"[A-Za-z0-9_-]{32,}", person.run("token", "setup-code").stdout)
    return code


def sent_back(mine: httpx2.Client, code: str) -> str:
    """Where HMRC sends the browser that opened `/authorize` with this code."""
    to_hmrc = mine.get("/authorize", params={"setup_code": code})
    assert to_hmrc.status_code == 303, to_hmrc.text
    back = httpx2.get(to_hmrc.headers["location"], timeout=20)
    assert back.status_code == 303
    return back.headers["location"]


def test_a_browser_elsewhere_signs_the_daemon_in_once_and_no_secret_is_logged(
    hmrc: AnotherHmrc, stranger: Home
) -> None:
    with running(stranger) as daemon, browser(daemon) as mine, browser(daemon) as another:
        assert daemon.get("/readyz").json()["checks"]["sign_in"] == "none"
        code = setup_code(stranger)
        address = sent_back(mine, code)
        cookie = mine.cookies["hmrc_tui_sign_in"]
        assert another.get(address).status_code == 400, "it is bound to the browser that began it"
        assert mine.get("/callback?code=stolen&state=made-up").status_code == 400
        kept = mine.get(address, follow_redirects=True)
        assert (kept.status_code, "Signed in" in kept.text, kept.url.query) == (200, True, b"")
        assert mine.get(address).status_code == 400, "an answer counts once"
        assert mine.get("/authorize", params={"setup_code": code}).status_code == 403, "so does a code"
        assert daemon.get("/readyz").json()["checks"]["sign_in"] == "ok"
        assert daemon.ask_for_a_sync().status_code == 202
        until(lambda: runs(daemon) == 1, 60)
        status, _, log = daemon.stop()
    assert (status, len(hmrc.grants)) == (0, 1)
    answer = parse_qs(urlsplit(address).query)
    for secret in (code, cookie, answer["code"][0], answer["state"][0], hmrc.access_token, TOKEN):
        assert secret not in log
    assert stranger.json("token", "status")["state"] == "ok"


def test_a_refusal_at_hmrc_leaves_the_sign_in_as_it_was(hmrc: AnotherHmrc, stranger: Home) -> None:
    with running(stranger) as daemon, browser(daemon) as mine:
        assert mine.get(sent_back(mine, setup_code(stranger)), follow_redirects=True).status_code == 200
        to_hmrc = mine.get("/authorize", params={"setup_code": setup_code(stranger)})
        state = parse_qs(urlsplit(to_hmrc.headers["location"]).query)["state"][0]
        refused = mine.get("/callback", params={"error": "access_denied", "state": state})
        assert (refused.status_code, "permission was not given" in refused.text) == (403, True)
        hmrc.token_faults.append((500, {"code": "INTERNAL_SERVER_ERROR", "message": "m"}))
        hmrc.token_faults.append((400, {"error": "invalid_request", "error_description": "code is invalid"}))
        failed = mine.get(sent_back(mine, setup_code(stranger)))
        assert failed.status_code == 502
        assert daemon.get("/readyz").json()["checks"]["sign_in"] == "ok"
        status, _, log = daemon.stop()
    assert (status, "Traceback" in log, len(hmrc.grants)) == (0, False, 1)
