"""One contact with Postgres: push what waits, pull what this machine lacks, make sure that both have the same rows.

Merging is a set union: rows are only ever added and equal rows have equal ids, so every step may be repeated, and a contact
that breaks anywhere leaves nothing but work for the next.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from storage import outbox
from storage.clock import Clock
from storage.postgres import Postgres, PostgresTrouble, RowRefused, Session
from storage.rows import Row, moment_text
from storage.secret import Secret
from storage.settings import Settings
from storage.sqlite import SqliteFile
from storage.tables import SHARED, Table
from storage.taxpayer import Owner, keep_owner, owner, suffix

BATCH = 500
"""Rows in one transaction."""
BUDGET_SECONDS = 6.0
"""How long a contact may go on while it makes progress; what is left waits for the next."""
PATIENCE_SECONDS = 5.0
"""How long one step may take before the server counts as frozen."""
UPGRADE_SECONDS = 5.0
"""How much longer it may take where the schema is made or upgraded in it."""
_FROZEN = "Postgres did not answer in time"
_OTHER = "the Postgres schema {} holds another taxpayer's ledger; name another with [storage] schema"
_MIXED = "the Postgres schema {} is the ledger of {}; name another with [storage] schema"
_UNSURE = "there is no telling whether the Postgres schema {} is this taxpayer's; set [hmrc] utr"


class Exchange:
    """The contacts of one ledger with its Postgres: one at a time, each in a thread that a frozen server cannot hold."""

    def __init__(
        self, file: SqliteFile, settings: Settings, clock: Clock, taxpayer: Callable[[], Secret | None]
    ) -> None:
        self._file = file
        self._settings = settings
        self._clock = clock
        self._taxpayer = taxpayer
        self._postgres = Postgres(settings)
        self._one_at_a_time = threading.Lock()
        self._step_at = 0.0
        self._cut = False
        self._closing = False

    def run(self) -> None:
        """One contact. How it went stands in the ledger's state; it never raises for Postgres' trouble."""
        self._bounded(self._contact)

    def migrate(self) -> None:
        """Brings the Postgres schema up to this program's. Raises `PostgresTrouble` where that cannot be."""
        found: list[PostgresTrouble] = []

        def prepare() -> None:
            try:
                with self._postgres.contact() as session:
                    self._choose_schema(session)
            except PostgresTrouble as trouble:
                found.append(trouble)

        if not self._bounded(prepare):
            found.append(PostgresTrouble(_FROZEN, away=True))
        if found:
            raise found[0]

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

    def _asked(self, question: Callable[[Session], bool]) -> bool | None:
        found: list[bool] = []

        def ask() -> None:
            try:
                with self._postgres.contact() as session:
                    self._choose_schema(session)
                    found.append(question(session))
            except PostgresTrouble as trouble:
                self._note_trouble(str(trouble))

        return found[0] if self._bounded(ask) and found else None

    def close(self) -> None:
        """Ends the pool, and a contact that is under way: at once, also where that one waits for a frozen server."""
        self._closing = True
        self._postgres.cut()
        if self._one_at_a_time.acquire(timeout=0.5):
            self._postgres.close()
            self._one_at_a_time.release()

    def _bounded(self, work: Callable[[], None]) -> bool:
        """Does `work` in a thread; False where it had to be left alone because the server is frozen or slow.

        What `work` raises, such as `StorageTrouble` for a full disk, is raised here.
        """
        if not self._one_at_a_time.acquire(timeout=BUDGET_SECONDS):
            return False
        self._cut = False
        self._step()
        failures: list[BaseException] = []
        thread = threading.Thread(target=self._released, args=(work, failures), name="ledger-exchange", daemon=True)
        thread.start()
        while thread.is_alive() and not self._closing:
            thread.join(0.1)
            if time.monotonic() - self._step_at > PATIENCE_SECONDS and not self._cut:
                self._cut = True
                self._postgres.cut()
                thread.join(1.0)
                break
        if thread.is_alive():
            if not self._closing:
                self._note_trouble(_FROZEN)
            return False
        if failures:
            raise failures[0]
        return True

    def _released(self, work: Callable[[], None], failures: list[BaseException]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
            failures.append(error)
        finally:
            if self._closing:
                self._postgres.close()
            self._one_at_a_time.release()

    def _contact(self) -> None:
        try:
            with self._postgres.contact() as session:
                self._choose_schema(session)
                deadline = time.monotonic() + BUDGET_SECONDS
                self._meet(session)
                if self._push(session, deadline) and self._pull(session, deadline):
                    self._make_even(session, deadline)
        except PostgresTrouble as trouble:
            if not self._closing:
                self._note_trouble(_FROZEN if self._cut else str(trouble))
            return
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "contacted_at", moment_text(self._clock.now()))
            outbox.keep_state(connection, "trouble", None)

    def _note_trouble(self, trouble: str) -> None:
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "trouble", trouble)

    def _step(self, longer: float = 0.0) -> None:
        """Says that the server answered: the wait for a frozen one begins anew, `longer` for a step that takes its time."""
        self._step_at = time.monotonic() + longer

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
        session.prepare(lambda: self._step(UPGRADE_SECONDS))
        self._step()
        with self._file.reading() as connection:
            ours = owner(connection)
        environment, theirs = session.settle(self._settings.environment, ours)
        self._step()
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

    def _meet(self, session: Session) -> None:
        """Lets everything wait for a Postgres that was never met before, or that was made anew."""
        store_id = session.store_id()
        self._step()
        with self._file.reading() as connection:
            if outbox.state(connection, "store_id") == store_id:
                return
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "store_id", store_id)
            for table in SHARED:
                outbox.keep_state(connection, _mark(table), None)
            outbox.try_again(connection)
            outbox.queue_everything(connection)

    def _push(self, session: Session, deadline: float) -> bool:
        """Pushes what waits, batch by batch; False where time ran out first."""
        while time.monotonic() < deadline:
            with self._file.reading() as connection:
                batch = outbox.next_batch(connection, BATCH)
            if batch is None:
                return True
            self._push_rows(session, *batch)
        return False

    def _push_rows(self, session: Session, table: Table, rows: Sequence[Row]) -> None:
        """Pushes rows, and halves a batch that is refused until the row at fault stands alone and is set aside."""
        try:
            session.push(table, rows)
        except RowRefused as refusal:
            self._step()
            if len(rows) == 1:
                self._set_aside(table, rows[0], str(refusal), self._clock.now())
                return
            middle = len(rows) // 2
            self._push_rows(session, table, rows[:middle])
            self._push_rows(session, table, rows[middle:])
            return
        self._step()
        with self._file.writing(noticed=False) as connection:
            outbox.delivered(connection, table, [row["id"] for row in rows])

    def _set_aside(self, table: Table, row: Row, reason: str, now: datetime) -> None:
        with self._file.writing(noticed=False) as connection:
            outbox.set_aside(connection, table, row["id"], reason, now)

    def _pull(self, session: Session, deadline: float) -> bool:
        """Fetches what arrived in Postgres since the last contact and is not here; False where time ran out first.

        What arrives meanwhile waits for the next contact: what was told of a row never comes before the row, which was pushed first.
        """
        newest = session.newest()
        self._step()
        with self._file.reading() as connection:
            marks = {table.name: int(outbox.state(connection, _mark(table)) or 0) for table in SHARED}
        behind = [table for table in SHARED if newest[table.name] > marks[table.name]]
        return all(self._pull_table(session, table, newest[table.name], deadline) for table in behind)

    def _pull_table(self, session: Session, table: Table, newest: int, deadline: float) -> bool:
        while time.monotonic() < deadline:
            with self._file.reading() as connection:
                mark = int(outbox.state(connection, _mark(table)) or 0)
            arrived = [(row_id, at) for row_id, at in session.arrived_after(table, mark, BATCH) if at <= newest]
            self._step()
            if not arrived:
                return True
            with self._file.reading() as connection:
                lacking = outbox.lacking(connection, table, [row_id for row_id, _ in arrived])
            rows = session.rows(table, lacking) if lacking else []
            self._step()
            with self._file.writing(noticed=bool(rows)) as connection:
                for row in rows:
                    outbox.insert(connection, table, row, queue=False)
                outbox.keep_state(connection, _mark(table), str(arrived[-1][1]))
        return False

    def _make_even(self, session: Session, deadline: float) -> None:
        """Compares how many rows each side has: a Postgres that was put back from an old backup is filled again."""
        there, newest = session.counts(), session.newest()
        self._step()
        with self._file.reading() as connection:
            here = {table.name: outbox.pushed_count(connection, table) for table in SHARED}
        for table in SHARED:
            if there[table.name] == here[table.name]:
                continue
            ids = session.all_ids(table)
            self._step()
            with self._file.writing(noticed=False) as connection:
                outbox.queue_rows(connection, table, outbox.not_among(connection, table, ids))
                outbox.keep_state(connection, _mark(table), None)
            if self._push(session, deadline):
                self._pull_table(session, table, newest[table.name], deadline)


def _mark(table: Table) -> str:
    """Under which name the ledger remembers how far it has read this table in Postgres."""
    return f"pulled {table.name}"
