"""The ledger's SQLite file: opened, created and upgraded safely, its transactions, and what its errors mean to a person."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from storage.places import private_folder
from storage.schema import HISTORY, History, create_sqlite, refuse_newer, sqlite_version, upgrade_sqlite
from storage.troubles import StorageTrouble

BUSY_TIMEOUT_MS = 20_000
"""How long a write waits for other processes' writes; each of them takes milliseconds."""
_MENDS = (
    ("disk is full", "free some space on the disk"),
    ("disk i/o error", "check the disk and the space left on it"),
    ("readonly", "make the file and its folder writable"),
    ("unable to open", "make the file and its folder readable and writable"),
    ("locked", "another process holds it: close it and try again"),
    ("not a database", "the file is damaged or something else: move it away, then use hmrc-tui restore"),
    ("malformed", "the file is damaged: move it away, then use hmrc-tui restore"),
)


class SqliteFile:
    """One SQLite file in rollback-journal mode. Each call opens its own connection (0.2 ms), so any thread may call.

    The write-ahead log is not used: before SQLite 3.51.3 it can corrupt a file that two processes write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, state: Mapping[str, str], history: History = HISTORY) -> None:
        """Creates the file with `state` where it is missing, upgrades an older one after copying it aside, refuses a newer one."""
        private_folder(self.path.parent)
        with self._explained():
            if self._version() == history.newest:
                return
            with self._only_one():
                version = self._version()
                refuse_newer(version, str(self.path), history)
                if version is None:
                    self._create(state, history)
                elif version != history.newest:
                    self.copy_to(self.path.with_name(f"{self.path.name}.before-{history.newest}"))
                    upgrade_sqlite(self.path, history)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection whose reads all see one moment."""
        with self._explained(), closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def writing(self, *, noticed: bool = True) -> Generator[sqlite3.Connection]:
        """A transaction that excludes other writers: committed to the disk at the end, or wholly undone.

        With `noticed` the ledger's version is raised, by which screens see that rows were added.
        """
        with self._explained(), closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            before = connection.total_changes
            try:
                yield connection
                if noticed and connection.total_changes > before:
                    connection.execute("UPDATE ledger_state SET value = value + 1 WHERE name = 'version'")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def room(self) -> int:
        """How many bytes its disk has left for us. Raises `StorageTrouble` where that cannot be told."""
        with self._explained():
            return shutil.disk_usage(self.path.parent).free

    def copy_to(self, target: Path) -> None:
        """Copies the whole file as it is at one moment, also while others write. `target` is made anew, mode 0600."""
        partial = target.with_name(target.name + ".part")
        partial.unlink(missing_ok=True)
        try:
            _make_private(partial)
            with closing(self._connect()) as source, closing(sqlite3.connect(partial)) as copy:
                source.backup(copy)
            partial.replace(target)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            raise StorageTrouble(f"{self.path} has gone; restore it from a backup or start the program again")
        connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    def _version(self) -> str | None:
        if not self.path.exists():
            return None
        with closing(self._connect()) as connection:
            return sqlite_version(connection)

    def _create(self, state: Mapping[str, str], history: History) -> None:
        _make_private(self.path)
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            create_sqlite(connection, history)
            connection.executemany("INSERT INTO ledger_state VALUES (?, ?)", state.items())
            connection.execute("COMMIT")

    @contextmanager
    def _only_one(self) -> Generator[None]:
        """Lets one process at a time create or upgrade the file."""
        descriptor = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Turns SQLite's and the system's errors into one line with the mend."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError):
                raise
            said = str(error)
            mend = next((mend for sign, mend in _MENDS if sign in said.lower()), "see that the disk is sound")
            raise StorageTrouble(f"{self.path}: {said}; {mend}") from error
        except OSError as error:
            said = os.strerror(error.errno) if error.errno else "cannot be used"
            raise StorageTrouble(f"{error.filename or self.path}: {said}; make the folder writable") from error


def _make_private(path: Path) -> None:
    """Makes an empty file that its owner alone can read, or leaves the one that is there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
