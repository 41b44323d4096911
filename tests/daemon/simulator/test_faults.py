"""Faults to order: refusals, delays, dropped and cut connections, redirects; and what the request had done by then."""

import threading
import time
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from daemon.simulator import Simulator
from daemon.simulator.faults import PLATFORM_BODIES
from tests.daemon.simulator.conftest import Desk
from tests.simulated import Tokens, control, token_request, tokens_for

HELLO = "/hello/world"


def order(simulator: Simulator, **fault: Any) -> None:
    control(simulator, "POST", "/faults", fault)


def refresh(simulator: Simulator, tokens: Tokens) -> httpx2.Response:
    return token_request(simulator, grant_type="refresh_token", refresh_token=tokens.refresh_token)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_the_next_requests_are_answered_with_hmrcs_bodies(desk: Desk, status: int) -> None:
    order(desk.simulator, action="respond", path="/hello", status=status, times=2, retry_after="7")
    answers = [desk.get(HELLO, version="1.0") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].text == PLATFORM_BODIES[status]
    assert answers[0].headers["retry-after"] == "7"
    assert "retry-after" not in answers[2].headers


def test_a_fault_hits_only_what_it_names(desk: Desk) -> None:
    token = desk.user_token()
    path = f"/individual-tax/sa/{desk.utr}/annual-summary/"
    order(desk.simulator, action="respond", path="/individual-tax", tax_year="2023-24", times=None)
    order(desk.simulator, action="respond", path="/", method="PUT", times=None)
    statuses = [desk.get(path + year, token=token).status_code for year in ("2022-23", "2023-24", "2023-24")]
    assert statuses == [404, 503, 503]
    assert desk.get(HELLO, version="1.0").status_code == 200
    control(desk.simulator, "DELETE", "/faults")
    assert desk.get(path + "2023-24", token=token).status_code == 404


def test_a_fault_can_let_some_pass_first_and_look_at_the_form(simulator: Simulator) -> None:
    tokens = tokens_for(simulator)
    order(simulator, action="respond", path="/oauth/token", form={"grant_type": "refresh_token"}, skip=1)
    assert token_request(simulator, grant_type="client_credentials").status_code == 200
    again = refresh(simulator, tokens)
    assert again.status_code == 200
    spent = Tokens("", again.json()["refresh_token"], "", 0)
    assert refresh(simulator, spent).status_code == 503
    assert refresh(simulator, spent).status_code == 200


@pytest.mark.parametrize(("action", "rotated"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_refresh_has_or_has_not_taken_effect(simulator: Simulator, action: str, rotated: bool) -> None:
    tokens = tokens_for(simulator)
    order(simulator, action=action, path="/oauth/token")
    with pytest.raises(httpx2.TransportError):
        refresh(simulator, tokens)
    truth = control(simulator, "GET", "/truth")
    assert (truth["refreshes"], truth["statuses"]["dropped"], truth["live_chains"]) == (int(rotated), 1, 1)
    assert refresh(simulator, tokens).status_code == (400 if rotated else 200)


def test_a_body_can_be_cut_half_way(desk: Desk) -> None:
    order(desk.simulator, action="cut", path=HELLO)
    with (
        httpx2.stream(
            "GET", desk.simulator.address + HELLO, headers={"accept": "application/vnd.hmrc.1.0+json"}
        ) as answer,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        answer.read()
    assert answer.status_code == 200
    assert desk.get(HELLO, version="1.0").json() == {"message": "Hello World"}


def test_a_cut_answer_may_still_hold_the_tokens(simulator: Simulator) -> None:
    tokens = tokens_for(simulator)
    order(simulator, action="cut", path="/oauth/token", bytes=140)
    form = {
        "client_id": simulator.application.client_id,
        "client_secret": simulator.application.secrets[0],
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token,
    }
    got = b""
    with httpx2.stream("POST", f"{simulator.address}/oauth/token", data=form) as answer:
        try:
            for part in answer.iter_raw():
                got += part
        except httpx2.RemoteProtocolError:
            pass
    assert len(got) == 140
    assert b"access_token" in got


def test_a_redirect_leads_where_it_was_told(desk: Desk) -> None:
    order(desk.simulator, action="redirect", path=HELLO, location="https://elsewhere.example/x")
    answer = desk.get(HELLO, version="1.0")
    assert (answer.status_code, answer.headers["location"]) == (307, "https://elsewhere.example/x")


def test_a_delay_comes_before_the_effect_or_after_it(simulator: Simulator) -> None:
    tokens = tokens_for(simulator)
    order(simulator, action="delay", path="/oauth/token", seconds=0.2)
    started = time.monotonic()
    assert refresh(simulator, Tokens("", "no-such-token", "", 0)).status_code == 400
    assert time.monotonic() - started >= 0.2
    order(simulator, action="delay", path="/oauth/token", seconds_after=60)
    answered = threading.Event()

    def wait_for_the_answer() -> None:
        with suppress(httpx2.TransportError):  # at the end of the test the simulator hangs up
            refresh(simulator, tokens)
            answered.set()

    waiting = threading.Thread(target=wait_for_the_answer)
    waiting.start()
    deadline = time.monotonic() + 30
    while not control(simulator, "GET", "/truth")["refreshes"]:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert not answered.is_set()
    simulator.stop()
    waiting.join(30)
    assert not answered.is_set()


def test_html_can_be_answered_in_place_of_json(desk: Desk) -> None:
    order(desk.simulator, action="respond", path=HELLO, status=200, body="<html>Sorry</html>", content_type="text/html")
    answer = desk.get(HELLO, version="1.0")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "<html>Sorry</html>", "text/html")


def test_the_control_address_is_never_at_fault(simulator: Simulator) -> None:
    order(simulator, action="respond", path="/", times=None)
    listing = control(simulator, "GET", "/faults")
    assert listing[0]["left"] is None
