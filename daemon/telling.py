"""Works the alerts of an engine out, from what is known at one moment, and sends what was not told yet."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from daemon import alerts
from daemon.events import Alerted, YearOutcome
from storage.ledger import Ledger
from storage.records import TaxYear
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.engine import Engine

WAITING_SINCE = "outbox_waiting_since"
LASTING_SUBJECTS = ("grant", "stale", "outbox")
"""What an alert is about that ends by itself, so that it is told again when it comes back."""
RunOutcomes = Mapping[TaxYear, tuple[YearOutcome, str]]
"""The years of the last run: the outcome of each, and the id of that run."""

log = logging.getLogger(__name__)


def tell_alerts(engine: "Engine", outcomes: RunOutcomes) -> int:
    """Tells the engine's listeners, and every configured address, what was not told yet; returns how many were sent. Blocks."""
    try:
        found = alerts.alerts(_situation(engine, outcomes), engine.settings.alerts.grant_days)
    except Trouble as trouble:
        log.warning("the alerts could not be worked out: %s", trouble)
        return 0
    alerts.settle(found, engine.ledger, LASTING_SUBJECTS)
    for alert in alerts.untold(found, engine.ledger):
        engine.tell(Alerted(alert.subject, alert.text))
    return alerts.deliver(engine.settings.alerts.urls, found, engine.ledger)


def _situation(engine: "Engine", outcomes: RunOutcomes) -> alerts.Situation:
    grant, store = engine.grant_status(), engine.store_status()
    now = engine.clock.now()
    return alerts.Situation(
        now=now,
        grant_state=grant.state,
        grant_days_left=grant.grant_days_left,
        last_confirmed=engine.last_confirmed(),
        queued=store.queued,
        oldest_queued=waiting_since(engine.ledger, store.queued, now),
        outcomes=tuple((year, outcome, run) for year, (outcome, run) in outcomes.items()),
        reconciliation=engine.reconciliation(),
    )


def waiting_since(ledger: Ledger, queued: int, now: datetime) -> datetime | None:
    """Since when rows have waited for Postgres without a look at which none did; None where none waits. Blocks."""
    kept = ledger.note(WAITING_SINCE)
    if queued == 0:
        if kept:
            ledger.keep_note(WAITING_SINCE, "")
        return None
    if not kept:
        kept = now.astimezone(UTC).isoformat()
        ledger.keep_note(WAITING_SINCE, kept)
    return datetime.fromisoformat(kept)
