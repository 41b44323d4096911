"""HMRC's sign-in pages in its sandbox, by their addresses, element ids and form fields: start, sign in, give permission."""

import secrets
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from daemon.simulator.authority import AuthorisationRequest
from daemon.simulator.gateway import inline
from daemon.simulator.model import Model
from daemon.simulator.registered import OUT_OF_BAND, OUT_OF_BAND_AUTO

COOKIE = "mdtp"
_SCOPE_TEXT = {
    "read:individual-tax": "view your tax record",
    "read:individual-income": "view your income record",
    "read:individual-employment": "view your employment record",
    "read:individual-benefits": "view your benefits record",
    "read:national-insurance": "view your National Insurance record",
    "hello": "say hello to you",
}
_BANNER = """<div id="cookie-banner" role="region" aria-label="Cookies"><p>We use cookies.</p>
<button type="button" class="cbanner-button cookie-accept"
 onclick="this.hidden=true;this.nextElementSibling.hidden=false">Accept additional cookies</button>
<button type="button" class="cookie-hide" hidden
 onclick="this.parentElement.hidden=true">Hide cookies message</button></div>"""


class SignInPages:
    """The browser's way from `/oauth/start` to the redirect URI, and the sessions that it needs."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._sessions: dict[str, str | None] = {}
        """By cookie value: the signed-in person's user id, or None before signing in."""
        self._csrf: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """Every page."""
        sign_in = "/api-test-login/sign-in"
        return [
            Route("/oauth/start", inline(self._start), methods=["GET"]),
            Route("/oauth/whatYouWillNeed", inline(self._what_you_will_need), methods=["GET"]),
            Route(sign_in, inline(self._sign_in_form), methods=["GET"]),
            Route(sign_in, inline(self._sign_in), methods=["POST"]),
            Route("/identity-check", inline(self._identity_form), methods=["GET"]),
            Route("/identity-check", inline(self._identity), methods=["POST"]),
            Route("/oauth/grantscope", inline(self._permission_form), methods=["GET"]),
            Route("/oauth/grantscope", inline(self._permission), methods=["POST"]),
        ]

    def _page(self, title: str, body: str, status: int = 200) -> HTMLResponse:
        banner = _BANNER if self._model.unknowns.cookie_banner else ""
        return HTMLResponse(
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
            f'<body class="govuk-template__body">{banner}<main id="main-content">{body}</main></body></html>',
            status,
        )

    def _request(self, auth_id: str) -> AuthorisationRequest | None:
        with self._model.lock:
            return self._model.authority.request(auth_id)

    def _gone(self) -> HTMLResponse:
        """An unknown or old `auth_id`: HMRC's page for it is unknown."""
        return self._page("There is a problem", "<h1>There is a problem</h1><p>Start again.</p>", 400)

    def _start(self, request: Request) -> Response:
        auth_id = request.query_params.get("auth_id", "")
        if self._request(auth_id) is None:
            return self._gone()
        return self._page(
            "Allow software access",
            "<h1>Allow software to connect with HMRC</h1>"
            f'<a role="button" class="govuk-button" href="/oauth/whatYouWillNeed?auth_id={quote(auth_id)}">Continue</a>',
        )

    def _what_you_will_need(self, request: Request) -> Response:
        auth_id = request.query_params.get("auth_id", "")
        if self._request(auth_id) is None:
            return self._gone()
        onward = f"/oauth/grantscope?auth_id={quote(auth_id)}"
        return self._page(
            "What you will need",
            "<h1>What you will need</h1><p>Your Government Gateway user ID and password.</p>"
            f'<a role="button" id="signIn" class="govuk-button" href="/api-test-login/sign-in?continue={quote(onward, safe="")}">'
            "Sign in to the HMRC online service</a>",
        )

    def _sign_in_form(self, request: Request, message: str = "", status: int = 200, onward: str = "") -> Response:
        target = onward or request.query_params.get("continue", "")
        if not _is_local(target):
            return self._page("Invalid Parameters", "<h1>Invalid Parameters</h1>", 400)
        session = self._session(request)
        token = self._new_csrf(session)
        fault = f'<p class="govuk-error-message">{escape(message)}</p>' if message else ""
        body = (
            f"<h1>Sign in</h1><p>Enter your Test User credentials to sign in.</p>{fault}"
            '<form method="POST" action="/api-test-login/sign-in">'
            f'<input type="hidden" name="csrfToken" value="{token}">'
            f'<input type="hidden" name="continue" value="{escape(target)}">'
            '<label for="userId">User ID</label><input id="userId" name="userId" type="text">'
            '<label for="password">Password</label><input id="password" name="password" type="password">'
            '<button id="submit" type="submit" class="govuk-button">Sign in</button></form>'
        )
        return self._with_session(self._page("Sign in", body, status), session)

    def _sign_in(self, request: Request) -> Response:
        form: dict[str, str] = request.state.form
        target = form.get("continue", "")
        if not _is_local(target):
            return self._page("Invalid Parameters", "<h1>Invalid Parameters</h1>", 400)
        if not self._csrf_holds(request):
            return self._forbidden()
        with self._model.lock:
            person = self._model.people.get(form.get("userId", ""))
        if person is None or not secrets.compare_digest(person.password.encode(), form.get("password", "").encode()):
            return self._sign_in_form(request, "Invalid user ID or password. Try again.", 401, target)
        session = self._new_session(person.user_id)
        if self._model.unknowns.identity_form:
            target = f"/identity-check?{urlencode({'continue': target})}"
        return self._with_session(RedirectResponse(target, 303), session)

    def _identity_form(self, request: Request) -> Response:
        person = self._person(request)
        target = request.query_params.get("continue", "")
        if person is None or not _is_local(target):
            return self._page("Invalid Parameters", "<h1>Invalid Parameters</h1>", 400)
        body = (
            '<h1>Identity check</h1><form method="POST" action="/identity-check">'
            f'<input type="hidden" name="csrfToken" value="{self._new_csrf(request.cookies[COOKIE])}">'
            f'<input type="hidden" name="continue" value="{escape(target)}">'
            '<input name="forNino" value=""><input name="requiredResult" value="Success">'
            '<input name="listOfSuccessEvidences" value=""><button id="submit" type="submit">Continue</button></form>'
        )
        return self._page("Identity check", body)

    def _identity(self, request: Request) -> Response:
        form: dict[str, str] = request.state.form
        if not self._csrf_holds(request):
            return self._forbidden()
        if form.get("requiredResult") != "Success" or not _is_local(form.get("continue", "")):
            return self._page("Identity not confirmed", "<h1>We could not confirm your identity</h1>", 403)
        return RedirectResponse(form["continue"], 303)

    def _permission_form(self, request: Request) -> Response:
        auth_id = request.query_params.get("auth_id", "")
        asked = self._request(auth_id)
        if asked is None:
            return self._gone()
        if self._person(request) is None:
            onward = quote(f"/oauth/grantscope?auth_id={quote(auth_id)}", safe="")
            return RedirectResponse(f"/api-test-login/sign-in?continue={onward}", 303)
        application = self._model.applications[asked.client_id]
        scopes = "".join(f"<li>{escape(_SCOPE_TEXT.get(scope, scope))}</li>" for scope in asked.scopes)
        body = (
            f"<h1>Authority to interact with HMRC on your behalf</h1><p>{escape(application.name)} asks to:</p>"
            f'<ul>{scopes}</ul><form method="POST" action="/oauth/grantscope">'
            f'<input type="hidden" name="csrfToken" value="{self._new_csrf(request.cookies[COOKIE])}">'
            f'<input type="hidden" name="auth_id" value="{escape(auth_id)}">'
            f'<input type="hidden" name="state" value="{escape(asked.state or "")}">'
            '<button id="givePermission" type="submit" class="govuk-button">Give permission</button>'
            '<button id="denyPermission" type="submit" class="govuk-button" name="denied" value="true">'
            "Do not grant authority</button></form>"
        )
        return self._page("Give permission", body)

    def _permission(self, request: Request) -> Response:
        form: dict[str, str] = request.state.form
        asked = self._request(form.get("auth_id", ""))
        if asked is None:
            return self._gone()
        user_id = self._person(request)
        if user_id is None or not self._csrf_holds(request):
            return self._forbidden()
        if form.get("denied"):
            result = {
                "error": "access_denied",
                "error_description": "user denied the authorization",
                "error_code": "USER_DENIED_AUTHORIZATION",
            }
            self._model.authority.requests.pop(asked.auth_id, None)
        else:
            with self._model.lock:
                result = {"code": self._model.authority.give(asked, user_id)}
        if asked.state is not None:
            result["state"] = asked.state
        return self._outcome(asked.redirect_uri, result)

    def _outcome(self, redirect_uri: str, result: dict[str, str]) -> Response:
        """Back to the application: a redirect, or for `oob` a page whose title carries the result."""
        if redirect_uri not in {OUT_OF_BAND, OUT_OF_BAND_AUTO}:
            joint = "&" if urlsplit(redirect_uri).query else "?"
            return RedirectResponse(f"{redirect_uri}{joint}{urlencode(result)}", 303)
        granted = "code" in result
        # Seen in the sandbox for success; the title of a refusal is unknown.
        title = f"{'Success' if granted else 'Denied'} {urlencode(result)}"
        if redirect_uri == OUT_OF_BAND_AUTO:
            return self._page(title, "<p>You can close this window.</p>")
        shown = (
            f'<p id="authorisation-code">{escape(result["code"])}</p>'
            if granted
            else "<p>Authority was not granted.</p>"
        )
        return self._page(title, f"<p>Copy this into the application that asked for it:</p>{shown}")

    def _forbidden(self) -> HTMLResponse:
        return self._page("Forbidden", "<h1>Forbidden</h1>", 403)

    def _person(self, request: Request) -> str | None:
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    def _session(self, request: Request) -> str:
        known = request.cookies.get(COOKIE, "")
        return known if known in self._sessions else self._new_session(None)

    def _new_session(self, user_id: str | None) -> str:
        session = secrets.token_urlsafe(24)
        self._sessions[session] = user_id
        return session

    def _new_csrf(self, session: str) -> str:
        token = secrets.token_urlsafe(16)
        self._csrf[token] = session
        return token

    def _csrf_holds(self, request: Request) -> bool:
        session = self._csrf.pop(request.state.form.get("csrfToken", ""), None)
        return session is not None and session == request.cookies.get(COOKIE)

    def _with_session(self, response: Response, session: str) -> Response:
        response.set_cookie(COOKIE, session, path="/", httponly=True, samesite="lax")
        return response


def _is_local(target: str) -> bool:
    """Whether `continue` leads to another page of the same host."""
    return target.startswith("/") and not target.startswith("//") and "\\" not in target
