"""The schema: one history for both engines, the same however a database came to it, refused where it is newer."""

import importlib
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage import tables
from storage.places import Places
from storage.postgres import Postgres
from storage.records import TaxYear
from storage.schema import (
    HISTORY,
    History,
    create_postgres,
    create_sqlite,
    sqlite_version,
    upgrade_postgres,
    upgrade_sqlite,
)
from storage.sqlite import SqliteFile
from storage.troubles import StorageTrouble
from tests.makers import a_year_of_payslips
from tests.postgres import PostgresServer
from tests.storage.ledgers import a_ledger, settings_for

FURTHER = f"{int(HISTORY.newest) + 1:04}"
"""The number of a revision after our newest."""
LATER = f'''"""A made-up revision after our newest."""

revision = "{FURTHER}"
down_revision = "{HISTORY.newest}"
branch_labels = None
depends_on = None


def statements(engine):
    kind = "integer" if engine == "postgresql" else "INTEGER"
    return ["ALTER TABLE payslip ADD COLUMN pages " + kind]


def upgrade():
    from alembic import op

    for statement in statements(op.get_context().dialect.name):
        op.execute(statement)
'''
FAILING = LATER.replace("return [", 'return ["CREATE TABLE half (id TEXT)", "not SQL", ')


def a_history(folder: Path, later: str, monkeypatch: pytest.MonkeyPatch) -> History:
    """Our history with one revision more."""
    package = folder / "later_migrations"
    shutil.copytree(HISTORY.folder, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "versions" / f"{FURTHER}_later.py").write_text(later)
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()
    return History(package, "later_migrations", FURTHER)


FIRST = replace(HISTORY, newest="0001")
"""Our history as it began."""


def described(path: Path) -> dict[str, Any]:
    """Everything that SQLite knows of a file's tables, views and indexes."""
    with sqlite3.connect(path) as connection:
        listed = connection.execute("PRAGMA table_list").fetchall()
        names = [name for schema, name, kind, *_ in listed if schema == "main" and kind in {"table", "view"}]
        made = {
            name: (
                [row for row in listed if row[1] == name],
                connection.execute(f"PRAGMA table_xinfo({name})").fetchall(),
                sorted(row[1:] for row in connection.execute(f"PRAGMA index_list({name})")),
            )
            for name in names
            if name != "sqlite_schema"
        }
        made["indexes"] = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
        ).fetchall()
    connection.close()
    return made


def test_a_new_file_has_the_schema_that_alembic_makes(tmp_path: Path) -> None:
    direct, through_alembic = tmp_path / "direct.sqlite", tmp_path / "alembic.sqlite"
    connection = sqlite3.connect(direct, isolation_level=None)
    create_sqlite(connection)
    connection.close()
    upgrade_sqlite(through_alembic)
    assert described(direct) == described(through_alembic)


def test_every_table_of_sqlite_is_strict_but_alembics_own(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    with sqlite3.connect(ledger.file.path) as connection:
        found = connection.execute("PRAGMA table_list").fetchall()
    connection.close()
    lax = {name for schema, name, kind, _, _, strict in found if schema == "main" and kind == "table" and not strict}
    assert lax == {"alembic_version", "sqlite_schema"}


def test_the_tables_have_the_columns_that_the_rows_are_made_for(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    with sqlite3.connect(ledger.file.path) as connection:
        for table in tables.SHARED:
            found = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            found.pop("ni_contributions", None)
            whole = {"money", "flag", "whole"}
            expected = {each.name: "INTEGER" if each.kind in whole else "TEXT" for each in table.columns}
            assert {name: kind.upper() for name, kind in found.items()} == expected, table.name
    connection.close()


def test_postgres_has_the_columns_of_the_contract(postgres: str, postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        upgrade_postgres(connection, "hmrc_sync")
    found = postgres_server.query(
        "SELECT column_name, data_type, numeric_precision, numeric_scale, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'hmrc_sync' AND table_name = 'tax_year_snapshot'",
        dsn=postgres,
    )
    columns = {name: tuple(rest) for name, *rest in found}
    assert columns["tax_year"] == ("text", None, None, "NO")
    assert columns["employer_paye_ref"] == ("text", None, None, "NO")
    assert columns["snapshot_date"] == ("timestamp with time zone", None, None, "NO")
    for amount in ("gross_pay", "income_tax", "ni_contributions"):
        assert columns[amount] == ("numeric", 12, 2, "YES")


def described_postgres(server: PostgresServer, dsn: str, schema: str) -> list[list[tuple[Any, ...]]]:
    """Everything of a schema's columns, indexes, constraints and views, without the schema's name."""
    asked = (
        (
            "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, numeric_precision, numeric_scale, is_identity "
            "FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 3"
        ),
        "SELECT tablename, indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2",
        (
            "SELECT conrelid::regclass::text, conname, contype FROM pg_constraint "
            "WHERE connamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY 2"
        ),
        "SELECT viewname, replace(definition, schemaname || '.', '') FROM pg_views WHERE schemaname = %s ORDER BY 1",
    )
    found = [server.query(statement, schema, dsn=dsn) for statement in asked]
    return [[tuple(str(value).replace(f"{schema}.", "") for value in row) for row in rows] for rows in found]


def test_a_new_postgres_has_the_schema_that_alembic_makes(postgres: str, postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        assert create_postgres(connection, "direct")
        assert not create_postgres(connection, "direct")
        upgrade_postgres(connection, "through_alembic")
    direct = described_postgres(postgres_server, postgres, "direct")
    assert all(direct)
    assert direct == described_postgres(postgres_server, postgres, "through_alembic")


def test_a_first_contact_loads_no_alembic(home: Path, postgres: str) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.storage.ledgers import a_ledger; "
        "assert a_ledger(Path(sys.argv[1]), sys.argv[2]).exchange().store == 'postgres'; "
        "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(home), postgres], cwd=Path(__file__).parents[2], check=True, timeout=60
    )


def test_postgres_has_a_column_for_every_column_of_sqlite(postgres: str, postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        upgrade_postgres(connection, "hmrc_sync")
    types = {"money": "numeric", "moment": "timestamp with time zone", "day": "date", "flag": "boolean"}
    for table in tables.SHARED:
        found = dict(
            postgres_server.query(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'hmrc_sync' "
                "AND table_name = %s AND column_name NOT IN ('arrived', 'ni_contributions')",
                table.name,
                dsn=postgres,
            )
        )
        expected = {
            each.name: types.get(each.kind, "integer" if each.kind == "whole" else "text") for each in table.columns
        }
        assert found == expected, table.name


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = a_ledger(tmp_path).file
    with sqlite3.connect(file.path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0009'")
    connection.close()
    before = file.path.read_bytes()
    with pytest.raises(StorageTrouble, match=r"newer hmrc-tui.*update this program"):
        a_ledger(tmp_path)
    assert file.path.read_bytes() == before


def test_an_older_file_is_copied_aside_and_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = a_ledger(tmp_path / "home")
    slips = a_year_of_payslips(TaxYear(2024))
    ledger.add_payslips(slips, import_id="1", description="a.csv")
    SqliteFile(ledger.file.path).prepare({}, a_history(tmp_path, LATER, monkeypatch))
    aside = ledger.file.path.with_name(f"{ledger.file.path.name}.before-{FURTHER}")
    assert aside.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(aside) as old, sqlite3.connect(ledger.file.path) as new:
        assert (sqlite_version(old), sqlite_version(new)) == (HISTORY.newest, FURTHER)
        assert old.execute("SELECT count(*) FROM payslip").fetchone() == (12,)
        assert new.execute("SELECT count(*), count(pages) FROM payslip").fetchone() == (12, 0)
    old.close()
    new.close()


def test_a_file_of_the_first_schema_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    file = SqliteFile(Places.under(tmp_path / "home").ledger_file("production"))
    file.prepare({"environment": "production"}, FIRST)
    with file.writing() as connection:
        connection.execute("INSERT INTO grant_dates VALUES ('1', '2026-01-01', '2026-01-01', '2027-07-01')")
    new = a_ledger(tmp_path / "new").file
    ledger = a_ledger(tmp_path / "home")
    with ledger.file.reading() as connection:
        assert connection.execute("SELECT count(*) FROM grant_dates").fetchone() == (1,)
    assert described(ledger.file.path) == described(new.path)


def test_a_postgres_of_the_first_schema_is_upgraded_and_shares_what_was_told(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        create_postgres(connection, "hmrc_sync", FIRST)
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    one.keep_alert_told("address", "stale", "2026-07-01")
    assert one.exchange().trouble is None
    assert other.exchange().trouble is None
    assert other.alerts_told("address") == {"stale": "2026-07-01"}
    for ledger in (one, other):
        ledger.close()
    assert postgres_server.query("SELECT version_num FROM hmrc_sync.alembic_version", dsn=postgres) == [
        (HISTORY.newest,)
    ]


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = a_ledger(tmp_path / "home")
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        upgrade_sqlite(ledger.file.path, a_history(tmp_path, FAILING, monkeypatch))
    assert "half" not in described(ledger.file.path)
    assert a_ledger(tmp_path / "home").payslips() == []


def test_a_postgres_upgrade_that_fails_leaves_the_schema_as_it_was(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        upgrade_postgres(connection, "hmrc_sync")
        with pytest.raises(Exception, match="syntax error"):
            upgrade_postgres(connection, "hmrc_sync", a_history(tmp_path, FAILING, monkeypatch))
    assert postgres_server.query("SELECT to_regclass('hmrc_sync.half')", dsn=postgres) == [(None,)]
    assert postgres_server.query("SELECT version_num FROM hmrc_sync.alembic_version", dsn=postgres) == [
        (HISTORY.newest,)
    ]


def test_an_older_postgres_is_upgraded_at_the_first_contact_and_keeps_its_rows(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path / "home", postgres)
    ledger.add_payslips(a_year_of_payslips(TaxYear(2024)), import_id="1", description="a.csv")
    ledger.exchange()
    ledger.close()
    newer = Postgres(settings_for(postgres), a_history(tmp_path, LATER, monkeypatch))
    with newer.contact() as session:
        session.prepare()
        session.prepare()
    newer.close()
    found = postgres_server.query("SELECT count(*), count(pages) FROM hmrc_sync.payslip", dsn=postgres)
    assert found == [(12, 0)]


def test_a_role_that_may_make_no_schema_is_told_so_and_uses_one_made_for_it(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    user, address = postgres_server.with_password(postgres, "secret")
    database = postgres_server.query("SELECT current_database()", dsn=postgres)[0][0]
    postgres_server.query(f"REVOKE CREATE ON DATABASE {database} FROM {user}")
    ledger = a_ledger(tmp_path, address)
    status = ledger.exchange()
    assert (status.store, status.trouble) == ("sqlite", f"Postgres: permission denied for database {database}")
    postgres_server.query(f"CREATE SCHEMA hmrc_sync AUTHORIZATION {user}", dsn=postgres)
    assert ledger.exchange().store == "postgres"
    ledger.close()


def test_two_that_start_at_once_upgrade_postgres_once(postgres: str, postgres_server: PostgresServer) -> None:
    def upgrade(_: int) -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            upgrade_postgres(connection, "hmrc_sync")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upgrade, range(4)))
    assert postgres_server.query("SELECT version_num FROM hmrc_sync.alembic_version", dsn=postgres) == [
        (HISTORY.newest,)
    ]


def test_processes_that_start_at_once_make_one_file(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.storage.ledgers import a_ledger; "
        "ledger = a_ledger(Path(sys.argv[1])); ledger.keep_note(sys.argv[2], 'x'); print(ledger.status().store)"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for number in range(6)
    ]
    for process in running:
        output, errors = process.communicate(timeout=60)
        assert (output, errors, process.returncode) == ("sqlite\n", "", 0)
    assert [a_ledger(tmp_path).note(str(number)) for number in range(6)] == ["x"] * 6


def test_a_creation_that_was_killed_is_done_again(tmp_path: Path) -> None:
    path = Places.under(tmp_path).ledger_file("production")
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    assert a_ledger(tmp_path).payslips() == []


@pytest.mark.parametrize("times", [1, 2])
def test_opening_a_ledger_imports_neither_alembic_nor_psycopg_nor_sqlite_utils(tmp_path: Path, times: int) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.storage.ledgers import a_ledger\n"
        f"for _ in range({times}): a_ledger(Path(sys.argv[1])).status()\n"
        "print(sorted({'alembic', 'sqlalchemy', 'psycopg', 'psycopg_pool', 'sqlite_utils'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ},
    )
    assert done.stdout == "[]\n"
