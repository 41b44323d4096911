"""What an answer of the token endpoint means: HMRC's documented errors, and everything else that may stand in their place."""

import codecs
import re
from typing import Any, Literal

import msgspec

from daemon.hmrc.reply import NOT_JSON, Reply
from storage.tokens.record import is_token

ACCESS_TOKEN_SECONDS = 14400
"""HMRC: an access token lives four hours. Taken where the answer was cut before it said so."""

Kind = Literal["answered", "unsent", "unreached", "unknown", "refused"]


class Tokens(msgspec.Struct, frozen=True):
    """A new pair of tokens; an empty scope means that HMRC did not repeat it (it does not on a refresh)."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str = ""

    def __repr__(self) -> str:
        return "Tokens(••••)"


class Report(msgspec.Struct, frozen=True):
    """How a request for tokens ended.

    `answered`: the tokens are in the journal. `unsent`: this machine could not even try. `unreached`: HMRC never saw the request.
    `unknown`: HMRC may have acted on it.
    `refused`: HMRC said no and did not act on it; `error` is its OAuth error, empty where the answer had none.
    """

    kind: Kind
    status: int = 0
    error: str = ""
    description: str = ""
    reason: str = ""


def read_answer(reply: Reply) -> Tokens | Report:
    """The tokens in `reply`, or what it means instead. A success without both tokens is never taken for tokens."""
    document = _json_object(reply.body)
    if 200 <= reply.status < 300:
        tokens = _tokens(document) if document is not None else _salvaged(reply.body)
        return tokens or Report("unknown", reply.status, reason="its answer had no tokens")
    if reply.status >= 500:
        return Report("unknown", reply.status, reason=f"it answered {reply.status}")
    error, description = _text(document, "error", _ERROR), _text(document, "error_description", _WORDS)
    return Report("refused", reply.status, error, description, f"it answered {reply.status}")


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8), type=dict[str, Any])
    except NOT_JSON:
        return None


def _text(document: dict[str, Any] | None, key: str, harmless: re.Pattern[str]) -> str:
    value = (document or {}).get(key)
    return value if isinstance(value, str) and harmless.fullmatch(value) else ""


_ERROR = re.compile(r"[a-z_]{1,40}")
"""How OAuth's errors are written (RFC 6749, 5.2)."""
_WORDS = re.compile(r"[A-Za-z_][A-Za-z_' ,.()]{0,119}")
"""Words only: what is repeated to the person can then hold no token, code or identifier."""
_SECONDS = re.compile(r"[0-9]{1,9}")


def _tokens(document: dict[str, Any]) -> Tokens | None:
    access, refresh = document.get("access_token"), document.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str) or not is_token(access) or not is_token(refresh):
        return None
    scope, lifetime = document.get("scope"), document.get("expires_in")
    if isinstance(lifetime, str) and _SECONDS.fullmatch(lifetime):
        lifetime = int(lifetime)
    if not isinstance(lifetime, int) or isinstance(lifetime, bool) or not 0 <= lifetime <= 10**9:
        lifetime = ACCESS_TOKEN_SECONDS
    return Tokens(access, refresh, lifetime, scope if isinstance(scope, str) else "")


def _salvaged(body: bytes) -> Tokens | None:
    """The tokens of an answer that was cut after both had arrived whole."""
    text = body.decode("utf-8", "replace")
    if not text.lstrip().startswith("{"):
        return None
    found: dict[str, str] = dict(re.findall(r'"(access_token|refresh_token)"\s*:\s*"([^"\\]+)"', text))
    lifetime = re.search(r'"expires_in"\s*:\s*(\d{1,9})\s*[,}]', text)
    return _tokens({**found, "expires_in": int(lifetime[1]) if lifetime else ACCESS_TOKEN_SECONDS})
