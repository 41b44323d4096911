"""`/test/fraud-prevention-headers/validate` answers in HMRC's shape, with the verdict of the checker that the client has too."""

from daemon.fraud_headers.check import check
from tests.daemon.simulator.conftest import Desk

VALIDATE = "/test/fraud-prevention-headers/validate"


def test_without_any_header_it_says_that_they_are_required(desk: Desk) -> None:
    answer = desk.get(VALIDATE, version="1.0", token=desk.application_token())
    assert answer.status_code == 200
    assert answer.json() == {
        "specVersion": "3.3",
        "code": "INVALID_HEADERS",
        "message": "No fraud prevention headers submitted. These are required by law. Check the specification.",
    }


def test_the_verdict_is_the_checkers_with_names_in_lower_case(desk: Desk) -> None:
    sent = {"Gov-Client-Connection-Method": "BATCH_PROCESS_DIRECT", "Gov-Client-Timezone": "GMT"}
    answer = desk.get(VALIDATE, version="1.0", token=desk.application_token(), headers=sent).json()
    assert answer == check(sent).as_answer("3.3")
    assert answer["code"] == "INVALID_HEADERS"
    assert all(name == name.lower() for each in answer["errors"] for name in each["headers"])


def test_it_needs_an_applications_token_a_version_and_a_subscription(desk: Desk) -> None:
    token = desk.application_token()
    assert desk.get(VALIDATE, version="1.0").json()["code"] == "MISSING_CREDENTIALS"
    assert desk.get(VALIDATE, version="1.0", token=desk.user_token()).json()["code"] == "INVALID_CREDENTIALS"
    assert desk.get(VALIDATE, version="2.0", token=token).json()["code"] == "MATCHING_RESOURCE_NOT_FOUND"
    desk.simulator.application.subscriptions.discard("txm-fph-validator-api")
    assert desk.get(VALIDATE, version="1.0", token=token).json()["code"] == "RESOURCE_FORBIDDEN"


def test_the_known_trouble_of_the_real_one_can_be_switched_on(desk: Desk) -> None:
    desk.model.unknowns.validator_refuses_token = True
    answer = desk.get(VALIDATE, version="1.0", token=desk.application_token())
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CREDENTIALS")
