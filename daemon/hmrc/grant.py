"""The grant as the rest of the program uses it: an access token for a call, the state of the sign-in, signing in and forgetting."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from daemon.events import GrantChanged, GrantState, Listener
from daemon.hmrc.alive import access_token_lives
from daemon.hmrc.asking import Line
from daemon.hmrc.credentials import client_credentials
from daemon.hmrc.endpoints import scopes
from daemon.hmrc.locks import GrantLocks
from daemon.hmrc.oauth import Attempt
from daemon.hmrc.refresh import NOT_SIGNED_IN, PATIENCE, Credentials, GoodEnough, Rotation, why_ended
from storage.clock import Clock
from storage.places import Places
from storage.secret import Secret
from storage.settings import Settings
from storage.tokens.choice import StoreName, choose, chosen, forget_choice, home_name, open_store
from storage.tokens.journal import read_state, stamp
from storage.tokens.record import GrantRecord
from storage.tokens.store import DamagedRecord, Reached, TokenStore, unwatched
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded, Trouble

EXPIRING = timedelta(days=30)
_EARLY = timedelta(minutes=10)
"""How long before its end an access token is refreshed, so that it outlives the run that begins; at most a tenth of its life."""
_CACHED = 60.0
"""Seconds for which a record read from Vault or the keyring is used again, where this home has not changed it."""
_AFTER_FAILURE = 30.0
"""Seconds after a refresh that HMRC failed or refused in which no further one is tried: a sync makes dozens of calls, and each would wait."""


@dataclass(frozen=True, slots=True)
class GrantStatus:
    """The sign-in as `token status` tells it. `note` is one line where there is more to say than the state."""

    state: GrantState
    store: str | None
    granted_at: datetime | None = None
    grant_expires_at: datetime | None = None
    grant_days_left: int | None = None
    access_expires_at: datetime | None = None
    note: str | None = None


class Grant:
    """The grant of one environment. `calling` and `rejected` are for the event loop; all else blocks and belongs in a thread there."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        clock: Clock,
        listener: Listener | None = None,
        *,
        line: Line | None = None,
        reached: Reached = unwatched,
    ) -> None:
        self._settings, self._folder, self._clock = settings, folder, clock
        self._listener, self._line, self._reached = listener, line or Line(), reached
        self._locks = GrantLocks(folder)
        self._journal_file = folder / "refresh.journal"
        self._opened: TokenStore | None = None
        self._cached: tuple[float, int, GrantRecord | None] | None = None
        self._failed: tuple[float, HmrcTrouble | BadInput] | None = None
        self._after_rejection: Secret | None = None
        self._told: GrantStatus | None = None

    # What the client uses

    @asynccontextmanager
    async def calling(self) -> AsyncGenerator[Secret]:
        """The access token for one call, refreshed first where it is about to end; it stays alive until the call is over.

        Raises `SignInNeeded`, `HmrcTrouble` where HMRC cannot refresh it now, and `TokenStoreTrouble`.
        """
        newest = None
        while True:
            async with self._locks.shared():
                record = await asyncio.to_thread(self._ready, newest)
                if record is not None:
                    yield record.access_token
                    return
            newest = await self._refresh(self._fresh)

    async def rejected(self, access_token: Secret) -> bool:
        """HMRC answered INVALID_CREDENTIALS to `access_token`: reads the store again, then refreshes once at the most.

        True where there is another token now and the call should be tried again.
        """
        self._cached = None
        found = await asyncio.to_thread(self._read)
        if found is not None and found.access_token != access_token:
            return True
        if access_token == self._after_rejection:
            return False  # it came from a refresh that a rejection asked for: another one would not help
        record = await self._refresh(lambda record: record.access_token != access_token)
        self._after_rejection = record.access_token
        return True

    async def _refresh(self, good_enough: GoodEnough) -> GrantRecord:
        stop = Event()
        work = asyncio.create_task(asyncio.to_thread(self.refresh, good_enough, stop))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()  # a request on its way is still seen through by its own process
            work.add_done_callback(_look_at)
            raise

    # What blocks

    def refresh(self, good_enough: GoodEnough, stop: Event | None = None) -> GrantRecord:
        """A record that is `good_enough`, refreshed where the one kept is not. Raises as `calling` does."""
        self._refuse_soon_after_failure()
        store = self._store()
        if store is None:
            raise SignInNeeded(NOT_SIGNED_IN)
        credentials = self._credentials()
        stop = stop or Event()
        rotation = self._rotation(store, stop)
        try:
            with self._locks.exclusive(PATIENCE, stop) as lock:
                self._reached("locked")
                self._refuse_soon_after_failure()  # calls that waited for the one that failed must not each ask HMRC anew
                record = rotation.refresh(lock, credentials, good_enough)
                self._reached("before_unlock")
        except (HmrcTrouble, BadInput) as trouble:
            if not stop.is_set() and (self._failed is None or self._failed[1] is not trouble):
                self._failed = (time.monotonic() + _AFTER_FAILURE, trouble)
            raise
        except SignInNeeded:
            self._changed()
            raise
        self._failed = None
        self._changed(refreshed=True)
        return record

    def ask_anew(self) -> None:
        """Forgets a refresh that failed a moment ago: that was another sync's, before a suspend perhaps, and this one may try at once."""
        self._failed = None

    def _refuse_soon_after_failure(self) -> None:
        if self._failed and time.monotonic() < self._failed[0]:
            raise self._failed[1]

    def status(self) -> GrantStatus:
        """The state of the sign-in, from the token store alone: HMRC is not asked. Raises `TokenStoreTrouble`."""
        name = chosen(self._settings, self._folder)
        store = self._store()
        if store is None:
            return GrantStatus("none", name)
        journal = read_state(self._journal_file)
        if journal.answer is not None:
            with self._locks.exclusive_at_once() as lock:
                if lock is not None:
                    self._rotation(store, Event()).settle()
        record, _ = store.read()
        note = None
        if journal.in_doubt:
            note = "HMRC's answer to the last request for tokens did not arrive; the next call asks again"
        return _status(record, store.name, self._clock.now(), note)

    def prove_keeping(self) -> None:
        """Raises `TokenStoreTrouble` where a new sign-in could not be kept: told before the person goes to HMRC."""
        store = self._store(choose(self._settings, self._folder))
        assert store is not None  # noqa: S101 - a chosen store is opened
        store.probe()

    def exchange_code(self, code: Secret, verifier: Secret, redirect_uri: str) -> GrantStatus:
        """Turns the code of a sign-in into the grant, keeps it, reads it back, and gives the new state.

        Raises `SignInNeeded` where HMRC does not take the code, and as `calling` does; the grant that was kept before then stays.
        """
        credentials = self._credentials()
        store = self._store(choose(self._settings, self._folder))
        assert store is not None  # noqa: S101 - a chosen store is opened
        scope = " ".join(scopes(self._settings.hmrc.apis))
        rotation = self._rotation(store, Event())
        with self._locks.exclusive(PATIENCE) as lock:
            record = rotation.exchange(lock, credentials, code, Attempt(Secret(""), verifier, redirect_uri), scope)
        self._failed = self._after_rejection = None
        self._changed()
        return _status(record, store.name, self._clock.now(), None)

    def forget(self) -> bool:
        """Deletes our copy of the grant; False where there was none. HMRC's side ends only on HMRC's own page."""
        store = self._store()
        if store is None:
            return False
        with self._locks.exclusive(PATIENCE) as _:
            try:
                there = store.read()[0] is not None or read_state(self._journal_file).answer is not None
            except DamagedRecord:
                there = True
            self._rotation(store, Event()).forget()
            forget_choice(self._folder)
        self._opened = None
        self._changed()
        return there

    # Inside

    def _ready(self, newest: GrantRecord | None) -> GrantRecord | None:
        """A record that a call can use now; `None` where it must be refreshed or settled first. The shared lock is held.

        What this call's own refresh gave, `newest`, or its successor, is tried even where its life is over already, as on a machine slower
        than a short life: HMRC decides, or a call could refresh for ever.
        """
        if read_state(self._journal_file).answer is not None:
            return None
        record = self._read()
        if record is None:
            raise SignInNeeded(NOT_SIGNED_IN)
        if record.ended:
            raise SignInNeeded(why_ended(record.ended))
        if newest is not None and record.generation >= newest.generation:
            return record
        return record if self._fresh(record) else None

    def _fresh(self, record: GrantRecord) -> bool:
        early = min(_EARLY, timedelta(seconds=record.expires_in) / 10)
        return record.access_expires_at - early > self._clock.now() and record.grant_expires_at > self._clock.now()

    def _read(self) -> GrantRecord | None:
        store = self._store()
        if store is None:
            return None
        at, now = stamp(self._journal_file), time.monotonic()
        if store.name != "file" and self._cached and self._cached[0] > now and self._cached[1] == at:
            return self._cached[2]
        record, _ = store.read()
        self._cached = (now + _CACHED, at, record)
        return record

    def _store(self, name: StoreName | None = None) -> TokenStore | None:
        name = name or chosen(self._settings, self._folder)
        if name is None:
            return None
        if self._opened is None or self._opened.name != name:
            self._opened = open_store(name, self._settings, self._folder, self._reached)
        return self._opened

    def _credentials(self) -> Credentials:
        return Credentials(*client_credentials(self._settings))

    def _rotation(self, store: TokenStore, stop: Event) -> Rotation:
        return Rotation(
            store=store,
            journal_file=self._journal_file,
            token_address=f"{self._settings.api_url}/oauth/token",
            home=home_name(self._folder),
            clock=self._clock,
            stop=stop,
            begun=self._line.monotonic(),
            slot_file=self._folder / "pace",
            alive=lambda token: access_token_lives(self._settings.api_url, token),
            line=self._line,
            reached=self._reached,
        )

    def _changed(self, *, refreshed: bool = False) -> None:
        """Tells the listener once of each change: the calls that waited for one refresh all come here."""
        self._cached = None
        if self._listener is not None:
            try:
                status = self.status()
                if status != self._told:
                    self._told = status
                    self._listener(GrantChanged(status.state, refreshed))
            except Trouble:
                return  # whoever asks for the status next is told the trouble itself


def open_grant(settings: Settings, places: Places, clock: Clock, listener: Listener | None = None) -> Grant:
    """The grant of the configured environment; nothing is read before it is asked for."""
    return Grant(settings, places.state_folder(settings.environment), clock, listener)


def _status(record: GrantRecord | None, store: str, now: datetime, note: str | None) -> GrantStatus:
    if record is None:
        return GrantStatus("none", store, note=note)
    left = record.grant_expires_at - now
    state: GrantState = "ok"
    if left <= timedelta(0):
        state = "expired"
    elif record.ended:
        state, note = "needs_sign_in", why_ended(record.ended)
    elif left < EXPIRING:
        state = "expiring"
    return GrantStatus(
        state=state,
        store=store,
        granted_at=record.granted_at,
        grant_expires_at=record.grant_expires_at,
        grant_days_left=max(left // timedelta(days=1), 0),
        access_expires_at=record.access_expires_at,
        note=note,
    )


def _look_at(work: "asyncio.Task[GrantRecord]") -> None:
    """Takes note of how an abandoned refresh ended, so that the event loop does not complain about it."""
    if not work.cancelled():
        work.exception()
