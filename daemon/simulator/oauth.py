"""HMRC's OAuth 2.0 endpoints over HTTP: `/oauth/authorize` with its checks, `/oauth/token` for the three kinds of grant."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from daemon.simulator.authority import OAuthError, TokenPair
from daemon.simulator.faults import PLATFORM_BODIES
from daemon.simulator.gateway import inline
from daemon.simulator.model import Model
from daemon.simulator.paye import SCOPES
from daemon.simulator.registered import Application

KNOWN_SCOPES = frozenset({*SCOPES.values(), "hello", "read:marriage-allowance"})
_JSON = "application/json"


def routes(model: Model) -> list[Route]:
    """The two endpoints. On HMRC's two hosts they lie apart; here one address serves both."""

    def authorise(request: Request) -> Response:
        with model.lock:
            try:
                return _authorise(model, request)
            except OAuthError as refused:
                return _refusal(refused)

    async def token(request: Request) -> Response:
        try:
            return await _token(model, request)
        except OAuthError as refused:
            return _refusal(refused)

    return [
        Route("/oauth/authorize", inline(authorise), methods=["GET"]),
        Route("/oauth/token", token, methods=["POST"]),
    ]


def _refusal(refused: OAuthError) -> Response:
    body = msgspec.json.encode({"error": refused.error, "error_description": refused.description})
    return Response(body, refused.status, media_type=_JSON)


def _invalid(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)


def _authorise(model: Model, request: Request) -> Response:
    """The browser's request. Every fault is shown to the browser and never sent to the redirect URI."""
    asked = request.query_params
    if "client_secret" in asked:
        raise _invalid("client_secret should NOT be present")
    application = _known_application(model, asked)
    redirect_uri = _redirect_uri(model, application, asked)
    response_type = asked.get("response_type", "")
    if not response_type:
        raise _invalid("response_type is required")
    if response_type != "code":
        raise OAuthError(400, "unsupported_response_type", "response_type must be 'code'")
    scopes = _scopes(model, application, asked.get("scope", ""))
    challenge = _challenge(asked)
    made = model.authority.ask(application.client_id, scopes, redirect_uri, asked.get("state"), challenge)
    return RedirectResponse(f"/oauth/start?auth_id={quote(made.auth_id)}", 303)


def _known_application(model: Model, asked: Mapping[str, str]) -> Application:
    client_id = asked.get("client_id", "")
    if not client_id:
        raise _invalid("client_id is required")
    application = model.applications.get(client_id)
    if application is None:
        raise _invalid("client_id is invalid")
    return application


def _redirect_uri(model: Model, application: Application, asked: Mapping[str, str]) -> str:
    redirect_uri = asked.get("redirect_uri", "")
    if not redirect_uri:
        raise _invalid("redirect_uri is required")
    any_port = model.unknowns.localhost_matches_any_port
    if not application.redirects_to(redirect_uri, localhost_matches_any_port=any_port):
        raise _invalid("redirect_uri is invalid")
    return redirect_uri


def _scopes(model: Model, application: Application, text: str) -> tuple[str, ...]:
    scopes = tuple(text.split())
    if not scopes:
        raise _invalid("scope is required")
    allowed = KNOWN_SCOPES
    if model.unknowns.unsubscribed_scope_is_invalid:
        allowed = {scope for scope in KNOWN_SCOPES if scope.removeprefix("read:") in application.subscriptions}
    if any(scope not in allowed for scope in scopes):
        raise OAuthError(400, "invalid_scope", "scope is invalid")
    return scopes


def _challenge(asked: Mapping[str, str]) -> str | None:
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if challenge == "":
        raise _invalid("code_challenge if present, cannot be empty")
    if challenge is not None and method is None:
        raise _invalid("code_challenge_method should be present when code_challenge is present")
    if method is not None and challenge is None:
        raise _invalid("code_challenge should be present when code_challenge_method is present")
    if method is not None and method != "S256":
        raise _invalid("code_challenge_method, if present, must be S256")
    return challenge


async def _token(model: Model, request: Request) -> Response:
    fields = _fields(model, request)
    client_id = fields.get("client_id", "")
    throttled = model.throttle is not None and model.unknowns.throttle_counts_token_requests
    if throttled and client_id and model.throttle and not model.throttle.admits(client_id, model.monotonic()):
        return Response(PLATFORM_BODIES[429], 429, media_type=_JSON)
    with model.lock:
        _check_client(model, fields)
        grant = _GRANTS.get(fields.get("grant_type", ""))
        if grant is not None:
            return _tokens(grant(model, fields))
        if fields.get("grant_type", "") != "refresh_token":
            raise _invalid("unsupported grant_type" if fields.get("grant_type") else "grant_type is required")
        if not fields.get("refresh_token"):
            # HMRC names the case; the text is not in its documentation.
            raise _invalid("refresh_token is required")
        begun = model.authority.begin_refresh(client_id, fields["refresh_token"])
    if model.unknowns.refresh_seconds:
        await asyncio.sleep(model.unknowns.refresh_seconds)
    with model.lock:
        return _tokens(model.authority.finish_refresh(begun))


def _fields(model: Model, request: Request) -> dict[str, str]:
    """The parameters of the body. A query string, a Basic header and a JSON body count for nothing unless switched on."""
    fields: dict[str, str] = dict(request.state.form)
    if not model.unknowns.token_endpoint_takes_json_and_basic:
        return fields
    if request.headers.get("content-type", "").startswith(_JSON):
        try:
            fields |= msgspec.json.decode(request.state.body, type=dict[str, str])
        except msgspec.MsgspecError:
            raise _invalid("grant_type is required") from None
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError(401, "invalid_client", "invalid client id or secret") from None
        fields |= {"client_id": client_id, "client_secret": secret}
    return fields


def _check_client(model: Model, fields: Mapping[str, str]) -> None:
    if not fields.get("client_id"):
        raise _invalid("client_id is required")
    if not fields.get("client_secret"):
        raise _invalid("client_secret is required")
    application = model.applications.get(fields["client_id"])
    if application is None or fields["client_secret"] not in application.secrets:
        raise OAuthError(401, "invalid_client", "invalid client id or secret")


def _by_code(model: Model, fields: Mapping[str, str]) -> TokenPair:
    if not fields.get("redirect_uri"):
        raise _invalid("redirect_uri is required")
    if not fields.get("code"):
        raise _invalid("code is required for given grant_type")
    verifier = fields.get("code_verifier")
    return model.authority.exchange(fields["client_id"], fields["code"], fields["redirect_uri"], verifier)


def _by_client(model: Model, fields: Mapping[str, str]) -> TokenPair:
    scopes = tuple(fields.get("scope", "").split())
    if any(scope not in KNOWN_SCOPES for scope in scopes):
        raise OAuthError(400, "invalid_scope", "scope is invalid")
    return model.authority.client_credentials(fields["client_id"], scopes)


_GRANTS: dict[str, Callable[[Model, Mapping[str, str]], TokenPair]] = {
    "authorization_code": _by_code,
    "client_credentials": _by_client,
}


def _tokens(pair: TokenPair) -> Response:
    answer: dict[str, str | int] = {"access_token": pair.access_token, "token_type": "bearer", "expires_in": 14400}
    answer |= {"refresh_token": pair.refresh_token} if pair.refresh_token is not None else {}
    answer |= {"scope": pair.scope} if pair.scope is not None else {}
    return Response(msgspec.json.encode(answer), media_type=_JSON)
