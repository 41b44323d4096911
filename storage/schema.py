"""Brings a database to the schema that this program knows: creates a new one, upgrades an older, refuses a newer."""

import importlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.troubles import StorageTrouble

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION_TABLE = "alembic_version"
_VERSION_TABLE_MADE = f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
"""As Alembic itself makes it."""


@dataclass(frozen=True, slots=True)
class History:
    """The folder of an Alembic history and its newest revision; revisions are numbered `0001`, `0002`, …"""

    folder: Path
    package: str
    newest: str

    def revisions(self) -> list[str]:
        """The module names of its revisions until the newest, oldest first."""
        found = sorted(file.stem for file in (self.folder / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))
        return [name for name in found if name[:4] <= self.newest]


HISTORY = History(Path(__file__).parent / "migrations", "storage.migrations", "0002")


def refuse_newer(version: str | None, where: str, history: History = HISTORY) -> None:
    """Raises `StorageTrouble` where a database is at a revision that this program does not know."""
    if version is not None and (not version.isdecimal() or int(version) > int(history.newest)):
        raise StorageTrouble(
            f"{where} was written by a newer hmrc-tui (schema {version}, this one knows {history.newest}); update this program"
        )


def sqlite_version(connection: sqlite3.Connection) -> str | None:
    """The revision of a SQLite ledger, or None where the file is new: the cheap look before anything is imported."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (VERSION_TABLE,)).fetchone()
    if known is None:
        return None
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant of ours
    return row[0] if row else None


def create_sqlite(connection: sqlite3.Connection, history: History = HISTORY) -> None:
    """Makes the newest schema in an empty file, inside the caller's transaction.

    It runs the SQL of the same revisions that Alembic runs, without the half second that importing Alembic takes.
    """
    for name in history.revisions():
        revision = importlib.import_module(f"{history.package}.versions.{name}")
        for statement in revision.statements("sqlite"):
            connection.execute(statement)
    connection.execute(_VERSION_TABLE_MADE)
    connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (history.newest,))  # noqa: S608 - a constant of ours


def upgrade_sqlite(path: Path, history: History = HISTORY) -> None:
    """Runs what is missing of the history on the SQLite file at `path`, in one transaction that excludes other writers.

    Raises sqlite3's own errors; then the file is as it was.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    def begin(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", begin)
    try:
        with engine.begin() as connection:
            _run(connection, None, history)
    except DBAPIError as error:
        raise (error.orig or error) from None
    finally:
        engine.dispose()


def create_postgres(connection: Any, schema: str, history: History = HISTORY) -> bool:
    """Makes the newest schema where there is none, in one transaction under an advisory lock; False where there is one.

    It runs the SQL of the same revisions that Alembic runs, without the twenty megabytes that a daemon would carry from then on.
    `connection` is an open psycopg connection outside of a transaction. Raises psycopg's own errors.
    """
    from psycopg import sql

    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"hmrc-tui {schema}",))
        cursor.execute("SELECT to_regclass(%s)", (f'"{schema}".{VERSION_TABLE}',))
        if cursor.fetchone()[0] is not None:
            return False
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,))
        if cursor.fetchone() is None:  # a role that may make none can use one that was made for it
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        cursor.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))
        for name in history.revisions():
            revision = importlib.import_module(f"{history.package}.versions.{name}")
            for statement in revision.statements("postgresql"):
                cursor.execute(statement)
        cursor.execute(_VERSION_TABLE_MADE)
        cursor.execute(f"INSERT INTO {VERSION_TABLE} VALUES (%s)", (history.newest,))  # noqa: S608 - a constant of ours
    return True


def upgrade_postgres(connection: Any, schema: str, history: History = HISTORY) -> None:
    """Makes `schema` where it is missing and runs what is missing of the history, in one transaction under an advisory lock.

    `connection` is an open psycopg connection outside of a transaction; it is left open and as it was.
    """
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import StaticPool

    autocommit, connection.autocommit = connection.autocommit, False
    try:
        engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
        with engine.connect() as alchemy:
            alchemy.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"hmrc-tui {schema}"})
            known = alchemy.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": schema}).first()
            if known is None:
                alchemy.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
            alchemy.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
            _run(alchemy, schema, history)
            alchemy.commit()
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = autocommit


def _run(connection: "Connection", schema: str | None, history: History) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(history.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, history.newest)
