"""The daemon's HTTP service: signing in from a browser elsewhere, asking for a sync, health, metrics, and their description."""

# Its decorators hand the functions of this file to FastAPI, which calls them.
# pyright: reportUnusedFunction=false

import hmac
import logging
import re
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import FastAPI, Query, Request, Response, Security
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.security import HTTPBearer

from daemon.hmrc.oauth import AccessDenied, Attempt, NoCode, WrongState, code_from_callback
from daemon.service_pages import HEADERS, documentation, page
from storage import __version__
from storage.clock import Clock, rfc3339
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import Trouble

ATTEMPT_LASTS = timedelta(minutes=10)
"""HMRC's codes live for ten minutes, so an attempt need not live longer."""
WRONG_CODES_A_MINUTE = 20
LARGEST_BODY = 1024
COOKIE = "hmrc_tui_sign_in"
SET_PUBLIC_URL = "Set [service] public_url, leave [hmrc] redirect_uri out, and register public_url followed by /callback with the application at HMRC."
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::[0-9]*)?")
"""RFC 9110, 7.2: a name or an address, that of IPv6 in brackets, and perhaps a port."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncRequested:
    """What came of asking for a sync: when the run began, and whether the request joined one already under way."""

    started_at: datetime
    joined: bool


class Host(Protocol):
    """What the service asks of the daemon that runs it."""

    def alive(self) -> bool:
        """Whether the event loop and the timer are going; nothing else is looked at."""
        ...

    def readiness(self) -> dict[str, str]:
        """What is ready and what is not, each `ok` or a word of trouble; never personal."""
        ...

    def ready(self) -> bool:
        """Whether requests can be served: this machine's ledger can be used."""
        ...

    def metrics(self) -> bytes:
        """The Prometheus exposition."""
        ...

    def request_sync(self) -> SyncRequested:
        """Starts a sync, or joins the one under way. Returns at once."""
        ...

    async def webhook_token(self) -> Secret | None:
        """The token that opens `POST /sync`; None where none is kept. Raises `Trouble` where it cannot be known now."""
        ...

    def redeem_setup_code(self, code: Secret) -> bool:
        """Whether this is the setup code in force; it is used up by asking."""
        ...

    def sign_in_address(self, attempt: Attempt) -> str:
        """The address at HMRC for this attempt. Raises `Trouble`."""
        ...

    async def finish_sign_in(self, code: Secret, attempt: Attempt) -> None:
        """Exchanges the code and keeps the grant. Raises `Trouble`."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A sign-in that a browser has begun: its cookie binds that browser to it."""

    attempt: Attempt
    ends_at: datetime


class SignIns:
    """The sign-ins under way, one for each browser, each for ten minutes and one use."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._signed_in: set[str] = set()
        self._wrong_at: deque[datetime] = deque(maxlen=WRONG_CODES_A_MINUTE)

    def begin(self, redirect_uri: str) -> tuple[str, Attempt]:
        """A new attempt and the cookie that belongs to it."""
        now = self._clock.now()
        self._waiting = {cookie: waiting for cookie, waiting in self._waiting.items() if waiting.ends_at > now}
        cookie, attempt = secrets.token_urlsafe(32), Attempt.begin(redirect_uri)
        self._waiting[cookie] = _Waiting(attempt, now + ATTEMPT_LASTS)
        return cookie, attempt

    def wrong_code(self) -> None:
        """Takes note of a setup code that was not the one in force."""
        self._wrong_at.append(self._clock.now())

    def wrong_codes(self) -> int:
        """How many there were within the last minute."""
        now = self._clock.now()
        return sum(timedelta(0) <= now - at < timedelta(minutes=1) for at in self._wrong_at)

    def of(self, cookie: str | None) -> Attempt | None:
        """The attempt of the browser with this cookie, while it lasts."""
        waiting = self._waiting.get(cookie or "")
        return waiting.attempt if waiting and waiting.ends_at > self._clock.now() else None

    def end(self, cookie: str | None) -> None:
        """One shot: the attempt is over, whatever came of it."""
        self._waiting.pop(cookie or "", None)

    def succeeded(self, cookie: str | None) -> None:
        """The sign-in that this browser began is kept; the next page may tell it so, once."""
        self._signed_in.add(cookie or "")

    def tell_success(self, cookie: str | None) -> bool:
        """Whether this browser's sign-in has just succeeded and it was not told yet."""
        told = (cookie or "") in self._signed_in
        self._signed_in.discard(cookie or "")
        return told


def create_service(settings: Settings, host: Host, clock: Clock) -> FastAPI:
    """The ASGI application. Where no webhook token can be, neither configured nor in Vault, there is no `POST /sync`."""
    app = FastAPI(
        title="hmrc-tui daemon",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would send a Bearer token wherever the Host header and plain http lead
        description="Sign-in, sync, health and metrics of one taxpayer's hmrc-tui daemon.",
        responses={
            413: _told_as("text/plain", "The body is larger than the service takes."),
            421: _told_as("text/plain", "The service has another name."),
            503: _told_as("text/plain", "Not now: what is needed cannot be used."),
        },
    )
    _add_guard(app, settings)
    _add_health(app, host)
    sign_ins = SignIns(clock)
    _add_authorize(app, settings, host, sign_ins)
    _add_callback(app, host, sign_ins)
    if settings.service.webhook_token or settings.vault.address:
        _add_sync(app, host)
    return app


def _told_as(media_type: str, description: str) -> dict[str, Any]:
    """How an answer is described that the guard or a page gives."""
    return {"description": description, "content": {media_type: {}}}


def allowed_hosts(settings: Settings) -> set[str]:
    """The host names that the service answers to, in lower case and without ports."""
    service = settings.service
    names = {*LOOPBACK, *service.allowed_hosts}
    if service.host not in {"0.0.0.0", "::"}:  # noqa: S104 - the wildcard is a thing to listen on, never a name
        names.add(service.host)
    if service.public_url:
        names.add(urlsplit(service.public_url).hostname or "")
    # A Host header has an IPv6 address in brackets.
    return {f"[{name}]" if ":" in name and "[" not in name else name for name in map(str.lower, names)} - {""}


def _add_guard(app: FastAPI, settings: Settings) -> None:
    """Unknown hosts are refused (against DNS rebinding), bodies are small, and every answer carries the same headers."""
    allowed = allowed_hosts(settings)

    @app.middleware("http")
    async def guard(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        if _host_name(request.headers.get("host", "")) not in allowed:
            return _with_headers(PlainTextResponse("this service has another name", 421))
        if _too_large(request.headers):
            return _with_headers(PlainTextResponse("the body is too large", 413))
        try:
            response = await proceed(request)
        except Trouble as trouble:
            response = PlainTextResponse(str(trouble), 503)
        except Exception as fault:  # noqa: BLE001 - uvicorn would log a traceback, which may hold figures
            log.error("%s %s failed: %s", request.method, request.url.path, type(fault).__name__)  # noqa: TRY400 - a traceback may hold figures
            response = PlainTextResponse("a fault in the daemon", 500)
        return _with_headers(response)


def _with_headers(response: Response) -> Response:
    for name, value in {**HEADERS, "Date": formatdate(usegmt=True)}.items():
        response.headers.setdefault(name, value)
    return response


def _host_name(header: str) -> str:
    found = _HOST.fullmatch(header.strip().lower())
    return found[1] if found else ""


def _too_large(headers: Any) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length[:12]) > LARGEST_BODY


def _add_health(app: FastAPI, host: Host) -> None:
    @app.get("/healthz", responses={503: _told_as("application/json", "The timer has stalled: restart the daemon.")})
    async def healthz() -> Response:
        """Whether the daemon is alive: its loop and its timer. Postgres, Vault and HMRC are not looked at."""
        alive = host.alive()
        return JSONResponse({"status": "ok" if alive else "stalled"}, 200 if alive else 503)

    @app.get("/readyz", responses={503: _told_as("application/json", "The ledger of this machine cannot be used.")})
    def readyz() -> Response:
        """Whether requests can be served, with the state of each part in a word."""
        return JSONResponse({"checks": host.readiness()}, 200 if host.ready() else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Prometheus metrics: freshness, runs, outbox, sign-in, HMRC's latency. Nothing personal."""
        return Response(host.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> Response:
        """This description, as a page."""
        return HTMLResponse(documentation(app.openapi()))


def _add_sync(app: FastAPI, host: Host) -> None:
    @app.post(
        "/sync",
        status_code=202,
        dependencies=[Security(HTTPBearer(scheme_name="webhookToken", auto_error=False))],
        responses={
            401: _told_as("application/json", "The Bearer token is missing or wrong."),
            404: _told_as("application/json", "No token is kept, so that nobody can ask."),
            503: _told_as("text/plain", "Vault, which has the right token, cannot be asked."),
        },
    )
    async def sync(request: Request) -> Response:
        """Asks for a sync. A request during a run, or moments after one began, joins it. The body is ignored."""
        expected = await host.webhook_token()
        if expected is None:
            return JSONResponse({"error": "no webhook token is kept"}, 404)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        # The bytes that came, because compare_digest refuses text outside ASCII; compared whatever the scheme, so that time tells nothing.
        right = hmac.compare_digest(token.strip().encode("latin-1", "replace"), expected.reveal().encode())
        if not right or scheme.lower() != "bearer":
            return JSONResponse({"error": "unauthorised"}, 401, headers={"WWW-Authenticate": "Bearer"})
        requested = host.request_sync()
        return JSONResponse({"started_at": rfc3339(requested.started_at), "joined": requested.joined}, 202)


def _add_authorize(app: FastAPI, settings: Settings, host: Host, sign_ins: SignIns) -> None:
    secure = settings.redirect_uri.startswith("https:")

    @app.get(
        "/authorize",
        status_code=303,
        response_class=HTMLResponse,
        responses={
            303: {
                "description": "To HMRC's page, with a cookie that binds this browser to the sign-in.",
                "content": {},
            },
            403: {"description": "The setup code is missing, used or expired."},
            429: {"description": "Too many wrong setup codes in the last minute."},
            503: {"description": "Not configured for signing in here."},
        },
    )
    def authorize(setup_code: Annotated[str, Query()] = "", code: Annotated[str, Query()] = "") -> Response:
        """Sends the browser to HMRC to sign in. Needs the one-time code of `hmrc-tui token setup-code`."""
        given = setup_code or code
        if sign_ins.wrong_codes() >= WRONG_CODES_A_MINUTE:
            again = {"Retry-After": "60"}
            return HTMLResponse(page("Not now", "Too many wrong codes: try again in a minute."), 429, again)
        if not given or not host.redeem_setup_code(Secret(given)):
            sign_ins.wrong_code()
            return HTMLResponse(page("Not allowed", "Ask for a new code with: hmrc-tui token setup-code"), 403)
        if not comes_back_here(settings):
            return HTMLResponse(
                page("Not configured", f"HMRC sends browsers to {settings.redirect_uri}. {SET_PUBLIC_URL}"), 503
            )
        cookie, attempt = sign_ins.begin(settings.redirect_uri)
        try:
            address = host.sign_in_address(attempt)
        except Trouble as trouble:
            return HTMLResponse(page("Not configured", str(trouble)), 503)
        response = RedirectResponse(address, 303)
        lasts = int(ATTEMPT_LASTS.total_seconds())
        # Lax, because HMRC's redirect back is a navigation from another site and must carry it.
        response.set_cookie(COOKIE, cookie, max_age=lasts, secure=secure, httponly=True, samesite="lax")
        return response


def _add_callback(app: FastAPI, host: Host, sign_ins: SignIns) -> None:
    @app.get(
        "/callback",
        response_class=HTMLResponse,
        responses={
            303: {
                "description": "Signed in: here again without the code, which then stands in no address bar.",
                "content": {},
            },
            400: {"description": "Not an answer to a sign-in of this browser."},
            403: {"description": "HMRC reports that the permission was not given."},
            502: {"description": "HMRC did not take the code, or the sign-in could not be kept."},
        },
    )
    async def callback(request: Request) -> Response:
        """Where HMRC sends the browser back to. The code is exchanged and the sign-in kept before success is told."""
        cookie = request.cookies.get(COOKIE)
        if not request.url.query and sign_ins.tell_success(cookie):
            return HTMLResponse(page("Signed in", "The daemon may ask HMRC now. You can close this page."))
        attempt = sign_ins.of(cookie)
        if attempt is None:
            return HTMLResponse(page("Not expected", "Start again at /authorize with a new setup code."), 400)
        try:
            code = code_from_callback(str(request.url), attempt)
        except (WrongState, NoCode):
            return HTMLResponse(page("Not expected", "This is not the answer to your sign-in."), 400)
        except AccessDenied:
            sign_ins.end(cookie)
            return HTMLResponse(page("Not signed in", "HMRC reports that the permission was not given."), 403)
        sign_ins.end(cookie)
        try:
            await host.finish_sign_in(code, attempt)
        except Trouble as trouble:
            return HTMLResponse(page("Not signed in", str(trouble)), 502)
        sign_ins.succeeded(cookie)
        # Here again, because no other path need be public, and without the code, which then stands in no address bar.
        return RedirectResponse("callback", 303)


def comes_back_here(settings: Settings) -> bool:
    """Whether HMRC sends the browser back to this service's `/callback`, and not to a command that listens for it."""
    address, public = urlsplit(settings.redirect_uri), urlsplit(settings.service.public_url or "")
    own = address.hostname == "localhost" and address.port == settings.service.port
    return address.path.endswith("/callback") and (own or address.netloc == public.netloc)
