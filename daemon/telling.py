"""Works the alerts of an engine out, from what is known at one moment, and tells each audience what it was not told yet."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from daemon import alerts
from daemon.events import Alerted, YearOutcome
from daemon.told import ToldHere, ToldToAddress
from storage.ledger import Ledger
from storage.records import TaxYear
from storage.secret import Secret
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.engine import Engine
    from daemon.hmrc.grant import GrantStatus
    from daemon.notify import Messenger
    from daemon.sync import SyncReport

WAITING_SINCE = "outbox_waiting_since"
YEARS = "alert_years"
"""The note of the last outcome of each year that is worth telling, which a restart and a receiver that is away must not lose."""
LASTING = ("difference", "stale", "outbox")
"""The kinds of alerts about what may end, so that each is told again when it comes back."""
ABOUT_THE_GRANT = ("grant",)
"""The same, where it is known how the sign-in stands."""
BEGAN = "schedule_began"
"""The ledger's note of when the schedule first ran on this machine: what was due before that was not missed."""
RUNS_LOOKED_AT = 50
RunOutcomes = Mapping[TaxYear, tuple[YearOutcome, str]]
"""The years of a run: the outcome of each, and the id of that run."""

log = logging.getLogger(__name__)


def tell_alerts(engine: "Engine", *, deliver: bool = True) -> int:
    """Tells the engine's listeners what they were not told yet and, with `deliver`, every configured address; returns how many
    were delivered. Blocks."""
    ledger, addresses = engine.ledger, engine.settings.alerts.urls if deliver else ()
    shown = ToldHere(ledger, engine.audience)
    try:
        known, known_here = told_of(ledger, addresses), frozenset(shown.standing())
        situation = _situation(engine)
    except Trouble as trouble:
        log.warning("the alerts could not be worked out: %s", trouble)
        return 0
    found = alerts.alerts(situation, engine.settings.alerts.grant_days)
    over = LASTING + (ABOUT_THE_GRANT if situation.grant_state else ())
    alerts.settle(found, shown, over, known_here)
    for alert in alerts.untold(found, shown):
        engine.tell(Alerted(alert.subject, alert.text))
        alerts.told(alert, shown)
    return deliver_alerts(ledger, addresses, found, engine.messenger, known, over)


def remember_and_tell(engine: "Engine", report: "SyncReport") -> int:
    """What a timer's one sync without a schedule leaves to tell; returns how many alerts were delivered. Blocks."""
    outcomes: RunOutcomes = {year.tax_year: (year.outcome, report.started_at.isoformat()) for year in report.years}
    remember(engine.ledger, outcomes)
    return tell_alerts(engine)


def deliver_alerts(
    ledger: Ledger,
    addresses: Sequence[Secret],
    found: Sequence[alerts.Alert],
    messenger: "Messenger",
    known: Mapping[ToldToAddress, frozenset[str]],
    over: Sequence[str] = LASTING + ABOUT_THE_GRANT,
) -> int:
    """Sends every address what it was not told yet; returns how many alerts were taken, all addresses together. Blocks.

    An alert counts as told to an address once it was taken there, so that an outage delays it and does not lose it, and one address that
    is away brings the others nothing twice. What was `known`, is not `found` and is of the kinds that may be `over` is told again when it comes back.
    """
    with messenger.round():
        waiting: list[tuple[ToldToAddress, Secret, alerts.Alert]] = []
        for memory, address in _memories(ledger, addresses).items():
            alerts.settle(found, memory, over, known[memory])
            waiting += [(memory, address, alert) for alert in alerts.untold(found, memory)]
        if not waiting:
            return 0
        taken = 0
        for number in messenger.send([(address, alert) for _, address, alert in waiting]):
            memory, _, alert = waiting[number]
            alerts.told(alert, memory)
            taken += 1
        if taken:
            ledger.exchange()  # another machine that takes over in a moment must not tell the same
    if taken < len(waiting):
        log.warning(
            "%d alerts were not taken by their address; they are sent again within the hour", len(waiting) - taken
        )
    return taken


def told_of(ledger: Ledger, addresses: Sequence[Secret]) -> Mapping[ToldToAddress, frozenset[str]]:
    """The subjects that each address was told of and that are not over. Ask before the situation is worked out. Blocks."""
    return {memory: frozenset(memory.standing()) for memory in _memories(ledger, addresses)}


def _memories(ledger: Ledger, addresses: Sequence[Secret]) -> dict[ToldToAddress, Secret]:
    """What each address was told."""
    return {ToldToAddress.at(ledger, address): address for address in addresses}


def remember(ledger: Ledger, outcomes: RunOutcomes) -> None:
    """Keeps the outcomes that are worth telling until a later run has another for the year. Blocks."""
    news = {str(year): told for year, told in outcomes.items() if told[0] in alerts.TOLD_OUTCOMES}
    if news:
        kept = ledger.note(YEARS)
        known = msgspec.json.decode(kept, type=dict[str, tuple[YearOutcome, str]]) if kept else {}
        ledger.keep_note(YEARS, msgspec.json.encode({**known, **news}).decode())


def _remembered(ledger: Ledger) -> tuple[tuple[TaxYear, YearOutcome, str], ...]:
    kept = ledger.note(YEARS)
    known = msgspec.json.decode(kept, type=dict[str, tuple[YearOutcome, str]]) if kept else {}
    return tuple((TaxYear.parse(year), outcome, run) for year, (outcome, run) in known.items())


def _situation(engine: "Engine") -> alerts.Situation:
    store, now = engine.store_status(), engine.clock.now()
    grant = _grant(engine)
    return alerts.Situation(
        now=now,
        grant_state=grant.state if grant else None,
        grant_days_left=grant.grant_days_left if grant else None,
        last_confirmed=engine.last_confirmed(),
        last_answered=_last_answered(engine.ledger),
        queued=store.queued,
        oldest_queued=waiting_since(engine.ledger, store.queued, now),
        outcomes=_remembered(engine.ledger),
        reconciliation=engine.reconciliation(),
    )


def _grant(engine: "Engine") -> "GrantStatus | None":
    settings = engine.settings
    if not settings.hmrc.client_id and not settings.vault.address:
        return None  # whoever reconciles payslips and P60s alone has nothing to sign in to
    with suppress(Trouble):  # while Vault is away, all else is told all the same
        return engine.grant_status()
    return None


def _last_answered(ledger: Ledger) -> datetime | None:
    ended = [run.finished_at for run in ledger.runs(RUNS_LOOKED_AT) if run.outcome == "done" and run.finished_at]
    began = ledger.note(BEGAN)
    return max([*ended, *([datetime.fromisoformat(began)] if began else [])], default=None)


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
