"""`hmrc-tui headers`, run as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.fraud_headers.specification import DESKTOP_APP_DIRECT, METHODS, REQUIRED, WEB_APP_VIA_SERVER
from daemon.simulator import Simulator
from hmrc_tui.commands import headers as command
from tests.daemon.fraud_headers.makers import headers_of
from tests.simulated import control, environment_for, simulated

ROOT = Path(__file__).parents[3]
Done = subprocess.CompletedProcess


def headers(*arguments: str, given: str | bytes = b"", environ: dict[str, str] | None = None) -> "Done[str]":
    text = given if isinstance(given, bytes) else given.encode()
    done = subprocess.run(
        [sys.executable, "-m", "hmrc_tui", "headers", *arguments],
        input=text,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        start_new_session=True,  # no terminal, whoever runs the tests
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    return Done(done.args, done.returncode, out, err)


def lines(method: str, **changes: str | None) -> str:
    return "".join(f"{name}: {value}\n" for name, value in headers_of(method, **changes).items())


def test_the_methods_of_the_option_are_those_of_the_specification() -> None:
    assert command.METHODS == METHODS


def test_show_tells_every_header_and_why_one_cannot_be_collected() -> None:
    done = headers("show")

    assert done.returncode == 0
    for name in REQUIRED[DESKTOP_APP_DIRECT]:
        assert f"  {name}: " in done.stdout
    assert "cannot be collected here: hmrc-tui has no sign-in of its own" in done.stdout
    assert "cannot be collected here: the program runs without a terminal, so it has no window" in done.stdout
    assert "HMRC's validator: not asked yet" in done.stdout


def test_show_as_json_has_the_contracts_shape() -> None:
    done = headers("show", "--method", "BATCH_PROCESS_DIRECT", "--json")
    shown = json.loads(done.stdout)

    assert done.returncode == 0
    assert {"connection_method", "headers", "code", "errors", "warnings"} <= set(shown)
    assert shown["connection_method"] == shown["headers"]["Gov-Client-Connection-Method"] == "BATCH_PROCESS_DIRECT"
    assert set(shown["uncollectable"]) >= {"Gov-Vendor-License-IDs"}


def test_our_device_id_is_the_same_at_every_run() -> None:
    ids = {json.loads(headers("show", "--json").stdout)["headers"]["Gov-Client-Device-ID"] for _ in range(2)}

    assert len(ids) == 1


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({}, "VALID_HEADERS", 0),
        ({"multi_factor": ""}, "POTENTIALLY_INVALID_HEADERS", 0),
        ({"timezone": "BST"}, "INVALID_HEADERS", 1),
        ({"product_name": ""}, "INVALID_HEADERS", 1),
    ],
)
def test_check_judges_given_headers_by_its_exit_status(changes: dict[str, str], code: str, status: int) -> None:
    done = headers("check", "--from", "-", "--json", given=lines(WEB_APP_VIA_SERVER, **changes))
    verdict = json.loads(done.stdout)

    assert (done.returncode, verdict["code"]) == (status, code)
    assert verdict["connection_method"] == "WEB_APP_VIA_SERVER"
    for finding in (*verdict["errors"], *verdict["warnings"]):
        assert set(finding) == {"code", "message", "headers"}
        assert finding["headers"] == [name.lower() for name in finding["headers"]]


def test_check_reads_a_file_and_shows_errors_first(tmp_path: Path) -> None:
    file = tmp_path / "headers.txt"
    file.write_text(lines(WEB_APP_VIA_SERVER, timezone="BST", multi_factor="") + "Authorization: Bearer made-up\n")

    done = headers("check", "--from", str(file))

    assert done.returncode == 1
    assert done.stdout.index("✗ Errors") < done.stdout.index("! Warnings") < done.stdout.index("✓ Good")
    assert "what to do: Send the device's present offset" in done.stdout
    assert "made-up" not in done.stdout + done.stderr


def test_check_holds_headers_against_a_method_that_is_named() -> None:
    batch = lines("BATCH_PROCESS_DIRECT")

    assert headers("check", "--from", "-", given=batch).returncode == 0
    done = headers("check", "--from", "-", "--method", "desktop_app_direct", "--json", given=batch)
    assert done.returncode == 1
    assert json.loads(done.stdout)["connection_method"] == "DESKTOP_APP_DIRECT"


def test_no_headers_at_all_are_invalid() -> None:
    done = headers("check", "--from", "-", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "connection_method": None,
        "headers": {},
        "code": "INVALID_HEADERS",
        "message": "No fraud prevention headers submitted. These are required by law. Check the specification.",
        "errors": [],
        "warnings": [],
    }


def test_check_is_offline_and_needs_no_configuration(tmp_path: Path) -> None:
    broken = tmp_path / "config.toml"
    broken.write_text("[nonsense]\n")

    done = headers("check", "--from", "-", given=lines(DESKTOP_APP_DIRECT), environ={"HMRC_TUI_CONFIG": str(broken)})

    assert done.returncode == 0


def test_this_machines_own_headers_are_invalid_to_hmrc_where_there_is_no_screen() -> None:
    """HMRC would say so, and so does the check; the gate knows that it cannot be helped."""
    done = headers("check", "--json")
    verdict = json.loads(done.stdout)

    assert done.returncode == (1 if verdict["code"] == "INVALID_HEADERS" else 0)
    missing = {name for item in verdict["errors"] for name in item["headers"]}
    assert missing <= {name.lower() for name in verdict["uncollectable"]}
    assert headers("check", "--method", "BATCH_PROCESS_DIRECT").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["check", "--from", "nowhere.txt"], b"", "nowhere.txt: No such file or directory"),
        (["check", "--from", "."], b"", ".: Is a directory"),
        (["check", "--from", "-"], b"not a header\n", "standard input: line 1 is not a header"),
        (["check", "--method", "BY_PIGEON"], b"", "BY_PIGEON"),
        (["show", "--method", "WEB_APP_VIA_SERVER"], b"", "--from FILE"),
        (["validate", "--from", "-"], "Gov-Client-User-IDs: os=müller\n".encode(), "HTTP cannot carry this header"),
        (["validate"], b"", "client id"),
        (["frobnicate"], b"", "frobnicate"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments: list[str], given: bytes, said: str) -> None:
    done = headers(*arguments, given=given)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_the_mail_for_hmrc_is_written_out() -> None:
    done = headers("mail")

    assert done.returncode == 0
    assert done.stdout.startswith("To: SDSTeam@hmrc.gov.uk\n")


@pytest.fixture
def simulator():
    with simulated() as running:
        yield running


def test_validate_asks_hmrc_keeps_the_answer_and_compares(simulator: Simulator) -> None:
    environ = environment_for(simulator)

    done = headers("validate", "--json", "--method", "BATCH_PROCESS_DIRECT", environ=environ)
    answer = json.loads(done.stdout)

    assert done.returncode == 0
    assert answer["code"] == answer["ours"]["code"]
    assert answer["differences"] == []
    shown = headers("show", "--method", "BATCH_PROCESS_DIRECT", environ=environ).stdout
    assert f"HMRC's validator, {answer['asked_at']}: {answer['code']}." in shown


def test_validate_shows_where_hmrc_and_our_check_differ(simulator: Simulator) -> None:
    body = '{"specVersion":"3.4","code":"INVALID_HEADERS","message":"At least 1 header is invalid","errors":[{"code":"INVALID_HEADER","message":"A new rule","headers":["gov-client-timezone"]}]}'
    control(simulator, "POST", "/faults", {"action": "respond", "path": "/test", "status": 200, "body": body})

    done = headers("validate", "--from", "-", given=lines(DESKTOP_APP_DIRECT), environ=environment_for(simulator))

    assert done.returncode == 0
    assert "HMRC's validator: INVALID_HEADERS. At least 1 header is invalid" in done.stdout
    assert "  error INVALID_HEADER: gov-client-timezone: A new rule" in done.stdout
    assert "Our check: VALID_HEADERS" in done.stdout
    assert "differs: gov-client-timezone: HMRC says INVALID_HEADER, our check does not" in done.stdout


def test_a_validator_that_refuses_good_tokens_is_hmrcs_trouble(simulator: Simulator) -> None:
    control(simulator, "PATCH", "/unknowns", {"validator_refuses_token": True})

    done = headers("validate", environ=environment_for(simulator))

    assert done.returncode == 4
    assert "a fault on HMRC's side" in done.stderr
    assert done.stderr.count("\n") == 1
