"""The gate before production: what holds a sync back, what is declared and does not, and what is only said."""

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.build import Built, build
from daemon.fraud_headers.gate import check_before_sync, judge, refusal
from storage.records import ValidatorVerdict
from storage.settings import HmrcSettings, Settings
from storage.troubles import BadInput
from tests.daemon.fraud_headers.makers import (
    MOMENT,
    a_machine,
    collected_from,
    in_a_container,
    in_tmux,
    over_ssh,
    without_a_network_card,
)

PRODUCTION = Settings(hmrc=HmrcSettings(environment="production"))
LENIENT = Settings(hmrc=HmrcSettings(environment="production", header_gate="warn"))
ASKED = ValidatorVerdict(
    connection_method=spec.DESKTOP_APP_DIRECT, asked_at=MOMENT, code="VALID_HEADERS", body='{"code": "VALID_HEADERS"}'
)
NOT_ASKED = "HMRC's validator has not been asked about these headers; ask it with: hmrc-tui headers validate --method DESKTOP_APP_DIRECT"


class Verdicts:
    """What HMRC's validator said, by method."""

    def __init__(self, *kept: ValidatorVerdict) -> None:
        self.kept = {one.connection_method: one for one in kept}

    def verdict(self, connection_method: str) -> ValidatorVerdict | None:
        return self.kept.get(connection_method)


def a_desktop(**headers: str) -> Built:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(a_machine()))
    return replace(built, headers={**built.headers, **headers})


def without(built: Built, header: str) -> Built:
    return replace(built, headers={name: value for name, value in built.headers.items() if name != header})


@pytest.mark.parametrize("method", [spec.DESKTOP_APP_DIRECT, spec.BATCH_PROCESS_DIRECT])
@pytest.mark.parametrize("make", [a_machine, over_ssh, in_tmux, in_a_container, without_a_network_card])
def test_what_truly_cannot_be_collected_does_not_hold_a_sync_back(make, method: str) -> None:
    built = build(method, collected_from(make()))

    assert refusal(built) == []
    assert check_before_sync(PRODUCTION, built, Verdicts(replace(ASKED, connection_method=method))) == ()


def test_a_malformed_header_does() -> None:
    built = a_desktop(**{spec.TIMEZONE: "BST", spec.USER_IDS: "os=domain\\alice"})

    with pytest.raises(BadInput) as refused:
        check_before_sync(PRODUCTION, built, Verdicts(ASKED))
    assert refused.value.exit_status == 2
    assert str(refused.value) == (
        "the fraud-prevention headers are not fit for production: Gov-Client-User-IDs: At least 1 key or value is not "
        "percent encoded; Gov-Client-Timezone: Value must be a recognised timezone in UTC format, submitted as "
        'UTC±<hh>:<mm>; put that right, or set [hmrc] header_gate = "warn"'
    )


@pytest.mark.parametrize("name", [spec.PRODUCT_NAME, spec.MULTI_FACTOR, spec.LICENSE_IDS, "Gov-Client-Public-IP"])
def test_an_empty_header_does(name: str) -> None:
    assert any(name in reason for reason in refusal(a_desktop(**{name: " "})))


def test_a_missing_header_that_nobody_declared_does() -> None:
    assert refusal(without(a_desktop(), spec.TIMEZONE)) == ["Gov-Client-Timezone: Header required"]


def test_a_header_that_the_person_could_bring_about_does() -> None:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(a_machine(installed=lambda program: program != "xdpyinfo")))

    assert refusal(built) == [
        "Gov-Client-Screens could be collected: the display is asked by programs that are not installed; install xdpyinfo"
    ]


def test_a_lenient_gate_only_warns() -> None:
    built = a_desktop(**{spec.TIMEZONE: "BST"})

    assert judge(LENIENT, built, ASKED).refusals == ()
    assert check_before_sync(LENIENT, built, Verdicts()) == (
        "Gov-Client-Timezone: Value must be a recognised timezone in UTC format, submitted as UTC±<hh>:<mm>",
        NOT_ASKED,
    )


def test_a_validator_that_was_not_asked_is_a_warning() -> None:
    assert check_before_sync(PRODUCTION, a_desktop(), Verdicts()) == (NOT_ASKED,)
    assert check_before_sync(PRODUCTION, a_desktop(), Verdicts(ASKED)) == ()


@pytest.mark.parametrize("environment", ["sandbox", "simulator"])
def test_only_production_has_a_gate(environment: str) -> None:
    settings = Settings(hmrc=HmrcSettings(environment=environment))

    assert check_before_sync(settings, a_desktop(**{spec.TIMEZONE: "BST"}), Verdicts()) == ()


def test_a_device_id_that_cannot_be_read_holds_a_sync_back(tmp_path: Path) -> None:
    from daemon.fraud_headers.current import built_for
    from storage.places import Places
    from tests.makers import StoppedClock

    places = Places.under(tmp_path)
    places.data.mkdir()
    (places.data / "device-id").write_text("nothing")
    built = built_for(spec.BATCH_PROCESS_DIRECT, Settings(), places, StoppedClock(MOMENT))

    (reason,) = refusal(built)
    assert reason.startswith("Gov-Client-Device-ID could be collected:")
    assert reason.endswith("delete the file to have a new id made")


def test_a_header_that_is_declared_as_uncollectable_and_sent_malformed_all_the_same_does() -> None:
    built = a_desktop(**{spec.TIMEZONE: "Europe/London"})
    declared = replace(built, uncollectable={**built.uncollectable, spec.TIMEZONE: "it is not known here"})

    assert any(reason.startswith(f"{spec.TIMEZONE}: ") for reason in refusal(declared))
