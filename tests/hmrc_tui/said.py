"""What HMRC said, for the pictures of History and Activity: first figures, a correction, a withdrawal, a failure."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from storage.records import ApiOutcome, Observation, TaxYear
from tests.daemon.answers import income_answer, tax_answer
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_run

REFERENCE = "123/AB456"


def income(pay: str) -> str:
    """An answer of Individual Income."""
    return income_answer({REFERENCE: pay})


def tax(taken: str) -> str:
    """An answer of Individual Tax."""
    return tax_answer({REFERENCE: taken})


class Log:
    """A fetch log that is written call by call."""

    def __init__(self) -> None:
        self.ledger = StillLedger()

    def call(self, at: datetime, year: int, api: str, body: str | None = None, **changes: Any) -> None:
        """One call: with a body an answer, else no data."""
        digest = hashlib.sha256(body.encode()).hexdigest() if body else None
        if body and digest:
            self.ledger.kept_answers[digest] = body
        outcome: ApiOutcome = "ok" if body else "no_data"
        values: dict[str, Any] = {
            "id": f"call-{len(self.ledger.kept_observations)}",
            "run_id": f"run-{at:%Y%m%d}",
            "asked_at": at,
            "tax_year": TaxYear(year),
            "api": api,
            "api_version": "1.1" if api == "individual-tax" else "1.2",
            "outcome": outcome,
            "status": 200 if body else 404,
            "code": None if body else "NOT_FOUND",
            "answer_hash": digest,
            "duration_ms": 212 + 17 * len(self.ledger.kept_observations),
        }
        self.ledger.kept_observations.append(Observation(**{**values, **changes}))


def a_log() -> StillLedger:
    """Two tax years over three years: nothing, first figures, a correction, gone; and a call that failed."""
    log = Log()
    for day, year, pay in (
        (datetime(2022, 5, 1, 6, tzinfo=UTC), 2021, None),
        (datetime(2022, 6, 9, 6, tzinfo=UTC), 2021, "33900.00"),
        (datetime(2022, 9, 2, 6, tzinfo=UTC), 2021, "34200.00"),
        (datetime(2023, 2, 3, 6, tzinfo=UTC), 2021, None),
        (datetime(2024, 6, 8, 6, tzinfo=UTC), 2023, "34200.00"),
        (NOW - timedelta(hours=2), 2023, "34200.00"),
    ):
        log.call(day, year, "individual-income", income(pay) if pay else None)
        log.call(day + timedelta(seconds=1), year, "individual-tax", tax(f"{Decimal(pay) / 8:.2f}") if pay else None)
    late = NOW - timedelta(hours=1)
    log.call(
        late,
        2024,
        "individual-income",
        outcome="failed",
        status=503,
        code="SERVER_ERROR",
        attempts=3,
        note="HMRC answered 503 three times",
    )
    ledger = log.ledger
    ledger.kept_runs = [
        a_run(
            id=f"run-{late:%Y%m%d}",
            started_at=late,
            finished_at=late + timedelta(seconds=9),
            outcome="failed",
            unattended=False,
            summary="1 year failed",
        ),
        a_run(
            id="run-20240608",
            started_at=datetime(2024, 6, 8, 6, tzinfo=UTC),
            finished_at=datetime(2024, 6, 8, 6, 0, 2, tzinfo=UTC),
            host="server",
            summary="1 year new",
        ),
        a_run(
            id="run-20230203",
            started_at=datetime(2023, 2, 3, 6, tzinfo=UTC),
            finished_at=datetime(2023, 2, 3, 6, 0, 2, tzinfo=UTC),
            host="server",
            summary="1 year gone",
        ),
    ]
    return ledger
