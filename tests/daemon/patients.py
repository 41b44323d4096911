"""Installations for the doctor to examine, and what it finds of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from daemon.doctor import Finding, Patient, examine
from daemon.examinations import EXAMINATIONS
from storage.configuration import Configuration
from storage.ledger import open_ledger
from storage.places import Places
from storage.secret import Secret
from storage.settings import Settings
from tests.makers import UTR, StoppedClock
from tests.ports import free_port

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def sound_settings() -> Settings:
    """An installation in which everything that needs no server is well."""
    return settings_with(
        hmrc={
            "environment": "sandbox",
            "client_id": Secret("an-id"),
            "client_secret": Secret("a-secret"),
            "utr": Secret(UTR),
            "redirect_uri": f"http://localhost:{free_port()}/oauth/callback",
            "apis": ("individual-tax",),
        },
        service={"port": free_port()},
        tokens={"store": "file"},
    )


def settings_with(base: Settings | None = None, **tables: dict[str, Any]) -> Settings:
    """Settings with some values of some tables changed."""
    base = base or Settings()
    changed = {name: msgspec.structs.replace(getattr(base, name), **values) for name, values in tables.items()}
    return msgspec.structs.replace(base, **changed)


def a_patient(settings: Settings, home: Path, **configuration: Any) -> Patient:
    """An installation on these settings, its clock stopped at `NOW`."""
    places, clock = Places.under(home), StoppedClock(NOW)
    return Patient(
        Configuration(settings, home / "config.toml", **configuration),
        places,
        clock,
        lambda: open_ledger(settings, places, clock),
    )


def found(name: str, patient: Patient) -> list[Finding]:
    """What one examination finds."""
    (examination,) = [one for one in EXAMINATIONS if one.name == name]
    return list(examine(patient, [examination]))


def told(name: str, patient: Patient) -> list[tuple[str, str]]:
    """The name and the state of each of its findings."""
    return [(finding.name, finding.state) for finding in found(name, patient)]
