"""A test user is made and seeded by HMRC's own APIs, as its sandbox takes them; what is refused is told with the mend."""

from collections.abc import Iterator

import pytest

from daemon.sandbox_user import SEEDINGS, SandboxUser, make_sandbox_user
from daemon.simulator import Simulator
from daemon.simulator.visitor import sign_in
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings
from storage.tax_year import TaxYear
from storage.troubles import BadInput, HmrcTrouble
from tests.simulated import authorisation_address, control, settings_for, simulated

YEARS = (TaxYear(2023), TaxYear(2024))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with simulated() as running:
        yield running


def at_once() -> None:
    """No pace is kept."""


def made(settings: Settings, **options: object) -> SandboxUser:
    return make_sandbox_user(settings, YEARS, lambda: at_once, **options)  # type: ignore[arg-type]


def test_a_user_is_made_and_every_api_seeded_for_every_year(simulator: Simulator) -> None:
    user = made(settings_for(simulator))
    assert [(each.api, each.tax_year, each.trouble) for each in user.seeded] == [
        (seeding.api, year, None) for year in YEARS for seeding in SEEDINGS
    ]
    kept = {
        (each["api"], each["tax_year"]) for each in control(simulator, "GET", "/figures") if each["utr"] == user.utr
    }
    assert kept == {(seeding.api, year.hmrc) for year in YEARS for seeding in SEEDINGS}
    back = sign_in(authorisation_address(simulator), user.user_id, user.password.reveal())
    assert "code=" in back


def test_the_versions_are_those_that_test_support_takes(simulator: Simulator) -> None:
    made(settings_for(simulator))
    log = control(simulator, "GET", "/requests?path=/individual-paye-test-support")
    assert {each["headers"]["accept"] for each in log} == {"application/vnd.hmrc.2.0+json"}
    log = control(simulator, "GET", "/requests?path=/national-insurance-test-support")
    assert {each["headers"]["accept"] for each in log} == {"application/vnd.hmrc.1.0+json"}


def test_the_second_scenario_can_be_chosen(simulator: Simulator) -> None:
    user = made(settings_for(simulator), scenario="HAPPY_PATH_2")
    bodies = [each["body"] for each in control(simulator, "GET", "/figures") if each["utr"] == user.utr]
    assert any("111/AAA" in body for body in bodies)


def test_each_request_waits_for_its_turn(simulator: Simulator) -> None:
    turns: list[str] = []

    def wait_turn() -> object:
        turns.append("waited")
        return lambda: turns.append("sent")

    make_sandbox_user(settings_for(simulator), YEARS[:1], wait_turn)  # type: ignore[arg-type]
    requests = len(control(simulator, "GET", "/requests"))
    assert requests == 2 + len(SEEDINGS)
    assert turns.count("waited") == requests
    assert turns[:2] == ["waited", "sent"]


def test_production_is_refused_before_anything_is_asked() -> None:
    settings = Settings(hmrc=HmrcSettings(environment="production"))
    with pytest.raises(BadInput, match="sandbox only"):
        make_sandbox_user(settings, YEARS, lambda: pytest.fail("something was asked"))


def test_wrong_credentials_are_a_matter_of_the_configuration(simulator: Simulator) -> None:
    with pytest.raises(BadInput, match="client_secret"):
        made(settings_for(simulator, client_secret=Secret("wrong")))


def test_a_missing_subscription_to_create_test_user_is_named(simulator: Simulator) -> None:
    simulator.application.subscriptions.discard("create-test-user")
    with pytest.raises(HmrcTrouble, match="not subscribed to Create Test User"):
        made(settings_for(simulator))


def test_what_could_not_be_seeded_is_told_and_the_user_is_there_all_the_same(simulator: Simulator) -> None:
    simulator.application.subscriptions.discard("national-insurance-test-support")
    control(simulator, "POST", "/faults", {"action": "respond", "path": "/individual-paye-test-support", "status": 503})
    control(
        simulator,
        "POST",
        "/faults",
        {"action": "drop_before", "path": "/individual-paye-test-support", "tax_year": "2024-25"},
    )
    user = made(settings_for(simulator))
    troubles = [(each.api, each.tax_year.hmrc, each.trouble) for each in user.seeded if each.trouble]
    mend = "the application is not subscribed to National Insurance Test Support; subscribe it at HMRC's Developer Hub"
    assert ("national-insurance", "2023-24", mend) in troubles
    assert ("individual-tax", "2023-24", "HTTP 503 SERVER_ERROR") in troubles
    assert any(year == "2024-25" and "could not be asked" in str(trouble) for _, year, trouble in troubles)
    assert len(troubles) == 4


@pytest.mark.parametrize("body", ["<html>Sorry</html>", '{"userId": "1"'])
def test_an_answer_that_cannot_be_read_is_one_line(simulator: Simulator, body: str) -> None:
    fault = {"action": "respond", "path": "/create-test-user", "status": 201, "body": body, "content_type": "text/html"}
    control(simulator, "POST", "/faults", fault)
    with pytest.raises(HmrcTrouble, match="could not be read"):
        made(settings_for(simulator))


def test_a_token_endpoint_in_trouble_is_one_line(simulator: Simulator) -> None:
    control(simulator, "POST", "/faults", {"action": "respond", "path": "/oauth/token", "status": 500})
    with pytest.raises(HmrcTrouble, match="HTTP 500"):
        made(settings_for(simulator))


def test_the_password_is_not_shown_by_accident(simulator: Simulator) -> None:
    user = made(settings_for(simulator))
    assert user.password.reveal() not in repr(user)
