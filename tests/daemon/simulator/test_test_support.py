"""HMRC's sandbox helpers: HAPPY_PATH figures to the penny, their version quirks and their own shapes of error."""

import json
import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from daemon.simulator.identifiers import is_nino, is_utr
from daemon.simulator.visitor import sign_in
from tests.daemon.simulator.conftest import Desk
from tests.simulated import authorisation_address, exchange

PAYE = "/individual-paye-test-support/sa/{utr}/{what}/annual-summary/2023-24"
NI = "/national-insurance-test-support/sa/{utr}/annual-summary/{year}"
UNREADABLE = {"statusCode": 400, "message": "bad request, cause: REDACTED"}
READ = {
    "tax": ("individual-tax", "1.1"),
    "income": ("individual-income", "1.2"),
    "employments": ("individual-employment", "1.2"),
    "benefits": ("individual-benefits", "2.0"),
}


@pytest.fixture
def token(desk: Desk) -> str:
    return desk.application_token()


def exact(text: str) -> Any:
    """JSON with every number as the Decimal that it is written as."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize("scenario", ["HAPPY_PATH_1", "HAPPY_PATH_2"])
def test_a_seeded_year_can_be_read(desk: Desk, token: str, what: str, scenario: str) -> None:
    api, version = READ[what]
    path = f"/{api}/sa/{desk.utr}/annual-summary/2023-24"
    user = desk.user_token()
    assert desk.get(path, version=version, token=user).status_code == 404
    made = desk.post(PAYE.format(utr=desk.utr, what=what), version="2.0", token=token, json={"scenario": scenario})
    assert made.status_code == 201
    assert desk.get(path, version=version, token=user).text == made.text


def test_happy_path_1_has_hmrcs_figures(desk: Desk, token: str) -> None:
    def posted(what: str) -> Any:
        return exact(desk.post(PAYE.format(utr=desk.utr, what=what), version="2.0", token=token, json={}).text)

    tax = posted("tax")
    assert {e["employerPayeReference"]: e["taxTakenOffPay"] for e in tax["employments"]} == {
        "123/AB456": Decimal("890.35"),
        "456/AB456": Decimal("224.99"),
    }
    assert tax["refunds"] == {"taxRefundedOrSetOff": 325}
    assert tax["pensionsAnnuitiesAndOtherStateBenefits"] == {
        "otherPensionsAndRetirementAnnuities": Decimal("36.5"),
        "incapacityBenefit": Decimal("980.45"),
    }
    income = posted("income")
    assert [e["payFromEmployment"] for e in income["employments"]] == [22500, 8650]
    assert income["pensionsAnnuitiesAndOtherStateBenefits"]["seissNetPaid"] == Decimal("55.55")
    assert [e["employerName"] for e in posted("employments")["employments"]] == ["Company XYZ", "Company ABC"]
    first, second = posted("benefits")["employments"]
    assert [sum(v for k, v in each.items() if k != "employerPayeReference") for each in (first, second)] == [1218, 1274]


def test_happy_path_2_does_not_join(desk: Desk, token: str) -> None:
    references = set[str]()
    for what in ("tax", "income"):
        answer = desk.post(
            PAYE.format(utr=desk.utr, what=what), version="2.0", token=token, json={"scenario": "HAPPY_PATH_2"}
        )
        references |= {each["employerPayeReference"] for each in answer.json()["employments"]}
    assert references == {"111/AAA", "123/AB456"}


def test_a_second_seed_replaces_the_first(desk: Desk, token: str) -> None:
    for scenario in ("HAPPY_PATH_1", "HAPPY_PATH_2"):
        desk.post(PAYE.format(utr=desk.utr, what="tax"), version="2.0", token=token, json={"scenario": scenario})
    read = desk.get(f"/individual-tax/sa/{desk.utr}/annual-summary/2023-24", token=desk.user_token())
    assert "111/AAA" in read.text


@pytest.mark.parametrize(
    ("what", "version", "status"),
    [
        ("tax", "1.0", 201),
        ("tax", "2.0", 201),
        ("tax", "2.1", 406),
        ("child-benefit-entitlement", "2.0", 201),
        ("child-benefit-entitlement", "1.0", 406),
        ("child-benefit-entitlement", "2.1", 406),
        ("tax", "3.0", 404),
    ],
)
def test_the_versions_that_the_code_takes_not_those_of_the_page(
    desk: Desk, token: str, what: str, version: str, status: int
) -> None:
    answer = desk.post(PAYE.format(utr=desk.utr, what=what), version=version, token=token, json={})
    assert answer.status_code == status
    if status == 406:
        assert answer.json() == {
            "code": "ACCEPT_HEADER_INVALID",
            "message": "The accept header is missing or invalid",
        }
        desk.model.unknowns.test_support_takes_2_1 = True
        if version == "2.1":
            assert (
                desk.post(PAYE.format(utr=desk.utr, what=what), version=version, token=token, json={}).status_code
                == 201
            )


def test_winter_fuel_is_seeded_by_nino_and_read_by_utr(desk: Desk, token: str) -> None:
    path = "/individual-paye-test-support/{nino}/winter-fuel-payment-amount/annual-summary/2025-26"
    nino = desk.simulator.person.nino or ""
    made = desk.post(path.format(nino=nino), version="2.1", token=token, json={})
    assert made.text == '{"expectedStatus":200,"expectedJson":{"winterFuelPaymentAmount":215.67}}'
    read = f"/individual-benefits/sa/{desk.utr}/winter-fuel-payment-amount/annual-summary/2025-26"
    user = desk.user_token()
    assert desk.get(read, version="2.1", token=user).text == '{"winterFuelPaymentAmount":215.67}'
    gone = desk.post(path.format(nino=nino), version="2.1", token=token, json={"scenario": "HAPPY_PATH_2"})
    assert gone.json() == {"expectedStatus": 404}
    assert desk.get(read, version="2.1", token=user).status_code == 404
    assert desk.post(path.format(nino="AA0"), version="2.1", token=token, json={}).json() == UNREADABLE


def test_child_benefit_can_be_made_to_fail(desk: Desk, token: str) -> None:
    path = PAYE.format(utr=desk.utr, what="child-benefit-entitlement")
    read = f"/individual-benefits/sa/{desk.utr}/child-benefit-entitlement/annual-summary/2023-24"
    user = desk.user_token()
    for scenario, status in (
        ("HAPPY_PATH_1", 200),
        ("HAPPY_PATH_2", 404),
        ("UNHAPPY_PATH_500", 500),
        ("HAPPY_PATH_3", 404),
    ):
        made = desk.post(path, version="2.0", token=token, json={"scenario": scenario})
        assert made.json()["expectedStatus"] == status
        assert desk.get(read, version="2.1", token=user).status_code == status


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        (PAYE.format(utr="1234567890", what="tax"), {}, UNREADABLE),
        (PAYE.format(utr="2234567890", what="tax").replace("2023-24", "2023-25"), {}, UNREADABLE),
        (
            PAYE.format(utr="2234567890", what="tax"),
            {"scenario": "PATH"},
            {"code": "UNKNOWN_SCENARIO", "message": "Unknown test scenario"},
        ),
        (NI.format(utr="1234567890", year="2023-24"), {}, {"statusCode": 400, "message": "ERROR_SA_UTR_INVALID"}),
        (NI.format(utr="2234567890", year="2023-25"), {}, {"statusCode": 400, "message": "ERROR_TAX_YEAR_INVALID"}),
        (
            NI.format(utr="2234567890", year="2023-24"),
            {"scenario": "PATH"},
            {"code": "UNKNOWN_SCENARIO", "message": "Unknown test scenario"},
        ),
    ],
)
def test_each_helper_refuses_in_its_own_shape(
    desk: Desk, token: str, path: str, sent: dict[str, str], expected: dict[str, Any]
) -> None:
    answer = desk.post(path, version="1.0", token=token, json=sent)
    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_body_that_is_not_json_is_refused(desk: Desk, token: str) -> None:
    path = PAYE.format(utr=desk.utr, what="tax")
    no_type = desk.post(path, version="2.0", token=token, content=b"{}")
    assert (no_type.status_code, no_type.json()["message"]) == (415, "Expecting text/json or application/json body")
    json_type = {"content-type": "application/json"}
    cut = desk.post(path, version="2.0", token=token, content=b'{"scen', headers=json_type)
    assert (cut.status_code, cut.json()) == (400, UNREADABLE)
    cut = desk.post(
        NI.format(utr=desk.utr, year="2023-24"), version="1.0", token=token, content=b"[", headers=json_type
    )
    assert cut.json() == {"statusCode": 400, "message": "ERROR_BAD_REQUEST"}


def test_national_insurance_is_seeded_and_read(desk: Desk, token: str) -> None:
    read = f"/national-insurance/sa/{desk.utr}/annual-summary/2023-24"
    user = desk.user_token()
    for scenario, body in (
        ("HAPPY_PATH_1", {"class1": {"totalNICableEarnings": 10}, "class2": {"totalDue": 20}, "maxNICsReached": False}),
        (
            "HAPPY_PATH_2",
            {
                "class1": {"totalNICableEarnings": Decimal("17.00")},
                "class2": {"totalDue": Decimal("319.57")},
                "maxNICsReached": True,
            },
        ),
    ):
        path = NI.format(utr=desk.utr, year="2023-24")
        assert desk.post(path, version="1.0", token=token, json={"scenario": scenario}).status_code == 201
        assert exact(desk.get(read, token=user).text) == body


def test_helpers_need_an_applications_token(desk: Desk) -> None:
    path = PAYE.format(utr=desk.utr, what="tax")
    assert desk.post(path, version="2.0", json={}).json()["code"] == "MISSING_CREDENTIALS"
    assert desk.post(path, version="2.0", token=desk.user_token(), json={}).json()["code"] == "INVALID_CREDENTIALS"


def test_a_new_test_user_can_sign_in_and_has_what_was_asked_for(desk: Desk, token: str) -> None:
    asked = {"serviceNames": ["national-insurance", "self-assessment"]}
    answer = desk.post("/create-test-user/individuals", version="1.0", token=token, json=asked)
    assert answer.status_code == 201
    made = answer.json()
    assert re.fullmatch(r"\d{12}", made["userId"])
    assert re.fullmatch(r"[A-Za-z0-9]{12}", made["password"])
    assert is_utr(made["saUtr"])
    assert is_nino(made["nino"])
    back = sign_in(authorisation_address(desk.simulator), made["userId"], made["password"])
    user = exchange(desk.simulator, re.findall(r"code=(\w+)", back)[0]).json()["access_token"]
    read = desk.get(f"/individual-tax/sa/{made['saUtr']}/annual-summary/2023-24", token=user)
    assert read.json()["code"] == "NOT_FOUND"


def test_members_appear_only_with_their_service(desk: Desk, token: str) -> None:
    def made(*services: str) -> set[str]:
        sent = {"serviceNames": services}
        return set(desk.post("/create-test-user/individuals", version="1.0", token=token, json=sent).json())

    assert {"saUtr", "nino"} & made() == set()
    assert {"saUtr", "nino"} & made("self-assessment") == {"saUtr"}
    assert {"saUtr", "nino"} & made("national-insurance") == {"nino"}


def test_a_test_user_is_refused_in_hmrcs_words(desk: Desk, token: str) -> None:
    def answer(**sent: Any) -> Any:
        return desk.post("/create-test-user/individuals", version="1.0", token=token, json=sent).json()

    assert answer(serviceNames=["no-such-service"]) == UNREADABLE
    taken = answer(serviceNames=["national-insurance"], nino=desk.simulator.person.nino)
    assert taken == {"code": "NINO_ALREADY_USED", "message": "The nino specified has already been used"}


def test_the_services_are_listed(desk: Desk, token: str) -> None:
    listing = desk.get("/create-test-user/services", version="1.0", token=token)
    keys = {each["key"] for each in msgspec.json.decode(listing.content, type=list[dict[str, Any]])}
    assert {"national-insurance", "self-assessment"} <= keys
