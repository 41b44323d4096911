"""The doctor: bounded whatever does not answer or fails, and nothing personal in what it says."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.doctor import Examination, Finding, Patient, examine
from daemon.examinations import EXAMINATIONS
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import StorageTrouble
from tests.daemon.patients import a_patient, settings_with, sound_settings
from tests.makers import UTR


@pytest.fixture
def settings() -> Settings:
    """An installation in which everything that needs no server is well."""
    return sound_settings()


def test_what_fails_or_does_not_answer_is_a_problem_and_hides_nothing_else(settings: Settings, home: Path) -> None:
    forever = threading.Event()

    def raises(trouble: Exception) -> Callable[[Patient], list[Finding]]:
        def look(_patient: Patient) -> list[Finding]:
            raise trouble

        return look

    findings = list(
        examine(
            a_patient(settings, home),
            [
                Examination("silent", lambda _: [Finding("silent", "ok", str(forever.wait(60)))], "wake it"),
                Examination("troubled", raises(StorageTrouble("the disk is full; free some space"))),
                Examination("faulty", raises(ValueError(UTR))),
                Examination("well", lambda _: [Finding("well", "ok", "it is")]),
            ],
            patience=0.3,
        )
    )
    forever.set()
    assert [(finding.name, finding.state) for finding in findings] == [
        ("silent", "problem"), ("troubled", "problem"), ("faulty", "problem"), ("well", "ok"),
    ]  # fmt: skip
    assert (findings[0].text, findings[0].mend) == ("no answer within 0.3 seconds", "wake it")
    assert findings[2].text == "could not be examined (ValueError)"


def test_with_everything_silent_it_is_quick_and_says_nothing_personal(settings: Settings, home: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        port = silent.getsockname()[1]
        secrets = {"dsn": "a-database-password", "vault": "a-vault-token", "hook": "a-webhook-token"}
        nowhere = settings_with(
            settings,
            hmrc={"api_url": f"http://localhost:{port}"},
            storage={"postgres": Secret(f"postgresql://me:{secrets['dsn']}@127.0.0.1:{port}/ledger")},
            vault={"address": f"http://localhost:{port}", "token": Secret(secrets["vault"])},
            tokens={"store": "vault"},
            service={"webhook_token": Secret(secrets["hook"])},
            payslips={"database": Secret(f"postgresql://me:{secrets['dsn']}@127.0.0.1:{port}/payslips")},
        )
        findings = list(examine(a_patient(nowhere, home), EXAMINATIONS, patience=1.5))
    states = {finding.name: finding.state for finding in findings}
    assert [states[name] for name in ("HMRC", "Vault", "Postgres")] == ["problem"] * 3
    assert "no answer within 1.5 seconds" in {finding.text for finding in findings}
    everything = repr(findings)
    for private in (*secrets.values(), UTR, "a-secret", "an-id"):
        assert private not in everything
    assert all("\n" not in finding.text + finding.mend for finding in findings)
