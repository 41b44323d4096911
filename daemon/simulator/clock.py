"""The simulator's clock: it runs with another clock until it is set, moved or stopped."""

from datetime import UTC, datetime, timedelta

from storage.clock import Clock


class SettableClock:
    """Tells another clock's time shifted by an offset; stopped, it tells one moment for ever."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._offset = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """The simulated moment, in UTC."""
        return self._stopped_at if self._stopped_at is not None else self._base.now() + self._offset

    @property
    def stopped(self) -> bool:
        """Whether time stands still."""
        return self._stopped_at is not None

    def set(self, moment: datetime, *, stopped: bool = False) -> None:
        """Makes it `moment` now (aware; kept in UTC); from there time runs on, or stands still with `stopped`."""
        in_utc = moment.astimezone(UTC)
        self._stopped_at = in_utc if stopped else None
        self._offset = in_utc - self._base.now()

    def advance(self, by: timedelta) -> None:
        """Moves time by `by`, backwards too."""
        if self._stopped_at is not None:
            self._stopped_at += by
        self._offset += by

    def follow(self) -> None:
        """Runs with the other clock again, unshifted."""
        self._offset, self._stopped_at = timedelta(), None
