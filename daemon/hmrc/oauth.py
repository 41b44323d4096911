"""HMRC's OAuth 2.0 as this program speaks it: the address to sign in at, what comes back, and the forms sent to the token endpoint.

Pure functions over Authlib's RFC 6749 and RFC 7636; its HTTP client is not used. Rules: HMRC, "User-restricted endpoints".
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from storage.secret import Secret
from storage.settings import Settings

OUT_OF_BAND = ("urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto")
"""Redirect addresses that mean: HMRC shows the code on a page, and the person copies it."""
WITHDRAW_AUTHORITY = "https://www.tax.service.gov.uk/applications-manage-authority"
"""Where a person takes their authority back from an application; HMRC has no API for it."""
_BARE_CODE = re.compile(r"[A-Za-z0-9._~-]{16,512}")
_PAGE_TITLE = "Success "


class WrongState(Exception):
    """What came back belongs to another attempt, or was made up: the attempt goes on."""


class AccessDenied(Exception):
    """The person said no on HMRC's page, or HMRC did on their behalf."""


class NoCode(Exception):
    """There is no code in what came back: the attempt goes on."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one sign-in: `state` comes back with the code, `verifier` proves that the code is ours (RFC 7636)."""

    state: Secret
    verifier: Secret
    redirect_uri: str

    @classmethod
    def begin(cls, redirect_uri: str) -> "Attempt":
        """A new attempt: 32 random bytes of state, a verifier of 64 characters."""
        return cls(Secret(secrets.token_urlsafe(32)), Secret(secrets.token_urlsafe(48)), redirect_uri)


def sign_in_address(settings: Settings, client_id: Secret, scopes: Iterable[str], attempt: Attempt) -> str:
    """The address on HMRC's www host that the person's browser opens."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # pyright: ignore[reportUnknownVariableType]
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # pyright: ignore[reportUnknownVariableType]

    challenge = str(create_s256_code_challenge(attempt.verifier.reveal()))  # pyright: ignore[reportUnknownArgumentType]
    address = prepare_grant_uri(  # pyright: ignore[reportUnknownVariableType]
        f"{settings.www_url}/oauth/authorize",
        client_id=client_id.reveal(),
        response_type="code",
        redirect_uri=attempt.redirect_uri,
        scope=" ".join(scopes),
        state=attempt.state.reveal(),
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    return str(address)  # pyright: ignore[reportUnknownArgumentType]


def code_from_callback(address: str, attempt: Attempt) -> Secret:
    """The code in the address that HMRC sent the browser to. Raises `WrongState`, `AccessDenied`, `NoCode`.

    The state is compared first, so that nobody else can end the attempt, also not with an error.
    """
    from authlib.oauth2.rfc6749.errors import MissingCodeException
    from authlib.oauth2.rfc6749.parameters import (
        parse_authorization_code_response,  # pyright: ignore[reportUnknownVariableType]
    )

    parameters = parse_qs(urlsplit(address).query, keep_blank_values=True)
    state = parameters.get("state", [""])
    if len(state) != 1 or Secret(state[0]) != attempt.state:
        raise WrongState
    if "error" in parameters:
        raise AccessDenied
    try:
        found = parse_authorization_code_response(address, attempt.state.reveal())
    except MissingCodeException:
        raise NoCode from None
    if len(parameters["code"]) != 1:
        raise NoCode
    return Secret(str(found["code"]))


def code_from_paste(text: str, attempt: Attempt) -> Secret:
    """The code in what a person pasted: the whole address, the title of HMRC's page, or the bare code that the page shows.

    A bare code carries no state; the verifier still makes it useless to anybody else. Raises as `code_from_callback` does.
    """
    text = text.strip().strip("\"'<>").removeprefix(_PAGE_TITLE).strip()
    if _BARE_CODE.fullmatch(text):
        return Secret(text)
    if "code=" not in text and "error=" not in text:
        raise NoCode
    try:
        return code_from_callback(text if "?" in text else f"{attempt.redirect_uri}?{text}", attempt)
    except ValueError:
        raise NoCode from None  # it only looks like an address, or holds half of a character


def exchange_form(client_id: Secret, client_secret: Secret, code: Secret, attempt: Attempt) -> dict[str, str]:
    """The body that turns a code into tokens; HMRC wants every parameter in the body and none in a header."""
    return {
        "grant_type": "authorization_code",
        "client_id": client_id.reveal(),
        "client_secret": client_secret.reveal(),
        "redirect_uri": attempt.redirect_uri,
        "code": code.reveal(),
        "code_verifier": attempt.verifier.reveal(),
    }


def refresh_form(client_id: Secret, client_secret: Secret, refresh_token: Secret) -> dict[str, str]:
    """The body that turns a refresh token into new tokens. No scope: HMRC's page has none there."""
    return {
        "grant_type": "refresh_token",
        "client_id": client_id.reveal(),
        "client_secret": client_secret.reveal(),
        "refresh_token": refresh_token.reveal(),
    }
