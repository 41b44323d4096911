"""The PAYE APIs and the platform before them: what they answer to whom, in HMRC's own words."""

import httpx2
import pytest

from daemon.simulator import Simulator
from daemon.simulator.figures import Document
from daemon.simulator.paye import VERSIONS
from tests.daemon.simulator.conftest import Desk
from tests.simulated import code_for, exchange, simulated

PATH = "/individual-tax/sa/2234567890/annual-summary/2023-24"
BODIES = {
    "MISSING_CREDENTIALS": (401, "Authentication information is not provided"),
    "INVALID_CREDENTIALS": (401, "Invalid Authentication information provided"),
    "UNAUTHORIZED": (401, "Bearer token is missing or not authorized"),
    "SA_UTR_INVALID": (400, "The provided SA UTR is invalid"),
    "TAX_YEAR_INVALID": (400, "The provided Tax Year is invalid"),
    "NOT_FOUND": (404, "Resource was not found"),
    "MATCHING_RESOURCE_NOT_FOUND": (404, "A resource with the name in the request can not be found in the API"),
    "ACCEPT_HEADER_INVALID": (406, "The accept header is missing or invalid"),
    "RESOURCE_FORBIDDEN": (
        403,
        "The application is not subscribed to the API which it is attempting to invoke",
    ),
    "INVALID_SCOPE": (
        403,
        "Can not access the required resource. Ensure this token has all the required scopes.",
    ),
    "MESSAGE_THROTTLED_OUT": (
        429,
        "The request for the API is throttled as you have exceeded your quota.",
    ),
}


def assert_refused(answer: httpx2.Response, code: str) -> None:
    status, message = BODIES[code]
    assert (answer.status_code, answer.json()) == (status, {"code": code, "message": message})


@pytest.fixture
def token(desk: Desk) -> str:
    return desk.user_token()


@pytest.mark.parametrize("api", VERSIONS)
def test_a_document_is_answered_to_the_byte(desk: Desk, token: str, api: str) -> None:
    body = '{"employments": [ {"payFromEmployment": 22500.10} ]}'
    desk.model.figures.keep(api, desk.utr, "2023-24", Document(body))
    for version in VERSIONS[api]:
        answer = desk.get(f"/{api}/sa/{desk.utr}/annual-summary/2023-24", version=version, token=token)
        assert (answer.status_code, answer.text) == (200, body)
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/individual-tax/sa/1097172564-/annual-summary/2017-18", "SA_UTR_INVALID"),
        ("/individual-tax/sa/1234567890/annual-summary/2017-18", "SA_UTR_INVALID"),
        ("/individual-tax/sa//annual-summary/2017-18", "NOT_FOUND"),
        ("/individual-tax/sa/1097172564/annual-summary/2017-19", "TAX_YEAR_INVALID"),
        ("/individual-tax/sa/1097172565/annual-summary/2017-19", "SA_UTR_INVALID"),
        ("/individual-tax/sa/1097172564/annual-summary/2017-18", "UNAUTHORIZED"),
        ("/individual-tax/sa/2234567890/annual-summary/2017-18", "NOT_FOUND"),
        ("/individual-tax/sa/2234567890/annual-summary", "MATCHING_RESOURCE_NOT_FOUND"),
        ("/individual-tax/sa/2234567890/annual-summary/2017-18/", "MATCHING_RESOURCE_NOT_FOUND"),
        ("/individual-taxes/sa/2234567890/annual-summary/2017-18", "MATCHING_RESOURCE_NOT_FOUND"),
    ],
)
def test_the_path_is_checked_in_order_utr_year_ownership_data(desk: Desk, token: str, path: str, code: str) -> None:
    assert_refused(desk.get(path, token=token), code)


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        (None, "ACCEPT_HEADER_INVALID"),
        ("", "ACCEPT_HEADER_INVALID"),
        ("application/json", "ACCEPT_HEADER_INVALID"),
        ("application/vnd.hmrc.1.1+xml", "ACCEPT_HEADER_INVALID"),
        ("application/vnd.hmrc.1.1+json, */*", "ACCEPT_HEADER_INVALID"),
        ("application/vnd.hmrc.1.0+json", "MATCHING_RESOURCE_NOT_FOUND"),
        ("application/vnd.hmrc.9+json", "MATCHING_RESOURCE_NOT_FOUND"),
    ],
)
def test_accept_must_name_a_version_that_there_is(desk: Desk, token: str, accept: str | None, code: str) -> None:
    headers = {"accept": accept} if accept is not None else {"accept": "*/*"}
    assert_refused(desk.get(PATH, version=None, token=token, headers=headers), code)


@pytest.mark.parametrize(
    ("name", "path", "version"),
    [
        ("child benefit", "child-benefit-entitlement", "1.1"),
        ("winter fuel", "winter-fuel-payment-amount", "2.0"),
    ],
)
def test_the_younger_benefits_exist_in_younger_versions_only(
    desk: Desk, token: str, name: str, path: str, version: str
) -> None:
    address = f"/individual-benefits/sa/{desk.utr}/{path}/annual-summary/2025-26"
    assert_refused(desk.get(address, version=version, token=token), "MATCHING_RESOURCE_NOT_FOUND")
    assert_refused(desk.get(address, version="2.1", token=token), "NOT_FOUND")


def test_an_accept_problem_is_404_where_switched_on(desk: Desk, token: str) -> None:
    desk.model.unknowns.accept_problem_is_404 = True
    assert_refused(desk.get(PATH, version=None, token=token), "MATCHING_RESOURCE_NOT_FOUND")


def test_no_token_and_a_bad_token_are_told_apart(desk: Desk) -> None:
    for answer, code in ((desk.get(PATH), "MISSING_CREDENTIALS"), (desk.get(PATH, token="x"), "INVALID_CREDENTIALS")):
        assert_refused(answer, code)
        assert answer.headers["www-authenticate"] == 'Bearer realm="HMRC API Platform"'
    basic = desk.get(PATH, headers={"authorization": "Basic eDp5"})
    assert_refused(basic, "MISSING_CREDENTIALS")


def test_an_applications_token_opens_no_persons_record(desk: Desk) -> None:
    token = desk.application_token()
    assert_refused(desk.get(PATH, token=token), "INVALID_CREDENTIALS")
    desk.model.unknowns.application_token_is_incorrect_type = True
    assert desk.get(PATH, token=token).json()["code"] == "INCORRECT_ACCESS_TOKEN_TYPE"


def test_the_wrong_utr_is_forbidden_where_switched_on(desk: Desk, token: str) -> None:
    desk.model.unknowns.wrong_utr_is_forbidden = True
    answer = desk.get("/individual-tax/sa/1097172564/annual-summary/2017-18", token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_an_unsubscribed_application_is_told_so(desk: Desk, token: str) -> None:
    desk.simulator.application.subscriptions.discard("individual-tax")
    assert_refused(desk.get(PATH, token=token), "RESOURCE_FORBIDDEN")


def test_a_blocked_application_is_told_so(desk: Desk, token: str) -> None:
    desk.simulator.application.blocked = True
    answer = desk.get(PATH, token=token)
    assert answer.json() == {"code": "RESOURCE_FORBIDDEN", "message": "The application is blocked"}


def test_a_token_without_the_scope_is_told_so(desk: Desk) -> None:
    narrow = exchange(desk.simulator, code_for(desk.simulator, scope="read:individual-income")).json()["access_token"]
    assert_refused(desk.get(PATH, token=narrow), "INVALID_SCOPE")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_not_allowed(desk: Desk, token: str, method: str) -> None:
    answer = desk.send(method, PATH, token=token)
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_errors_may_carry_the_versions_media_type(desk: Desk, token: str) -> None:
    assert desk.get(PATH, token=token).headers["content-type"] == "application/json"
    desk.model.unknowns.vendor_content_type_on_errors = True
    assert desk.get(PATH, token=token).headers["content-type"] == "application/vnd.hmrc.1.1+json"


def test_the_fourth_request_in_a_second_is_throttled_whatever_the_api() -> None:
    with simulated(throttle=True) as simulator:
        simulator.model.unknowns.throttle_counts_token_requests = False
        desk = Desk(simulator)
        token = desk.user_token()
        moments = iter([10.0, 10.3, 10.6, 10.99, 11.0])
        paths = [PATH, PATH.replace("tax", "income"), PATH, PATH, PATH]
        answers: list[int] = []
        for path in paths:
            moment = next(moments)
            simulator.model.monotonic = lambda moment=moment: moment
            version = "1.2" if "income" in path else "1.1"
            answers.append(desk.get(path, version=version, token=token).status_code)
        assert answers == [404, 404, 404, 429, 404]
        simulator.model.monotonic = lambda: 11.01
        desk.get(PATH, token=token)
        assert_refused(desk.get(PATH, token=token), "MESSAGE_THROTTLED_OUT")
        desk.close()


def test_scripted_answers_go_out_as_they_are(desk: Desk, token: str) -> None:
    for body, status, content_type in (
        ('{"employments":[{"employerPayeReference":"1/A","taxTakenOffPay":1.234}]}', 200, "application/json"),
        ('{"employments":[{"employerPaye', 200, "application/json"),
        ("<html><body>Sorry</body></html>", 200, "text/html"),
        ("", 502, "text/plain"),
    ):
        desk.model.figures.keep("individual-tax", desk.utr, "2023-24", Document(body, status, content_type))
        answer = desk.get(PATH, token=token)
        assert (answer.status_code, answer.text) == (status, body)
        assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(("path", "message"), [("world", "Hello World"), ("application", "Hello Application")])
def test_hello_needs_no_person(desk: Desk, path: str, message: str) -> None:
    answer = desk.get(f"/hello/{path}", version="1.0", token=desk.application_token())
    assert answer.json() == {"message": message}


def test_hello_user_needs_its_scope(desk: Desk, simulator: Simulator) -> None:
    assert_refused(desk.get("/hello/user", version="1.0", token=desk.user_token()), "INVALID_SCOPE")
    token = exchange(simulator, code_for(simulator, scope="hello")).json()["access_token"]
    assert desk.get("/hello/user", version="1.0", token=token).json() == {"message": "Hello User"}


def test_each_person_sees_their_own_record_only(desk: Desk, simulator: Simulator) -> None:
    other = simulator.model.create_person(["self-assessment"])
    desk.model.figures.keep("individual-tax", other.utr or "", "2023-24", Document("{}"))
    token = desk.user_token()
    assert_refused(desk.get(f"/individual-tax/sa/{other.utr}/annual-summary/2023-24", token=token), "UNAUTHORIZED")
