"""Who is told what, once: alerts made from what is known, each told again only when it changes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from daemon.events import GrantState, YearOutcome
from daemon.reconcile.model import Reconciliation
from storage.money import pounds
from storage.records import TaxYear

STALE_AFTER = timedelta(days=7)
OUTBOX_STUCK_AFTER = timedelta(hours=24)
Severity = Literal["info", "warning", "failure"]
TOLD_OUTCOMES: Mapping[YearOutcome, tuple[str, Severity]] = {
    "new": ("HMRC has figures now for tax year {year}", "info"),
    "changed": ("HMRC changed its figures for tax year {year}", "warning"),
    "gone": ("HMRC no longer has figures for tax year {year}; what it said before is kept", "info"),
}
"""The outcomes of a year that are told, each in what words."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell: `subject` names what it is about, `state` what makes it new when it changes. No personal data."""

    subject: str
    state: str
    text: str
    severity: Severity = "info"


@dataclass(frozen=True, slots=True)
class Situation:
    """What alerts are made from, at one moment."""

    now: datetime
    grant_state: GrantState | None
    """None where it cannot be known now, as while Vault is away, and where there is no application to sign in to."""
    grant_days_left: int | None
    last_confirmed: datetime | None
    """When HMRC last gave figures."""
    last_answered: datetime | None
    """Where it never did: when a run last ended well or, before that, when the schedule began."""
    queued: int
    oldest_queued: datetime | None
    outcomes: tuple[tuple[TaxYear, YearOutcome, str], ...] = ()
    """Years with an outcome that is worth telling, and the id of the run that had it."""
    reconciliation: Reconciliation | None = None


class Memory(Protocol):
    """Where it is remembered what an audience was told."""

    def standing(self) -> Mapping[str, str]:
        """The state last told of each subject that is not over."""
        ...

    def keep(self, subject: str, state: str | None) -> None:
        """Keeps the state that was told; None where the subject is over."""
        ...


def alerts(situation: Situation, grant_days: Sequence[int]) -> tuple[Alert, ...]:
    """Everything that somebody should be told in this situation, whether or not it was told before."""
    return (
        *_about_years(situation.outcomes),
        *_about_differences(situation.reconciliation),
        *_about_the_grant(situation, grant_days),
        *_about_freshness(situation),
        *_about_the_outbox(situation),
    )


def _about_years(outcomes: Iterable[tuple[TaxYear, YearOutcome, str]]) -> Iterable[Alert]:
    for year, outcome, run_id in outcomes:
        if outcome in TOLD_OUTCOMES:
            text, severity = TOLD_OUTCOMES[outcome]
            state = "gone" if outcome == "gone" else f"{outcome}:{run_id}"
            yield Alert(f"year:{year}", state, text.format(year=year), severity)


def _about_differences(reconciliation: Reconciliation | None) -> Iterable[Alert]:
    if reconciliation is None:
        return
    for row in reconciliation.open_differences:
        parts = [
            f"{figure} {pounds(amount.difference, sign=True)}"
            for figure, amount in (("pay", row.pay), ("tax", row.tax))
            if amount.difference
        ]
        # Alerts travel through other people's servers: the amounts and the employer stay here, only their hash tells a change.
        state = hashlib.sha256("/".join([row.status, *parts]).encode()).hexdigest()[:16]
        subject = f"difference:{row.tax_year}:{hashlib.sha256(row.key.encode()).hexdigest()[:12]}"
        text = f"A difference in tax year {row.tax_year} is neither explained nor accepted: open hmrc-tui to see it"
        yield Alert(subject, state, text, "warning")


def _about_the_grant(situation: Situation, grant_days: Sequence[int]) -> Iterable[Alert]:
    if situation.grant_state in {"expired", "needs_sign_in"}:
        yield Alert("grant", situation.grant_state, "Sign in at HMRC again: nothing can be asked until then", "failure")
    elif situation.grant_state == "none":
        yield Alert("grant", "none", "Nobody has signed in at HMRC yet: nothing can be asked until then", "warning")
    elif situation.grant_days_left is not None:
        reached = [days for days in grant_days if situation.grant_days_left < days]
        if reached:
            left = situation.grant_days_left
            text = f"The sign-in at HMRC ends in {left} day{'' if left == 1 else 's'}: sign in again before then"
            yield Alert("grant", f"under {min(reached)}", text, "warning")


def _about_freshness(situation: Situation) -> Iterable[Alert]:
    last = situation.last_confirmed or situation.last_answered
    if last is not None and situation.now - last > STALE_AFTER:
        day = last.astimezone(UTC).date().isoformat()
        # Without figures ever, "no figures yet" is an answer; a wrong UTR or a network that is shut is none.
        what = "No figures have been confirmed by HMRC" if situation.last_confirmed else "HMRC has not answered"
        yield Alert("stale", day, f"{what} since {day}", "warning")


def _about_the_outbox(situation: Situation) -> Iterable[Alert]:
    oldest = situation.oldest_queued
    if oldest is not None and situation.now - oldest > OUTBOX_STUCK_AFTER:
        since = oldest.astimezone(UTC).date().isoformat()
        text = f"{situation.queued} rows have waited for Postgres since {since}; they are safe on this machine"
        yield Alert("outbox", since, text, "warning")


def untold(found: Iterable[Alert], memory: Memory) -> tuple[Alert, ...]:
    """The alerts whose state was not told yet."""
    known = memory.standing()
    return tuple(alert for alert in found if known.get(alert.subject) != alert.state)


def settle(found: Iterable[Alert], memory: Memory, kinds: Iterable[str], known: Iterable[str]) -> None:
    """Forgets what is over of these kinds, so that it is told again when it comes back.

    Only a subject that was `known` before it was looked for can be over: another machine may tell of something in the meantime.
    """
    standing, over, known = {alert.subject for alert in found}, set(kinds), set(known)
    for subject in memory.standing():
        if kind(subject) in over and subject not in standing and subject in known:
            memory.keep(subject, None)


def told(alert: Alert, memory: Memory) -> None:
    """Remembers that an alert reached somebody."""
    memory.keep(alert.subject, alert.state)


def kind(subject: str) -> str:
    """What kind of alert is about this subject, as `difference`."""
    return subject.partition(":")[0]
