"""Another server that speaks HMRC's protocol, written apart from the simulator, so that what only the two of us agree on shows.

Plain standard library, one application, one taxpayer, who may sign in from several places; figures set by the test.
"""

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET, UTR = "another-client", "another-secret", "2234567890"
VERSIONS = {
    "individual-tax": "1.1",
    "individual-income": "1.2",
    "individual-employment": "1.2",
    "individual-benefits": "2.0",
    "national-insurance": "1.1",
}
NOT_FOUND = (404, {"code": "NOT_FOUND", "message": "Resource was not found"})
Answer = tuple[int, Any]


class AnotherHmrc:
    """HMRC as a test sets it: `figures[(api, year)]` are documents; anything in `faults` is answered instead."""

    def __init__(self) -> None:
        self.client_secret = CLIENT_SECRET
        """What the application has to show; a test may have it changed."""
        self.figures: dict[tuple[str, str], Any] = {}
        self.faults: dict[str, Answer | str] = {}
        self.token_faults: deque[Answer | str] = deque()
        self.grants: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.requests: list[tuple[float, str, dict[str, str]]] = []
        self.spent: set[str] = set()
        self.reused = 0
        self.refreshes = 0
        self.expires_in = 14400
        self.delay = 0.0
        self.content_type = "application/json"
        self.manner: Literal["plain", "closing", "chunked"] = "plain"
        """How answers come: with their length; closed after each and header names in lower case; or in small chunks."""
        self.open = threading.Event()
        """Cleared, API requests wait for it."""
        self.tokens_open = threading.Event()
        """Cleared, a request for tokens is carried out and its answer waits."""
        self.open.set()
        self.tokens_open.set()
        self._lock = threading.Lock()
        self._port = 0
        self.come_back()

    @property
    def address(self) -> str:
        return f"http://localhost:{self._port}"

    @property
    def access_token(self) -> str:
        """The access token of the sign-in that was made or refreshed last."""
        return self.grants[-1]["access_token"]

    @access_token.setter
    def access_token(self, value: str) -> None:
        """HMRC knows another one from now on: the person's is dead."""
        self.grants[-1]["access_token"] = value

    def come_back(self) -> None:
        """Listens, on the same port every time."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        self._server.daemon_threads = True
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def go_away(self) -> None:
        """Refuses connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self.tokens_open.set()
        self.go_away()

    def employ(self, year: str, *employments: tuple[str, str, float | int, float | int]) -> None:
        """Figures for a year: reference, name, pay and tax of each employment."""
        self.figures["individual-tax", year] = {
            "pensionsAnnuitiesAndOtherStateBenefits": {},
            "refunds": {},
            "employments": [{"employerPayeReference": ref, "taxTakenOffPay": tax} for ref, _, _, tax in employments],
        }
        self.figures["individual-income", year] = {
            "pensionsAnnuitiesAndOtherStateBenefits": {},
            "employments": [
                {"employerPayeReference": ref, "payFromEmployment": pay} for ref, _, pay, _ in reversed(employments)
            ],
        }
        self.figures["individual-employment", year] = {
            "employments": [{"employerPayeReference": ref, "employerName": name} for ref, name, _, _ in employments]
        }

    def withdraw(self, year: str) -> None:
        """The year's return was processed: every API answers 404."""
        for api in VERSIONS:
            self.figures.pop((api, year), None)

    def most_in_a_second(self) -> int:
        """The most API requests that arrived within any one second."""
        stamps = sorted(at for at, path, _ in self.requests if "/sa/" in path)
        return max((sum(1 for other in stamps[i:] if other - at < 1.0) for i, at in enumerate(stamps)), default=0)

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        for name in ("client_id", "redirect_uri", "scope"):
            if not query.get(name):
                return 400, f"{name} is required"
        if query.get("response_type") != "code" or query["client_id"] != CLIENT_ID or "client_secret" in query:
            return 400, "invalid_request"
        code = secrets.token_hex(16)
        self.codes[code] = query
        back = urlencode({"code": code, **({"state": query["state"]} if "state" in query else {})})
        return 303, f"{query['redirect_uri']}?{back}"

    def token(self, form: dict[str, str]) -> Answer | str:
        with self._lock:
            if self.token_faults:
                return self.token_faults.popleft()
            if form.get("client_id") != CLIENT_ID or form.get("client_secret") != self.client_secret:
                return 401, {"error": "invalid_client", "error_description": "invalid client id or secret"}
            if form.get("grant_type") == "authorization_code":
                return self._exchange(form)
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form)
            return 400, {"error": "invalid_request", "error_description": "unsupported grant_type"}

    def _exchange(self, form: dict[str, str]) -> Answer:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_request", "error_description": "code is invalid"}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_request", "error_description": "redirect_uri is invalid"}
        challenge = (
            urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        )
        if "code_challenge" in asked and challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "code_verifier is invalid"}
        return 200, {**self._grant(), "scope": asked["scope"]}

    def _refresh(self, form: dict[str, str]) -> Answer:
        given = form.get("refresh_token", "")
        if given in self.spent:
            self.reused += 1
        known = next((grant for grant in self.grants if grant["refresh_token"] == given), None)
        if known is None:
            return 400, {"error": "invalid_grant", "error_description": "refresh_token is invalid"}
        self.refreshes += 1
        self.spent.add(given)
        self.grants.remove(known)
        return 200, self._grant()

    def _grant(self) -> dict[str, Any]:
        self.grants.append({"access_token": secrets.token_hex(16), "refresh_token": secrets.token_hex(16)})
        return {**self.grants[-1], "token_type": "bearer", "expires_in": self.expires_in}

    def api(self, path: str, headers: dict[str, str]) -> Answer | str:
        parts = path.strip("/").split("/")
        if len(parts) != 5 or parts[0] not in VERSIONS or parts[1] != "sa" or parts[3] != "annual-summary":
            return 404, {
                "code": "MATCHING_RESOURCE_NOT_FOUND",
                "message": "A resource with the name in the request can not be found in the API",
            }
        api, utr, year = parts[0], parts[2], parts[4]
        if headers.get("authorization") not in {f"Bearer {grant['access_token']}" for grant in self.grants}:
            return 401, {"code": "INVALID_CREDENTIALS", "message": "Invalid Authentication information provided"}
        if headers.get("accept") != f"application/vnd.hmrc.{VERSIONS[api]}+json":
            return 406, {"code": "ACCEPT_HEADER_INVALID", "message": "The accept header is missing or invalid"}
        if utr != UTR:
            return 401, {"code": "UNAUTHORIZED", "message": "Bearer token is missing or not authorized"}
        if api in self.faults:
            return self.faults[api]
        found = self.figures.get((api, year))
        return NOT_FOUND if found is None else (200, found)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hmrc = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                hmrc.requests.append((time.monotonic(), url.path, headers))
                if url.path == "/oauth/authorize":
                    status, text = hmrc.authorize({name: values[0] for name, values in parse_qs(url.query).items()})
                    self.send_response(status)
                    if status == 303:
                        self.send_header("Location", text)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                hmrc.open.wait(60)
                time.sleep(hmrc.delay)
                self.answer(hmrc.api(url.path, headers))

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                if self.path == "/oauth/token":
                    answer = hmrc.token(form)
                    hmrc.tokens_open.wait(60)
                    self.answer(answer)
                else:
                    self.answer((404, {"code": "MATCHING_RESOURCE_NOT_FOUND", "message": ""}))

            def answer(self, answer: Answer | str) -> None:
                status, body = (200, answer) if isinstance(answer, str) else answer
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                with suppress(ConnectionError):  # whoever asked may have been killed
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
