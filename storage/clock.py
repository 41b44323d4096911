"""Where the time comes from: everything that asks what time it is takes a `Clock`."""

import select
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def now(self) -> datetime:
        """The current moment, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The current moment, in UTC."""
        return datetime.now(UTC)


def london_date(moment: datetime) -> date:
    """The calendar day in the United Kingdom at `moment`: tax years and HMRC's dates go by it."""
    return moment.astimezone(LONDON).date()


def rfc3339(moment: datetime) -> str:
    """`moment` as RFC 3339 in UTC with a `Z`, to the second: `2024-06-06T06:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wait(seconds: float) -> None:
    """Blocks for `seconds`. By select's relative timeout: a sleep until a moment fails where the clock is being moved by a preload."""
    select.select([], [], [], max(seconds, 0.0))
