"""Every examination of the doctor, well and unwell; nothing personal in what it finds."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon import examinations
from daemon.hmrc.grant import GrantStatus
from storage.records import Observation, TaxYear
from storage.secret import Secret
from storage.settings import Settings
from tests.daemon.patients import NOW, a_patient, found, settings_with, sound_settings, told
from tests.ports import free_port
from tests.vault_stand_in import ROOT, VaultStandIn


@pytest.fixture
def settings() -> Settings:
    """An installation in which everything that needs no server is well."""
    return sound_settings()


def test_versions_are_told(settings: Settings, home: Path) -> None:
    (finding,) = found("versions", a_patient(settings, home))
    assert finding.state == "ok"
    assert all(word in finding.text for word in ("hmrc-tui", "Python", "SQLite", "textual"))


def test_folders_are_told_and_those_open_to_others_or_not_writable_too(settings: Settings, home: Path) -> None:
    patient = a_patient(settings, home)
    assert told("files", patient) == [("data", "ok"), ("state and logs", "ok")]
    for folder in (patient.places.data, patient.places.state):
        folder.mkdir(parents=True, mode=0o700)
    assert told("files", patient) == [("data", "ok"), ("state and logs", "ok")]
    patient.places.data.chmod(0o755)
    (finding, _) = found("files", patient)
    assert (finding.state, finding.mend) == ("warning", f"chmod 700 {patient.places.data}")


def test_a_folder_that_cannot_be_written_is_a_problem(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = a_patient(settings, home)
    patient.places.data.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(
        examinations.os, "access", lambda *_: False
    )  # the tests' own user may be root, who can write anywhere
    assert told("files", patient)[0] == ("data", "problem")


def test_a_folder_that_cannot_be_made_or_looked_at_is_a_problem(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = a_patient(settings, home)
    monkeypatch.setattr(examinations.os, "access", lambda *_: False)
    (data, state) = found("files", patient)
    assert (data.state, state.state, "cannot be made" in data.text, bool(data.mend)) == (
        "problem",
        "problem",
        True,
        True,
    )

    def refuse(_self: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    assert told("files", patient) == [("data", "problem"), ("state and logs", "problem")]


def test_without_a_ledger_what_needs_none_is_told_all_the_same(settings: Settings, home: Path) -> None:
    patient = a_patient(settings, home)
    patient.places.data.parent.mkdir(parents=True)
    patient.places.data.write_text("in the way")
    assert [told(name, patient)[0][1] for name in ("ledger", "subscriptions", "Postgres")] == [
        "problem", "unused", "unused",
    ]  # fmt: skip


def test_alert_addresses_are_looked_at_and_never_said(settings: Settings, home: Path) -> None:
    assert told("alerts", a_patient(settings, home)) == [("alerts", "unused")]
    right, wrong = Secret("json://me:hunter2@127.0.0.1:9/x"), Secret("slcak://hunter2")
    for urls, state, text in (
        ((right,), "ok", "1 address"), ((right, wrong), "problem", "address 2 of 2"), ((wrong, wrong), "problem", "1, 2 of 2"),
    ):  # fmt: skip
        (finding,) = found("alerts", a_patient(settings_with(settings, alerts={"urls": urls}), home))
        assert (finding.state, text in finding.text) == (state, True), finding
        assert "hunter2" not in finding.text + finding.mend


def test_a_payslip_database_is_told_that_is_away_or_lacks_its_tables(
    settings: Settings, home: Path, postgres: str
) -> None:
    assert told("payslip database", a_patient(settings, home)) == [("payslip database", "unused")]
    for dsn in ("postgresql://somebody:hunter2@127.0.0.1:9/nowhere", "hunter2", postgres):
        patient = a_patient(settings_with(settings, payslips={"database": Secret(dsn)}), home)
        (finding,) = found("payslip database", patient)
        assert (finding.state, bool(finding.mend)) == ("warning", True)
        assert "hunter2" not in finding.text + finding.mend


def test_the_ledger_is_told_and_a_damaged_one_is_a_problem(settings: Settings, home: Path) -> None:
    patient = a_patient(settings, home)
    (finding,) = found("ledger", patient)
    assert finding.state == "ok"
    file = patient.places.ledger_file("sandbox")
    assert str(file) in finding.text
    file.write_text("this is no ledger, and it is long enough to be looked at as one" * 99)
    (finding,) = found("ledger", patient)
    assert (finding.state, "damaged" in finding.text) == ("problem", True)


@pytest.mark.parametrize(("megabytes", "state"), [(0.5, "problem"), (20, "warning"), (100, "ok")])
def test_a_disk_that_is_full_or_soon_will_be_is_told(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch, megabytes: float, state: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=int(megabytes * 1_048_576)))
    (finding,) = found("ledger", a_patient(settings, home))
    assert (finding.state, bool(finding.mend)) == (state, state != "ok")


def test_the_configuration_and_its_warnings_are_told(settings: Settings, home: Path) -> None:
    assert told("configuration", a_patient(settings, home)) == [("configuration", "ok")]
    (finding,) = found("configuration", a_patient(settings, home, warnings=("it can be read by others",)))
    assert (finding.state, "read by others" in finding.text) == ("warning", True)


def test_credentials_that_lack_are_told(settings: Settings, home: Path) -> None:
    assert told("credentials", a_patient(settings, home)) == [("credentials", "ok")]
    for lacking, state in (("utr", "warning"), ("client_secret", "problem"), ("client_id", "problem")):
        patient = a_patient(settings_with(settings, hmrc={lacking: None}), home)
        assert told("credentials", patient) == [("credentials", state)]


def test_somebody_without_self_assessment_has_no_problem_to_mend(settings: Settings, home: Path) -> None:
    nothing = {"client_id": None, "client_secret": None, "utr": None}
    patient = a_patient(settings_with(settings, hmrc=nothing), home)
    (finding,) = found("credentials", patient)
    assert (finding.state, "payslips and P60s are compared" in finding.text) == ("warning", True)
    assert "with Self Assessment" in finding.mend
    assert told("sign-in", patient) == [("sign-in", "unused")]


@pytest.mark.parametrize(
    ("state", "days", "expected"),
    [
        ("none", None, "problem"),
        ("ok", 400, "ok"),
        ("expiring", 12, "warning"),
        ("expired", 0, "problem"),
        ("needs_sign_in", 300, "problem"),
    ],
)
def test_each_state_of_the_sign_in_has_its_mend(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch, state: Any, days: int | None, expected: str
) -> None:
    status = GrantStatus(state, "file", grant_days_left=days)
    monkeypatch.setattr("daemon.hmrc.grant.Grant.status", lambda _self: status)
    (finding,) = found("sign-in", a_patient(settings, home))
    assert finding.state == expected
    assert bool(finding.mend) == (expected != "ok")
    assert "None" not in finding.text
    assert ("kept in the file store" in finding.text) == (state != "none")


class AnsweringHmrc(HTTPServer):
    """Answers 200 to anything, by a clock of its own."""

    ahead = timedelta(0)

    def __init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def date_time_string(self, timestamp: float | None = None) -> str:
                return format_datetime(NOW + server.ahead, usegmt=True)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def hmrc() -> Iterator[AnsweringHmrc]:
    with AnsweringHmrc() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_hmrc_that_answers_tells_the_time_too(settings: Settings, home: Path, hmrc: AnsweringHmrc) -> None:
    patient = a_patient(settings_with(settings, hmrc={"api_url": f"http://localhost:{hmrc.server_port}"}), home)
    assert told("HMRC", patient) == [("HMRC", "ok"), ("clock", "ok")]
    for ahead, way in ((timedelta(minutes=2), "behind"), (-timedelta(minutes=2), "ahead of")):
        hmrc.ahead = ahead
        _, clock = found("HMRC", patient)
        assert (clock.state, f"120 seconds {way} HMRC" in clock.text) == ("warning", True)


def test_hmrc_that_refuses_is_a_problem_with_a_mend(settings: Settings, home: Path) -> None:
    patient = a_patient(settings_with(settings, hmrc={"api_url": f"http://localhost:{free_port()}"}), home)
    hmrc, clock = found("HMRC", patient)
    assert (hmrc.state, bool(hmrc.mend), clock.state) == ("problem", True, "unused")


def an_observation(outcome: Any) -> Observation:
    return Observation(
        id=str(outcome), run_id="run", asked_at=NOW, tax_year=TaxYear(2025), api="individual-tax", api_version="1.1",
        outcome=outcome, status=200 if outcome == "ok" else 403, code=None, answer_hash=None, duration_ms=1,
    )  # fmt: skip


@pytest.mark.parametrize(("outcome", "expected"), [(None, "unused"), ("ok", "ok"), ("not_subscribed", "problem")])
def test_subscriptions_are_told_from_what_hmrc_last_said(
    settings: Settings, home: Path, outcome: str | None, expected: str
) -> None:
    patient = a_patient(settings, home)
    if outcome:
        patient.open_ledger().add_observation(an_observation(outcome), None)
    (finding,) = found("subscriptions", patient)
    assert finding.state == expected
    assert ("individual-tax" in finding.text) == (expected != "ok")


def test_the_headers_are_told_for_both_methods(settings: Settings, home: Path) -> None:
    findings = found("fraud-prevention headers", a_patient(settings, home))
    assert {finding.text.partition(":")[0] for finding in findings} == {"DESKTOP_APP_DIRECT", "BATCH_PROCESS_DIRECT"}


def test_postgres_is_told_there_away_and_not_configured(settings: Settings, home: Path, postgres: str) -> None:
    away = f"postgresql://somebody:hunter2@127.0.0.1:{free_port()}/nowhere"
    malformed = ("hunter2", "https://me:hunter2@example.org/db", "postgresql://me:hunter2@example.org:port/db")
    for dsn, expected in (
        (None, "unused"), (postgres, "ok"), (away, "warning"), *((dsn, "problem") for dsn in malformed),
    ):  # fmt: skip
        patient = a_patient(settings_with(settings, storage={"postgres": Secret(dsn) if dsn else None}), home)
        (finding,) = found("Postgres", patient)
        assert finding.state == expected, finding
        assert bool(finding.mend) == (expected in {"warning", "problem"})
        assert "hunter2" not in finding.text + finding.mend


def test_vault_is_told_there_closed_and_not_configured(settings: Settings, home: Path) -> None:
    assert told("Vault", a_patient(settings, home)) == [("Vault", "unused")]
    with VaultStandIn() as vault:
        asked = settings_with(settings, vault={"address": vault.address, "token": Secret(ROOT)})
        assert told("Vault", a_patient(asked, home)) == [("Vault", "ok")]
        vault.sealed = True
        (finding,) = found("Vault", a_patient(asked, home))
    assert (finding.state, ROOT in finding.text) == ("problem", False)


def test_ports_are_told_free_taken_and_by_whom(settings: Settings, home: Path, hmrc: AnsweringHmrc) -> None:
    assert told("callback", a_patient(settings, home)) == [("callback", "ok")]
    assert told("service", a_patient(settings, home)) == [("service", "ok")]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(0)
        port = taken.getsockname()[1]
        redirect = settings_with(settings, hmrc={"redirect_uri": f"http://localhost:{port}/oauth/callback"})
        assert told("callback", a_patient(redirect, home)) == [("callback", "warning")]
        taken.close()
    daemons = settings_with(settings, service={"port": hmrc.server_port})
    (finding,) = found("service", a_patient(daemons, home))
    assert (finding.state, "a daemon listens" in finding.text) == ("ok", True)
    public = settings_with(settings, hmrc={"redirect_uri": ""}, service={"public_url": "https://hmrc.example.org"})
    assert "hmrc.example.org" in found("callback", a_patient(public, home))[0].text


def test_a_host_whose_name_is_not_known_is_told_in_words(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")  # asking a real resolver needs a network

    monkeypatch.setattr(socket.socket, "bind", unknown)
    (finding,) = found("service", a_patient(settings, home))
    assert "Name or service not known" in finding.text


def test_a_terminal_that_is_none_is_no_fault(settings: Settings, home: Path) -> None:
    assert told("terminal", a_patient(settings, home)) == [("terminal", "unused")]


@pytest.mark.parametrize(
    ("size", "encoding", "expected"),
    [((79, 24), "utf-8", "warning"), ((80, 24), "latin-1", "warning"), ((80, 24), "utf-8", "ok")],
)
def test_a_terminal_is_measured(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], encoding: str, expected: str
) -> None:
    class Terminal:
        def __init__(self) -> None:
            self.encoding = encoding

        def isatty(self) -> bool:
            return True

    import os

    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size(size))
    (finding,) = examinations._terminal(a_patient(settings, home))
    assert finding.state == expected
