"""HMRC's API platform in front of every API: Accept, credentials, subscription, throttle and scope, with its literal refusals."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from daemon.simulator.authority import AccessToken
from daemon.simulator.faults import PLATFORM_BODIES
from daemon.simulator.model import Model
from daemon.simulator.registered import Application, Person

MEDIA_TYPE = re.compile(r"application/vnd\.hmrc\.(?P<version>[^+\s;,]+)\+json")
CHALLENGE = {"www-authenticate": 'Bearer realm="HMRC API Platform"'}
ACCEPT_INVALID = (406, "ACCEPT_HEADER_INVALID", "The accept header is missing or invalid")
NO_SUCH_RESOURCE = (
    404,
    "MATCHING_RESOURCE_NOT_FOUND",
    "A resource with the name in the request can not be found in the API",
)
Access = Literal["open", "application", "user"]


@dataclass(frozen=True, slots=True)
class Call:
    """What the gateway has established about a call that it lets through."""

    model: Model
    version: str
    token: AccessToken | None
    person: Person | None


Handler = Callable[[Request, Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The platform's refusal, by HTTP status, `code` and `message`."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def error(
    model: Model, request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as HMRC writes it: `{"code": …, "message": …}`, with the spaces of its gateway's templates."""
    body = f'{{"code": "{code}", "message": "{message}"}}'
    accept = request.headers.get("accept", "")
    vendor = model.unknowns.vendor_content_type_on_errors and MEDIA_TYPE.fullmatch(accept)
    return Response(body, status, dict(headers or {}), media_type=accept if vendor else "application/json")


def guarded(
    model: Model, context: str, versions: tuple[str, ...], access: Access, handler: Handler, scope: str | None = None
) -> Endpoint:
    """An endpoint behind the gateway. `context` is what an application subscribes to, `versions` what the platform knows of it.

    Order: version, credentials, subscription, throttle, scope. HMRC states no order; its gateway must know the API's
    version before it can look at the subscription.
    """

    def endpoint(request: Request) -> Response:
        with model.lock:
            try:
                version = _version(model, request, versions)
                token = _credentials(model, request, access)
                if token is not None:
                    _admit(model, token, context, scope)
                person = model.people.get(token.grant.user_id) if token and token.grant else None
            except Refused as refused:
                return error(model, request, refused.status, refused.code, refused.message, refused.headers)
            return handler(request, Call(model, version, token, person))

    return inline(endpoint)


def inline(handler: Callable[[Request], Response]) -> Endpoint:
    """`handler` as a coroutine: it never waits, and Starlette would give it a thread."""

    async def endpoint(request: Request) -> Response:
        return handler(request)

    return endpoint


def bearer(request: Request) -> str | None:
    """The access token that the request carries."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _version(model: Model, request: Request, versions: tuple[str, ...]) -> str:
    match = MEDIA_TYPE.fullmatch(request.headers.get("accept", "").strip().lower())
    if match is None:
        raise Refused(*(NO_SUCH_RESOURCE if model.unknowns.accept_problem_is_404 else ACCEPT_INVALID))
    if match["version"] not in versions:
        raise Refused(*NO_SUCH_RESOURCE)
    return match["version"]


def _credentials(model: Model, request: Request, access: Access) -> AccessToken | None:
    if access == "open":
        return None
    token = bearer(request)
    if token is None:
        raise Refused(401, "MISSING_CREDENTIALS", "Authentication information is not provided", CHALLENGE)
    known = model.authority.access(token)
    refused = Refused(401, "INVALID_CREDENTIALS", "Invalid Authentication information provided", CHALLENGE)
    if known is None:
        raise refused
    if access == "user" and known.grant is None:
        if model.unknowns.application_token_is_incorrect_type:
            raise Refused(401, "INCORRECT_ACCESS_TOKEN_TYPE", "The access token is not a user's", CHALLENGE)
        raise refused
    if access == "application" and known.grant is not None:
        # Unknown: what a person's token gets on an application's endpoint.
        raise refused
    return known


def _admit(model: Model, token: AccessToken, context: str, scope: str | None) -> None:
    application: Application | None = model.applications.get(token.client_id)
    if application is None or application.blocked:
        raise Refused(403, "RESOURCE_FORBIDDEN", "The application is blocked")
    if context not in application.subscriptions:
        raise Refused(
            403,
            "RESOURCE_FORBIDDEN",
            "The application is not subscribed to the API which it is attempting to invoke",
        )
    if model.throttle and not model.throttle.admits(token.client_id, model.monotonic()):
        raise Refused(429, "MESSAGE_THROTTLED_OUT", _THROTTLED)
    if scope is not None and scope not in token.scopes:
        raise Refused(
            403,
            "INVALID_SCOPE",
            "Can not access the required resource. Ensure this token has all the required scopes.",
        )


_THROTTLED = PLATFORM_BODIES[429].partition('"message": "')[2].removesuffix('"}')
