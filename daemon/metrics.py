"""Prometheus metrics of the daemon: freshness, runs, the outbox, the sign-in, HMRC's latency. No personal data, no amounts."""

import math
from dataclasses import dataclass
from datetime import datetime

from daemon.events import CallFinished, Event, GrantChanged, GrantState, SyncFinished

GRANT_STATES: tuple[GrantState, ...] = ("none", "ok", "expiring", "expired", "needs_sign_in")


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is read at the moment of a scrape."""

    last_confirmed: datetime | None
    last_run: datetime | None
    queued: int
    oldest_queued_seconds: float
    set_aside: int
    postgres_up: bool | None
    grant_state: GrantState | None
    """None where it cannot be known now."""
    grant_days_left: int | None
    timer_owner: bool
    last_look: datetime | None


class Metrics:
    """Counts what the engine tells, and renders it with the gauges of the moment."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()
        self._registry: CollectorRegistry = registry
        self._years = Counter("hmrc_tui_years", "Tax years asked for, by outcome", ["outcome"], registry=registry)
        self._runs = Counter("hmrc_tui_runs", "Syncs that ended, by outcome", ["outcome"], registry=registry)
        self._refreshes = Counter("hmrc_tui_refreshes", "Refreshes of the sign-in at HMRC", registry=registry)
        self._grants = Counter(
            "hmrc_tui_grant_changes",
            "Changes of the sign-in, refreshes too, by its state after",
            ["state"],
            registry=registry,
        )
        self._calls = Histogram(
            "hmrc_tui_hmrc_request_seconds",
            "How long HMRC took to answer",
            ["api", "outcome"],
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=registry,
        )
        gauge = {
            name: Gauge(f"hmrc_tui_{name}", text, registry=registry)
            for name, text in (
                ("last_confirmed_timestamp_seconds", "When HMRC last confirmed figures"),
                ("last_run_timestamp_seconds", "When a sync last ended"),
                ("outbox_rows", "Rows that wait for Postgres"),
                ("outbox_oldest_seconds", "For how long the oldest of them has waited"),
                ("outbox_set_aside_rows", "Rows that Postgres refused"),
                ("postgres_up", "Whether the last contact with Postgres worked; absent where none is configured"),
                ("grant_days_left", "Days until the sign-in at HMRC ends"),
                ("timer_owner", "Whether this process owns the daily timer"),
                ("last_look_timestamp_seconds", "When the timer last looked whether a run is due"),
            )
        }
        self._gauges = gauge
        self._grant_state = Gauge(
            "hmrc_tui_grant_state", "1 for the state of the sign-in", ["state"], registry=registry
        )

    def hear(self, event: Event) -> None:
        """Counts one event of the engine."""
        match event:
            case CallFinished(observation=observation):
                self._calls.labels(observation.api, observation.outcome).observe(observation.duration_ms / 1000)
            case SyncFinished(outcomes=outcomes, trouble=trouble):
                self._runs.labels("failed" if trouble else "done").inc()
                for _, outcome in outcomes:
                    self._years.labels(outcome).inc()
            case GrantChanged(state=state, refreshed=refreshed):
                self._grants.labels(state).inc()
                self._refreshes.inc(refreshed)
            case _:
                pass

    def render(self, gauges: Gauges) -> bytes:
        """The exposition text, as of now."""
        from prometheus_client import generate_latest

        values = {
            "last_confirmed_timestamp_seconds": gauges.last_confirmed.timestamp() if gauges.last_confirmed else None,
            "last_run_timestamp_seconds": gauges.last_run.timestamp() if gauges.last_run else None,
            "outbox_rows": gauges.queued,
            "outbox_oldest_seconds": gauges.oldest_queued_seconds,
            "outbox_set_aside_rows": gauges.set_aside,
            "postgres_up": gauges.postgres_up,
            "grant_days_left": gauges.grant_days_left,
            "timer_owner": gauges.timer_owner,
            "last_look_timestamp_seconds": gauges.last_look.timestamp() if gauges.last_look else None,
        }
        for name, value in values.items():
            # Prometheus' own word for "not known" is NaN: a zero would read as 1970, or as a sign-in that ends today.
            self._gauges[name].set(math.nan if value is None else value)
        for state in GRANT_STATES:
            self._grant_state.labels(state).set(state == gauges.grant_state)
        return generate_latest(self._registry)
