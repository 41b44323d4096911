"""Syncing while Postgres comes and goes: each sync ends well, says which store it reached, and every row arrives once."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from daemon import engine as engine_module
from daemon.engine import Engine, build_engine
from daemon.events import CallFinished, Event, StoreChanged
from daemon.hmrc.pace import Pace
from daemon.simulator import Simulator
from storage.clock import SystemClock
from storage.places import Places
from storage.postgres import Postgres
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import StorageSettings
from tests.daemon.signed_in import figures, sign_in
from tests.postgres import PostgresServer
from tests.simulated import settings_for, simulated

YEARS = [TaxYear(2022), TaxYear(2023)]
CALLS = len(YEARS) * 5


@pytest.fixture
def role(postgres: str, postgres_server: PostgresServer) -> tuple[str, str]:
    """A role whose password can be changed, and its address."""
    return postgres_server.with_password(postgres, "first")


@pytest.fixture
def shared(tmp_path: Path, role: tuple[str, str], postgres_server: PostgresServer) -> Iterator[Engine]:
    """A signed-in engine whose ledger is shared through Postgres."""
    with simulated(throttle=False) as simulator:
        yield (engine := _engine(simulator, tmp_path / "home", role[1]))
        engine.ledger.close()
    postgres_server.thaw()
    postgres_server.restart()


def _engine(simulator: Simulator, home: Path, dsn: str) -> Engine:
    settings, places = settings_for(simulator), Places.under(home)
    sign_in(simulator, settings, places)
    settings = msgspec.structs.replace(settings, storage=StorageSettings(postgres=Secret(dsn)))
    figures(simulator, "2022-23", "30000.00", "3486.00")
    figures(simulator, "2023-24", "34200.00", "4324.00")
    pace = Pace(places.state_folder(settings.environment) / "pace", requests=1000)
    return build_engine(settings, places, SystemClock(), pace=pace)


def after_the_first_call(engine: Engine, happening: Callable[[], None]) -> None:
    """Lets something happen once in the middle of the next sync."""

    def listen(event: Event) -> None:
        if isinstance(event, CallFinished):
            forget()
            happening()

    forget = engine.listen(listen)


def calls_in(server: PostgresServer, dsn: str) -> int:
    return server.query("SELECT count(*) FROM hmrc_sync_simulator.fetch_log", dsn=dsn)[0][0]


async def test_a_sync_shares_what_it_was_told_and_until_when_the_sign_in_holds(
    shared: Engine, postgres: str, postgres_server: PostgresServer
) -> None:
    report = await shared.sync(YEARS)
    assert (report.store, report.queued) == ("postgres", 0)
    assert calls_in(postgres_server, postgres) == CALLS
    found = postgres_server.query(
        "SELECT tax_year, gross_pay::text, income_tax::text FROM hmrc_sync_simulator.tax_year_snapshot ORDER BY 1",
        dsn=postgres,
    )
    assert found == [("2022/23", "30000.00", "3486.00"), ("2023/24", "34200.00", "4324.00")]
    ((days,),) = postgres_server.query(
        "SELECT (grant_expires_at - granted_at)::text FROM hmrc_sync_simulator.grant_dates", dsn=postgres
    )
    assert days.startswith("547 days")


@pytest.mark.parametrize("outage", ["stopped", "frozen", "refusing passwords"])
async def test_an_outage_in_the_middle_of_a_sync_leaves_it_well_and_every_row_arrives_once(
    shared: Engine, role: tuple[str, str], postgres: str, postgres_server: PostgresServer, outage: str
) -> None:
    begin, end = {
        "stopped": (postgres_server.stop, postgres_server.start),
        "frozen": (postgres_server.freeze, postgres_server.thaw),
        "refusing passwords": (
            lambda: postgres_server.change_password(role[0], "another"),
            lambda: postgres_server.change_password(role[0], "first"),
        ),
    }[outage]
    await asyncio.to_thread(shared.ledger.exchange)
    after_the_first_call(shared, begin)
    began = time.monotonic()
    report = await shared.sync(YEARS)
    assert time.monotonic() - began < 35, "ten calls would have waited for it for forty"
    end()
    assert [year.outcome for year in report.years] == ["new", "new"]
    assert report.trouble is None
    assert report.store == "sqlite"
    assert report.queued >= CALLS - 1
    status = await asyncio.to_thread(shared.ledger.exchange)
    assert (status.store, status.queued) == ("postgres", 0)
    assert calls_in(postgres_server, postgres) == CALLS


async def test_rows_arrive_by_the_engines_own_tick_once_postgres_is_back(
    shared: Engine, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine_module.EXCHANGE_SECONDS <= 60
    monkeypatch.setattr(engine_module, "EXCHANGE_SECONDS", 0.2)
    arrived = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, StoreChanged) and (event.store, event.queued) == ("postgres", 0):
            arrived.set()

    postgres_server.stop()
    report = await shared.sync(YEARS)
    assert report.store == "sqlite"
    shared.listen(listen)
    await shared.start()
    postgres_server.start()
    async with asyncio.timeout(30):
        await arrived.wait()
    assert calls_in(postgres_server, postgres) == CALLS
    await shared.close()


async def test_the_figures_are_there_at_once_while_postgres_cannot_be_reached(
    shared: Engine, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contact(_: Postgres) -> None:
        pytest.fail("Postgres was asked for what stands in SQLite")

    await shared.sync(YEARS)
    postgres_server.freeze()
    monkeypatch.setattr(Postgres, "contact", contact)
    assert len(shared.reconciliation(YEARS).tax_years) == 2
    assert shared.store_status().queued == 0
    postgres_server.thaw()
