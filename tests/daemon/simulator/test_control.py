"""The control address: time, figures, who takes part, what really happened; secrets never come back as they went in."""

import pytest

from daemon.simulator import Simulator
from tests.daemon.simulator.conftest import Desk
from tests.simulated import ask, control, token_request, tokens_for

TAX = "/individual-tax/sa/2234567890/annual-summary/2024-25"


def test_a_year_is_missing_appears_changes_and_goes_over_http(desk: Desk) -> None:
    simulator = desk.simulator
    year = "/years/2234567890/2024-25"

    def figures(tax: str) -> dict[str, object]:
        return {"employments": [{"reference": "123/AB456", "name": "Example Ltd", "pay": "34200.00", "tax": tax}]}

    control(simulator, "PUT", "/clock", {"now": "2025-06-01T00:00:00Z", "stopped": True})
    kept = control(simulator, "PUT", f"{year}?from=2025-06-10T00:00:00Z", figures("4324.00"))
    assert kept == ["individual-tax", "individual-income", "individual-employment"]
    control(simulator, "PUT", f"{year}?from=2025-07-10T00:00:00%2B01:00", figures("4300.00"))
    control(simulator, "DELETE", f"{year}?from=2026-02-01T00:00:00Z")
    told: list[str] = []
    for days in (0, 10, 40, 250):
        control(simulator, "PUT", "/clock", {"now": "2025-06-01T00:00:00Z", "stopped": True})
        control(simulator, "POST", "/clock/advance", {"days": days})
        answer = desk.get(TAX, token=desk.user_token())
        told.append(
            answer.json()["employments"][0]["taxTakenOffPay"] if answer.status_code == 200 else answer.json()["code"]
        )
    assert told == ["NOT_FOUND", 4324.0, 4300.0, "NOT_FOUND"]


def test_a_whole_raw_answer_can_be_set_and_taken_away(desk: Desk) -> None:
    address = "/figures/individual-tax/2234567890/2024-25"
    ask("PUT", f"{desk.simulator.address}/simulator{address}", content="<p>cut", headers={"content-type": "text/html"})
    token = desk.user_token()
    answer = desk.get(TAX, token=token)
    assert (answer.text, answer.headers["content-type"]) == ("<p>cut", "text/html")
    assert control(desk.simulator, "GET", "/figures")[0]["body"] == "<p>cut"
    control(desk.simulator, "DELETE", address)
    assert desk.get(TAX, token=token).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "content", "trouble"),
    [
        ("PUT", "/clock", {"now": "2025-06-01T00:00:00"}, "needs a time zone"),
        ("PUT", "/clock", {"time": 1}, "unknown field"),
        ("POST", "/clock/advance", {"days": 1e300}, "too large"),
        ("PUT", "/figures/individual-tax/2234567890/2024-25?from=yesterday", {}, "isoformat"),
        ("PUT", "/figures/no-such-api/2234567890/2024-25", {}, "unknown API"),
        ("POST", "/faults", {"action": "explode"}, "explode"),
        ("POST", "/faults", {}, "missing required field"),
        ("POST", "/applications", {"client_id": "a", "client_secrets": ["s"], "redirect_uris": ["http://x"]}, "https"),
        (
            "POST",
            "/applications",
            {"client_id": "a", "client_secrets": ["s"], "redirect_uris": [], "subscriptions": ["vat"]},
            "unknown API vat",
        ),
        ("PATCH", "/unknowns", {"no_such_switch": True}, "no_such_switch"),
        ("PATCH", "/unknowns", {"identity_form": "yes"}, "identity_form"),
    ],
)
def test_a_wrong_control_request_is_told_and_changes_nothing(
    simulator: Simulator, method: str, path: str, content: object, trouble: str
) -> None:
    before = control(simulator, "GET", "")
    answer = ask(method, f"{simulator.address}/simulator{path}", json=content)
    assert answer.status_code == 400
    assert trouble in answer.json()["trouble"]
    assert control(simulator, "GET", "") == before


def test_an_application_and_a_person_can_be_added(simulator: Simulator) -> None:
    control(
        simulator,
        "POST",
        "/applications",
        {
            "client_id": "another",
            "client_secrets": ["one", "two"],
            "redirect_uris": ["http://localhost:9999/back"],
            "subscriptions": ["hello"],
        },
    )
    people = control(
        simulator, "POST", "/people", {"user_id": "1", "password": "p", "utr": "1097172564", "nino": "AA111111A"}
    )
    assert len(people) == 2
    answer = token_request(simulator, client_id="another", client_secret="two", grant_type="client_credentials")
    assert answer.status_code == 200


def test_the_throttle_can_be_set_and_lifted(desk: Desk) -> None:
    token = desk.user_token()
    desk.model.monotonic = lambda: 5.0
    control(desk.simulator, "PUT", "/throttle", {"requests": 1})
    assert [desk.get(TAX, token=token).status_code for _ in range(2)] == [404, 429]
    control(desk.simulator, "PUT", "/throttle", {"requests": None})
    assert [desk.get(TAX, token=token).status_code for _ in range(2)] == [404, 404]


def test_tokens_can_be_expired_and_looked_at(desk: Desk) -> None:
    tokens = tokens_for(desk.simulator)

    def states() -> list[str]:
        access = control(desk.simulator, "POST", "/tokens/inspect", {"token": tokens.access_token})["access"]
        return [access, control(desk.simulator, "POST", "/tokens/inspect", {"token": tokens.refresh_token})["refresh"]]

    assert states() == ["live", "live"]
    control(desk.simulator, "POST", "/tokens/expire", {})
    assert states() == ["expired", "live"]
    assert desk.get(TAX, token=tokens.access_token).json()["code"] == "INVALID_CREDENTIALS"
    control(desk.simulator, "POST", "/tokens/expire", {"access": False, "refresh": True})
    assert states() == ["expired", "expired"]


def test_the_truth_counts_chains_refreshes_and_answers(desk: Desk) -> None:
    tokens = tokens_for(desk.simulator)
    token_request(desk.simulator, grant_type="refresh_token", refresh_token=tokens.refresh_token)
    truth = control(desk.simulator, "GET", "/truth")
    assert (truth["live_chains"], truth["refreshes"], len(truth["live_refresh_tokens"])) == (1, 1, 1)
    assert truth["throttled"] == 0
    assert truth["busiest_second"] >= 1


def test_every_request_is_on_the_log_without_its_secrets(desk: Desk) -> None:
    tokens = tokens_for(desk.simulator)
    desk.get(TAX, token=tokens.access_token, headers={"gov-client-timezone": "UTC+00:00"})
    log = control(desk.simulator, "GET", "/requests")
    assert [each["path"] for each in log][-2:] == ["/oauth/token", TAX]
    assert log[-1]["headers"]["gov-client-timezone"] == "UTC+00:00"
    assert log[-1]["headers"]["authorization"].startswith("Bearer sha256:")
    assert log[-1]["status"] == 404
    assert log[-1]["client_id"] == desk.simulator.application.client_id
    text = str(log)
    for secret in (
        tokens.access_token,
        tokens.refresh_token,
        desk.simulator.application.secrets[0],
        desk.simulator.person.password,
    ):
        assert secret not in text
    taxes = control(desk.simulator, "GET", "/requests?path=/individual-tax")
    assert [each["path"] for each in taxes] == [TAX]
    control(desk.simulator, "DELETE", "/requests")
    assert control(desk.simulator, "GET", "/requests") == []
