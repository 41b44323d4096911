"""A test user at HMRC's sandbox, with the PAYE APIs' test data seeded: Create Test User, then test support for each API and year."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from daemon.hmrc.credentials import client_credentials
from daemon.hmrc.endpoints import accept
from daemon.hmrc.reply import NOT_JSON
from storage.secret import Secret
from storage.settings import Settings
from storage.shown_text import one_line
from storage.tax_year import TaxYear
from storage.tokens.record import is_token
from storage.troubles import BadInput, HmrcTrouble

Scenario = Literal["HAPPY_PATH_1", "HAPPY_PATH_2"]
WaitTurn = Callable[[], Callable[[], None]]
"""Blocks until a request may be sent, and gives what to call when it is on the wire."""
SERVICES = ("national-insurance", "self-assessment")
"""The services that give the test user a NINO and a UTR; the winter fuel test data need both."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """Where one API's test data are made. Test support takes 2.0 for these, whatever its page says (hmrc/paye-des-stub, July 2026)."""

    api: str
    path: str
    version: str
    service: str


_PAYE = "/individual-paye-test-support/sa/{utr}/"
SEEDINGS = (
    Seeding("individual-tax", _PAYE + "tax/annual-summary/{year}", "2.0", "Individual PAYE Test Support"),
    Seeding("individual-income", _PAYE + "income/annual-summary/{year}", "2.0", "Individual PAYE Test Support"),
    Seeding(
        "individual-employment", _PAYE + "employments/annual-summary/{year}", "2.0", "Individual PAYE Test Support"
    ),
    Seeding("individual-benefits", _PAYE + "benefits/annual-summary/{year}", "2.0", "Individual PAYE Test Support"),
    Seeding(
        "national-insurance",
        "/national-insurance-test-support/sa/{utr}/annual-summary/{year}",
        "1.0",
        "National Insurance Test Support",
    ),
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """What came of seeding one API and year: `trouble` is one line where HMRC did not take it."""

    api: str
    tax_year: TaxYear
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """A made-up person of HMRC's sandbox; removed there after 90 days without use."""

    user_id: str
    password: Secret
    full_name: str
    utr: str
    nino: str
    seeded: tuple[Seeded, ...] = ()


class _NewUser(msgspec.Struct, rename="camel"):
    """The members of Create Test User's answer that matter here."""

    user_id: str
    password: str
    user_full_name: str
    sa_utr: str
    nino: str


class _Token(msgspec.Struct):
    access_token: str


def make_sandbox_user(
    settings: Settings, years: Sequence[TaxYear], wait_turn: WaitTurn, scenario: Scenario = "HAPPY_PATH_1"
) -> SandboxUser:
    """Makes a test user and seeds `years` for every API. Works against HMRC's sandbox and against a stand-in for it.

    A seed that HMRC does not take is told in the result: the user exists by then. Raises `BadInput` for production,
    `HmrcTrouble` where there is no user to speak of.
    """
    if settings.environment == "production":
        raise BadInput('test users exist in HMRC\'s sandbox only; set [hmrc] environment = "sandbox" first')
    sandbox = _Sandbox(settings, wait_turn)
    made = sandbox.create()
    seeded = [
        Seeded(seeding.api, year, sandbox.seed(seeding, made.sa_utr, year, scenario))
        for year in years
        for seeding in SEEDINGS
    ]
    return SandboxUser(made.user_id, Secret(made.password), made.user_full_name, made.sa_utr, made.nino, tuple(seeded))


class _Sandbox:
    """Calls with the application's own token: these APIs need no person."""

    def __init__(self, settings: Settings, wait_turn: WaitTurn) -> None:
        self._address = settings.api_url
        self._wait_turn = wait_turn
        self._token = self._application_token(settings)

    def create(self) -> _NewUser:
        """POST /create-test-user/individuals."""
        status, body = self._post("/create-test-user/individuals", "1.0", {"serviceNames": SERVICES})
        if status != 201:
            raise HmrcTrouble(f"HMRC made no test user: {_told(status, body, 'Create Test User')}")
        try:
            return msgspec.json.decode(body, type=_NewUser)
        except NOT_JSON:
            raise HmrcTrouble("HMRC made a test user, and its answer could not be read; try again") from None

    def seed(self, seeding: Seeding, utr: str, year: TaxYear, scenario: Scenario) -> str | None:
        """POSTs one scenario; None where it was taken, else why not, in one line."""
        path = seeding.path.format(utr=utr, year=year.hmrc)
        try:
            status, body = self._post(path, seeding.version, {"scenario": scenario})
        except HmrcTrouble as trouble:
            return str(trouble)
        return None if status == 201 else _told(status, body, seeding.service)

    def _application_token(self, settings: Settings) -> Secret:
        client_id, client_secret = client_credentials(settings)
        form = {
            "client_id": client_id.reveal(),
            "client_secret": client_secret.reveal(),
            "grant_type": "client_credentials",
        }
        status, body = self._send("/oauth/token", {}, form=form)
        if status == 401:
            raise BadInput("HMRC does not know this client id and secret; check [hmrc] client_id and client_secret")
        try:
            token = msgspec.json.decode(body, type=_Token).access_token
        except NOT_JSON:
            token = ""
        if not is_token(token):
            raise HmrcTrouble(f"HMRC gave the application no token (HTTP {status}); try again later")
        return Secret(token)

    def _post(self, path: str, version: str, content: object) -> tuple[int, bytes]:
        headers = {
            "Accept": accept(version),
            "Authorization": f"Bearer {self._token.reveal()}",
            "Content-Type": "application/json",
        }
        return self._send(path, headers, content=msgspec.json.encode(content))

    def _send(self, path: str, headers: dict[str, str], **body: Any) -> tuple[int, bytes]:
        from daemon.hmrc.reply import TransportError
        from daemon.hmrc.transport import READ, request

        sent = self._wait_turn()
        try:
            reply = request("POST", self._address + path, headers=headers, sent=sent, whole_seconds=READ, **body)
        except TransportError as error:
            raise HmrcTrouble(f"HMRC's sandbox could not be asked: {error}") from None
        finally:
            sent()
        if not reply.complete:
            raise HmrcTrouble("the connection to HMRC's sandbox broke inside an answer; try again")
        return reply.status, reply.body


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


def _told(status: int, body: bytes, service: str) -> str:
    """Why HMRC refused, with the mend where there is one."""
    try:
        error = msgspec.json.decode(body, type=_Error)
    except NOT_JSON:
        error = _Error()
    if error.code == "RESOURCE_FORBIDDEN":
        return f"the application is not subscribed to {service}; subscribe it at HMRC's Developer Hub"
    shown = one_line(error.code or error.message)
    return f"HTTP {status}" + (f" {shown}" if shown else "")
