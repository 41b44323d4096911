"""The rotation of the tokens: a refresh token or a code is spent exactly once, and what comes back is kept whatever happens.

Everything here blocks and happens under the exclusive lock. The order of the steps makes a crash harmless: a token is spent only when its
successor can surely be kept; the journal knows before HMRC does; the token store follows the journal; nothing is ever deleted on error.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Event

from daemon.hmrc.asking import SIGN_IN_AGAIN, Asking, Line, class_of
from daemon.hmrc.oauth import Attempt, exchange_form, refresh_form
from daemon.hmrc.refresh_process import TokenRequest
from daemon.hmrc.settle import keep_answer, settle, settle_for_sign_in
from storage.clock import Clock
from storage.secret import Secret
from storage.tokens.journal import Action, Intent, Journal, Unused
from storage.tokens.record import Ended, GrantRecord, client_hash, token_hash
from storage.tokens.store import Lease, Reached, TokenStore, Version, WriteConflict, unwatched
from storage.troubles import HmrcTrouble, SignInNeeded, Trouble

PATIENCE = 100.0
"""Seconds to wait for the lock or the lease: as long as another process or machine may take."""
_LOOK_AT_LEASE = 1.0
NOT_SIGNED_IN = "not signed in at HMRC; run `hmrc-tui authorise`"

GoodEnough = Callable[[GrantRecord], bool]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The application's own id and secret."""

    client_id: Secret
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class Rotation:
    """Changes the grant of one environment of one home; the caller holds the exclusive lock, whose descriptor is `lock`.

    `alive` asks HMRC whether an access token still lives, `None` where that cannot be told. `stop` ends the waiting between two requests;
    `begun` is when tokens were wanted, by the line's clock.
    """

    store: TokenStore
    journal_file: Path
    token_address: str
    home: str
    clock: Clock
    stop: Event
    begun: float
    slot_file: Path | None = None
    alive: Callable[[Secret], bool | None] = lambda _token: None
    line: Line = field(default_factory=Line)
    reached: Reached = unwatched

    def settle(self) -> GrantRecord | None:
        """Brings the store up to the journal, and gives what it then has."""
        with self._journal() as journal:
            return settle(self.store, journal, self.reached)[0]

    def refresh(self, lock: int, credentials: Credentials, good_enough: GoodEnough) -> GrantRecord:
        """A record that is `good_enough`, or the next generation of the one that is kept.

        Raises `SignInNeeded` where there is no grant or HMRC ended it, `HmrcTrouble` where HMRC cannot be asked now, `BadInput` where HMRC
        does not know the application, and `TokenStoreTrouble` where the answer could not be kept: then nothing was asked.
        """
        with self._journal() as journal:
            record, _ = settle(self.store, journal, self.reached)
            self.reached("settled")
            if record is not None and good_enough(record):
                return record
            with self._lease(journal, good_enough) as lease:
                record, version = settle(self.store, journal, self.reached)
                usable = refuse_unusable(record, credentials, self.clock.now())
                if good_enough(usable):
                    return usable
                self._refuse_spent(lease, usable)
                self.store.probe()
                self.reached("probed")
                return self._rotate(lock, credentials, journal, lease, usable, version)

    def exchange(self, lock: int, credentials: Credentials, code: Secret, attempt: Attempt, scope: str) -> GrantRecord:
        """Turns the code of a sign-in into a grant and keeps it; what was kept before stays until then. Raises as `refresh` does."""
        with self._journal() as journal:
            before, version = settle_for_sign_in(self.store, journal, self.reached)
            self.store.probe()
            self.reached("code_received")
            form = exchange_form(credentials.client_id, credentials.client_secret, code, attempt)
            request = self._request("exchange", form, code, before, credentials, journal)
            asking = Asking(replace_scope(request, scope), lock, self.stop, self.line, self.begun)
            while (report := asking.ask()).kind != "answered":
                asking.pause_before_repeating(report)
            self.reached("code_exchanged_not_saved")
            record = keep_answer(self.store, journal, version, self.reached)
            self.reached("saved_not_acked")
            return record

    def forget(self) -> None:
        """Deletes the grant from the store and from the journal, when no other home is about to write it anew."""
        with self._journal() as journal, self._lease(journal):
            self.store.forget()
            journal.clear()

    def _rotate(
        self, lock: int, credentials: Credentials, journal: Journal, lease: Lease, record: GrantRecord, version: Version
    ) -> GrantRecord:
        """Spends the refresh token of `record`."""
        spent = token_hash(record.refresh_token)
        form = refresh_form(credentials.client_id, credentials.client_secret, record.refresh_token)
        request = self._request("refresh", form, record.refresh_token, record, credentials, journal)
        asking = Asking(request, lock, self.stop, self.line, self.begun)
        if journal.state().in_doubt:
            self._clear_doubt(journal, record)
        self._keep_lease(lease, spent)
        while (report := asking.ask()).kind != "answered":
            match class_of(report, "refresh"):
                case "dead":
                    return self._dead(journal, record)
                case "unknown":
                    self._clear_doubt(journal, record)
                case _:
                    pass
            asking.pause_before_repeating(report)
            newer, _ = self.store.read()
            if newer is not None and newer.newer_than(record):
                return newer  # another home's: HMRC was busy with it, or it took over when this one's lease ended
            self._keep_lease(lease, spent)
        self.reached("answered")
        return keep_answer(self.store, journal, version, self.reached)

    def _refuse_spent(self, lease: Lease, record: GrantRecord) -> None:
        """Raises `SignInNeeded` where another home may have the successor of `record` in its journal.

        HMRC kills the old access token when it refreshes: while that lives, nobody has a successor.
        """
        machine = lease.spent_by(token_hash(record.refresh_token))
        if machine is not None and not self._lives(record):
            raise SignInNeeded(
                f"{machine} was interrupted while it refreshed this sign-in, and may have the new tokens: "
                f"run hmrc-tui sync there, or, if that is gone, {SIGN_IN_AGAIN}"
            )

    def _keep_lease(self, lease: Lease, spent: str) -> None:
        if not lease.spend(spent):
            raise HmrcTrouble("another machine began to refresh the sign-in; try again in three minutes")

    def _lives(self, record: GrantRecord) -> bool:
        return record.access_expires_at > self.clock.now() and self.alive(record.access_token) is True

    def _clear_doubt(self, journal: Journal, record: GrantRecord) -> None:
        """A refresh kills the old access token at once: where that still lives, the request of unknown fate had no effect."""
        if self._lives(record):
            journal.append(Unused())

    def _dead(self, journal: Journal, record: GrantRecord) -> GrantRecord:
        """HMRC says invalid_grant: somebody else's newer tokens hold, else the grant has ended and is kept, marked so."""
        found, version = self.store.read()
        if found is not None and found.newer_than(record):
            journal.clear()
            return found
        ended: Ended = "answer_lost" if journal.state().in_doubt else "refused"
        with suppress(WriteConflict):
            self.store.write(replace(record, ended=ended), version)
        journal.clear()
        raise SignInNeeded(why_ended(ended))

    def _request(
        self,
        action: Action,
        form: dict[str, str],
        spent: Secret,
        before: GrantRecord | None,
        credentials: Credentials,
        journal: Journal,
    ) -> TokenRequest:
        now = self.clock.now()
        return TokenRequest(
            address=self.token_address,
            form=form,
            intent=Intent(action, before.generation + 1 if before else 1, token_hash(spent), now),
            granted_at=before.granted_at if before and action == "refresh" else now,
            scope=before.scope if before else "",
            client=client_hash(credentials.client_id),
            journal=journal.descriptor,
            journal_key=self.store.journal_key(),
            slot_file=str(self.slot_file or ""),
        )

    @contextmanager
    def _journal(self) -> Generator[Journal]:
        journal = Journal.open(self.journal_file, self.reached)
        try:
            yield journal
        finally:
            journal.close()

    @contextmanager
    def _lease(self, journal: Journal, good_enough: GoodEnough = lambda _record: False) -> Generator[Lease]:
        """The lease; waiting for it also ends when the machine that has it has kept something good enough."""
        lease = self.store.lease(self.home)
        until = self.line.monotonic() + PATIENCE
        while not lease.take():
            if self.line.monotonic() > until:
                raise HmrcTrouble("another machine is still refreshing the sign-in; try again in three minutes")
            if self.line.wait(self.stop, _LOOK_AT_LEASE):
                raise HmrcTrouble("stopped while another machine refreshes the sign-in; nothing was changed")
            found, _ = self.store.read()
            if found is not None and good_enough(found):
                break
        told = False  # an interruption leaves the request to its own process: its answer may still come
        try:
            yield lease
            told = True
        except Trouble:
            told = True
            raise
        finally:
            lease.release(told=told and journal.state().answer is None)


def replace_scope(request: TokenRequest, scope: str) -> TokenRequest:
    """`request` for a grant of `scope`, where HMRC's answer does not repeat it."""
    from msgspec.structs import replace as with_changes

    return with_changes(request, scope=scope)


def refuse_unusable(record: GrantRecord | None, credentials: Credentials, now: datetime) -> GrantRecord:
    """`record`, or `SignInNeeded` where a refresh of it cannot succeed: then none is tried."""
    if record is None:
        raise SignInNeeded(NOT_SIGNED_IN)
    if record.ended:
        raise SignInNeeded(why_ended(record.ended))
    if record.grant_expires_at <= now:
        raise SignInNeeded("the sign-in at HMRC has ended after 18 months; " + SIGN_IN_AGAIN)
    if record.client != client_hash(credentials.client_id):
        raise SignInNeeded("the sign-in belongs to another client id than the one configured; " + SIGN_IN_AGAIN)
    return record


def why_ended(ended: Ended) -> str:
    """One line on a grant that cannot be refreshed any more."""
    if ended == "answer_lost":
        return f"HMRC's answer to a refresh of the sign-in was lost on its way, and the old token is used up; {SIGN_IN_AGAIN}"
    return f"HMRC does not accept the sign-in any more (ended or withdrawn); {SIGN_IN_AGAIN}"
