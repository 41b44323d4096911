"""HMRC's authorisation server as a pure state machine: requests, codes, grants, access and refresh tokens, and when each dies.

Rules and texts: HMRC's page on user-restricted endpoints. A code lives 10 minutes, an access token 4 hours, a grant 547 days.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from daemon.simulator.clock import SettableClock
from daemon.simulator.identifiers import new_token
from daemon.simulator.unknowns import Unknowns

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=4)
GRANT_LIFE = timedelta(days=547)
"""HMRC's default grant length, EIGHTEEN_MONTHS (hmrc/api-platform-application-domain)."""
REQUEST_LIFE = timedelta(hours=1)
"""How long an authorisation request lives: unknown, an hour here."""
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
TokenState = Literal["live", "spent", "expired", "revoked", "unknown"]


class OAuthError(Exception):
    """An answer of the authorisation server that refuses: HTTP status, `error`, `error_description`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


@dataclass(slots=True)
class AuthorisationRequest:
    """What an application asked for at `/oauth/authorize`, known to the pages by its `auth_id`."""

    auth_id: str
    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str | None
    challenge: str | None
    asked_at: datetime


@dataclass(slots=True)
class Grant:
    """A person's authority for one application; it ends 547 days after it was given, or when it is revoked."""

    grant_id: str
    client_id: str
    user_id: str
    scopes: tuple[str, ...]
    granted_at: datetime
    revoked: bool = False
    refreshing: bool = False
    refreshes: int = 0


@dataclass(slots=True)
class _Code:
    request: AuthorisationRequest
    user_id: str
    issued_at: datetime
    used: bool = False


@dataclass(slots=True)
class AccessToken:
    """An access token of a person (with a grant) or of an application alone (client credentials)."""

    client_id: str
    scopes: tuple[str, ...]
    expires_at: datetime
    grant: Grant | None = None
    dead: bool = False


@dataclass(slots=True)
class RefreshToken:
    """A refresh token: single use."""

    grant: Grant
    spent: bool = False
    expired: bool = False


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What the token endpoint gives; `scope` is left out of a refresh's answer, the refresh token of an application's."""

    access_token: str = field(repr=False)
    scope: str | None
    refresh_token: str | None = field(default=None, repr=False)


class Authority:
    """Every code, grant and token there is. Raises `OAuthError` with HMRC's literal texts."""

    def __init__(self, clock: SettableClock, unknowns: Unknowns) -> None:
        self._clock = clock
        self._unknowns = unknowns
        self.requests: dict[str, AuthorisationRequest] = {}
        self._codes: dict[str, _Code] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.grants: dict[str, Grant] = {}

    def ask(
        self, client_id: str, scopes: tuple[str, ...], redirect_uri: str, state: str | None, challenge: str | None
    ) -> AuthorisationRequest:
        """Opens an authorisation request."""
        request = AuthorisationRequest(
            new_token(), client_id, scopes, redirect_uri, state, challenge, self._clock.now()
        )
        self.requests[request.auth_id] = request
        return request

    def request(self, auth_id: str) -> AuthorisationRequest | None:
        """The request that the pages work on; None where there is none or it is too old."""
        found = self.requests.get(auth_id)
        return found if found and self._clock.now() - found.asked_at < REQUEST_LIFE else None

    def give(self, request: AuthorisationRequest, user_id: str) -> str:
        """The person says yes: an authorisation code for the application. The request is over."""
        self.requests.pop(request.auth_id, None)
        code = new_token()
        self._codes[code] = _Code(request, user_id, self._clock.now())
        return code

    def exchange(self, client_id: str, code: str, redirect_uri: str, verifier: str | None) -> TokenPair:
        """Code for tokens. Unknown: whether a refused exchange uses the code up; here only a good one does."""
        known = self._codes.get(code)
        if (
            known is None
            or known.used
            or known.request.client_id != client_id
            or self._clock.now() - known.issued_at >= CODE_LIFE
        ):
            raise OAuthError(400, "invalid_request", "code is invalid")
        if redirect_uri != known.request.redirect_uri:
            raise OAuthError(400, "invalid_request", "redirect_uri is invalid")
        _check_verifier(known.request.challenge, verifier)
        known.used = True
        if self._unknowns.signing_in_again_revokes:
            self.revoke(client_id=client_id, user_id=known.user_id)
        grant = Grant(new_token(), client_id, known.user_id, known.request.scopes, self._clock.now())
        self.grants[grant.grant_id] = grant
        return self._issue(grant, with_scope=True)

    def begin_refresh(self, client_id: str, refresh_token: str) -> RefreshToken:
        """Checks a refresh token and marks its grant as being refreshed; `finish_refresh` commits."""
        known = self.refresh_tokens.get(refresh_token)
        if known is not None and known.grant.client_id == client_id and known.grant.refreshing:
            # HMRC names the case; the text is not in its documentation.
            raise OAuthError(400, "invalid_request", "Refresh operation is already in progress")
        if known is not None and known.spent and self._unknowns.reuse_revokes_grant:
            known.grant.revoked = True
        if known is None or known.grant.client_id != client_id or self.refresh_state(refresh_token) != "live":
            raise OAuthError(400, "invalid_grant", "refresh_token is invalid")
        known.grant.refreshing = True
        return known

    def finish_refresh(self, token: RefreshToken) -> TokenPair:
        """Commits a refresh: a new pair; the old refresh token is spent and the old access token dead at once."""
        token.grant.refreshing = False
        token.grant.refreshes += 1
        token.spent = True
        for access in self.access_tokens.values():
            if access.grant is token.grant:
                access.dead = True
        return self._issue(token.grant, with_scope=False)

    def client_credentials(self, client_id: str, scopes: tuple[str, ...]) -> TokenPair:
        """A token of the application itself: 4 hours, no refresh; without scopes it says `default`, as live ones were seen to."""
        access = new_token()
        self.access_tokens[access] = AccessToken(client_id, scopes, self._clock.now() + ACCESS_LIFE)
        return TokenPair(access, " ".join(scopes) or "default")

    def _issue(self, grant: Grant, *, with_scope: bool) -> TokenPair:
        access, refresh = new_token(), new_token()
        self.access_tokens[access] = AccessToken(grant.client_id, grant.scopes, self._clock.now() + ACCESS_LIFE, grant)
        self.refresh_tokens[refresh] = RefreshToken(grant)
        return TokenPair(access, " ".join(grant.scopes) if with_scope else None, refresh)

    def access(self, token: str) -> AccessToken | None:
        """The access token where it is good now, else None."""
        return self.access_tokens[token] if self.access_state(token) == "live" else None

    def access_state(self, token: str) -> TokenState:
        """Whether an access token is good, and if not, why."""
        known = self.access_tokens.get(token)
        if known is None:
            return "unknown"
        if known.dead:
            return "spent"
        if known.grant is not None and (gone := self._grant_gone(known.grant)):
            return gone
        return "expired" if self._clock.now() >= known.expires_at else "live"

    def refresh_state(self, token: str) -> TokenState:
        """Whether a refresh token is good, and if not, why."""
        known = self.refresh_tokens.get(token)
        if known is None:
            return "unknown"
        if known.spent:
            return "spent"
        return self._grant_gone(known.grant) or ("expired" if known.expired else "live")

    def _grant_gone(self, grant: Grant) -> Literal["revoked", "expired"] | None:
        if grant.revoked:
            return "revoked"
        return "expired" if self._clock.now() >= grant.granted_at + GRANT_LIFE else None

    def live_chains(self) -> list[Grant]:
        """The grants that still have a good refresh token: what a client must never lose, and never have two of."""
        return [known.grant for token, known in self.refresh_tokens.items() if self.refresh_state(token) == "live"]

    def revoke(self, *, client_id: str | None = None, user_id: str | None = None) -> int:
        """The person withdraws authority: every grant of this application and person. How many ended."""
        ended = [
            grant
            for grant in self.grants.values()
            if not grant.revoked and client_id in {None, grant.client_id} and user_id in {None, grant.user_id}
        ]
        for grant in ended:
            grant.revoked = True
        return len(ended)

    def expire(self, *, access: bool, refresh: bool) -> None:
        """Makes every access token, or every refresh token, an expired one, without moving the clock."""
        for token in self.access_tokens.values():
            token.expires_at = min(token.expires_at, self._clock.now()) if access else token.expires_at
        for token in self.refresh_tokens.values():
            token.expired = token.expired or refresh


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    """PKCE, RFC 7636 with S256 only, in HMRC's words."""
    if challenge is None:
        if verifier:
            raise OAuthError(400, "invalid_request", "code_verifier is not expected")
        return
    if not verifier:
        raise OAuthError(400, "invalid_request", "code_verifier is expected when code_challenge was supplied")
    if not _VERIFIER.fullmatch(verifier):
        raise OAuthError(
            400, "invalid_request", "code_verifier must contain valid characters of length between 43 and 128"
        )
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if digest != challenge.rstrip("="):
        raise OAuthError(400, "invalid_grant", "code_verifier is invalid")
