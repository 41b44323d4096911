"""When an unattended sync is due, and for which years: pure functions of durable state, so that downtime, suspends and
clock jumps need no memory of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from storage.records import Observation, SyncRun, TaxYear

RETRY_AFTER = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""After the first, second and third failure of a day's run; after a fourth, the next day is waited for."""
ABANDONED_AFTER = timedelta(hours=2)
"""A run that began and never ended, for this long, was killed: it counts as failed."""


@dataclass(frozen=True, slots=True)
class Due:
    """A run that should start now: the day in UTC for which it stands."""

    business_date: date
    lacked_sign_in_at: datetime | None = None
    """When HMRC last refused the sign-in in a run of that day: only one that was made since can be any better."""


def latest_due_moment(now: datetime, at: time) -> datetime:
    """The last moment at or before `now` at which a daily run was due, `at` being a time of day in UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def next_due_moment(now: datetime, at: time) -> datetime:
    """The first moment after `now` at which a daily run is due."""
    return latest_due_moment(now, at) + timedelta(days=1)


def due_run(
    now: datetime, at: time, runs: Iterable[SyncRun], *, since: datetime | None, interrupted: date | None = None
) -> Due | None:
    """Whether a daily run should start now, for whoever has a sign-in.

    `runs` are the recorded runs, one for each id. `since` is when the schedule began on this ledger: what was due before that was
    not missed. However long the downtime, one run catches up. A run that failed is tried again by `RETRY_AFTER`; one that
    lacked a sign-in, as soon as there is a new one; that of the day `interrupted`, which ended with its process, at once.
    """
    moment = latest_due_moment(now, at)
    business_date = moment.date()
    known = list(runs)
    began = min([run.started_at for run in known] + ([since] if since else []), default=now)
    if began > moment:
        return None
    todays = sorted((run for run in known if run.unattended and run.business_date == business_date), key=_started)
    # A clock that jumped back leaves runs of days to come; they must not stand in the way, nor be run twice.
    if any(run.outcome == "done" and run.finished_at is not None for run in todays):
        return None
    if not todays:
        return Due(business_date)
    last = todays[-1]
    if last.outcome == "needs_sign_in":
        return Due(business_date, last.started_at)
    failures = [run for run in todays if run.outcome != "needs_sign_in"]
    if len(failures) > len(RETRY_AFTER):
        return None
    if interrupted == business_date:
        return Due(business_date)
    if last.finished_at is None and now - last.started_at < ABANDONED_AFTER:
        return None
    waited_since = last.finished_at or last.started_at
    return Due(business_date) if now - waited_since >= RETRY_AFTER[len(failures) - 1] else None


def _started(run: SyncRun) -> datetime:
    return run.started_at


def years_due(
    open_years: Iterable[TaxYear], last_asked: Mapping[TaxYear, date], gone_since: Mapping[TaxYear, date], today: date
) -> tuple[TaxYear, ...]:
    """Which of the open years an unattended run asks for today, oldest first.

    The newest is asked for every day. An older one daily from June to January, when HMRC's figures come and go, else weekly;
    one whose figures went more than a month ago weekly, and after a year monthly, since an amended return can bring them back.
    """
    years = sorted(open_years)
    chosen: list[TaxYear] = []
    for year in years:
        asked = last_asked.get(year)
        if (
            year == years[-1]
            or asked is None
            or today < asked
            or (today - asked).days >= _days_between(year, gone_since, today)
        ):
            chosen.append(year)
    return tuple(chosen)


def _days_between(year: TaxYear, gone_since: Mapping[TaxYear, date], today: date) -> int:
    if year in gone_since:
        gone_for = (today - gone_since[year]).days
        return 1 if gone_for <= 31 else 7 if gone_for <= 365 else 30
    return 1 if today.month >= 6 or today.month == 1 else 7


def last_asked_and_gone(observations: Iterable[Observation]) -> tuple[dict[TaxYear, date], dict[TaxYear, date]]:
    """From the fetch log: the day each year was last asked for, and the day since when a year once seen answers 404."""
    asked: dict[TaxYear, date] = {}
    seen: set[TaxYear] = set()
    missing: dict[tuple[TaxYear, str], date] = {}
    for observation in observations:
        day = observation.asked_at.astimezone(UTC).date()
        asked[observation.tax_year] = max(asked.get(observation.tax_year, day), day)
        if observation.api not in {"individual-tax", "individual-income"}:
            continue
        key = (observation.tax_year, observation.api)
        if observation.outcome == "ok":
            seen.add(observation.tax_year)
            missing.pop(key, None)
        elif observation.outcome == "no_data":
            missing.setdefault(key, day)
    gone: dict[TaxYear, date] = {}
    for year in seen:
        days = [missing[(year, api)] for api in ("individual-tax", "individual-income") if (year, api) in missing]
        if len(days) == 2:
            gone[year] = max(days)
    return asked, gone
