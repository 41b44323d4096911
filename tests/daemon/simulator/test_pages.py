"""The sign-in pages, step by step as a browser meets them: addresses, ids, form fields, and what goes wrong on the way."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest

from daemon.simulator import Simulator
from daemon.simulator.registered import OUT_OF_BAND, OUT_OF_BAND_AUTO
from daemon.simulator.visitor import VisitFailed, sign_in
from tests.simulated import authorisation_address, exchange

SIGN_IN = "/api-test-login/sign-in"


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=simulator.address, verify=False) as client:
        yield client


def hidden(page: httpx2.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def at_the_sign_in_form(simulator: Simulator, browser: httpx2.Client) -> httpx2.Response:
    start = browser.get(browser.get(authorisation_address(simulator)).headers["location"])
    onward = re.search(r'<a role="button" class="govuk-button" href="([^"]+)">Continue</a>', start.text)
    assert onward
    needed = browser.get(onward[1])
    link = re.search(
        r'<a role="button" id="signIn"[^>]* href="([^"]+)">Sign in to the HMRC online service', needed.text
    )
    assert link
    assert link[1].startswith(f"{SIGN_IN}?continue=%2Foauth%2Fgrantscope%3Fauth_id%3D")
    return browser.get(link[1])


def at_the_permission_form(simulator: Simulator, browser: httpx2.Client) -> httpx2.Response:
    form = hidden(at_the_sign_in_form(simulator, browser))
    person = simulator.person
    answer = browser.post(SIGN_IN, data={**form, "userId": person.user_id, "password": person.password})
    assert answer.status_code == 303
    assert "mdtp" in answer.cookies
    assert answer.headers["location"] == form["continue"]
    return browser.get(answer.headers["location"])


def test_every_step_of_the_journey_has_its_address_ids_and_fields(simulator: Simulator, browser: httpx2.Client) -> None:
    form = at_the_sign_in_form(simulator, browser)
    assert "Enter your Test User credentials to sign in." in form.text
    assert {'id="userId"', 'id="password"', 'id="submit"'} <= set(re.findall(r'id="\w+"', form.text))
    assert set(hidden(form)) == {"csrfToken", "continue"}
    permission = at_the_permission_form(simulator, browser)
    assert set(hidden(permission)) == {"csrfToken", "auth_id", "state"}
    assert 'id="givePermission"' in permission.text
    assert "Do not grant authority" in permission.text
    back = browser.post("/oauth/grantscope", data=hidden(permission))
    assert back.status_code == 303
    address = urlsplit(back.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == "http://localhost:8080/oauth/callback"
    result = parse_qs(address.query)
    assert result["state"] == ["made-up-state"]
    assert exchange(simulator, result["code"][0]).status_code == 200


def test_who_says_no_is_sent_back_with_hmrcs_words(simulator: Simulator) -> None:
    person = simulator.person
    back = sign_in(authorisation_address(simulator), person.user_id, person.password, grant=False)
    assert back == (
        "http://localhost:8080/oauth/callback?error=access_denied&error_description=user+denied+the+authorization"
        "&error_code=USER_DENIED_AUTHORIZATION&state=made-up-state"
    )


def test_without_a_state_none_comes_back(simulator: Simulator) -> None:
    person = simulator.person
    back = sign_in(authorisation_address(simulator, state=None), person.user_id, person.password)
    assert set(parse_qs(urlsplit(back).query)) == {"code"}


def test_a_query_in_the_redirect_uri_is_kept(simulator: Simulator) -> None:
    person = simulator.person
    address = authorisation_address(simulator, redirect_uri="http://localhost:8080/here?kept=1")
    back = sign_in(address, person.user_id, person.password)
    assert back.startswith("http://localhost:8080/here?kept=1&code=")


@pytest.mark.parametrize("redirect_uri", [OUT_OF_BAND, OUT_OF_BAND_AUTO])
def test_out_of_band_the_code_stands_in_the_title(simulator: Simulator, redirect_uri: str) -> None:
    person = simulator.person
    title = sign_in(authorisation_address(simulator, redirect_uri=redirect_uri), person.user_id, person.password)
    match = re.fullmatch(r"Success code=(\w+)&state=made-up-state", title)
    assert match
    assert exchange(simulator, match[1], redirect_uri=redirect_uri).status_code == 200


def test_out_of_band_a_refusal_is_told_in_the_title_too(simulator: Simulator) -> None:
    person = simulator.person
    address = authorisation_address(simulator, redirect_uri=OUT_OF_BAND)
    assert sign_in(address, person.user_id, person.password, grant=False).startswith("Denied error=access_denied")


def test_a_wrong_password_shows_the_form_again(simulator: Simulator, browser: httpx2.Client) -> None:
    form = hidden(at_the_sign_in_form(simulator, browser))
    answer = browser.post(SIGN_IN, data={**form, "userId": simulator.person.user_id, "password": "wrong"})
    assert answer.status_code == 401
    assert "Invalid user ID or password. Try again." in answer.text
    again = {**hidden(answer), "userId": simulator.person.user_id, "password": simulator.person.password}
    assert browser.post(SIGN_IN, data=again).status_code == 303


@pytest.mark.parametrize("target", ["", "https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"])
def test_signing_in_leads_nowhere_else(browser: httpx2.Client, target: str) -> None:
    answer = browser.get(f"{SIGN_IN}?continue={quote(target, safe='')}")
    assert answer.status_code == 400
    assert "Invalid Parameters" in answer.text


def test_a_form_from_another_session_is_refused(simulator: Simulator, browser: httpx2.Client) -> None:
    form = hidden(at_the_sign_in_form(simulator, browser))
    person = simulator.person
    with httpx2.Client(base_url=simulator.address, verify=False) as stranger:
        answer = stranger.post(SIGN_IN, data={**form, "userId": person.user_id, "password": person.password})
    assert answer.status_code == 403


def test_giving_permission_needs_somebody_signed_in(simulator: Simulator, browser: httpx2.Client) -> None:
    started = browser.get(authorisation_address(simulator)).headers["location"]
    auth_id = parse_qs(urlsplit(started).query)["auth_id"][0]
    answer = browser.get(f"/oauth/grantscope?auth_id={auth_id}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(SIGN_IN)
    assert browser.post("/oauth/grantscope", data={"auth_id": auth_id}).status_code == 403


@pytest.mark.parametrize("page", ["/oauth/start", "/oauth/whatYouWillNeed", "/oauth/grantscope"])
def test_an_unknown_request_is_a_page_that_says_so(browser: httpx2.Client, page: str) -> None:
    assert browser.get(f"{page}?auth_id=made-up").status_code == 400


def test_permission_is_given_once(simulator: Simulator, browser: httpx2.Client) -> None:
    permission = at_the_permission_form(simulator, browser)
    assert browser.post("/oauth/grantscope", data=hidden(permission)).status_code == 303
    assert browser.post("/oauth/grantscope", data=hidden(permission)).status_code == 400


def test_the_identity_form_lies_on_the_way_where_switched_on(simulator: Simulator) -> None:
    simulator.model.unknowns.identity_form = True
    person = simulator.person
    back = sign_in(authorisation_address(simulator), person.user_id, person.password)
    assert parse_qs(urlsplit(back).query)["code"]


def test_a_cookie_banner_is_not_in_the_way(simulator: Simulator, browser: httpx2.Client) -> None:
    assert "Accept additional cookies" in at_the_sign_in_form(simulator, browser).text
    simulator.model.unknowns.cookie_banner = False
    assert "Accept additional cookies" not in at_the_sign_in_form(simulator, browser).text


def test_the_visitor_says_where_it_got_stuck(simulator: Simulator) -> None:
    with pytest.raises(VisitFailed, match=r"/api-test-login/sign-in answered 401"):
        sign_in(authorisation_address(simulator), simulator.person.user_id, "wrong")
    with pytest.raises(VisitFailed, match="client_id is invalid"):
        sign_in(authorisation_address(simulator, client_id="nobody"), "x", "y")


def test_the_visitor_goes_nowhere_but_this_machine() -> None:
    with pytest.raises(VisitFailed, match="not on this machine"):
        sign_in("https://www.tax.service.gov.uk/oauth/authorize", "x", "y")


def test_text_from_outside_is_never_markup(simulator: Simulator, browser: httpx2.Client) -> None:
    simulator.application.name = "<script>alert(1)</script>"
    permission = at_the_permission_form(simulator, browser)
    assert "<script>alert" not in permission.text
