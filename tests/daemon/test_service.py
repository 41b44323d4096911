"""The HTTP service: who may ask what, and what no caller can do."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from daemon.hmrc.oauth import Attempt
from daemon.service import SyncRequested, create_service
from storage.secret import Secret
from storage.settings import HmrcSettings, ServiceSettings, Settings, VaultSettings
from storage.troubles import HmrcTrouble, StorageTrouble
from tests.makers import StoppedClock

TOKEN = "a-webhook-token-of-thirty-two-characters-or-more"
PUBLIC = "https://hmrc.example.org"
SERVICE = ServiceSettings(public_url=PUBLIC, allowed_hosts=("hmrc-tui.svc",), webhook_token=Secret(TOKEN))
SETTINGS = Settings(service=SERVICE)


@dataclass
class StrictHost:
    """A daemon that does as the service asks, and remembers it."""

    is_alive: bool = True
    is_ready: bool = True
    setup_codes: set[str] = field(default_factory=lambda: {"setup"})
    syncs: int = 0
    exchanged: list[str] = field(default_factory=list)
    exchange_fails: bool = False
    token: Secret | None = field(default_factory=lambda: Secret(TOKEN))
    vault_is_away: bool = False
    clock: StoppedClock = field(default_factory=StoppedClock)

    def alive(self) -> bool:
        return self.is_alive

    def ready(self) -> bool:
        return self.is_ready

    def readiness(self) -> dict[str, str]:
        return {"ledger": "ok" if self.is_ready else "cannot be written"}

    def metrics(self) -> bytes:
        return b"hmrc_tui_outbox_rows 0.0\n"

    def request_sync(self) -> SyncRequested:
        self.syncs += 1
        return SyncRequested(self.clock.now(), joined=self.syncs > 1)

    async def webhook_token(self) -> Secret | None:
        if self.vault_is_away:
            raise StorageTrouble("Vault cannot be reached")
        return self.token

    def redeem_setup_code(self, code: Secret) -> bool:
        known = code.reveal() in self.setup_codes
        self.setup_codes.discard(code.reveal())
        return known

    def sign_in_address(self, attempt: Attempt) -> str:
        return f"https://hmrc.test/oauth/authorize?state={attempt.state.reveal()}"

    async def finish_sign_in(self, code: Secret, attempt: Attempt) -> None:
        if self.exchange_fails:
            raise HmrcTrouble("HMRC refused the code; sign in again")
        self.exchanged.append(code.reveal())


@pytest.fixture
def host() -> StrictHost:
    return StrictHost()


def service(host: StrictHost, settings: Settings = SETTINGS) -> FastAPI:
    return create_service(settings, host, host.clock)


def browser(app: FastAPI, base_url: str = PUBLIC) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=base_url)


@pytest.fixture
async def client(host: StrictHost) -> AsyncIterator[httpx2.AsyncClient]:
    async with browser(service(host)) as open_client:
        yield open_client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_sync_is_accepted_with_the_token(client: httpx2.AsyncClient, host: StrictHost) -> None:
    first = await client.post("/sync", headers=bearer(TOKEN))
    second = await client.post("/sync", headers=bearer(TOKEN), content=b"anything")
    assert (first.status_code, first.json()["joined"]) == (202, False)
    assert (second.status_code, second.json()["joined"]) == (202, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer(""),
        bearer("wrong"),
        bearer(TOKEN + "x"),
        bearer(TOKEN[:-1]),
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": b"Bearer tok\xc3\xa9n"},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
async def test_without_the_right_token_nothing_starts(
    client: httpx2.AsyncClient, host: StrictHost, headers: dict[str, str | bytes]
) -> None:
    answer = await client.post("/sync", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, host.syncs) == (401, 0)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("headers", [{}, bearer("x"), bearer(TOKEN[:-1] + "x"), {"Authorization": f"Basic {TOKEN}"}])
async def test_every_token_is_compared_in_constant_time_whatever_comes_before_it(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    compared: list[tuple[object, object]] = []
    real = hmac.compare_digest

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return real(given, expected)

    monkeypatch.setattr("daemon.service.hmac.compare_digest", compare)
    assert (await client.post("/sync", headers=headers)).status_code == 401
    assert [(type(given), expected) for given, expected in compared] == [(bytes, TOKEN.encode())]


async def test_without_a_webhook_token_there_is_no_sync(host: StrictHost) -> None:
    app = service(host, Settings(service=ServiceSettings(public_url=PUBLIC)))
    async with browser(app) as client:
        assert (await client.post("/sync", headers=bearer(TOKEN))).status_code == 404
        assert "/sync" not in (await client.get("/openapi.json")).json()["paths"]


async def test_a_webhook_token_in_vault_opens_it_once_vault_can_be_asked(host: StrictHost) -> None:
    in_vault = Settings(
        service=ServiceSettings(public_url=PUBLIC), vault=VaultSettings(address="https://vault.example.org")
    )
    async with browser(service(host, in_vault)) as client:
        host.vault_is_away = True
        assert (await client.post("/sync", headers=bearer(TOKEN))).status_code == 503
        host.vault_is_away = False
        assert (await client.post("/sync", headers=bearer(TOKEN))).status_code == 202
        host.token = None
        assert (await client.post("/sync", headers=bearer(TOKEN))).status_code == 404
    assert host.syncs == 1


async def test_a_token_in_any_letters_is_the_bytes_that_are_sent(host: StrictHost) -> None:
    host.token = Secret("tokén-ß-☂")
    async with browser(service(host)) as client:
        sent = {"Authorization": b"Bearer " + "tokén-ß-☂".encode()}
        assert (await client.post("/sync", headers=sent)).status_code == 202  # type: ignore[arg-type]


async def test_a_large_body_is_refused(client: httpx2.AsyncClient, host: StrictHost) -> None:
    answer = await client.post("/sync", headers=bearer(TOKEN), content=b"x" * 1025)
    assert (answer.status_code, host.syncs) == (413, 0)


@pytest.mark.parametrize(
    "name", ["hmrc.example.org", "HMRC.example.org:443", "localhost:8081", "127.0.0.1", "[::1]:8081", "hmrc-tui.svc"]
)
async def test_the_service_answers_to_its_names(client: httpx2.AsyncClient, name: str) -> None:
    assert (await client.get("/healthz", headers={"Host": name})).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.example.org",
        "hmrc.example.org.evil.test",
        "",
        "localhost.evil.test",
        "10.0.0.1",
        "[::1].evil.test",
        "[::1]@evil.test",
        "localhost:8081.evil.test",
        "localhost:8081:evil.test",
        "localhost@evil.test",
        "[localhost]",
    ],
)
async def test_and_to_no_other_name(client: httpx2.AsyncClient, name: str) -> None:
    assert (await client.get("/healthz", headers={"Host": name})).status_code == 421


@pytest.mark.parametrize("name", ["fd00::5", "[fd00::5]", "FD00::5"])
async def test_an_ipv6_address_is_a_name_too(host: StrictHost, name: str) -> None:
    listening = Settings(service=ServiceSettings(allowed_hosts=(name,)))
    async with browser(service(host, listening), "http://localhost") as client:
        assert (await client.get("/healthz", headers={"Host": "[fd00::5]:8081"})).status_code == 200
        assert (await client.get("/healthz", headers={"Host": "[fd00::6]:8081"})).status_code == 421


async def test_health_is_the_loop_and_the_timer_alone(client: httpx2.AsyncClient, host: StrictHost) -> None:
    host.is_ready = False
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 503
    host.is_alive = False
    assert (await client.get("/healthz")).status_code == 503


async def test_every_answer_forbids_storing_and_sniffing(client: httpx2.AsyncClient) -> None:
    for path in ("/healthz", "/docs", "/nowhere", "/callback"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


async def test_the_description_is_a_page_without_scripts(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/docs")
    assert "POST /sync" in answer.text
    assert "<script" not in answer.text
    assert set((await client.get("/openapi.json")).json()["paths"]) == {
        "/authorize", "/callback", "/sync", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip


async def test_a_browser_with_the_setup_code_signs_in(client: httpx2.AsyncClient, host: StrictHost) -> None:
    sent = await client.get("/authorize?setup_code=setup")
    assert sent.status_code == 303
    cookie = sent.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Max-Age=600"))
    state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
    back = await client.get("/callback", params={"code": "the-code", "state": state})
    assert (back.status_code, back.headers["location"]) == (303, "callback")
    assert host.exchanged == ["the-code"]
    told = await client.get("/callback")
    assert (told.status_code, "Signed in" in told.text, "the-code" in told.text) == (200, True, False)
    assert (await client.get("/callback")).status_code == 400
    again = await client.get("/callback", params={"code": "another", "state": state})
    assert (again.status_code, host.exchanged) == (400, ["the-code"])


@pytest.mark.parametrize("address", ["/authorize", "/authorize?code=", "/authorize?setup_code=wrong"])
async def test_without_the_setup_code_nobody_begins(client: httpx2.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code == 403


async def test_a_setup_code_works_once(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/authorize?setup_code=setup")).status_code == 303
    assert (await client.get("/authorize?setup_code=setup")).status_code == 403


async def test_guesses_at_the_setup_code_are_limited_for_a_minute(client: httpx2.AsyncClient, host: StrictHost) -> None:
    guesses = [(await client.get(f"/authorize?setup_code={'x' * number}")).status_code for number in range(25)]
    assert guesses == [403] * 20 + [429] * 5
    refused = await client.get("/authorize?setup_code=setup")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    host.clock.moment += timedelta(minutes=1)
    assert (await client.get("/authorize?setup_code=setup")).status_code == 303


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH", "ANYTHING"])
@pytest.mark.parametrize("path", ["/authorize", "/callback", "/sync", "/healthz", "/metrics", "/docs"])
async def test_no_other_method_does_anything(
    client: httpx2.AsyncClient, host: StrictHost, method: str, path: str
) -> None:
    answer = await client.request(method, path, headers=bearer(TOKEN))
    assert (answer.status_code, host.syncs) == (405, 0)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/sync/", "/healthz/", "//sync", "/docs/"])
async def test_nobody_is_sent_on_to_where_the_host_header_says(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await client.request(method, path, headers=bearer(TOKEN))
        assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_what_is_too_long_or_odd_is_refused_without_an_echo(client: httpx2.AsyncClient) -> None:
    for address in ("/authorize?setup_code=" + "a" * 10_000, "/callback?state=" + "a" * 10_000, "/" + "a" * 10_000):
        answer = await client.get(address)
        assert answer.status_code in {400, 403, 404}
        assert "aaaa" not in answer.text
    for state in ("%00", "%ff%fe", "%F0%9F%92%A9", "%", "&state=twice"):
        assert (await client.get(f"/callback?code=x&state={state}")).status_code == 400


async def test_another_browser_cannot_finish_a_sign_in(host: StrictHost) -> None:
    app = service(host)
    async with browser(app) as mine, browser(app) as another:
        sent = await mine.get("/authorize?setup_code=setup")
        state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
        assert (await another.get("/callback", params={"code": "stolen", "state": state})).status_code == 400
        assert (await mine.get("/callback", params={"code": "x", "state": "made-up"})).status_code == 400
        assert (await mine.get("/callback", params={"code": "mine-now", "state": state})).status_code == 303
    assert host.exchanged == ["mine-now"]


@pytest.mark.parametrize(
    ("redirect_uri", "public_url", "status"),
    [
        ("", None, 503),
        ("http://localhost:8080/oauth/callback", None, 503),
        ("urn:ietf:wg:oauth:2.0:oob", PUBLIC, 503),
        ("http://localhost:8081/callback", None, 303),
        ("", PUBLIC, 303),
        (PUBLIC + "/hmrc/callback", PUBLIC + "/hmrc", 303),
        ("http://localhost:8080/oauth/callback", PUBLIC, 503),
        ("https://elsewhere.example.org/callback", PUBLIC, 503),
    ],
)
async def test_nobody_is_sent_to_hmrc_who_would_come_back_elsewhere(
    host: StrictHost, redirect_uri: str, public_url: str | None, status: int
) -> None:
    settings = Settings(hmrc=HmrcSettings(redirect_uri=redirect_uri), service=ServiceSettings(public_url=public_url))
    async with browser(service(host, settings), "http://localhost:8081") as client:
        assert (await client.get("/authorize?setup_code=wrong")).status_code == 403
        answer = await client.get("/authorize?setup_code=setup")
    assert answer.status_code == status
    assert ("public_url" in answer.text) == (status == 503)


async def test_an_attempt_ends_after_ten_minutes(client: httpx2.AsyncClient, host: StrictHost) -> None:
    sent = await client.get("/authorize?setup_code=setup")
    state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
    host.clock.moment += timedelta(minutes=10)
    assert (await client.get("/callback", params={"code": "late", "state": state})).status_code == 400
    assert host.exchanged == []


async def test_a_refusal_at_hmrc_or_in_the_exchange_is_said_plainly(
    client: httpx2.AsyncClient, host: StrictHost
) -> None:
    host.setup_codes |= {"second"}
    for setup_code, parameters, status in (
        ("setup", {"error": "access_denied", "error_code": "USER_DENIED_AUTHORIZATION"}, 403),
        ("second", {"code": "the-code"}, 502),
    ):
        host.exchange_fails = True
        sent = await client.get("/authorize", params={"setup_code": setup_code})
        state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
        answer = await client.get("/callback", params={**parameters, "state": state})
        assert answer.status_code == status
        assert "the-code" not in answer.text


async def test_a_thousand_requests_are_all_answered(client: httpx2.AsyncClient, host: StrictHost) -> None:
    answers = await asyncio.gather(*(client.post("/sync", headers=bearer(TOKEN)) for _ in range(1000)))
    assert {answer.status_code for answer in answers} == {202}
    assert sum(not answer.json()["joined"] for answer in answers) == 1


def test_no_request_made_from_the_description_breaks_the_service_or_gets_an_undescribed_answer(
    host: StrictHost,
) -> None:
    import schemathesis
    from schemathesis.checks import CHECKS

    app = service(host)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"Host": "localhost"})
    checks = CHECKS.get_by_names(
        ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
    )
    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy()  # type: ignore[attr-defined]
        from hypothesis import HealthCheck, given, settings

        @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=strategy)
        def exercise(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Host": "localhost", **bearer(TOKEN)}, checks=checks)

        exercise()
