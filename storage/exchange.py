"""The contacts of a ledger with its Postgres: each with the schema that is this taxpayer's, and none that a frozen server can hold."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

from storage import outbox
from storage.clock import Clock
from storage.merge import Merge
from storage.postgres import Postgres, PostgresTrouble, Session
from storage.rows import moment_text
from storage.secret import Secret
from storage.settings import Settings
from storage.sqlite import SqliteFile
from storage.taxpayer import Owner, keep_owner, owner, suffix
from storage.watchdog import Frozen, NoTurn, Watchdog

UPGRADE_SECONDS = 25.0
"""How much longer a step may take where the schema is made or upgraded in it: one that is cut begins from nothing, and never ends on a slow machine."""
_FROZEN = "Postgres did not answer in time"
_OTHER = "the Postgres schema {} holds another taxpayer's ledger; name another with [storage] schema"
_MIXED = "the Postgres schema {} is the ledger of {}; name another with [storage] schema"
_UNSURE = "there is no telling whether the Postgres schema {} is this taxpayer's; set [hmrc] utr"

Result = TypeVar("Result")


class Exchange:
    """The contacts of one ledger with its Postgres, one at a time."""

    def __init__(
        self, file: SqliteFile, settings: Settings, clock: Clock, taxpayer: Callable[[], Secret | None]
    ) -> None:
        self._file = file
        self._settings = settings
        self._clock = clock
        self._taxpayer = taxpayer
        self._postgres = Postgres(settings)
        self._watchdog = Watchdog(self._postgres.cut, self._postgres.close)

    def run(self) -> None:
        """Merges the ledger with Postgres. How it went stands in the ledger's state; it never raises for Postgres' trouble."""
        contacted_at = self._asked(self._merge)
        if contacted_at is None:
            return
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "contacted_at", moment_text(contacted_at))
            outbox.keep_state(connection, "trouble", None)

    def migrate(self) -> None:
        """Brings the Postgres schema up to this program's. Raises `PostgresTrouble` where that cannot be."""
        try:
            self._contact(lambda _: None)  # whose schema it is, is settled on the way
        except (Frozen, NoTurn):
            raise PostgresTrouble(_FROZEN, away=True) from None

    def claim_run(self, business_date: date, holder: str, lease: timedelta) -> bool | None:
        """Whether `holder` now holds a day's run; None where Postgres cannot tell."""
        now = self._clock.now()
        return self._asked(lambda session: session.claim_run(business_date, holder, now + lease, now))

    def claim_timer(self, holder: str, lease: timedelta) -> bool | None:
        """Whether `holder` now holds the daily timer; None where Postgres cannot tell."""
        return self._asked(lambda session: session.claim_timer(holder, lease.total_seconds()))

    def timer_is_anothers(self, holder: str) -> bool | None:
        """Whether another than `holder` holds the daily timer; None where Postgres cannot tell."""
        return self._asked(lambda session: session.timer_holder() not in {None, holder})

    def close(self) -> None:
        """Ends the pool, and a contact that is under way: at once, also where that one waits for a frozen server."""
        self._watchdog.close()

    def _asked(self, work: Callable[[Session], Result]) -> Result | None:
        """What `work` gives; None where Postgres is away, frozen or busy with the contact before: the ledger's state tells why."""
        try:
            return self._contact(work)
        except NoTurn:
            return None
        except Frozen:
            self._keep_trouble(_FROZEN)
        except PostgresTrouble as trouble:
            if not self._watchdog.closing:
                self._keep_trouble(str(trouble))
        return None

    def _contact(self, work: Callable[[Session], Result]) -> Result:
        def in_contact() -> Result:
            with self._postgres.contact() as session:
                self._choose_schema(session)
                return work(session)

        return self._watchdog.watch(in_contact)

    def _merge(self, session: Session) -> datetime:
        Merge(self._file, session, self._clock, self._watchdog.heard).run()
        return self._clock.now()

    def _keep_trouble(self, trouble: str) -> None:
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "trouble", trouble)

    def _choose_schema(self, session: Session) -> None:
        """Prepares the schema that belongs to this ledger's taxpayer; a test person may have one of their own."""
        with self._file.reading() as connection:
            own = outbox.state(connection, "schema_suffix")
        session.schema = self._settings.schema + (f"_{own}" if own else "")
        if self._settle(session):
            return
        taxpayer = self._taxpayer()
        if taxpayer is None:
            raise PostgresTrouble(_UNSURE.format(session.schema))
        if self._settings.environment == "production" or own:
            raise PostgresTrouble(_OTHER.format(session.schema))
        own = suffix(taxpayer)
        session.schema = f"{self._settings.schema}_{own}"
        if not self._settle(session):
            raise PostgresTrouble(_OTHER.format(session.schema))
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "schema_suffix", own)

    def _settle(self, session: Session) -> bool:
        """Prepares `session`'s schema and sees that the ledger and it have one owner; False where they are two people's."""
        session.prepare(lambda: self._watchdog.heard(UPGRADE_SECONDS))
        self._watchdog.heard()
        with self._file.reading() as connection:
            ours = owner(connection)
        environment, theirs = session.settle(self._settings.environment, ours)
        self._watchdog.heard()
        if environment != self._settings.environment:
            raise PostgresTrouble(_MIXED.format(session.schema, environment))
        if theirs is None or theirs == ours:
            return True
        taxpayer = self._taxpayer()
        if theirs.is_of(taxpayer) if taxpayer is not None else ours is None:
            self._adopt(theirs)
            return True
        return False

    def _adopt(self, theirs: Owner) -> None:
        with self._file.writing(noticed=False) as connection:
            keep_owner(connection, theirs)
