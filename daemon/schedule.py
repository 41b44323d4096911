"""The timer: a tick a minute that asks durable state whether a sync is due, in the one process that holds the lock.

APScheduler sleeps on the monotonic clock and would not notice that the wall clock jumped, so the tick arms itself anew each time,
and a watch on the wall clock arms it at once after a suspend or a jump in either direction.
"""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.due import Due, next_due_moment
from daemon.latest import apart
from storage.clock import Clock
from storage.troubles import Trouble

if TYPE_CHECKING:
    from datetime import time as TimeOfDay  # noqa: N812 - the module time is used here too

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

TICK_SECONDS = 60.0
WATCH_SECONDS = 5.0
JUMP_SECONDS = 5.0
"""A wall clock that is further than this from where it should be has jumped."""
STALLED_SECONDS = 300.0
"""Without a tick for this long, the loop or the timer is stuck."""


class TimerLock:
    """`daemon.lock`: who holds it owns the timer on this machine; it dies with the process, however that ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._descriptor is not None

    def try_to_take(self) -> bool:
        """Takes the lock where nobody has it; True where this process holds it now."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Gives the lock back; the file stays, so that nobody locks a file that another already unlinked."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Schedule:
    """Runs the daily sync when it is due, in whichever process owns the timer; the others only watch.

    `look` is asked once a minute, in a thread and told whether this process owns the timer, what should start; `run` does it. Neither may stop the ticking: what they
    raise is told to `troubled`, a fault of the program by its kind alone.
    """

    def __init__(
        self,
        *,
        at: "TimeOfDay",
        lock: TimerLock,
        clock: Clock,
        look: Callable[[bool], Due | None],
        run: Callable[[Due], Awaitable[None]],
        troubled: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._at = at
        self._lock = lock
        self._clock = clock
        self._look = look
        self._run = run
        self._troubled = troubled
        self._scheduler: AsyncIOScheduler | None = None
        self._watch: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._last_tick = time.monotonic()
        self.last_look: datetime | None = None
        """When the last look was over, by the wall clock, in UTC."""
        self._looking: asyncio.Task[None] | None = None
        self._once_more = False
        self._told: str | None = None

    @property
    def owner(self) -> bool:
        """Whether this process owns the timer."""
        return self._lock.held

    @property
    def alive(self) -> bool:
        """Whether the ticks keep coming."""
        return time.monotonic() - self._last_tick < STALLED_SECONDS

    def next_run(self) -> datetime:
        """When the next daily run is due, in UTC."""
        return next_due_moment(self._clock.now(), self._at)

    async def start(self) -> None:
        """Starts ticking, in the running event loop."""
        from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        # What goes wrong is heard and told by its kind; the scheduler itself would log tracebacks.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        scheduler.add_listener(self._hear, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        scheduler.start()
        self._scheduler = scheduler
        self._last_tick = time.monotonic()
        self.look_now()
        self._watch = asyncio.create_task(self._watch_the_wall_clock())

    async def close(self) -> None:
        """Stops ticking, cancels a run under way between two of its calls, and gives the timer up."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        for task in (self._watch, self._looking, self._running):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._lock.release()

    def look_now(self) -> None:
        """Has the next look taken at once, and not within a minute. Belongs in the event loop."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_and_arm())
        else:
            # It may have looked before whatever there is to see now: it has to look again.
            self._once_more = True

    async def tick(self) -> None:
        """One look: take the timer where it is free, and start a run where one is due and none is under way."""
        self._last_tick = time.monotonic()
        if self._running is not None and not self._running.done():
            return
        owner = self._lock.try_to_take()
        due = await apart(lambda: self._look(owner))
        self.last_look = self._clock.now()
        if owner and due is not None and self._scheduler is not None:
            self._running = asyncio.create_task(self._guarded(due))

    async def _guarded(self, due: Due) -> None:
        """A run whose trouble is told and never lost: a task's exception would only be logged when it is collected."""
        try:
            await self._run(due)
        except Trouble as trouble:
            self._troubled(str(trouble))
        except Exception as fault:  # noqa: BLE001 - the ticks must go on, whatever a run raises
            self._troubled(f"the scheduled run failed: {type(fault).__name__}")

    async def _look_and_arm(self) -> None:
        try:
            self._once_more = True
            while self._once_more:
                self._once_more = False
                await self._tick_told()
        finally:
            self._arm()

    async def _tick_told(self) -> None:
        try:
            await self.tick()
        except Trouble as trouble:
            self._tell_once(str(trouble))
        except Exception as fault:  # noqa: BLE001 - the ticks must go on, whatever a look raises
            self._tell_once(f"the schedule is in trouble: {type(fault).__name__}")
        else:
            self._told = None

    async def _wake(self) -> None:
        # A job that looked itself would still be running where it arms the next: the scheduler would miss that one.
        self.look_now()

    def _arm(self) -> None:
        if self._scheduler is not None:
            at = datetime.now(UTC) + timedelta(seconds=TICK_SECONDS)
            self._scheduler.add_job(self._wake, "date", run_date=at, id="tick", replace_existing=True)

    async def _watch_the_wall_clock(self) -> None:
        while True:
            wall, monotonic = time.time(), time.monotonic()
            await asyncio.sleep(WATCH_SECONDS)
            drift = (time.time() - wall) - (time.monotonic() - monotonic)
            late = time.monotonic() - self._last_tick > TICK_SECONDS + WATCH_SECONDS
            if abs(drift) > JUMP_SECONDS or late:
                self.look_now()

    def _hear(self, event: Any) -> None:
        fault = getattr(event, "exception", None)
        kind = type(fault).__name__ if fault is not None else "a tick was missed"
        self._tell_once(f"the schedule is in trouble: {kind}")

    def _tell_once(self, text: str) -> None:
        """What stands in the way of one tick stands in the way of the next: it is told once."""
        if text != self._told:
            self._told = text
            self._troubled(text)
