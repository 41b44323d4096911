"""What a person is shown of the headers, and the mail that HMRC asks for."""

from dataclasses import replace

import msgspec

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.advice import TELL_HMRC, what_to_do
from daemon.fraud_headers.build import NO_SECOND_FACTOR, OUR_METHODS, Built, build
from daemon.fraud_headers.check import check
from daemon.fraud_headers.mail import mail_text
from daemon.fraud_headers.overview import given_rows, overview
from storage.records import ValidatorVerdict
from tests.daemon.fraud_headers.makers import MOMENT, a_machine, collected_from, headers_of, over_ssh


def a_desktop(**headers: str) -> Built:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(over_ssh()))
    return replace(built, headers={**built.headers, **headers})


def hmrc_says(built: Built, answer: dict[str, object]) -> ValidatorVerdict:
    body = msgspec.json.encode({"specVersion": "3.3", "message": "-", **answer}).decode()
    return ValidatorVerdict(
        connection_method=built.method,
        asked_at=MOMENT,
        code=str(answer["code"]),
        body=body,
        headers=tuple(built.headers.items()),
    )


def test_errors_come_first_and_each_header_says_what_to_do() -> None:
    shown = overview(a_desktop(**{spec.TIMEZONE: "BST"}), None)

    states = [row.state for row in shown.rows]
    assert states == sorted(states, key=["error", "warning", "uncollectable", "good"].index)
    assert (shown.rows[0].name, shown.rows[0].value) == (spec.TIMEZONE, "BST")
    assert shown.rows[0].ours[0].startswith("INVALID_HEADER: Value must be a recognised timezone")
    assert shown.rows[0].advice == "Send the device's present offset, such as UTC+01:00."
    assert {row.name for row in shown.rows} == set(spec.REQUIRED[spec.DESKTOP_APP_DIRECT])
    assert (shown.hmrc, shown.asked_at, shown.differences) == (None, None, ())


def test_what_cannot_be_collected_is_explained_and_is_no_error() -> None:
    rows = {row.name: row for row in overview(a_desktop(), None).rows}

    assert rows[spec.MULTI_FACTOR].state == "uncollectable"
    assert rows[spec.MULTI_FACTOR].value is None
    assert rows[spec.MULTI_FACTOR].reason == NO_SECOND_FACTOR
    assert rows[spec.SCREENS].reason == "the session came over SSH and has no screen of this device"
    assert rows[spec.SCREENS].advice == TELL_HMRC


def test_what_the_person_could_mend_is_an_error() -> None:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(a_machine(installed=lambda _program: False)))

    (row,) = [row for row in overview(built, None).rows if row.state == "error"]
    assert row.name == spec.SCREENS
    assert "install xrandr and xdpyinfo and xrdb" in row.reason


def test_both_verdicts_are_shown_where_they_differ() -> None:
    built = a_desktop()
    item = {"code": "INVALID_HEADER", "message": "Something HMRC alone knows", "headers": ["gov-client-user-ids"]}
    kept = hmrc_says(built, {"code": "INVALID_HEADERS", "errors": [item]})

    shown = overview(built, kept)

    (row,) = [row for row in shown.rows if row.name == spec.USER_IDS]
    assert (row.ours, row.hmrc) == ((), ("INVALID_HEADER: Something HMRC alone knows",))
    assert "gov-client-user-ids: HMRC says INVALID_HEADER, our check does not" in shown.differences
    assert shown.asked_at == MOMENT
    assert shown.changed == ()


def test_headers_that_changed_since_hmrc_was_asked_are_named() -> None:
    built = a_desktop()
    kept = hmrc_says(built, {"code": "VALID_HEADERS"})
    now = replace(built, headers={**built.headers, spec.TIMEZONE: "UTC+00:00"})

    assert overview(now, kept).changed == (spec.TIMEZONE,)


def test_a_kept_answer_that_cannot_be_read_counts_as_none() -> None:
    kept = replace(hmrc_says(a_desktop(), {"code": "VALID_HEADERS"}), body="<html>")

    assert overview(a_desktop(), kept).hmrc is None


def test_given_headers_are_shown_with_those_that_are_missing() -> None:
    given = {**headers_of(spec.BATCH_PROCESS_DIRECT, timezone="BST", user_ids=None), "gov-foo": "1"}

    rows = given_rows(given, check(given))

    assert [(row.name, row.state) for row in rows[:4]] == [
        (spec.TIMEZONE, "error"),
        (spec.USER_IDS, "error"),
        ("gov-foo", "warning"),
        (spec.CONNECTION_METHOD, "good"),
    ]
    assert [row.value for row in rows[:3]] == ["BST", None, "1"]


def test_there_is_advice_for_every_header() -> None:
    assert all(what_to_do(name, "any sentence") for name in spec.HEADERS)
    assert what_to_do("gov-foo", "Unrecognised header. Check format and spelling.")
    assert what_to_do("gov-foo", "any sentence") == ""


def test_the_mail_tells_hmrc_what_and_why_and_nothing_about_the_person() -> None:
    built = [build(method, collected_from(over_ssh())) for method in OUR_METHODS]

    mail = mail_text(built)

    assert mail.startswith("To: SDSTeam@hmrc.gov.uk\nSubject: Fraud prevention headers that hmrc-tui cannot collect\n")
    assert f"- Gov-Client-Multi-Factor: {NO_SECOND_FACTOR}.\n" in mail
    assert "- Gov-Client-Screens: the session came over SSH and has no screen of this device.\n" in mail
    assert mail.count("Gov-Vendor-License-IDs") == 2
    for secret in ("alice", "192.168", "10:12", "beec798b"):
        assert secret not in mail


def test_the_mail_does_not_excuse_what_the_person_could_mend() -> None:
    built = build(spec.DESKTOP_APP_DIRECT, collected_from(a_machine(installed=lambda _program: False)))

    assert "Gov-Client-Screens" not in mail_text([built])
