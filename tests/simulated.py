"""HMRC's sandbox for tests: a simulator on a free port, a person signed in through its pages, and its control address."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from daemon.simulator import Simulator
from daemon.simulator.visitor import sign_in
from storage.clock import Clock
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, HmrcSettings, Settings

SCOPES = (
    "read:individual-tax",
    "read:individual-income",
    "read:individual-employment",
    "read:individual-benefits",
    "read:national-insurance",
)
VERIFIER = "a-verifier-of-made-up-characters-that-is-long-enough-0123456789"


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str
    expires_in: int


def ask(method: str, address: str, **options: Any) -> httpx2.Response:
    """One plain request to the simulator; reading the machine's certificates for http would take longer than the request."""
    return httpx2.request(method, address, verify=False, **options)


@contextmanager
def simulated(*, throttle: bool = False, clock: Clock | None = None, **options: Any) -> Iterator[Simulator]:
    """A running simulator; without the throttle unless asked for, as most tests are not about pace."""
    with Simulator(throttle=throttle, clock=clock, **options) as simulator:
        yield simulator


def settings_for(simulator: Simulator, **hmrc: Any) -> Settings:
    """Settings that point at the simulator, with its ready-made application and person."""
    values: dict[str, Any] = {
        "environment": "simulator",
        "client_id": Secret(simulator.application.client_id),
        "client_secret": Secret(simulator.application.secrets[0]),
        "utr": Secret(simulator.person.utr or ""),
        "api_url": simulator.address,
        "www_url": simulator.address,
    }
    return Settings(hmrc=HmrcSettings(**{**values, **hmrc}))


def environment_for(simulator: Simulator) -> dict[str, str]:
    """The same as `HMRC_TUI_…` variables, for a process of its own."""
    return {
        "HMRC_TUI_HMRC__ENVIRONMENT": "simulator",
        "HMRC_TUI_HMRC__CLIENT_ID": simulator.application.client_id,
        "HMRC_TUI_HMRC__CLIENT_SECRET": simulator.application.secrets[0],
        "HMRC_TUI_HMRC__UTR": simulator.person.utr or "",
        "HMRC_TUI_HMRC__API_URL": simulator.address,
        "HMRC_TUI_HMRC__WWW_URL": simulator.address,
    }


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorisation_address(simulator: Simulator, **changes: str | None) -> str:
    """A good authorisation address; a parameter given as None is left out."""
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": simulator.application.client_id,
        "scope": " ".join(SCOPES),
        "redirect_uri": DEFAULT_REDIRECT_URI,
        "state": "made-up-state",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    present = {name: value for name, value in (asked | changes).items() if value is not None}
    return f"{simulator.address}/oauth/authorize?{urlencode(present)}"


def code_for(simulator: Simulator, **changes: str | None) -> str:
    """A code for the ready-made person, through every page."""
    person = simulator.person
    back = sign_in(authorisation_address(simulator, **changes), person.user_id, person.password)
    return parse_qs(urlsplit(back).query)["code"][0]


def token_request(simulator: Simulator, **fields: str | None) -> httpx2.Response:
    """A POST to the token endpoint with the ready-made application's credentials; a field given as None is left out."""
    sent: dict[str, str | None] = {
        "client_id": simulator.application.client_id,
        "client_secret": simulator.application.secrets[0],
    }
    form = {name: value for name, value in (sent | fields).items() if value is not None}
    return ask("POST", f"{simulator.address}/oauth/token", data=form)


def exchange(simulator: Simulator, code: str, /, **changes: str | None) -> httpx2.Response:
    """The code exchange that goes with `code_for`."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": DEFAULT_REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    return token_request(simulator, **(fields | changes))


def tokens_for(simulator: Simulator) -> Tokens:
    """The ready-made person signs in, all the way to the tokens."""
    answer = exchange(simulator, code_for(simulator)).json()
    return Tokens(answer["access_token"], answer["refresh_token"], answer["scope"], answer["expires_in"])


def control(simulator: Simulator, method: str, path: str, content: Any = None, **options: Any) -> Any:
    """A request to the control address (docs/simulator.md): `control(it, "PUT", "/clock", {"now": …})`."""
    body = {"json": content} if content is not None else {}
    answer = ask(method, f"{simulator.address}/simulator{path}", **body, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()
