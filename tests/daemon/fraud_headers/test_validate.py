"""Asking HMRC's validator: in its sandbox, as an application, with an answer that is kept and compared with ours."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check
from daemon.fraud_headers.validate import (
    ACCEPT,
    PATH,
    changed_since,
    differences,
    read_verdict,
    validate,
    validator_credentials,
    validator_url,
)
from daemon.hmrc.pace import Pace
from daemon.simulator import Simulator
from storage.records import ValidatorVerdict
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, ValidatorSettings
from storage.troubles import BadInput, HmrcTrouble
from tests.daemon.fraud_headers.makers import MOMENT, headers_of
from tests.makers import StoppedClock
from tests.simulated import ask as http
from tests.simulated import control, settings_for, simulated, token_request

CLOCK = StoppedClock(MOMENT)
SANDBOX = "https://test-api.service.hmrc.gov.uk"


class Kept:
    """A keeper of verdicts that remembers them."""

    def __init__(self) -> None:
        self.verdicts: list[ValidatorVerdict] = []

    def keep_verdict(self, verdict: ValidatorVerdict) -> None:
        self.verdicts.append(verdict)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with simulated() as running:
        yield running


def ask(simulator: Simulator, keeper: Kept | None = None, settings: Settings | None = None, **changes: str | None):
    headers = headers_of(spec.DESKTOP_APP_DIRECT, **changes)
    return validate(settings or settings_for(simulator), CLOCK, keeper, spec.DESKTOP_APP_DIRECT, headers)


def hmrc_settings(**hmrc: Any) -> Settings:
    return Settings(hmrc=HmrcSettings(**hmrc))


def test_the_answer_is_kept_with_its_date_and_the_headers(simulator: Simulator) -> None:
    kept = Kept()

    verdict = ask(simulator, kept)

    assert kept.verdicts == [verdict]
    assert verdict.code == "VALID_HEADERS"
    assert verdict.asked_at == MOMENT
    assert dict(verdict.headers) == headers_of(spec.DESKTOP_APP_DIRECT)
    assert read_verdict(verdict.body).spec_version == "3.3"


def test_somebody_elses_headers_are_not_kept_as_ours(simulator: Simulator) -> None:
    assert ask(simulator, None, timezone="BST").code == "INVALID_HEADERS"


def test_an_application_token_is_used_and_nobody_signs_in(simulator: Simulator) -> None:
    ask(simulator)

    asked = control(simulator, "GET", "/requests")
    assert [(one["method"], one["path"]) for one in asked] == [
        ("POST", "/oauth/token"),
        ("GET", "/test/fraud-prevention-headers/validate"),
    ]


def test_the_validator_keeps_the_pace_of_the_application(simulator: Simulator, tmp_path) -> None:
    pace = Pace(tmp_path / "pace")

    validate(settings_for(simulator), CLOCK, None, "DESKTOP_APP_DIRECT", headers_of(spec.DESKTOP_APP_DIRECT), pace)

    turns = msgspec.json.decode((tmp_path / "pace").read_bytes())["turns"]
    assert [turn["waiting"] for turn in turns] == [False, False]


def test_a_token_that_hmrc_refuses_is_hmrcs_fault_and_said_plainly(simulator: Simulator) -> None:
    control(simulator, "PATCH", "/unknowns", {"validator_refuses_token": True})
    kept = Kept()

    with pytest.raises(HmrcTrouble, match=r"a fault on HMRC's side, known since 26 August 2026; our own check stands"):
        ask(simulator, kept)
    assert kept.verdicts == []


def test_an_application_that_is_not_subscribed_is_told_what_to_subscribe_to(simulator: Simulator) -> None:
    simulator.application.subscriptions.discard("txm-fph-validator-api")

    with pytest.raises(HmrcTrouble, match="not subscribed to HMRC's Test Fraud Prevention Headers API"):
        ask(simulator)


def test_wrong_credentials_are_a_matter_of_the_configuration(simulator: Simulator) -> None:
    settings = settings_for(simulator, client_secret=Secret("made-up-and-wrong"))

    with pytest.raises(BadInput, match=r"check \[validator\]") as refused:
        ask(simulator, settings=settings)
    assert "made-up-and-wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "fault", "said"),
    [
        ("/oauth/token", {"action": "respond", "status": 503}, "gave no application token.*HTTP 503"),
        ("/oauth/token", {"action": "drop_before"}, "could not be reached"),
        ("/oauth/token", {"action": "respond", "status": 200, "body": "[" * 100_000}, "no application token.*HTTP 200"),
        (
            "/oauth/token",
            {"action": "respond", "status": 200, "body": '{"access_token": "tök"}'},
            "no application token",
        ),
        ("/test", {"action": "respond", "status": 500, "body": "[" * 100_000}, "did not answer .HTTP 500"),
        (
            "/test",
            {"action": "respond", "status": 200, "body": '{"code": ' + "[" * 100_000},
            "something else than a verdict",
        ),
        ("/test", {"action": "respond", "status": 500}, "did not answer .HTTP 500"),
        ("/test", {"action": "respond", "status": 429}, "asked too often"),
        ("/test", {"action": "respond", "status": 200, "body": "<html>"}, "something else than a verdict"),
        ("/test", {"action": "respond", "status": 200, "body": "[]"}, "something else than a verdict"),
        ("/test", {"action": "respond", "status": 200, "body": '{"message": "x"}'}, "something else than a verdict"),
        ("/test", {"action": "cut"}, "broke off|could not be reached"),
        ("/test", {"action": "drop_after"}, "could not be reached"),
    ],
)
def test_trouble_at_hmrc_is_one_line(simulator: Simulator, path: str, fault: dict[str, Any], said: str) -> None:
    control(simulator, "POST", "/faults", {"path": path, **fault})

    with pytest.raises(HmrcTrouble, match=said) as trouble:
        ask(simulator)
    assert "\n" not in str(trouble.value)
    assert "Bearer" not in str(trouble.value)


def test_what_hmrcs_validator_says_is_shown_without_what_a_terminal_would_obey() -> None:
    body = b'{"code": "VALID\\u001b[2J", "message": "one\\ntwo\\u009b", "errors": [{"code": "X", "headers": ["\\u001b]0;a\\u0007"]}]}'
    said = read_verdict(body)
    assert (said.code, said.message, said.errors[0].headers) == ("VALID [2J", "one two", ("]0;a",))


@pytest.mark.parametrize("body", [b"\xff", b'{"code": "\xff"}', b"[" * 100_000, b'"text"'])
def test_no_verdict_at_all_is_a_crash(body: bytes) -> None:
    with pytest.raises(HmrcTrouble, match="something else than a verdict"):
        read_verdict(body)


def test_a_server_that_is_not_there_is_told(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    simulator.stop()

    with pytest.raises(HmrcTrouble, match="could not be reached"):
        ask(simulator, settings=settings)


@pytest.mark.parametrize("value", ["os=müller", "os=a\nb", "os=a\x00"])
def test_what_http_cannot_carry_is_not_sent(simulator: Simulator, value: str) -> None:
    with pytest.raises(BadInput, match="Gov-Client-User-IDs: HTTP cannot carry"):
        ask(simulator, user_ids=value)
    assert control(simulator, "GET", "/requests") == []


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (hmrc_settings(environment="production"), SANDBOX),
        (hmrc_settings(environment="sandbox"), SANDBOX),
        (hmrc_settings(environment="simulator"), "http://localhost:9640"),
        (hmrc_settings(environment="simulator", api_url="http://localhost:7"), "http://localhost:7"),
        (hmrc_settings(environment="sandbox", api_url="https://proxy.example.com/"), "https://proxy.example.com"),
        (hmrc_settings(environment="production", api_url="https://proxy.example.com"), SANDBOX),
        (hmrc_settings(environment="production", api_url="http://127.0.0.1:7"), "http://127.0.0.1:7"),
    ],
)
def test_the_validator_is_in_the_sandbox_wherever_the_syncs_go(settings: Settings, address: str) -> None:
    assert validator_url(settings) == address


def test_production_needs_a_sandbox_applications_credentials() -> None:
    own = {"client_id": Secret("production-id"), "client_secret": Secret("production-secret")}
    production = hmrc_settings(environment="production", **own)

    with pytest.raises(BadInput, match=r"set \[validator\] client_id and client_secret"):
        validator_credentials(production)
    assert validator_credentials(hmrc_settings(environment="sandbox", **own)) == tuple(own.values())


def test_the_validators_own_credentials_come_first() -> None:
    validator = ValidatorSettings(client_id=Secret("sandbox-id"), client_secret=Secret("sandbox-secret"))
    for environment in ("production", "sandbox"):
        settings = Settings(hmrc=HmrcSettings(environment=environment), validator=validator)
        assert validator_credentials(settings) == (Secret("sandbox-id"), Secret("sandbox-secret"))


def test_half_of_the_validators_credentials_is_a_mistake() -> None:
    with pytest.raises(BadInput, match="both"):
        validator_credentials(Settings(validator=ValidatorSettings(client_id=Secret("sandbox-id"))))


@pytest.mark.parametrize("method", spec.METHODS)
@pytest.mark.parametrize("changes", [{}, {"timezone": "BST"}, {"device_id": "short"}, {"product_name": None}])
def test_the_simulators_validator_agrees_with_our_check(
    simulator: Simulator, method: str, changes: dict[str, str | None]
) -> None:
    headers = headers_of(method, **changes)

    verdict = validate(settings_for(simulator), CLOCK, None, method, headers)

    assert msgspec.json.decode(verdict.body) == check(headers).as_answer("3.3")
    assert differences(check(headers), read_verdict(verdict.body)) == []


def test_the_simulators_validator_takes_a_header_that_comes_twice_as_one_list(simulator: Simulator) -> None:
    token = token_request(simulator, grant_type="client_credentials").json()["access_token"]
    plain = headers_of(spec.BATCH_PROCESS_DIRECT, local_ips="10.1.2.3").items()
    sent = [*plain, ("gov-client-local-ips", "8.8.8.8"), ("Accept", ACCEPT), ("Authorization", f"Bearer {token}")]

    answer = http("GET", simulator.address + PATH, headers=sent)

    assert answer.json() == check(sent).as_answer("3.3")
    assert answer.json()["errors"][0]["headers"] == ["gov-client-local-ips"]


def test_differences_are_told_from_either_side() -> None:
    ours = check(headers_of(spec.DESKTOP_APP_DIRECT, timezone="BST"))
    theirs = read_verdict(
        b'{"specVersion":"3.4","code":"POTENTIALLY_INVALID_HEADERS","message":"-","something":"new","warnings":'
        b'[{"code":"NEW_CODE","message":"-","headers":["Gov-Client-Screens"]}]}'
    )

    assert differences(ours, theirs) == [
        "verdict: HMRC says POTENTIALLY_INVALID_HEADERS, our check INVALID_HEADERS",
        "gov-client-screens: HMRC says NEW_CODE, our check does not",
        "gov-client-timezone: our check says INVALID_HEADER, HMRC does not",
    ]


def test_what_changed_since_hmrc_was_asked_is_named(simulator: Simulator) -> None:
    verdict = ask(simulator)
    now = headers_of(spec.DESKTOP_APP_DIRECT, timezone="UTC+00:00", screens=None)
    now[spec.LOCAL_IPS_TIMESTAMP] = "2026-01-01T00:00:00.000Z"

    assert changed_since(verdict, now) == ["gov-client-screens", "gov-client-timezone"]
