"""Postgres stopped, frozen, refusing passwords, or coming and going: a contact ends soon and well, and nothing is lost or doubled."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import merge, watchdog
from storage import postgres as postgres_module
from storage.ledger import Ledger, open_ledger
from storage.places import Places
from storage.postgres import Session
from storage.records import Snapshot
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, StorageSettings
from storage.troubles import StorageTrouble
from tests.makers import UTR, StoppedClock
from tests.postgres import PostgresServer, conninfo_database
from tests.storage.ledgers import a_ledger, a_snapshot, an_observation

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
SOON = 20.0
"""Seconds within which a contact has to end, whatever the server does: it takes up to six, and a frozen server would hold it for good."""


@pytest.fixture
def server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """The server, up and thawed again after the test."""
    yield postgres_server
    postgres_server.thaw()
    postgres_server.restart()


def some_rows(ledger: Ledger, count: int = 30, first: int = 0) -> None:
    """Observations that wait for Postgres."""
    for number in range(first, first + count):
        ledger.add_observation(an_observation(number, NOON), None)


def in_the_middle(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], None]) -> None:
    """Lets something happen after the first batch of a contact was pushed, before the next."""
    monkeypatch.setattr(merge, "BATCH", 10)
    push, happened = Session.push, threading.Event()

    def pushing(*given: object) -> None:
        push(*given)  # pyright: ignore[reportArgumentType]
        if not happened.is_set():
            happened.set()
            happening()

    monkeypatch.setattr(Session, "push", pushing)


def rows_in_postgres(server: PostgresServer, dsn: str) -> int:
    return server.query("SELECT count(*) FROM hmrc_sync.fetch_log", dsn=dsn)[0][0]


@contextmanager
def ending_soon() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON


def test_a_postgres_that_is_down_at_the_start_is_no_error(
    tmp_path: Path, postgres: str, server: PostgresServer
) -> None:
    server.stop()
    ledger = a_ledger(tmp_path, postgres)
    some_rows(ledger)
    with ending_soon():
        status = ledger.exchange()
    assert (status.store, status.queued, status.contacted_at) == ("sqlite", 30, None)
    assert (status.trouble or "").startswith("Postgres: ")
    server.start()
    status = ledger.exchange()
    assert (status.store, status.queued, status.trouble) == ("postgres", 0, None)
    assert rows_in_postgres(server, postgres) == 30
    ledger.close()


def test_a_refused_connection_costs_no_wait(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path, "postgresql://nobody:secret-password@127.0.0.1:9/none")
    some_rows(ledger, 1)
    ledger.exchange()
    status = ledger.exchange()
    assert status.store == "sqlite"
    assert "Connection refused" in (status.trouble or ""), "it waited, and told that instead"
    assert "secret-password" not in (status.trouble or "")
    ledger.close()


@pytest.mark.parametrize(
    "address", ["postgresql://user:secret-password@host:port/x", "secret-password here", "host=x secret-password"]
)
def test_an_address_that_makes_no_sense_is_told_without_its_password(tmp_path: Path, address: str) -> None:
    ledger = a_ledger(tmp_path, address)
    status = ledger.exchange()
    assert status.store == "sqlite"
    assert "secret-password" not in (status.trouble or "")
    assert "\n" not in (status.trouble or "")
    ledger.close()


def test_a_crash_in_the_middle_of_a_contact_loses_and_doubles_nothing(
    tmp_path: Path, postgres: str, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    contacted = ledger.status().contacted_at
    some_rows(ledger)
    in_the_middle(monkeypatch, server.stop)
    with ending_soon():
        status = ledger.exchange()
    assert (status.store, status.queued, status.contacted_at) == ("sqlite", 20, contacted)
    some_rows(ledger, 5, first=100)
    server.start()
    status = ledger.exchange()
    assert (status.store, status.queued) == ("postgres", 0)
    assert rows_in_postgres(server, postgres) == 35
    ledger.close()


def test_a_server_that_freezes_in_the_middle_of_a_contact_holds_nobody(
    tmp_path: Path, postgres: str, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    some_rows(ledger)
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 2.0)
    in_the_middle(monkeypatch, server.freeze)
    with ending_soon():
        status = ledger.exchange()
    assert (status.store, status.queued) == ("sqlite", 20)
    assert status.trouble == "Postgres did not answer in time"
    assert len(ledger.observations()) == 30
    server.thaw()
    status = ledger.exchange()
    assert (status.store, status.queued, status.trouble) == ("postgres", 0, None)
    assert rows_in_postgres(server, postgres) == 30
    ledger.close()


def test_a_frozen_server_cannot_hold_a_new_connection_either(
    tmp_path: Path, postgres: str, server: PostgresServer
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    some_rows(ledger, 1)
    server.freeze()
    with ending_soon():
        status = ledger.exchange()
    assert (status.store, status.queued) == ("sqlite", 1)
    server.thaw()
    assert ledger.exchange().queued == 0
    ledger.close()


def test_a_password_that_changes_is_read_from_its_file_again(
    tmp_path: Path, postgres: str, server: PostgresServer
) -> None:
    user, address = server.with_password(postgres, "first")
    file = tmp_path / "dsn"
    file.write_text(address + "\n")
    settings = Settings(
        hmrc=HmrcSettings(environment="production"),
        storage=StorageSettings(postgres=Secret("read at the start"), postgres_file=str(file)),
    )
    ledger = open_ledger(settings, Places.under(tmp_path), StoppedClock(), taxpayer=Secret(UTR))
    some_rows(ledger, 3)
    assert ledger.exchange().store == "postgres"
    server.change_password(user, "second")
    some_rows(ledger, 3, first=10)
    with ending_soon():
        status = ledger.exchange()
    assert (status.store, status.queued) == ("sqlite", 3)
    assert "password authentication failed" in (status.trouble or "")
    file.write_text(address.replace(":first@", ":second@"))
    assert ledger.exchange().queued == 0
    file.unlink()
    assert "No such file" in (ledger.exchange().trouble or "")
    ledger.close()


def test_migrating_a_postgres_that_is_away_says_so_and_where_the_rows_are(
    tmp_path: Path, postgres: str, server: PostgresServer
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    some_rows(ledger, 2)
    server.stop()
    with pytest.raises(StorageTrouble, match="nothing is lost, rows that wait here: 2"):
        ledger.migrate_postgres()
    server.start()
    ledger.migrate_postgres()
    ledger.migrate_postgres()
    ledger.close()


def test_a_postgres_that_may_only_be_read_keeps_rows_waiting_and_is_told_in_our_words_alone(
    tmp_path: Path, postgres: str, server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    assert ledger.exchange().store == "postgres"
    database = conninfo_database(postgres)
    server.query(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    some_rows(ledger, 2)
    status = ledger.exchange()
    assert (status.queued, status.set_aside) == (2, 0)
    assert "read-only transaction" in (status.trouble or "")
    assert not caplog.records
    server.query(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    assert ledger.exchange().queued == 0
    ledger.close()


def test_no_scheduled_run_is_claimed_while_postgres_is_away(
    tmp_path: Path, postgres: str, server: PostgresServer
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    server.stop()
    assert ledger.claim_run(NOON.date(), "desk", timedelta(minutes=10)) is None
    server.start()
    ledger.close()


def test_closing_ends_a_contact_that_hangs(
    tmp_path: Path, postgres: str, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    some_rows(ledger)
    frozen = threading.Event()

    def freeze() -> None:
        server.freeze()
        frozen.set()

    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 90.0)
    in_the_middle(monkeypatch, freeze)
    contact = threading.Thread(target=ledger.exchange)
    contact.start()
    assert frozen.wait(30)
    ledger.close()
    contact.join(30)
    assert not contact.is_alive()
    assert ledger.status().trouble is None


def test_closing_waits_for_no_frozen_server(
    tmp_path: Path, postgres: str, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 90.0)
    monkeypatch.setattr(postgres_module, "CONNECT_SECONDS", 90)
    ledger = a_ledger(tmp_path, f"{postgres}&connect_timeout=90")
    ledger.exchange()
    server.freeze()
    contact = threading.Thread(target=ledger.exchange)
    contact.start()
    time.sleep(0.3)  # by now it waits for the connection, or has not begun: either way closing is quick
    ledger.close()
    contact.join(30)
    assert not contact.is_alive()
    assert ledger.status().trouble is None


@pytest.mark.parametrize(("restarts", "snapshots"), [(6, 300), pytest.param(100, 1000, marks=pytest.mark.soak)])
def test_restarts_and_broken_contacts_at_any_moment_lose_and_double_nothing(
    tmp_path: Path,
    postgres: str,
    server: PostgresServer,
    restarts: int,
    snapshots: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merge, "BATCH", 7)
    chance = random.Random(20250701)
    ledgers = [a_ledger(tmp_path / name, postgres) for name in ("one", "other")]
    over = threading.Event()

    def crash() -> None:
        for _ in range(restarts):
            time.sleep(chance.uniform(0.0, 0.1))
            server.restart()
        over.set()

    def meet() -> None:
        while not over.is_set():
            for ledger in ledgers:
                ledger.exchange()

    crashing, meeting = threading.Thread(target=crash), threading.Thread(target=meet)
    crashing.start()
    meeting.start()
    written: list[Snapshot] = []
    for number in range(snapshots):
        snapshot = a_snapshot(NOON + timedelta(seconds=number), f"{number}.01")
        ledgers[number % 2].add_snapshots([snapshot])
        written.append(snapshot)
    crashing.join()
    meeting.join()
    for ledger in (*ledgers, ledgers[0]):
        assert ledger.exchange().queued == 0
    ids = sorted(snapshot.id for snapshot in written)
    found = server.query("SELECT id FROM hmrc_sync.tax_year_snapshot", dsn=postgres)
    assert sorted(row_id for (row_id,) in found) == ids
    assert ledgers[0].exchange().store == ledgers[1].exchange().store == "postgres"
    for ledger in ledgers:
        assert sorted(snapshot.id for snapshot in ledger.snapshots()) == ids
        ledger.close()
