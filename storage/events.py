"""Things that come, change and go, kept as rows that are only ever added: the latest row about a thing holds."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.outbox import insert
from storage.rows import Row, from_sqlite, moment_of, row_id, row_of, sqlite_value
from storage.tables import Table

_EVENT = {"id", "import_id", "recorded_at", "imported_at", "source"}
"""What may differ between two rows that say the same."""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding records: `new` ones, and `known` ones, of which `changed` now have other values."""

    new: int
    known: int
    changed: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.known + other.known, self.changed + other.changed)


def in_force(connection: sqlite3.Connection, table: Table, **subject: Any) -> list[Row]:
    """The latest row of each subject, without those that ended, in the order in which they came."""
    return [row for row in latest(connection, table, **subject) if not row.get(table.ended)]


def latest(connection: sqlite3.Connection, table: Table, **subject: Any) -> list[Row]:
    """The latest row of each subject, ended or not. `subject` narrows it: columns of the table's subject, and their values."""
    given = {name: sqlite_value(table.kind(name), value) for name, value in subject.items()}
    chosen = " AND ".join(f"{name} = :{name}" for name in subject) or "true"
    found = connection.execute(
        f"SELECT {', '.join(table.names)} FROM (SELECT *, row_number() OVER "  # noqa: S608 - names of ours
        f"(PARTITION BY {', '.join(table.subject)} ORDER BY recorded_at DESC, id DESC) AS newest, rowid AS place "
        f"FROM {table.name} WHERE {chosen}) WHERE newest = 1 ORDER BY recorded_at, place",
        given,
    )
    return [from_sqlite(table, values) for values in found]


def next_moment(connection: sqlite3.Connection, table: Table, now: datetime) -> datetime:
    """The moment under which to record: now, or just after the newest known row where a clock runs behind.

    So what was decided in knowledge of a row always comes after it, whatever the machines' clocks say.
    """
    newest = connection.execute(f"SELECT max(recorded_at) FROM {table.name}").fetchone()[0]  # noqa: S608 - names of ours
    return now if newest is None else max(now, moment_of(newest) + timedelta(microseconds=1))


def record(connection: sqlite3.Connection, table: Table, row: Row, now: datetime) -> bool:
    """Adds `row` as the latest about its subject, unless the latest says the same. Returns whether it was added."""
    known = latest(connection, table, **{name: row[name] for name in table.subject})
    if known and _same(table, known[0], row):
        return False
    _append(connection, table, row, next_moment(connection, table, now))
    return True


GONE_AT_SOURCE = "gone-at-source"
"""Stands as the import of a row that ended because its source no longer has it, so that its return there brings it back."""


def end(
    connection: sqlite3.Connection, table: Table, now: datetime, *, because: str | None = None, **values: Any
) -> bool:
    """Records that the thing with these values is no longer there. Returns False where it was not there.

    `because` tells why: None is the person's word, `GONE_AT_SOURCE` that its source no longer has it.
    """
    held = in_force(connection, table, **{name: values[name] for name in table.subject if name in values})
    ended = [row for row in held if all(row[name] == value for name, value in values.items())]
    for row in ended:
        changes: Row = {table.ended: True}
        if table.subject != ("import_id",) and "import_id" in row:
            changes["import_id"] = because
        _append(connection, table, {**row, **changes}, next_moment(connection, table, now))
    return bool(ended)


def add_imported(
    connection: sqlite3.Connection,
    table: Table,
    records: Iterable[object],
    import_id: str | None,
    now: datetime,
    *,
    revive: bool = True,
) -> Added:
    """Adds imported records by their own ids. One that was removed comes back, but without `revive` only where
    the person did not remove it, or where it has changed since."""
    known = {row[table.subject[0]]: row for row in latest(connection, table)}
    moment = next_moment(connection, table, now)
    new = seen = changed = 0
    for each in records:
        row = imported_row(table, each, import_id, now)
        before = known.get(row[table.subject[0]])
        same = before is not None and _same(table, before, {**row, "retired": before["retired"]})
        removed = before is not None and before["retired"]
        gone = before is not None and before["import_id"] == GONE_AT_SOURCE
        if before is not None and same and (not removed or not (revive or gone)):
            seen += 1
            continue
        _append(connection, table, row, moment)
        known[row[table.subject[0]]] = row
        if before is None or removed:
            new += 1
        else:
            seen, changed = seen + 1, changed + 1
    return Added(new, seen, changed)


def imported_row(table: Table, each: Any, import_id: str | None, now: datetime) -> Row:
    """A record that is imported as a row that is not yet dated."""
    given: dict[str, Any] = {"import_id": import_id, "retired": False, "tax_year": each.tax_year}
    return row_of(table, each, **given, imported_at=each.imported_at or now)


def undo(
    connection: sqlite3.Connection, tables: Sequence[Table], import_id: str, now: datetime, *, undone_before: set[str]
) -> int:
    """Takes back what an import brought: what was new goes, what it changed is again as it was, but for what only
    imports brought that were taken back themselves. Returns how many things."""
    undone = 0
    for table in tables:
        moment = next_moment(connection, table, now)
        for row in in_force(connection, table):
            if row["import_id"] == import_id:
                earlier = _before(connection, table, row, {*undone_before, import_id})
                _append(connection, table, earlier or {**row, "retired": True}, moment)
                undone += 1
    return undone


def _before(connection: sqlite3.Connection, table: Table, row: Row, undone: set[str]) -> Row | None:
    subject = table.subject[0]
    found = connection.execute(
        f"SELECT {', '.join(table.names)} FROM {table.name} WHERE {subject} = ? "  # noqa: S608 - names of ours
        "ORDER BY recorded_at DESC, id DESC",
        (row[subject],),
    )
    rows = (from_sqlite(table, values) for values in found)
    earlier = next((each for each in rows if each["import_id"] not in undone), None)
    return earlier if earlier and not earlier["retired"] else None


def _append(connection: sqlite3.Connection, table: Table, row: Row, moment: datetime) -> None:
    dated = {**row, "recorded_at": moment}
    insert(connection, table, {**dated, "id": row_id(table, dated)})


def _same(table: Table, left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether two rows say the same, whenever and wherever they were recorded."""
    return all(left[name] == right[name] for name in table.names if name not in _EVENT)
