"""Taking the ledger elsewhere: an export to read, a backup to keep, and bringing a backup back. Never the grant."""

import csv
import hashlib
import json
import os
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from storage import outbox
from storage.clock import rfc3339
from storage.ledger import Ledger
from storage.money import plain
from storage.places import make_private
from storage.rows import Row, from_sqlite
from storage.schema import HISTORY, refuse_newer, sqlite_version, upgrade_sqlite
from storage.sqlite import SqliteFile
from storage.tables import SHARED, Table
from storage.tax_year import TaxYear
from storage.taxpayer import keep_owner, owner
from storage.troubles import BadInput, StorageTrouble

_MACHINE_ONLY = ("note", "outbox")
"""Tables that stay on their machine: how it is set up, and what waits for its Postgres."""
_KEPT_STATE = ("taxpayer_key", "taxpayer_hash", "environment", "version")


_SEAL = "seal"
"""Under which name a backup knows what was in it when it was made."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: rows brought back, rows that were here already, and rows here that the backup does not have."""

    new: int
    known: int
    kept: int


def back_up(ledger: Ledger, target: Path) -> int:
    """Writes the whole ledger, as it is at one moment, to one new SQLite file with mode 0600; returns its number of rows.

    Raises `BadInput` where `target` is there already, `StorageTrouble` where it cannot be written.
    """
    with _explained(target):
        if target.exists():
            raise BadInput(f"{target} is there already; name a new file, so that no older backup is lost")
        if not target.parent.is_dir():
            raise BadInput(f"{target.parent} is not a folder; make it first")
    draft = target.with_name(f"{target.name}.draft")
    try:
        with _explained(target):
            ledger.file.copy_to(draft)
            rows = _leave_out_what_is_this_machines(draft)
            draft.replace(target)
            return rows
    finally:
        with suppress(OSError):  # where nothing can be written, nothing lies there, and that was told
            draft.unlink(missing_ok=True)


def _leave_out_what_is_this_machines(draft: Path) -> int:
    """Takes notes and queue out of a copy of the ledger, for good, and returns how many rows are left to bring back."""
    from sqlite_utils import Database

    copy = Database(draft)
    with closing(copy.conn):
        with copy.atomic():
            for name in _MACHINE_ONLY:
                copy.table(name).delete_where()
            copy.table("ledger_state").delete_where(f"name NOT IN ({', '.join('?' * len(_KEPT_STATE))})", _KEPT_STATE)
            copy.table("ledger_state").insert({"name": _SEAL, "value": _seal(copy.conn)})
        copy.vacuum()
        return sum(copy.table(table.name).count for table in SHARED)


def restore(ledger: Ledger, source: Path) -> Restored:
    """Adds every row of a backup that this ledger lacks, in one transaction. Nothing that is here is changed or lost.

    Raises `BadInput` for a file that is no backup, is damaged, was written by a newer program, or is another taxpayer's.
    """
    try:
        with _copy_of(source, ledger.file.path) as archive, ledger.file.writing() as connection:
            _same_environment(connection, archive, source)
            _same_taxpayer(connection, archive, ledger, source)
            counts = [_restore_table(connection, archive, table) for table in SHARED]
    except ValueError as error:
        raise BadInput(f"{source} is damaged ({error}); nothing was restored: use another backup") from None
    return Restored(*(sum(column) for column in zip(*counts, strict=True)))


def export(ledger: Ledger, folder: Path) -> dict[str, int]:
    """Writes everything that is known as CSV and JSON, and HMRC's raw answers as they came, into a new or empty folder.

    Amounts are pounds with two decimals, moments RFC 3339 in UTC, tax years `2023-24`. Returns the number of rows by file.
    """
    with _explained(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} is not an empty folder; name a new one")
        _make_folder(folder)
        with ledger.file.reading() as connection:
            written = {table.name: _export_table(connection, table, folder) for table in SHARED}
            _export_answers(connection, folder)
    return written


def _make_folder(folder: Path) -> None:
    """Makes a folder that the person named, and those above it. Raises `OSError`."""
    above = next((place for place in folder.absolute().parents if place.exists()), None)
    if above is not None and not above.is_dir():
        raise StorageTrouble(f"{above} is not a folder; name another place")
    make_private(folder)


def _export_table(connection: sqlite3.Connection, table: Table, folder: Path) -> int:
    rows = [{name: _readable(value) for name, value in row.items()} for row in _exported(connection, table)]
    with _private(folder / f"{table.name}.csv") as stream:
        writer = csv.DictWriter(stream, table.names)
        writer.writeheader()
        writer.writerows(
            {name: json.dumps(value) if isinstance(value, list) else value for name, value in row.items()}
            for row in rows
        )
    with _private(folder / f"{table.name}.json") as stream:
        json.dump(rows, stream, ensure_ascii=False, indent=1)
    return len(rows)


def _exported(connection: sqlite3.Connection, table: Table) -> Iterator[Row]:
    """Every row; each that a later one about the same thing has replaced is there too, in the order in which they came."""
    from sqlite_utils import Database

    for row in Database(connection).table(table.name).rows_where(order_by="rowid"):
        yield from_sqlite(table, [row[name] for name in table.names])


def _export_answers(connection: sqlite3.Connection, folder: Path) -> None:
    answers = make_private(folder / "answers")
    for answer_hash, api, body in connection.execute("SELECT id, api, body FROM answer"):
        with _private(answers / f"{api}-{answer_hash[:16]}.json") as stream:
            stream.write(body)


def _readable(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case TaxYear():
            return value.hmrc
        case datetime():
            return rfc3339(value)
        case date():
            return value.isoformat()
        case tuple():
            return list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return value


@contextmanager
def _private(file: Path) -> Generator[Any]:
    with _explained(file):  # here, else a full disk would be told as the trouble of the ledger that is being read
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream


@contextmanager
def _copy_of(source: Path, beside: Path) -> Generator[sqlite3.Connection]:
    """The backup, copied beside the ledger, seen to be sound and brought to this program's schema; the original is not touched."""
    copy = beside.with_name(f"{beside.name}.restoring-{os.getpid()}")
    try:
        with _explained(source, damaged=True):
            if not source.is_file():
                raise BadInput(
                    f"{source}: {'this is no file' if source.exists() else 'there is no such file'}; name a backup"
                )
            with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original:
                _see_that_it_is_sound(original, source)
            SqliteFile(source).copy_to(copy)
            with closing(sqlite3.connect(copy)) as connection:
                version = sqlite_version(connection)
            if version != HISTORY.newest:
                upgrade_sqlite(copy)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            yield connection
    finally:
        with suppress(OSError):
            copy.unlink(missing_ok=True)


def _see_that_it_is_sound(connection: sqlite3.Connection, source: Path) -> None:
    version = sqlite_version(connection)
    known = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name IN ('ledger_state', 'answer')").fetchone()
    if version is None or known[0] != 2:
        raise BadInput(f"{source} is not a backup of hmrc-tui")
    try:
        refuse_newer(version, str(source))
    except StorageTrouble as trouble:
        raise BadInput(str(trouble)) from None
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    sealed = outbox.state(connection, _SEAL)
    # A file in which somebody has worked since has moved on from its seal, and is no worse for it.
    moved_on = sealed is None or sealed.partition(" ")[0] != (outbox.state(connection, "version") or "")
    if found != "ok" or not (moved_on or sealed == _seal(connection)):
        raise BadInput(f"{source} is damaged; nothing was restored: use another backup")


def _seal(connection: sqlite3.Connection) -> str:
    """The ledger's version and a hash of every row: what SQLite calls sound may have another digit in an amount."""
    found = hashlib.sha256()
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    for (name,) in tables:
        if name not in {"ledger_state", "alembic_version"} and not name.startswith("sqlite_"):
            for row in connection.execute(f"SELECT * FROM {name} ORDER BY rowid"):  # noqa: S608 - names of ours
                found.update(repr(tuple(row)).encode())
    return f"{outbox.state(connection, 'version') or ''} {found.hexdigest()}"


def _same_environment(connection: sqlite3.Connection, archive: sqlite3.Connection, source: Path) -> None:
    ours, theirs = outbox.state(connection, "environment"), outbox.state(archive, "environment")
    if theirs is not None and ours != theirs:
        raise BadInput(f"{source} is a backup of {theirs}, and this is {ours}: set [hmrc] environment and try again")


def _same_taxpayer(connection: sqlite3.Connection, archive: sqlite3.Connection, ledger: Ledger, source: Path) -> None:
    """Raises `BadInput` unless ledger and backup are one person's, as far as either knows whose it is."""
    ours, theirs = owner(connection), owner(archive)
    if theirs is None or ours == theirs:
        return
    if ledger.taxpayer is not None:
        if not theirs.is_of(ledger.taxpayer):
            raise BadInput(f"{source} is another taxpayer's ledger; nothing was restored")
        return
    if ours is not None:
        raise BadInput(f"there is no telling whether {source} is this taxpayer's; set [hmrc] utr and try again")
    keep_owner(connection, theirs)


def _restore_table(connection: sqlite3.Connection, archive: sqlite3.Connection, table: Table) -> tuple[int, int, int]:
    before = _count(connection, table)
    total = new = 0
    for values in archive.execute(f"SELECT {', '.join(table.names)} FROM {table.name} ORDER BY rowid"):  # noqa: S608 - names of ours
        total += 1
        new += outbox.insert(connection, table, from_sqlite(table, values))
    known = total - new
    return new, known, before - known


def _count(connection: sqlite3.Connection, table: Table) -> int:
    return connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]  # noqa: S608 - names of ours


@contextmanager
def _explained(path: Path, *, damaged: bool = False) -> Generator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as error:
        if damaged:
            raise BadInput(f"{path} is damaged or not a backup of hmrc-tui ({error}); nothing was restored") from None
        raise StorageTrouble(f"{path}: {error}; see that the disk has space and can be written") from None
    except OSError as error:
        said = os.strerror(error.errno) if error.errno else "cannot be used"
        kind = BadInput if damaged else StorageTrouble
        raise kind(f"{error.filename or path}: {said}; choose a place that can be read and written") from None
