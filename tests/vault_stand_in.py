"""A strict stand-in for Vault's KV version 2 over real HTTP, for the real hvac to talk to.

Rules: OpenBao's `internal/builtin/logical/kv/path_data.go`, and Vault's API documentation. Check-and-set is required on every write; a token
ends after its ttl; a deleted version answers 404 with its metadata; a sealed server answers 503 to everything.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

ROLE_ID, SECRET_ID = "made-up-role-id", "made-up-secret-id"
ROLE, SERVICE_ACCOUNT = "hmrc-tui", "made.up.jwt"
ROOT = "made-up-root-token"


@dataclass
class Version:
    """One version of a secret."""

    data: dict[str, Any] | None
    created: float
    deleted: float | None = None


@dataclass
class Token:
    """A client token; `ends` None is one that never does."""

    ends: float | None
    may_write: bool = True


@dataclass
class VaultStandIn:
    """Use as a context manager; `address` is where it listens. Everything else is for tests to look at and to turn."""

    mount: str = "secret"
    kv_version: int = 2
    namespace: str | None = None
    login_ttl: float = 3600.0
    sealed: bool = False
    ahead: float = 0.0
    """Seconds that Vault's clock is ahead of the machine's."""
    secrets: dict[str, list[Version]] = field(default_factory=dict[str, list[Version]])
    tokens: dict[str, Token] = field(default_factory=lambda: {ROOT: Token(None)})
    logins: int = 0
    writes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    before_write: Callable[[str], None] | None = None
    after_write: Callable[[str], None] | None = None
    lose_replies: int = 0
    """How many of the next writes are done without an answer."""
    refuse: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Statuses and errors that the next requests get, whatever they ask."""
    content_type: str = "application/json"
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def now(self) -> float:
        return time.time() + self.ahead

    def put(self, path: str, data: dict[str, Any]) -> None:
        """Writes a secret as an administrator would."""
        self.secrets.setdefault(path, []).append(Version(data, self.now))

    def values(self, path: str) -> dict[str, Any] | None:
        """The newest values at `path`."""
        versions = self.secrets.get(path)
        return versions[-1].data if versions and versions[-1].deleted is None else None

    def end_all_tokens(self) -> None:
        """Every token that was issued by a login is over."""
        for token in self.tokens.values():
            if token.ends is not None:
                token.ends = 0.0


class _Refused(Exception):
    def __init__(self, status: int, *errors: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status, self.document = status, document or {"errors": list(errors)}


class _Lost(Exception):
    """The reply is not sent."""


def _handler(vault: VaultStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece, or each would wait for a delayed acknowledgement

        def log_message(self, *_: Any) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(vault.now, usegmt=True)

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            try:
                with vault.lock:
                    status, document = 200, _route(vault, self.command, self.path, self.headers, body)
            except _Refused as refused:
                status, document = refused.status, refused.document
            except _Lost:
                self.close_connection = True
                return
            content = b"" if document is None else json.dumps(document).encode()
            self.send_response(204 if document is None else status)
            self.send_header("Content-Type", vault.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server names them

    return Handler


def _route(vault: VaultStandIn, method: str, path: str, headers: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    if vault.refuse:
        raise _Refused(*vault.refuse.pop(0))
    if vault.sealed:
        raise _Refused(503, "Vault is sealed")
    if headers.get("X-Vault-Namespace") != vault.namespace:
        raise _Refused(403, "permission denied")
    _, _, rest = path.partition("?")[0].partition("/v1/")
    if method in {"POST", "PUT"} and rest.startswith("auth/") and rest.endswith("/login"):
        return _login(vault, rest, body)
    token = vault.tokens.get(headers.get("X-Vault-Token") or "")
    if token is None or (token.ends is not None and token.ends <= vault.now):
        raise _Refused(403, "permission denied", "invalid token")
    match method, rest:
        case "GET", "auth/token/lookup-self":
            ttl = 0 if token.ends is None else int(token.ends - vault.now)
            return {"data": {"ttl": ttl, "expire_time": None if token.ends is None else "soon"}}
        case (("POST" | "PUT"), "auth/token/renew-self"):
            if token.ends is not None:
                token.ends = vault.now + vault.login_ttl
            return {"auth": {"lease_duration": vault.login_ttl}}
        case (("POST" | "PUT"), "sys/capabilities-self"):
            allowed = ["create", "read", "update", "delete"] if token.may_write else ["read"]
            return {"capabilities": allowed, "data": dict.fromkeys(body["paths"], allowed)}
        case "GET", _ if rest == f"sys/internal/ui/mounts/{vault.mount}":
            return {"data": {"type": "kv", "options": {"version": str(vault.kv_version)}}}
        case _:
            return _secret(vault, method, rest, body, token)


def _login(vault: VaultStandIn, rest: str, body: dict[str, Any]) -> dict[str, Any]:
    good = {
        "auth/approle/login": {"role_id": ROLE_ID, "secret_id": SECRET_ID},
        "auth/kubernetes/login": {"role": ROLE, "jwt": SERVICE_ACCOUNT},
    }
    if body != good.get(rest):
        raise _Refused(400, "invalid role or secret ID")
    vault.logins += 1
    name = f"made-up-token-{vault.logins}"
    vault.tokens[name] = Token(vault.now + vault.login_ttl)
    return {"auth": {"client_token": name, "lease_duration": vault.login_ttl, "renewable": True}}


def _secret(vault: VaultStandIn, method: str, rest: str, body: dict[str, Any], token: Token) -> dict[str, Any] | None:
    kind, _, path = rest.removeprefix(f"{vault.mount}/").partition("/")
    if not rest.startswith(f"{vault.mount}/") or kind not in {"data", "metadata"}:
        raise _Refused(404)
    if method != "GET" and not token.may_write:
        raise _Refused(403, "permission denied")
    versions = vault.secrets.setdefault(path, [])
    match method, kind:
        case "GET", "data":
            return _read(versions)
        case (("POST" | "PUT"), "data"):
            return _write(vault, path, versions, body)
        case "DELETE", "data":
            if versions:
                versions[-1].deleted = vault.now
            return None
        case "DELETE", "metadata":
            versions.clear()
            return None
        case _:
            raise _Refused(405, "unsupported operation")


def _read(versions: list[Version]) -> dict[str, Any]:
    if not versions:
        raise _Refused(404)
    newest = versions[-1]
    document = {"data": {"data": newest.data, "metadata": _metadata(versions)}}
    if newest.deleted is not None:
        document["data"]["data"] = None
        raise _Refused(404, document=document)
    return document


def _write(vault: VaultStandIn, path: str, versions: list[Version], body: dict[str, Any]) -> dict[str, Any]:
    if set(body) != {"data", "options"} or not isinstance(body["data"], dict):
        raise _Refused(400, "no data provided")
    if "cas" not in body["options"]:
        raise _Refused(400, "check-and-set parameter required for this call")
    if vault.before_write:
        vault.before_write(path)
    if body["options"]["cas"] != len(versions):
        raise _Refused(400, "check-and-set parameter did not match the current version")
    versions.append(Version(body["data"], vault.now))
    vault.writes.append((path, len(versions)))
    if vault.after_write:
        vault.after_write(path)
    if vault.lose_replies > 0:
        vault.lose_replies -= 1
        raise _Lost
    return {"data": _metadata(versions)}


def _metadata(versions: list[Version]) -> dict[str, Any]:
    newest = versions[-1]
    return {
        "created_time": _nanoseconds(newest.created),
        "deletion_time": "" if newest.deleted is None else _nanoseconds(newest.deleted),
        "destroyed": False,
        "version": len(versions),
    }


def _nanoseconds(moment: float) -> str:
    """Vault writes nine digits after the second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
