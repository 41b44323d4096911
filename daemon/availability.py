"""What HMRC's answers to a tax year mean: available, not yet, late, gone. Pure functions of the fetch log.

HMRC's figures are a window: they appear between about 6 June and the end of November after the year's end, and go with a
404 when that year's Self Assessment return is processed. Only memory tells the 404s apart.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from daemon.events import YearOutcome
from daemon.reconcile.model import YearState
from storage.records import ApiOutcome, Observation, TaxYear

FIGURES = ("individual-tax", "individual-income")
"""The APIs whose answers are a year's figures: tax and pay."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about one tax year from every call ever made for it. A call that failed changes nothing in it."""

    definitive: Mapping[str, Observation] = field(default_factory=dict[str, Observation])
    """By API: the latest observation that says something about the year, an answer or "no data"; none where the application has
    lost its subscription since, because that API contradicts nothing any more."""
    answered: Mapping[str, Observation] = field(default_factory=dict[str, Observation])
    """By API: the latest observation with an answer; figures that went keep the last they had."""
    last_asked: datetime | None = None

    @property
    def figures_seen(self) -> bool:
        """Whether HMRC ever gave pay or tax for the year."""
        return any(api in self.answered for api in FIGURES)

    @property
    def confirmed_at(self) -> datetime | None:
        """When HMRC last confirmed the figures: the older of the last answers of Tax and of Income."""
        return min((self.answered[api].asked_at for api in FIGURES if api in self.answered), default=None)


def standing(observations: Iterable[Observation]) -> Standing:
    """The standing of one tax year; `observations` are the year's, oldest first."""
    definitive: dict[str, Observation] = {}
    answered: dict[str, Observation] = {}
    last_asked: datetime | None = None
    for observation in observations:
        last_asked = observation.asked_at
        if observation.outcome in {"ok", "no_data"}:
            definitive[observation.api] = observation
        elif observation.outcome == "not_subscribed":
            definitive.pop(observation.api, None)
        if observation.outcome == "ok":
            answered[observation.api] = observation
    return Standing(definitive, answered, last_asked)


def year_state(tax_year: TaxYear, known: Standing, today: date, apis: Collection[str] = FIGURES) -> YearState:
    """How a tax year stands; `today` is London's calendar day, and `apis` are those that the configuration asks.

    An API that is not asked, or never gave a definitive answer, contradicts nothing. Figures that are there count as available even in a year under
    way: HMRC never has these, but its sandbox can.
    """
    asked = [api for api in FIGURES if api in apis] or FIGURES
    latest = {known.definitive[api].outcome for api in asked if api in known.definitive}
    if "ok" in latest:
        return "available"
    if latest and known.figures_seen:
        return "gone"
    if today <= tax_year.ends:
        return "current"
    return _unseen(tax_year, today) if latest else "unknown"


def year_outcome(
    tax_year: TaxYear,
    calls: Mapping[str, ApiOutcome],
    before: Standing,
    *,
    changed: bool,
    today: date,
    told: Standing | None = None,
) -> YearOutcome:
    """What one sync says about a year.

    `calls` are this sync's outcomes by API, `before` is what was known when it began, `told` that of it which runs that came to their end
    had told (all of it, unless given), and `changed` tells whether any amount of any answer differs from the last told answer of its API.
    `today` is London's calendar day.
    """
    if not {"ok", "no_data"} & set(calls.values()):
        return "failed"
    figures = {api: calls[api] for api in FIGURES if calls.get(api, "not_subscribed") != "not_subscribed"}
    if {"failed", "unauthorised"} & set(figures.values()):
        return "partial"
    # Without a subscription to Tax and Income, the other APIs' answers are all there is to judge by.
    deciding = figures or {api: outcome for api, outcome in calls.items() if api not in FIGURES}
    others = () if figures else deciding
    if "ok" in deciding.values():
        if not _seen(told or before, others):
            return "new"
        return "changed" if changed else "unchanged"
    return "gone" if _seen(before, others) else _unseen(tax_year, today)


def _seen(known: Standing, others: Iterable[str]) -> bool:
    return known.figures_seen or any(api in known.answered for api in others)


def _unseen(tax_year: TaxYear, today: date) -> Literal["not_yet", "late"]:
    """A year without figures so far: HMRC has usually worked through all of them by the end of November."""
    return "late" if today >= date(tax_year.ends.year, 12, 1) else "not_yet"
