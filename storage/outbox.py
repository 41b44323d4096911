"""What waits to be pushed to Postgres, and what Postgres refused: kept in the same transaction as the rows themselves."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.rows import Row, from_sqlite, moment_of, moment_text, to_sqlite
from storage.tables import SHARED, Table


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that Postgres refused, and why: kept here, shown, and not sent again until somebody asks."""

    table: str
    row_id: str
    reason: str
    since: datetime


def insert(connection: sqlite3.Connection, table: Table, row: Row, *, queue: bool = True) -> bool:
    """Adds `row` unless its id is known; with `queue` it also waits for Postgres. Returns whether it was new."""
    placeholders = ", ".join("?" * len(table.columns))
    cursor = connection.execute(
        f"INSERT INTO {table.name} ({', '.join(table.names)}) VALUES ({placeholders}) ON CONFLICT (id) DO NOTHING",  # noqa: S608 - names of ours
        to_sqlite(table, row),
    )
    new = cursor.rowcount > 0
    if new and queue:
        connection.execute("INSERT INTO outbox (table_name, row_id) VALUES (?, ?)", (table.name, row["id"]))
    return new


def waiting(connection: sqlite3.Connection) -> int:
    """How many rows wait for Postgres."""
    return connection.execute("SELECT count(*) FROM outbox WHERE set_aside_at IS NULL").fetchone()[0]


def set_aside_count(connection: sqlite3.Connection) -> int:
    """How many rows Postgres refused."""
    return connection.execute("SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL").fetchone()[0]


def all_set_aside(connection: sqlite3.Connection) -> list[SetAside]:
    """The rows that Postgres refused, oldest first."""
    found = connection.execute(
        "SELECT table_name, row_id, reason, set_aside_at FROM outbox WHERE set_aside_at IS NOT NULL ORDER BY sequence"
    )
    return [SetAside(table, row_id, reason, moment_of(since)) for table, row_id, reason, since in found]


def next_batch(connection: sqlite3.Connection, limit: int) -> tuple[Table, list[Row]] | None:
    """Up to `limit` waiting rows of the first table that has any, in the order in which they were written."""
    for table in SHARED:
        names = ", ".join(f"{table.name}.{name}" for name in table.names)
        found = connection.execute(
            f"SELECT {names} FROM outbox JOIN {table.name} ON {table.name}.id = outbox.row_id "  # noqa: S608 - names of ours
            "WHERE outbox.table_name = ? AND outbox.set_aside_at IS NULL ORDER BY outbox.sequence LIMIT ?",
            (table.name, limit),
        ).fetchall()
        if found:
            return table, [from_sqlite(table, values) for values in found]
    return None


def delivered(connection: sqlite3.Connection, table: Table, ids: Iterable[str]) -> None:
    """Forgets that these rows wait: Postgres has committed them."""
    connection.execute(
        "DELETE FROM outbox WHERE table_name = ? AND row_id IN (SELECT value FROM json_each(?))",
        (table.name, json.dumps(list(ids))),
    )


def set_aside(connection: sqlite3.Connection, table: Table, row_id: str, reason: str, now: datetime) -> None:
    """Keeps a row that Postgres refused out of the queue."""
    connection.execute(
        "UPDATE outbox SET set_aside_at = ?, reason = ? WHERE table_name = ? AND row_id = ?",
        (moment_text(now), reason, table.name, row_id),
    )


def try_again(connection: sqlite3.Connection) -> int:
    """Puts the refused rows back into the queue; returns how many."""
    cursor = connection.execute("UPDATE outbox SET set_aside_at = NULL, reason = NULL WHERE set_aside_at IS NOT NULL")
    return cursor.rowcount


def queue_everything(connection: sqlite3.Connection) -> None:
    """Lets every row wait: for a Postgres that was never met before."""
    for table in SHARED:
        queue_rows(connection, table, None)


def queue_rows(connection: sqlite3.Connection, table: Table, ids: Sequence[str] | None) -> None:
    """Lets the rows with these ids wait, or with None every row of the table."""
    chosen = "" if ids is None else "WHERE id IN (SELECT value FROM json_each(:ids))"
    connection.execute(
        f"INSERT INTO outbox (table_name, row_id) SELECT :name, id FROM {table.name} {chosen or 'WHERE true'} "  # noqa: S608 - names of ours
        "ORDER BY rowid ON CONFLICT (table_name, row_id) DO NOTHING",
        {"name": table.name, "ids": json.dumps(list(ids or ()))},
    )


def lacking(connection: sqlite3.Connection, table: Table, ids: Sequence[str]) -> list[str]:
    """Those of `ids` that this machine does not have."""
    found = connection.execute(
        f"SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM {table.name})",  # noqa: S608 - names of ours
        (json.dumps(list(ids)),),
    )
    return [value for (value,) in found]


def pushed_count(connection: sqlite3.Connection, table: Table) -> int:
    """How many rows of `table` Postgres should have: all but those that wait or were refused."""
    return connection.execute(
        f"SELECT (SELECT count(*) FROM {table.name}) - (SELECT count(*) FROM outbox WHERE table_name = ?)",  # noqa: S608 - names of ours
        (table.name,),
    ).fetchone()[0]


def not_among(connection: sqlite3.Connection, table: Table, ids: Collection[str]) -> list[str]:
    """The ids of this machine's rows of `table` that are not among `ids`."""
    return [row_id for (row_id,) in connection.execute(f"SELECT id FROM {table.name}") if row_id not in ids]  # noqa: S608 - names of ours


def state(connection: sqlite3.Connection, name: str) -> str | None:
    """One value of the ledger's own state, such as whose it is and when Postgres was last reached."""
    row = connection.execute("SELECT value FROM ledger_state WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def keep_state(connection: sqlite3.Connection, name: str, value: str | None) -> None:
    """Keeps or, with None, forgets one value of the ledger's own state."""
    if value is None:
        connection.execute("DELETE FROM ledger_state WHERE name = ?", (name,))
        return
    connection.execute(
        "INSERT INTO ledger_state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )
