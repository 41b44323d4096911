"""`/oauth/token`: every documented refusal in HMRC's words, how long everything lives, and single-use refresh tokens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest

from daemon.simulator import Simulator
from tests.daemon.simulator.conftest import Desk
from tests.makers import StoppedClock
from tests.simulated import (
    SCOPES,
    VERIFIER,
    Tokens,
    ask,
    code_for,
    control,
    exchange,
    simulated,
    token_request,
    tokens_for,
)


def refusal(answer: httpx2.Response) -> tuple[int, str, str]:
    content = answer.json()
    return answer.status_code, content["error"], content["error_description"]


def refresh(simulator: Simulator, tokens: Tokens, **changes: str | None) -> httpx2.Response:
    fields: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    return token_request(simulator, **(fields | changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": None}, (400, "invalid_request", "client_id is required")),
        ({"client_secret": None}, (400, "invalid_request", "client_secret is required")),
        ({"client_id": "nobody"}, (401, "invalid_client", "invalid client id or secret")),
        ({"client_secret": "wrong"}, (401, "invalid_client", "invalid client id or secret")),
        ({"grant_type": None}, (400, "invalid_request", "grant_type is required")),
        ({"grant_type": "password"}, (400, "invalid_request", "unsupported grant_type")),
        ({"redirect_uri": None}, (400, "invalid_request", "redirect_uri is required")),
        ({"redirect_uri": "http://localhost:8080"}, (400, "invalid_request", "redirect_uri is invalid")),
        ({"code": None}, (400, "invalid_request", "code is required for given grant_type")),
        ({"code": "made-up"}, (400, "invalid_request", "code is invalid")),
        (
            {"code_verifier": None},
            (400, "invalid_request", "code_verifier is expected when code_challenge was supplied"),
        ),
        (
            {"code_verifier": "short"},
            (400, "invalid_request", "code_verifier must contain valid characters of length between 43 and 128"),
        ),
        (
            {"code_verifier": VERIFIER + "£"},
            (400, "invalid_request", "code_verifier must contain valid characters of length between 43 and 128"),
        ),
        ({"code_verifier": VERIFIER[::-1]}, (400, "invalid_grant", "code_verifier is invalid")),
    ],
)
def test_a_wrong_exchange_is_refused_and_the_right_one_still_works(
    simulator: Simulator, changes: dict[str, str | None], expected: tuple[int, str, str]
) -> None:
    code = code_for(simulator)
    assert refusal(exchange(simulator, code, **changes)) == expected
    assert exchange(simulator, code).status_code == 200


def test_a_verifier_without_a_challenge_is_not_expected(simulator: Simulator) -> None:
    code = code_for(simulator, code_challenge=None, code_challenge_method=None)
    assert refusal(exchange(simulator, code)) == (400, "invalid_request", "code_verifier is not expected")
    assert exchange(simulator, code, code_verifier=None).status_code == 200


def test_the_answer_has_hmrcs_members(simulator: Simulator) -> None:
    answer = exchange(simulator, code_for(simulator)).json()
    assert answer == {
        "access_token": answer["access_token"],
        "token_type": "bearer",
        "expires_in": 14400,
        "refresh_token": answer["refresh_token"],
        "scope": " ".join(SCOPES),
    }
    again = token_request(simulator, grant_type="refresh_token", refresh_token=answer["refresh_token"]).json()
    assert set(again) == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_parameters_count_in_the_body_only(simulator: Simulator) -> None:
    application = simulator.application
    asked = {
        "client_id": application.client_id,
        "client_secret": application.secrets[0],
        "grant_type": "client_credentials",
    }
    address = f"{simulator.address}/oauth/token"
    basic = (application.client_id, application.secrets[0])
    for answer in (
        ask("POST", address, params=asked),
        ask("POST", address, json=asked),
        ask("POST", address, data={"grant_type": "client_credentials"}, auth=basic),
    ):
        assert refusal(answer) == (400, "invalid_request", "client_id is required")
    control(simulator, "PATCH", "/unknowns", {"token_endpoint_takes_json_and_basic": True})
    assert ask("POST", address, json=asked).status_code == 200
    assert ask("POST", address, data={"grant_type": "client_credentials"}, auth=basic).status_code == 200


def test_a_code_works_once(simulator: Simulator) -> None:
    code = code_for(simulator)
    assert exchange(simulator, code).status_code == 200
    assert refusal(exchange(simulator, code)) == (400, "invalid_request", "code is invalid")


def test_a_code_lives_ten_minutes(simulator: Simulator, clock: StoppedClock) -> None:
    early, late = code_for(simulator), code_for(simulator)
    clock.moment += timedelta(minutes=9, seconds=59)
    assert exchange(simulator, early).status_code == 200
    clock.moment += timedelta(seconds=1)
    assert refusal(exchange(simulator, late)) == (400, "invalid_request", "code is invalid")


def test_an_access_token_lives_four_hours(desk: Desk, clock: StoppedClock) -> None:
    token = desk.user_token()
    path = f"/individual-tax/sa/{desk.utr}/annual-summary/2023-24"
    clock.moment += timedelta(hours=4) - timedelta(seconds=1)
    assert desk.get(path, token=token).status_code == 404
    clock.moment += timedelta(seconds=1)
    assert desk.get(path, token=token).json()["code"] == "INVALID_CREDENTIALS"


def test_a_refresh_kills_the_old_pair_at_once(desk: Desk) -> None:
    tokens = tokens_for(desk.simulator)
    path = f"/individual-tax/sa/{desk.utr}/annual-summary/2023-24"
    new = refresh(desk.simulator, tokens).json()
    assert desk.get(path, token=tokens.access_token).json()["code"] == "INVALID_CREDENTIALS"
    assert desk.get(path, token=new["access_token"]).json()["code"] == "NOT_FOUND"
    assert refusal(refresh(desk.simulator, tokens)) == (400, "invalid_grant", "refresh_token is invalid")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"refresh_token": None}, (400, "invalid_request", "refresh_token is required")),
        ({"refresh_token": "made-up"}, (400, "invalid_grant", "refresh_token is invalid")),
        ({"client_secret": "wrong"}, (401, "invalid_client", "invalid client id or secret")),
    ],
)
def test_a_refused_refresh_spends_nothing(
    simulator: Simulator, changes: dict[str, str | None], expected: tuple[int, str, str]
) -> None:
    tokens = tokens_for(simulator)
    assert refusal(refresh(simulator, tokens, **changes)) == expected
    assert refresh(simulator, tokens).status_code == 200


def test_the_grant_ends_547_days_after_it_was_given_however_often_it_was_refreshed(
    simulator: Simulator, clock: StoppedClock
) -> None:
    tokens = tokens_for(simulator)
    clock.moment += timedelta(days=546)
    again = refresh(simulator, tokens)
    assert again.status_code == 200
    clock.moment += timedelta(days=1)
    answer = token_request(simulator, grant_type="refresh_token", refresh_token=again.json()["refresh_token"])
    assert refusal(answer) == (400, "invalid_grant", "refresh_token is invalid")


def test_a_revoked_grant_is_dead_on_both_sides(desk: Desk) -> None:
    tokens = tokens_for(desk.simulator)
    assert control(desk.simulator, "POST", "/grants/revoke") == {"revoked": 1}
    assert refusal(refresh(desk.simulator, tokens)) == (400, "invalid_grant", "refresh_token is invalid")
    answer = desk.get(f"/individual-tax/sa/{desk.utr}/annual-summary/2023-24", token=tokens.access_token)
    assert answer.json()["code"] == "INVALID_CREDENTIALS"


def test_refreshes_that_overlap_are_told_so_and_one_wins(simulator: Simulator) -> None:
    tokens = tokens_for(simulator)
    simulator.model.unknowns.refresh_seconds = 0.3
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refresh(simulator, tokens), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    refused = {refusal(answer) for answer in answers if answer.status_code == 400}
    assert refused == {(400, "invalid_request", "Refresh operation is already in progress")}
    assert control(simulator, "GET", "/truth")["live_chains"] == 1


def test_reuse_ends_the_grant_only_where_switched_on(simulator: Simulator) -> None:
    tokens = tokens_for(simulator)
    first = refresh(simulator, tokens).json()["refresh_token"]
    refresh(simulator, tokens)
    second = token_request(simulator, grant_type="refresh_token", refresh_token=first)
    assert second.status_code == 200
    simulator.model.unknowns.reuse_revokes_grant = True
    refresh(simulator, tokens)
    third = token_request(simulator, grant_type="refresh_token", refresh_token=second.json()["refresh_token"])
    assert refusal(third) == (400, "invalid_grant", "refresh_token is invalid")


def test_signing_in_again_ends_the_older_grant_only_where_switched_on(simulator: Simulator) -> None:
    tokens_for(simulator)
    tokens_for(simulator)
    assert control(simulator, "GET", "/truth")["live_chains"] == 2
    simulator.model.unknowns.signing_in_again_revokes = True
    tokens_for(simulator)
    assert control(simulator, "GET", "/truth")["live_chains"] == 1


def test_an_application_gets_a_token_of_its_own(simulator: Simulator) -> None:
    answer = token_request(simulator, grant_type="client_credentials").json()
    assert answer == {
        "access_token": answer["access_token"],
        "token_type": "bearer",
        "expires_in": 14400,
        "scope": "default",
    }
    assert token_request(simulator, grant_type="client_credentials", scope="hello").json()["scope"] == "hello"
    wrong = token_request(simulator, grant_type="client_credentials", scope="read:all")
    assert refusal(wrong) == (400, "invalid_scope", "scope is invalid")


def test_any_of_five_secrets_serves(simulator: Simulator) -> None:
    simulator.application.secrets.append("the-newer-secret")
    for secret in simulator.application.secrets:
        assert token_request(simulator, grant_type="client_credentials", client_secret=secret).status_code == 200


def test_token_requests_are_within_the_throttle_unless_switched_off() -> None:
    with simulated(throttle=True) as simulator:
        simulator.model.monotonic = lambda: 5.0
        statuses = [token_request(simulator, grant_type="client_credentials").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        simulator.model.unknowns.throttle_counts_token_requests = False
        assert token_request(simulator, grant_type="client_credentials").status_code == 200
