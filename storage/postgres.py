"""The Postgres that machines share the ledger through: reached through a pool, every step bounded in time, rows added and never changed."""

import logging
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from storage.configuration import secret_file
from storage.rows import Row, from_postgres, to_postgres
from storage.schema import HISTORY, VERSION_TABLE, History, create_postgres, refuse_newer, upgrade_postgres
from storage.settings import Settings
from storage.tables import SHARED, Table
from storage.taxpayer import Owner
from storage.troubles import BadInput, StorageTrouble

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from psycopg import Error as PsycopgError
    from psycopg_pool import NullConnectionPool

CONNECT_SECONDS = 4
TIMER = date(1, 1, 1)
"""Among the claims of a day's run, the one of the timer itself, which stands for no day."""
_PARAMETERS = {
    "application_name": "hmrc-tui",
    "connect_timeout": str(CONNECT_SECONDS),
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""What a connection asks for unless the address says otherwise."""
_NO_ADDRESS = "[storage] postgres: not a Postgres address; write it as postgresql://user:password@host/database"
_LIMITS = (
    "SET LOCAL statement_timeout = '8s'",
    "SET LOCAL lock_timeout = '4s'",
    "SET LOCAL idle_in_transaction_session_timeout = '20s'",
)
_REFUSALS = ("22", "23", "54", "P0")
"""SQLSTATE classes that are about a row itself: data, constraint, limit, and what a trigger raises. All others pass."""
_AWAY = ("08", "40", "53", "55", "57")
"""SQLSTATE classes that pass by themselves: connection, a clash with another, resources, locks, and an operator's shutdown or time limit."""


class PostgresTrouble(Exception):
    """Postgres cannot be used now: one line for the person, without the address and without the password.

    `away` where it was not reached, or left in the middle: what it would say to the contact itself is not known.
    """

    def __init__(self, text: str, *, away: bool = False) -> None:
        super().__init__(text)
        self.away = away


class RowRefused(Exception):
    """Postgres will never take these rows as they are."""


class Postgres:
    """One schema of one Postgres. Nothing connects before the first contact, and a server that is away is no error until then.

    A connection lives as long as one contact, so a restart, a failover or a new password needs no care in between:
    the address is read again from its file at each connect.
    """

    def __init__(self, settings: Settings, history: History = HISTORY) -> None:
        self._settings = settings
        self._history = history
        self._pool: NullConnectionPool[Connection[Any]] | None = None
        self._current: Connection[Any] | None = None
        self.schema = settings.schema

    @contextmanager
    def contact(self) -> Generator["Session"]:
        """A connection for one contact. Every failure of Postgres within comes out as `PostgresTrouble`."""
        import psycopg
        from psycopg_pool import PoolTimeout

        try:
            with self._opened().connection() as connection:
                self._current = connection
                try:
                    yield Session(connection, self.schema, self._history)
                finally:
                    self._current = None
        except PoolTimeout:
            raise PostgresTrouble(f"Postgres did not answer within {CONNECT_SECONDS} seconds", away=True) from None
        except BadInput as error:
            raise PostgresTrouble(str(error)) from None
        except psycopg.Error as error:
            raise _trouble(error) from error

    def cut(self) -> None:
        """Ends a contact that hangs, from another thread: a frozen server cannot hold the caller."""
        connection = self._current
        if connection is None:
            return
        with suppress(Exception):  # it may be closing at this very moment
            duplicate = socket.socket(fileno=socket.dup(connection.fileno()))
            with duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the pool."""
        if self._pool is not None:
            self._pool.close(timeout=1)
            self._pool = None

    def _opened(self) -> "NullConnectionPool[Connection[Any]]":
        from psycopg_pool import NullConnectionPool

        if self._pool is None:
            logging.getLogger("psycopg").setLevel(logging.ERROR)  # what goes wrong is told in our words
            self._pool = NullConnectionPool(
                lambda: address_of(self._settings),  # asked at each connect
                kwargs={"autocommit": True, "prepare_threshold": None},
                max_size=2,
                timeout=CONNECT_SECONDS,
                num_workers=1,
                open=False,
                name="ledger",
            )
            self._pool.open(wait=False)
        return self._pool


def address_of(settings: Settings) -> str:
    """The address to connect to, its file read again. Raises `BadInput` where none is configured, or what is there is none."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    storage = settings.storage
    secret = secret_file("[storage] postgres_file", Path(storage.postgres_file)) if storage.postgres_file else None
    secret = secret or storage.postgres
    if secret is None:
        raise BadInput("[storage] postgres: no Postgres is configured")
    try:
        given = conninfo_to_dict(secret.reveal())
    except ProgrammingError:
        raise BadInput(_NO_ADDRESS) from None
    ports = str(given.get("port") or "5432").split(",")
    if not all(port == "" or (port.isdecimal() and 0 < int(port[:6]) < 65536) for port in ports):
        raise BadInput(_NO_ADDRESS)
    return make_conninfo("", **{**_PARAMETERS, **given})


class Session:
    """One contact with Postgres: what the exchange needs of it, and nothing else."""

    def __init__(self, connection: "Connection[Any]", schema: str, history: History) -> None:
        self._connection = connection
        self._history = history
        self.schema = schema

    def prepare(self, before_upgrading: Callable[[], None] = lambda: None) -> None:
        """Makes the schema where it is missing, upgrades an older, refuses one that is newer than this program."""
        version = self.version()
        try:
            refuse_newer(version, f"The Postgres schema {self.schema}", self._history)
        except StorageTrouble as trouble:
            raise PostgresTrouble(str(trouble)) from None
        if version != self._history.newest:
            before_upgrading()
            if version is not None or not create_postgres(self._connection, self.schema, self._history):
                self._upgrade()

    def version(self) -> str | None:
        """The revision of the schema; None where it has none."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", (f'"{self.schema}".{VERSION_TABLE}',))
            if _one(cursor) is None:
                return None
            cursor.execute(self._sql("SELECT version_num FROM {}", VERSION_TABLE))
            return _one(cursor)

    def _upgrade(self) -> None:
        import psycopg
        from sqlalchemy.exc import DBAPIError

        try:
            upgrade_postgres(self._connection, self.schema, self._history)
        except DBAPIError as error:
            original = error.orig
            raise (
                _trouble(original) if isinstance(original, psycopg.Error) else PostgresTrouble("migrating failed")
            ) from None

    def store_id(self) -> str:
        """The random id of this schema: a ledger that meets a new one pushes everything."""
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql("SELECT value FROM {} WHERE name = 'store_id'", "ledger_state"))
            return str(_one(cursor))

    def settle(self, environment: str, offered: Owner | None) -> tuple[str, Owner | None]:
        """The environment and the taxpayer of this schema: ours, where it had none. Never two people's, never two environments'."""
        given = {"environment": environment, **({"taxpayer": f"{offered.key} {offered.digest}"} if offered else {})}
        with self._transaction() as cursor:
            cursor.executemany(
                self._sql("INSERT INTO {} VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", "ledger_state"),
                list(given.items()),
            )
            cursor.execute(self._sql("SELECT name, value FROM {}", "ledger_state"))
            state: dict[str, str] = dict(cursor.fetchall())
        taxpayer = state.get("taxpayer")
        return state["environment"], Owner(*taxpayer.split(" ")) if taxpayer else None

    def push(self, table: Table, rows: Sequence[Row]) -> None:
        """Commits rows that are not yet there. Raises `RowRefused` where the rows themselves are at fault: then none is kept.

        Writers take turns by an advisory lock, so that `arrived` rises in the order in which rows become visible.
        """
        import psycopg

        placeholders = ", ".join(["%s"] * len(table.names))
        statement = f"INSERT INTO {{}} ({', '.join(table.names)}) VALUES ({placeholders}) ON CONFLICT (id) DO NOTHING"  # noqa: S608 - names of ours
        try:
            with self._transaction() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"hmrc-tui {self.schema}",))
                cursor.executemany(self._sql(statement, table.name), [to_postgres(table, row) for row in rows])
        except psycopg.DatabaseError as error:
            about_the_row = isinstance(error, psycopg.DataError) or (error.sqlstate or "").startswith(_REFUSALS)
            if not about_the_row:
                raise
            raise RowRefused(told(error)) from None

    def arrived_after(self, table: Table, mark: int, limit: int) -> list[tuple[str, int]]:
        """Ids of rows that arrived after `mark`, and when each did, oldest first."""
        with self._connection.cursor() as cursor:
            chosen = "SELECT id, arrived FROM {} WHERE arrived > %s ORDER BY arrived LIMIT %s"
            cursor.execute(self._sql(chosen, table.name), (mark, limit))
            return cursor.fetchall()

    def rows(self, table: Table, ids: Sequence[str]) -> list[Row]:
        """The rows with these ids. One that this program cannot read is left out."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                self._sql(f"SELECT {', '.join(table.names)} FROM {{}} WHERE id = ANY(%s)", table.name),  # noqa: S608 - names of ours
                (list(ids),),
            )
            return [row for values in cursor if (row := _readable(table, values)) is not None]

    def all_ids(self, table: Table) -> set[str]:
        """The id of every row."""
        with self._connection.cursor() as cursor:
            cursor.execute(self._sql("SELECT id FROM {}", table.name))
            return {row_id for (row_id,) in cursor}

    def counts(self) -> dict[str, int]:
        """How many rows each shared table has."""
        return self._of_each("count(*)")

    def newest(self) -> dict[str, int]:
        """When the last row of each shared table arrived, as `arrived_after` counts; 0 where it has none."""
        return self._of_each("coalesce(max(arrived), 0)")

    def _of_each(self, figure: LiteralString) -> dict[str, int]:
        """A figure of each shared table, all in one question."""
        from psycopg import sql

        one = sql.SQL("(SELECT {} FROM {})")
        parts = [one.format(sql.SQL(figure), sql.Identifier(self.schema, table.name)) for table in SHARED]
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(parts)))
            found = cursor.fetchone() or ()
        return {table.name: value for table, value in zip(SHARED, found, strict=True)}

    def claim_run(self, business_date: date, owner: str, until: datetime, now: datetime) -> bool:
        """Takes the run of a day for `owner` until then, where nobody else holds it; tells whether it is theirs."""
        statement = (
            "INSERT INTO {0} AS held VALUES (%(day)s, %(owner)s, %(until)s) ON CONFLICT (business_date) DO UPDATE "
            "SET owner = %(owner)s, lease_until = %(until)s WHERE held.owner = %(owner)s OR held.lease_until < %(now)s"
        )
        given = {"day": business_date, "owner": owner, "until": until, "now": now}
        with self._transaction() as cursor:
            cursor.execute(self._sql(statement, "sync_claim"), given)
            return cursor.rowcount > 0

    def claim_timer(self, owner: str, seconds: float) -> bool:
        """Takes or keeps the daily timer for `owner`, for so long, where nobody else holds it; tells whether it is theirs.

        By Postgres' own clock, so that a machine whose clock is wrong or jumps can neither keep it for ever nor lose it.
        """
        statement = (
            "INSERT INTO {0} AS held VALUES (%(day)s, %(owner)s, now() + make_interval(secs => %(seconds)s)) "
            "ON CONFLICT (business_date) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until "
            "WHERE held.owner = excluded.owner OR held.lease_until < now()"
        )
        with self._transaction() as cursor:
            cursor.execute(self._sql(statement, "sync_claim"), {"day": TIMER, "owner": owner, "seconds": seconds})
            return cursor.rowcount > 0

    def timer_holder(self) -> str | None:
        """Who holds the daily timer now."""
        with self._connection.cursor() as cursor:
            held = "SELECT owner FROM {} WHERE business_date = %s AND lease_until >= now()"
            cursor.execute(self._sql(held, "sync_claim"), (TIMER,))
            return _one(cursor)

    @contextmanager
    def _transaction(self) -> Generator["Cursor[Any]"]:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("; ".join(_LIMITS))
            yield cursor

    def _sql(self, statement: str, table: str) -> Any:
        from psycopg import sql

        return sql.SQL(statement).format(sql.Identifier(self.schema, table))  # pyright: ignore[reportArgumentType]


def told(error: Exception) -> str:
    """What Postgres said, in one line, without what the rows hold."""
    diagnosis = getattr(error, "diag", None)
    message = getattr(diagnosis, "message_primary", None) or str(error).strip() or type(error).__name__
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return f"Postgres: {lines[0] if lines else 'no answer'}"


def _trouble(error: "PsycopgError") -> PostgresTrouble:
    from psycopg import OperationalError

    # Where no connection was made, or one broke, there is no SQLSTATE.
    away = isinstance(error, OperationalError) and (error.sqlstate is None or error.sqlstate.startswith(_AWAY))
    return PostgresTrouble(told(error), away=away)


def _readable(table: Table, values: Sequence[Any]) -> Row | None:
    try:
        return from_postgres(table, values)
    except ValueError:
        logging.getLogger(__name__).warning("a row of %s in Postgres cannot be read and is left out", table.name)
        return None


def _one(cursor: "Cursor[Any]") -> Any:
    row = cursor.fetchone()
    return row[0] if row else None
