"""The ledger: all that is known about one taxpayer in one environment, in this machine's SQLite and shared through Postgres.

Every write is committed to SQLite before it returns, every read comes from SQLite; `exchange` is the only contact with Postgres.
"""

import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from storage import outbox
from storage.books import Books, ImportRecord
from storage.clock import Clock
from storage.events import Added
from storage.places import Places
from storage.rows import moment_of
from storage.secret import Secret
from storage.settings import Settings
from storage.sqlite import SqliteFile
from storage.taxpayer import Owner, keep_owner, owner, suffix
from storage.troubles import BadInput, PostgresAway, StorageTrouble

if TYPE_CHECKING:
    from storage.exchange import Exchange

__all__ = ["Added", "ImportRecord", "Ledger", "StoreStatus", "open_ledger"]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Which store the last contact reached: `postgres` where it worked; else `sqlite`, and `trouble` says why in one line."""

    store: Literal["postgres", "sqlite"]
    configured: bool
    queued: int
    """Rows that wait for Postgres; 0 where none is configured."""
    set_aside: int
    """Rows that Postgres refused."""
    contacted_at: datetime | None
    """When Postgres was last reached."""
    trouble: str | None


def open_ledger(settings: Settings, places: Places, clock: Clock, *, taxpayer: Secret | None = None) -> "Ledger":
    """The ledger of the configured environment, made or upgraded where needed.

    `taxpayer` is the UTR (else the configured one): a ledger without an owner becomes theirs. Another person's ledger is
    refused with `BadInput` in production; in sandbox and simulator that person gets a ledger of their own.
    Raises `StorageTrouble` where the file cannot be used or is newer than this program.
    """
    whose = taxpayer or settings.hmrc.utr
    ledger = _open(settings, places, clock, whose, None)
    if whose is None or ledger.belongs_to(whose):
        return ledger
    if settings.environment == "production":
        raise BadInput(
            f"{ledger.file.path} is the ledger of another taxpayer than [hmrc] utr names; "
            "correct the UTR, or set HMRC_TUI_HOME to a folder for this person"
        )
    ledger = _open(settings, places, clock, whose, suffix(whose))
    ledger.belongs_to(whose)
    return ledger


def _open(settings: Settings, places: Places, clock: Clock, whose: Secret | None, own: str | None) -> "Ledger":
    file = SqliteFile(places.ledger_file(settings.environment, own))
    file.prepare({"environment": settings.environment})
    return Ledger(file, settings, clock, whose)


class Ledger(Books):
    """One taxpayer's ledger. Any thread may call; every write is safe to repeat."""

    def __init__(self, file: SqliteFile, settings: Settings, clock: Clock, taxpayer: Secret | None) -> None:
        super().__init__(file, clock)
        self.settings = settings
        self.taxpayer = taxpayer
        self._exchange: Exchange | None = None
        self._making = threading.Lock()

    def belongs_to(self, taxpayer: Secret) -> bool:
        """Makes the ledger this taxpayer's where it is nobody's yet; tells whether it is theirs.

        Where it is, contacts with Postgres from now on know whose it is.
        """
        with self.file.reading() as connection:
            known = owner(connection)
        if known is None:
            with self.file.writing(noticed=False) as connection:
                known = owner(connection)
                if known is None:
                    known = Owner.of(taxpayer)
                    keep_owner(connection, known)
        theirs = known.is_of(taxpayer)
        if theirs:
            self.taxpayer = taxpayer
        return theirs

    def exchange(self) -> StoreStatus:
        """Pushes to Postgres what waits and pulls what this machine lacks, within about ten seconds.

        Never raises for Postgres' trouble: it stands in the status. Raises `StorageTrouble` where SQLite cannot be written.
        """
        if self.settings.storage.postgres is not None:
            self._exchanging().run()
        return self.status()

    def migrate_postgres(self) -> None:
        """Brings the configured Postgres up to this program's schema.

        Raises `PostgresAway` where it cannot be reached, and `StorageTrouble` where it was reached and that cannot be.
        """
        from storage.postgres import PostgresTrouble

        try:
            self._exchanging().migrate()
        except PostgresTrouble as trouble:
            kind = PostgresAway if trouble.away else StorageTrouble
            raise kind(f"{trouble}; nothing is lost, rows that wait here: {self.status().queued}") from None

    def claim_run(self, business_date: date, holder: str, lease: timedelta) -> bool | None:
        """Claims a day's scheduled run for `holder` among all machines on one Postgres, for as long as `lease`.

        None where no Postgres is configured or none answers: then the lock on this machine alone decides.
        """
        if self.settings.storage.postgres is None:
            return None
        return self._exchanging().claim_run(business_date, holder, lease)

    def claim_timer(self, holder: str, lease: timedelta) -> bool | None:
        """Takes or keeps the daily timer for `holder` among all machines on one Postgres, for as long as `lease`.

        None where no Postgres is configured or none answers: then the lock on this machine alone decides.
        """
        return None if self.settings.storage.postgres is None else self._exchanging().claim_timer(holder, lease)

    def timer_is_anothers(self, holder: str) -> bool | None:
        """Whether a daemon on another machine on the same Postgres keeps the daily timer; None as `claim_timer`."""
        return None if self.settings.storage.postgres is None else self._exchanging().timer_is_anothers(holder)

    def status(self) -> StoreStatus:
        """How the last contact with Postgres went and what waits, from SQLite alone."""
        if self.settings.storage.postgres is None:
            return StoreStatus("sqlite", configured=False, queued=0, set_aside=0, contacted_at=None, trouble=None)
        with self.file.reading() as connection:
            contacted = outbox.state(connection, "contacted_at")
            trouble = outbox.state(connection, "trouble")
            queued, refused = outbox.waiting(connection), outbox.set_aside_count(connection)
        worked = contacted is not None and trouble is None
        reached = moment_of(contacted) if contacted else None
        return StoreStatus("postgres" if worked else "sqlite", True, queued, refused, reached, trouble)

    def set_aside(self) -> list[outbox.SetAside]:
        """The rows that Postgres refused, oldest first."""
        with self.file.reading() as connection:
            return outbox.all_set_aside(connection)

    def try_refused_again(self) -> int:
        """Lets the rows that Postgres refused wait once more; returns how many."""
        with self.file.writing(noticed=False) as connection:
            return outbox.try_again(connection)

    def close(self) -> None:
        """Lets go of Postgres; SQLite is open only during a call."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.close()

    def _exchanging(self) -> "Exchange":
        from storage.exchange import Exchange

        with self._making:
            if self._exchange is None:
                self._exchange = Exchange(self.file, self.settings, self.clock, lambda: self.taxpayer)
            return self._exchange
