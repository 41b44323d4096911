"""`/oauth/authorize`: every documented refusal is shown to the browser, never sent to the redirect URI; redirect URIs are matched."""

import pytest

from daemon.simulator import Simulator
from daemon.simulator.registered import OUT_OF_BAND, OUT_OF_BAND_AUTO, Application, may_be_registered
from tests.simulated import ask, authorisation_address, control

REFUSALS = [
    ({"client_id": None}, "invalid_request", "client_id is required"),
    ({"client_id": "nobody"}, "invalid_request", "client_id is invalid"),
    ({"redirect_uri": None}, "invalid_request", "redirect_uri is required"),
    ({"redirect_uri": "http://localhost:9/x"}, "invalid_request", "redirect_uri is invalid"),
    ({"redirect_uri": "http://127.0.0.1:8080/oauth/callback"}, "invalid_request", "redirect_uri is invalid"),
    ({"response_type": None}, "invalid_request", "response_type is required"),
    ({"response_type": "token"}, "unsupported_response_type", "response_type must be 'code'"),
    ({"scope": None}, "invalid_request", "scope is required"),
    ({"scope": " "}, "invalid_request", "scope is required"),
    ({"scope": "read:everything"}, "invalid_scope", "scope is invalid"),
    ({"client_secret": "x"}, "invalid_request", "client_secret should NOT be present"),
    ({"code_challenge": ""}, "invalid_request", "code_challenge if present, cannot be empty"),
    ({"code_challenge_method": "plain"}, "invalid_request", "code_challenge_method, if present, must be S256"),
    (
        {"code_challenge_method": None},
        "invalid_request",
        "code_challenge_method should be present when code_challenge is present",
    ),
    (
        {"code_challenge": None},
        "invalid_request",
        "code_challenge should be present when code_challenge_method is present",
    ),
]


@pytest.mark.parametrize(("changes", "error", "description"), REFUSALS)
def test_a_wrong_request_is_refused_with_hmrcs_words(
    simulator: Simulator, changes: dict[str, str | None], error: str, description: str
) -> None:
    answer = ask("GET", authorisation_address(simulator, **changes))
    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": description}


def test_a_good_request_leads_to_the_first_page(simulator: Simulator) -> None:
    answer = ask("GET", authorisation_address(simulator))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/oauth/start?auth_id=")


def test_proof_key_and_state_may_be_left_out(simulator: Simulator) -> None:
    address = authorisation_address(simulator, code_challenge=None, code_challenge_method=None, state=None)
    assert ask("GET", address).status_code == 303


def test_whether_an_unsubscribed_scope_is_refused_is_a_switch(simulator: Simulator) -> None:
    simulator.application.subscriptions.discard("individual-tax")
    assert ask("GET", authorisation_address(simulator)).status_code == 303
    control(simulator, "PATCH", "/unknowns", {"unsubscribed_scope_is_invalid": True})
    assert ask("GET", authorisation_address(simulator)).json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    "uri",
    [
        "https://www.example.com/auth-redirect",
        "https://www.example.com:8443/auth?x=1",
        "http://localhost",
        "http://localhost:8080/oauth/callback",
        "uk.gov.hmrc.app://callback",
        OUT_OF_BAND,
        OUT_OF_BAND_AUTO,
    ],
)
def test_redirect_uris_that_hmrc_registers(uri: str) -> None:
    assert may_be_registered(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/relative",
        "http://www.example.com/x",
        "http://127.0.0.1:8080/",
        "http://[::1]:8080/",
        "https://192.0.2.1/x",
        "http://localhost.example.com",
        "http://localhost:8080/#fragment",
    ],
)
def test_redirect_uris_that_hmrc_refuses(uri: str) -> None:
    assert not may_be_registered(uri)
    with pytest.raises(ValueError, match="cannot be registered"):
        Application("a", ["s"], [uri])


def test_at_most_five_redirect_uris() -> None:
    with pytest.raises(ValueError, match="five"):
        Application("a", ["s"], [f"http://localhost:{port}" for port in range(8000, 8006)])


@pytest.mark.parametrize(
    ("registered", "asked", "matches"),
    [
        ("http://localhost:8080", "http://localhost:8080/oauth/callback", True),
        ("http://localhost:8080", "http://localhost:8080", True),
        ("http://localhost:8080", "http://localhost:80801/x", False),
        ("http://localhost:8080/oauth", "http://localhost:8080/oauth/callback", True),
        ("http://localhost:8080/oauth", "http://localhost:8080/oauthx", False),
        ("http://localhost:8080/oauth", "http://localhost:8080/", False),
        ("http://localhost:8080/oauth", "http://localhost:8080/oauth?x=1", True),
        ("http://localhost", "http://localhost:8080/oauth", False),
        (OUT_OF_BAND, OUT_OF_BAND_AUTO, False),
    ],
)
def test_a_redirect_uri_matches_itself_or_a_registered_prefix(registered: str, asked: str, matches: bool) -> None:
    assert Application("a", ["s"], [registered]).redirects_to(asked) is matches


def test_a_bare_localhost_matches_any_port_only_where_switched_on() -> None:
    application = Application("a", ["s"], ["http://localhost"])
    assert application.redirects_to("http://localhost:8080/oauth", localhost_matches_any_port=True)
