"""Reads the two tables of payslip_ingest that matter here, whatever columns its version has, without ever writing."""

import socket
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storage.configuration import secret_file
from storage.settings import Settings
from storage.troubles import BadInput

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMA = "payslip_ingest"
CONNECT_SECONDS = 4
READ_SECONDS = 6
MOST_ROWS = 100_000

NEEDED = {
    "payslip": ("paperless_doc_id", "pay_date", "employer"),
    "p60_reference": ("tax_year", "employer", "gross_pay", "income_tax"),
}
"""Columns without which a table is of no use."""
WANTED = {
    "payslip": (
        *NEEDED["payslip"],
        "tax_year",
        "gross_pay",
        "net_pay",
        "income_tax",
        "national_insurance",
        "pension_employee",
        "student_loan",
        "bonus",
        "pension_sacrifice",
        "taxable_pay",
        "ytd_tax_paid",
        "ytd_taxable_pay",
        "ytd_gross",
        "validated",
    ),
    "p60_reference": (*NEEDED["p60_reference"], "national_insurance", "tax_code", "paperless_doc_id"),
}
"""Columns that are read where they are there; others are never looked at."""


class IngestAway(Exception):
    """The database cannot be read now: why, in one line, without its address and password."""


@dataclass(frozen=True, slots=True)
class IngestRows:
    """The rows by column name, and what this version of the database lacks (`payslip.bonus`, `p60_reference`)."""

    payslips: Sequence[Mapping[str, Any]]
    p60s: Sequence[Mapping[str, Any]]
    missing: tuple[str, ...]


def read_database(settings: Settings) -> IngestRows:
    """All rows, in one read-only transaction, within about ten seconds. Raises `IngestAway`."""
    import psycopg

    from storage.postgres import told

    try:
        with _connected(settings) as connection:
            columns = _columns(connection)
            _require(columns)
            payslips = _rows(connection, "payslip", columns)
            p60s = _rows(connection, "p60_reference", columns)
    except BadInput as error:
        raise IngestAway(str(error)) from None
    except (psycopg.Error, OSError) as error:
        raise IngestAway(told(error)) from None
    return IngestRows(payslips, p60s, _missing(columns))


@contextmanager
def _connected(settings: Settings) -> "Generator[Connection[Any]]":
    """A read-only connection that is cut where a reading takes too long: a frozen server cannot hold the caller."""
    import psycopg

    connection = psycopg.connect(_address(settings), connect_timeout=CONNECT_SECONDS)
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    watch = threading.Timer(READ_SECONDS, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{READ_SECONDS - 1}s",))
        yield connection
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: "Connection[Any]") -> None:
    with suppress(Exception):  # it may be closing at this very moment
        duplicate = socket.socket(fileno=socket.dup(connection.fileno()))
        with duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)


def _address(settings: Settings) -> str:
    """The address to connect to; its file is read again at each connect, because the password rotates."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    payslips = settings.payslips
    file = payslips.database_file
    secret = secret_file("[payslips] database_file", Path(file)) if file else payslips.database
    try:
        given = conninfo_to_dict(secret.reveal() if secret else "")
    except ProgrammingError:
        raise BadInput(
            "[payslips] database is not a Postgres address (postgresql://user:password@host/database)"
        ) from None
    return make_conninfo("", **{"application_name": "hmrc-tui", **given})


def _columns(connection: "Connection[Any]") -> dict[str, set[str]]:
    found = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s", (SCHEMA,)
    )
    columns: dict[str, set[str]] = {}
    for table, column in found.fetchall():
        columns.setdefault(table, set()).add(column)
    return columns


def _require(columns: Mapping[str, set[str]]) -> None:
    have = columns.get("payslip", set())
    lacking = [column for column in NEEDED["payslip"] if column not in have]
    if lacking:
        what = f"columns {', '.join(lacking)}" if have else "table payslip_ingest.payslip that this user may read"
        raise BadInput(f"the database has no {what}")


def _rows(connection: "Connection[Any]", table: str, columns: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    """The rows of `table`, none where the database has no such table yet."""
    from psycopg import sql
    from psycopg.rows import dict_row

    have = columns.get(table, set())
    if not have.issuperset(NEEDED[table]):
        return []
    wanted = sql.SQL(", ").join(sql.Identifier(column) for column in WANTED[table] if column in have)
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(wanted, sql.Identifier(SCHEMA, table), MOST_ROWS + 1)
    rows = connection.cursor(row_factory=dict_row).execute(query).fetchall()
    if len(rows) > MOST_ROWS:  # some of them would pass for removed, others from one day to the next
        raise BadInput(f"{SCHEMA}.{table} has over {MOST_ROWS:,} rows; give this user a view of one person's")
    return rows


def _missing(columns: Mapping[str, set[str]]) -> tuple[str, ...]:
    missing: list[str] = []
    for table, wanted in WANTED.items():
        have = columns.get(table, set())
        if not have.issuperset(NEEDED[table]):
            missing.append(table)
            continue
        missing += [f"{table}.{column}" for column in wanted if column not in have]
    return tuple(missing)
