"""Makes a ledger and its Postgres one: pushes what waits, pulls what this machine lacks, sees that both have the same rows.

Merging is a set union: rows are only ever added and equal rows have equal ids, so every step may be repeated, and a merge
that breaks anywhere leaves nothing but work for the next.
"""

import time
from collections.abc import Callable, Sequence

from storage import outbox
from storage.clock import Clock
from storage.postgres import RowRefused, Session
from storage.rows import Row
from storage.sqlite import SqliteFile
from storage.tables import SHARED, Table

BATCH = 500
"""Rows in one transaction."""
BUDGET_SECONDS = 6.0
"""How long a merge may go on while it makes progress; what is left waits for the next."""


class Merge:
    """One merge of the ledger in `file` with the Postgres of `session`; tells `heard` of each answer of the server."""

    def __init__(self, file: SqliteFile, session: Session, clock: Clock, heard: Callable[[], None]) -> None:
        self._file = file
        self._session = session
        self._clock = clock
        self._heard = heard
        self._deadline = time.monotonic() + BUDGET_SECONDS

    def run(self) -> None:
        """Goes as far as time allows. Raises what `session` raises; what was done until then stays done."""
        self._meet()
        if self._push() and self._pull():
            self._make_even()

    @property
    def _in_time(self) -> bool:
        return time.monotonic() < self._deadline

    def _meet(self) -> None:
        """Lets everything wait for a Postgres that was never met before, or that was made anew."""
        store_id = self._session.store_id()
        self._heard()
        with self._file.reading() as connection:
            if outbox.state(connection, "store_id") == store_id:
                return
        with self._file.writing(noticed=False) as connection:
            outbox.keep_state(connection, "store_id", store_id)
            for table in SHARED:
                outbox.keep_state(connection, _mark(table), None)
            outbox.try_again(connection)
            outbox.queue_everything(connection)

    def _push(self) -> bool:
        """Pushes what waits, batch by batch; False where time ran out first."""
        while self._in_time:
            with self._file.reading() as connection:
                batch = outbox.next_batch(connection, BATCH)
            if batch is None:
                return True
            self._push_rows(*batch)
        return False

    def _push_rows(self, table: Table, rows: Sequence[Row]) -> None:
        """Pushes rows, and halves a batch that is refused until the row at fault stands alone and is set aside."""
        try:
            self._session.push(table, rows)
        except RowRefused as refusal:
            self._heard()
            if len(rows) == 1:
                self._set_aside(table, rows[0], str(refusal))
                return
            middle = len(rows) // 2
            self._push_rows(table, rows[:middle])
            self._push_rows(table, rows[middle:])
            return
        self._heard()
        with self._file.writing(noticed=False) as connection:
            outbox.delivered(connection, table, [row["id"] for row in rows])

    def _set_aside(self, table: Table, row: Row, reason: str) -> None:
        with self._file.writing(noticed=False) as connection:
            outbox.set_aside(connection, table, row["id"], reason, self._clock.now())

    def _pull(self) -> bool:
        """Fetches what arrived in Postgres since the last contact and is not here; False where time ran out first.

        What arrives meanwhile waits for the next contact: what was told of a row never comes before the row, which was pushed first.
        """
        newest = self._session.newest()
        self._heard()
        with self._file.reading() as connection:
            marks = {table.name: int(outbox.state(connection, _mark(table)) or 0) for table in SHARED}
        behind = [table for table in SHARED if newest[table.name] > marks[table.name]]
        return all(self._pull_table(table, newest[table.name]) for table in behind)

    def _pull_table(self, table: Table, newest: int) -> bool:
        while self._in_time:
            with self._file.reading() as connection:
                mark = int(outbox.state(connection, _mark(table)) or 0)
            arrived = [(row_id, at) for row_id, at in self._session.arrived_after(table, mark, BATCH) if at <= newest]
            self._heard()
            if not arrived:
                return True
            with self._file.reading() as connection:
                lacking = outbox.lacking(connection, table, [row_id for row_id, _ in arrived])
            rows = self._session.rows(table, lacking) if lacking else []
            self._heard()
            with self._file.writing(noticed=bool(rows)) as connection:
                for row in rows:
                    outbox.insert(connection, table, row, queue=False)
                outbox.keep_state(connection, _mark(table), str(arrived[-1][1]))
        return False

    def _make_even(self) -> None:
        """Compares how many rows each side has: a Postgres that was put back from an old backup is filled again."""
        there, newest = self._session.counts(), self._session.newest()
        self._heard()
        with self._file.reading() as connection:
            here = {table.name: outbox.pushed_count(connection, table) for table in SHARED}
        for table in SHARED:
            if there[table.name] == here[table.name]:
                continue
            ids = self._session.all_ids(table)
            self._heard()
            with self._file.writing(noticed=False) as connection:
                outbox.queue_rows(connection, table, outbox.not_among(connection, table, ids))
                outbox.keep_state(connection, _mark(table), None)
            if self._push():
                self._pull_table(table, newest[table.name])


def _mark(table: Table) -> str:
    """Under which name the ledger remembers how far it has read this table in Postgres."""
    return f"pulled {table.name}"
