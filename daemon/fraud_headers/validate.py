"""Asks HMRC's own validator (Test Fraud Prevention Headers API 1.0), keeps what it says, and compares it with our check.

The validator is in HMRC's sandbox only. It takes an application token, so nobody has to sign in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

import msgspec

from daemon.fraud_headers.verdict import Verdict
from daemon.hmrc.reply import NOT_JSON
from storage.clock import Clock
from storage.records import ValidatorVerdict
from storage.secret import Secret
from storage.settings import API_URLS, Settings
from storage.shown_text import one_line
from storage.tokens.record import is_token
from storage.troubles import BadInput, HmrcTrouble

if TYPE_CHECKING:
    from daemon.hmrc.pace import Pace

PATH = "/test/fraud-prevention-headers/validate"
ACCEPT = "application/vnd.hmrc.1.0+json"
API_NAME = "Test Fraud Prevention Headers"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class VerdictKeeper(Protocol):
    """Where verdicts are kept; the ledger is one."""

    def keep_verdict(self, verdict: ValidatorVerdict) -> None:
        """Keeps what HMRC's validator said."""
        ...


class TheirFinding(msgspec.Struct, frozen=True):
    """An item of HMRC's answer. Its codes are not a closed list: the documentation and the service differ."""

    code: str
    message: str = ""
    headers: tuple[str, ...] = ()


class TheirVerdict(msgspec.Struct, frozen=True):
    """HMRC's answer."""

    code: str
    message: str = ""
    spec_version: str = msgspec.field(default="", name="specVersion")
    errors: tuple[TheirFinding, ...] = ()
    warnings: tuple[TheirFinding, ...] = ()

    def about(self, header: str) -> list[tuple[str, TheirFinding]]:
        """What HMRC says about one header, errors first, each with `error` or `warning`."""
        name = header.lower()
        found = [("error", item) for item in self.errors if name in map(str.lower, item.headers)]
        return found + [("warning", item) for item in self.warnings if name in map(str.lower, item.headers)]


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes


def validator_url(settings: Settings) -> str:
    """The host to ask: HMRC's sandbox, or the server that `[hmrc] api_url` puts in its place.

    In production only an override on this machine counts: it stands for all of HMRC. Any other is a way to production,
    which has no validator.
    """
    stands_in = urlsplit(settings.api_url).hostname in _LOOPBACK
    return settings.api_url if settings.environment != "production" or stands_in else API_URLS["sandbox"]


def validator_credentials(settings: Settings) -> tuple[Secret, Secret]:
    """The application that asks: `[validator]`'s, else, outside production, `[hmrc]`'s. Raises `BadInput` with the mend."""
    own = settings.validator
    if own.client_id and own.client_secret:
        return own.client_id, own.client_secret
    if own.client_id or own.client_secret:
        raise BadInput("[validator] needs both client_id and client_secret")
    if settings.environment == "production":
        raise BadInput(
            "HMRC's header validator is in its sandbox only: set [validator] client_id and client_secret to those of "
            "your sandbox application"
        )
    from daemon.hmrc.credentials import client_credentials

    return client_credentials(settings)


def validate(
    settings: Settings,
    clock: Clock,
    keeper: VerdictKeeper | None,
    method: str,
    headers: Mapping[str, str],
    pace: "Pace | None" = None,
) -> ValidatorVerdict:
    """Asks HMRC about `headers` and keeps its answer with the date. Blocks; call it in a thread from a screen.

    Without a `keeper` nothing is kept: the headers are somebody else's. `pace` is the application's, where the validator
    is asked as the application that syncs. Raises `BadInput` without credentials or where HTTP cannot carry a header,
    `HmrcTrouble` where HMRC refuses or cannot be reached.
    """
    _sendable(headers)
    host = validator_url(settings)
    token = _application_token(host, *validator_credentials(settings), pace)
    asked = {**headers, "Accept": ACCEPT, "Authorization": f"Bearer {token.reveal()}"}
    reply = _call("GET", host + PATH, asked, None, pace)
    if reply.status != 200:
        raise _refused(reply)
    theirs = read_verdict(reply.body)
    verdict = ValidatorVerdict(
        connection_method=method,
        asked_at=clock.now(),
        code=theirs.code,
        body=reply.body.decode("utf-8"),
        headers=tuple(headers.items()),
    )
    if keeper is not None:
        keeper.keep_verdict(verdict)
    return verdict


def _sendable(headers: Mapping[str, str]) -> None:
    """HTTP carries visible US-ASCII (RFC 9110 section 5.5); anything else is left to our own check."""
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            shown = name if _HEADER_NAME.fullmatch(name) else repr(name)
            raise BadInput(f"{shown}: HTTP cannot carry this header; see what is wrong with: hmrc-tui headers check")


def read_verdict(body: bytes | str) -> TheirVerdict:
    """HMRC's answer, read leniently: members that we do not know are passed over, each text is on one line. Raises `HmrcTrouble`."""
    try:
        return msgspec.convert(_without_controls(msgspec.json.decode(body)), TheirVerdict)
    except NOT_JSON:
        raise HmrcTrouble("HMRC's header validator answered something else than a verdict; ask again later") from None


def _without_controls(value: Any) -> Any:
    """A JSON value with every text in it as it may be shown on a terminal."""
    match value:
        case str():
            return one_line(value)
        case list():
            return [_without_controls(each) for each in cast("list[Any]", value)]
        case dict():
            return {key: _without_controls(each) for key, each in cast("dict[str, Any]", value).items()}
        case _:
            return value


def differences(ours: Verdict, theirs: TheirVerdict) -> list[str]:
    """Where HMRC's verdict and ours are not the same, a line each. Codes and header names count, not sentences."""
    found = [] if ours.code == theirs.code else [f"verdict: HMRC says {theirs.code}, our check {ours.code}"]
    mine = {(item.code, name) for item in (*ours.errors, *ours.warnings) for name in item.headers}
    hmrc = {(item.code, name.lower()) for item in (*theirs.errors, *theirs.warnings) for name in item.headers}
    found += [f"{name}: HMRC says {code}, our check does not" for code, name in sorted(hmrc - mine)]
    return found + [f"{name}: our check says {code}, HMRC does not" for code, name in sorted(mine - hmrc)]


def changed_since(verdict: ValidatorVerdict, headers: Mapping[str, str]) -> list[str]:
    """The headers that are not as they were when HMRC was asked; the time stamp always changes and is not named."""
    then = {name.lower(): value for name, value in verdict.headers}
    now = {name.lower(): value for name, value in headers.items()}
    return sorted(
        name for name in then.keys() | now.keys() if then.get(name) != now.get(name) and not name.endswith("-timestamp")
    )


def _application_token(host: str, client_id: Secret, client_secret: Secret, pace: "Pace | None") -> Secret:
    """An application token, for this one question (HMRC: client_credentials, no scope). Raises `HmrcTrouble`, `BadInput`."""
    form = {
        "client_id": client_id.reveal(),
        "client_secret": client_secret.reveal(),
        "grant_type": "client_credentials",
    }
    reply = _call("POST", f"{host}/oauth/token", {"Accept": "application/json"}, form, pace)
    answer = _json(reply.body)
    token = answer.get("access_token")
    if reply.status == 200 and isinstance(token, str) and is_token(token):
        return Secret(token)
    if answer.get("error") == "invalid_client":
        raise BadInput(
            "HMRC does not know the client id or secret for its header validator; check [validator] (in the sandbox "
            "[hmrc]) against your sandbox application at the Developer Hub"
        )
    raise HmrcTrouble(f"HMRC gave no application token for its header validator (HTTP {reply.status}); try again later")


def _refused(reply: _Reply) -> HmrcTrouble:
    code = _json(reply.body).get("code")
    if reply.status == 401 and code == "INVALID_CREDENTIALS":
        return HmrcTrouble(
            "HMRC's header validator refuses the token that HMRC issued a moment ago: a fault on HMRC's side, known "
            "since 26 August 2026; our own check stands: hmrc-tui headers check"
        )
    if reply.status == 403:
        return HmrcTrouble(
            f"your sandbox application is not subscribed to HMRC's {API_NAME} API; subscribe it at the Developer Hub"
        )
    if reply.status == 429:
        return HmrcTrouble("HMRC's header validator was asked too often; try again in a minute")
    named = f", {code}" if isinstance(code, str) and code.isascii() and code.isidentifier() else ""
    return HmrcTrouble(f"HMRC's header validator did not answer (HTTP {reply.status}{named}); try again later")


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except NOT_JSON:  # a document that is no object is none of HMRC's either
        return {}


def _call(
    method: str, address: str, headers: Mapping[str, str], form: Mapping[str, str] | None, pace: "Pace | None"
) -> _Reply:
    from daemon.hmrc import transport

    turn = pace.wait_turn() if pace else None
    try:
        reply = transport.request(
            method, address, headers=headers, form=form, sent=turn.sent if turn else None, whole_seconds=transport.READ
        )
    except transport.TransportError as error:
        raise HmrcTrouble(f"HMRC's header validator could not be reached: {error}; check the network") from None
    finally:
        if turn:
            turn.sent()
    if not reply.complete:
        raise HmrcTrouble("HMRC's header validator broke off its answer; try again")
    if reply.status == 429 and pace:
        pace.penalise()
    return _Reply(reply.status, reply.body)
