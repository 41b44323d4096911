"""Keeps all processes of this machine together below HMRC's limit of three requests a second for the whole application.

HMRC's reference guide: 3 requests per second per application; after a 429, stop for a short time. What counts is when a request
arrives there. So a turn is stamped when its request is on the wire, and stamped later if its answer tells that it was held up on
its way: by how much longer the answer took than answers usually do. The stamps stand in one small file, under a lock that is held for microseconds.
"""

import asyncio
import fcntl
import os
import time
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from daemon.hmrc.reply import NOT_JSON
from storage.clock import wait
from storage.places import private_folder
from storage.troubles import StorageTrouble

REQUESTS, PER = 3, 1.05
"""Requests, and the seconds in which no more than these may be sent: a second, and room for the wire's jitter."""
PENALTY_REQUESTS, PENALTY = 2, 60.0
"""After a 429: how many requests may be sent in the same time, and for how many seconds."""
LOST = 10.0
"""Seconds after which a turn that was never sent is taken for lost: its process died."""
SLACK = 0.02
"""Seconds by which an answer may be later than usual and say nothing."""
FEW = 5
"""Below so many answers of a process, the shortest is the usual one: a server is slow when it is first asked."""
LONGEST_DELAY = 2.0
"""Seconds that a request is believed to be held up on its way: an answer that takes longer is slow at HMRC."""
POLL = 0.02
"""Seconds between looks while another process has a turn that is not sent yet."""
Monotonic = Callable[[], float]


class _Slot(msgspec.Struct):
    """One turn: `at` is when it was taken while `waiting`, then when its request arrived at HMRC at the latest, as far as is known.

    In seconds of CLOCK_MONOTONIC. `usual` is how long answers took its process lately; None once the answer is there.
    """

    key: str
    at: float
    waiting: bool
    usual: float | None = None

    def arrival(self, now: float) -> float:
        """When the request is to be counted: now if it is not sent yet; while its answer is overdue, ever later."""
        if self.waiting:
            return now
        if self.usual is None:
            return self.at
        return max(self.at, min(now - self.usual - SLACK, self.at + LONGEST_DELAY))


class _Slots(msgspec.Struct):
    turns: list[_Slot] = []
    penalty_until: float = 0.0


class Turn:
    """Leave to send one request. Call `sent` when it is on the wire, and `answered` when its answer begins."""

    def __init__(self, pace: "Pace", key: str) -> None:
        self._pace, self._key = pace, key
        self._sent_at: float | None = None
        self._settled = False

    def sent(self) -> None:
        """Stamps the turn with this moment; only the first call counts."""
        if self._sent_at is None:
            self._sent_at = self._pace.stamp(self._key)

    def answered(self) -> None:
        """The answer has begun to come: from how long it took, the stamp is made exact."""
        if self._sent_at is not None and not self._settled:
            self._settled = True
            self._pace.settle(self._key, self._sent_at)

    def left(self) -> None:
        """The request is over; where no answer came, the stamp stays."""
        self.sent()
        if not self._settled:
            self._settled = True
            self._pace.settle(self._key, None)


class Pace:
    """At most `requests` turns in any `per` seconds, over every process that uses the same slot file."""

    def __init__(
        self,
        slot_file: Path,
        *,
        requests: int = REQUESTS,
        per: float = PER,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._file, self._requests, self._per, self._monotonic = slot_file, requests, per, monotonic
        self._took: deque[float] = deque(maxlen=15)
        """How long the latest answers took, in seconds."""

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[Turn]:
        """Waits for a turn without blocking the event loop. Raises `StorageTrouble` where the slot file cannot be used."""
        key = uuid.uuid4().hex
        while (delay := self._take(key)) > 0:  # noqa: ASYNC110 - the turn may be held by another process
            await asyncio.sleep(delay)
        turn = Turn(self, key)
        try:
            yield turn
        finally:
            turn.left()

    def wait_turn(self) -> Turn:
        """Blocks until there is a turn; the caller calls `sent` on it when its request is on the wire, and `left` at the end."""
        key = uuid.uuid4().hex
        while (delay := self._take(key)) > 0:
            wait(delay)
        return Turn(self, key)

    def penalise(self) -> None:
        """HMRC answered 429: two requests in the time of three, for a minute, in every process."""
        with self._slots() as slots:
            slots.penalty_until = self._monotonic() + PENALTY

    def stamp(self, key: str) -> float:
        """Records that the request of turn `key` is on the wire now, and returns this moment."""
        with self._slots() as slots:
            now = self._monotonic()
            for turn in slots.turns:
                if turn.key == key:
                    turn.at, turn.waiting, turn.usual = now, False, self._usual()
        return now

    def settle(self, key: str, sent_at: float | None) -> None:
        """Records that the answer has come to a request sent at `sent_at`; None: that none will."""
        with self._slots() as slots:
            now = self._monotonic()
            if sent_at is not None:
                self._took.append(now - sent_at)
            for turn in slots.turns:
                if turn.key == key:
                    turn.usual = turn.usual or self._usual()
                    turn.at, turn.usual = turn.arrival(now) if sent_at is not None else turn.at, None

    def _usual(self) -> float | None:
        """How long answers usually take: the median of the latest; the shortest while there are few; None before the first."""
        took = sorted(self._took)
        return took[len(took) // 2 if len(took) >= FEW else 0] if took else None

    def _take(self, key: str) -> float:
        """Takes a turn and returns 0, or returns the seconds after which to ask again."""
        with self._slots() as slots:
            now = self._monotonic()
            allowed = min(self._requests, PENALTY_REQUESTS) if now < slots.penalty_until else self._requests
            arrivals = sorted(turn.arrival(now) for turn in slots.turns)
            free_at = arrivals[-allowed] + self._per if len(arrivals) >= allowed else now
            if free_at <= now:
                slots.turns.append(_Slot(key, now, waiting=True))
                return 0.0
            pending = any(turn.waiting for turn in slots.turns)
            return min(free_at - now, POLL) if pending else free_at - now

    @contextmanager
    def _slots(self) -> Generator[_Slots]:
        """The slots, locked against every other process; what the caller changes in them is written back."""
        try:
            private_folder(self._file.parent)
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                before = os.read(handle, 65536)
                slots = self._current(before)
                yield slots
                after = msgspec.json.encode(slots)
                # Overwritten in place and padded: a full disk has room for what already stands there.
                os.pwrite(handle, after.ljust(len(before)), 0)
            finally:
                os.close(handle)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "it cannot be used"
            raise StorageTrouble(f"{self._file}: {reason}; make the folder writable or set HMRC_TUI_HOME") from None

    def _current(self, content: bytes) -> _Slots:
        """The slots that still matter. Stamps from the future are from before a restart of the machine, and are dropped."""
        try:
            slots = msgspec.json.decode(content, type=_Slots) if content.strip() else _Slots()
        except NOT_JSON:
            slots = _Slots()
        now = self._monotonic()
        slots.turns = [
            turn
            for turn in slots.turns
            if turn.at <= now and now - turn.at <= (LOST if turn.waiting else max(self._per, LOST))
        ]
        if slots.penalty_until > now + PENALTY:
            slots.penalty_until = 0.0
        return slots
