"""Makers for the ledger's tests: settings, ledgers in a folder each, observations and snapshots."""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.clock import Clock
from storage.ledger import Ledger, StoreStatus, open_ledger
from storage.places import Places
from storage.records import Answer, Observation, PayeReference, Snapshot, TaxYear
from storage.rows import content_id
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, StorageSettings
from tests.makers import REFERENCE, UTR, StoppedClock

YEAR = TaxYear(2023)


def settings_for(dsn: str | None = None, environment: str = "production", **storage: Any) -> Settings:
    """Settings for an environment and, with an address, a Postgres."""
    return Settings(
        hmrc=HmrcSettings(environment=environment),  # pyright: ignore[reportArgumentType]
        storage=StorageSettings(postgres=Secret(dsn) if dsn else None, **storage),
    )


def a_ledger(
    home: Path, dsn: str | None = None, *, clock: Clock | None = None, utr: str | None = UTR, **changes: Any
) -> Ledger:
    """The ledger of one machine, whose files are under `home`."""
    return open_ledger(
        settings_for(dsn, **changes), Places.under(home), clock or StoppedClock(), taxpayer=Secret(utr) if utr else None
    )


def an_answer(body: str, at: datetime, api: str = "individual-tax") -> Answer:
    """An answer with its true hash."""
    return Answer(sha256(body.encode()).hexdigest(), api, body, at)


def an_observation(number: int, at: datetime, answer: Answer | None = None, **changes: Any) -> Observation:
    """A call that was answered, or with no answer a 404."""
    values: dict[str, Any] = {
        "id": f"observation-{number}",
        "run_id": "run-1",
        "asked_at": at,
        "tax_year": YEAR,
        "api": "individual-tax",
        "api_version": "1.1",
        "outcome": "ok" if answer else "no_data",
        "status": 200 if answer else 404,
        "code": None if answer else "NOT_FOUND",
        "answer_hash": answer.answer_hash if answer else None,
        "duration_ms": 120,
    }
    return Observation(**{**values, **changes})


def a_snapshot(
    at: datetime,
    pay: str | None = "34200.00",
    tax: str | None = "4324.00",
    *,
    previous: Snapshot | None = None,
    year: TaxYear = YEAR,
    reference: PayeReference = REFERENCE,
) -> Snapshot:
    """HMRC's joined figures for Example Ltd."""
    gross = Decimal(pay) if pay is not None else None
    income_tax = Decimal(tax) if tax is not None else None
    previous_id = previous.id if previous else None
    made = content_id(previous_id, year.hmrc, reference, pay, tax)
    return Snapshot(made, previous_id, year, reference, at, gross, income_tax, "Example Ltd")


def drained(ledger: Ledger) -> StoreStatus:
    """Exchanges until nothing waits: on a busy machine one contact's time may not be enough."""
    for _ in range(20):
        status = ledger.exchange()
        if not status.queued:
            break
    return status
