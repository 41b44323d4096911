"""What the HTTP service is told of the daemon: quickly and plainly, also while Vault is sealed, silent, or the ledger is gone."""

import asyncio
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.engine import build_engine
from daemon.events import CallStarted, LedgerChanged, StoreChanged
from daemon.host import FLOOD, EngineHost
from daemon.service import SyncRequested
from daemon.telling import remember, tell_alerts
from daemon.told import ToldHere
from storage.places import Places
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, StorageSettings, TokenSettings, VaultSettings
from storage.tokens import vault_client
from tests.daemon.signed_in import engine_on_a_simulator
from tests.makers import UTR, StoppedClock
from tests.vault_stand_in import ROOT, VaultStandIn


def a_host(home: Path, vault: str | None = None, postgres: str | None = None) -> EngineHost:
    settings = Settings(
        hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR), client_id=Secret("an-id")),
        vault=VaultSettings(address=vault, token=Secret(ROOT)),
        tokens=TokenSettings(store="vault" if vault else "file"),
        storage=StorageSettings(postgres=Secret(postgres) if postgres else None),
    )
    return EngineHost(build_engine(settings, Places.under(home), StoppedClock()))


@pytest.fixture(params=["sealed", "silent"])
def unusable_vault(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a Vault that refuses everything, or takes connections and says nothing."""
    with socket.socket() as silent, VaultStandIn() as sealed:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        sealed.sealed = True
        yield sealed.address if request.param == "sealed" else f"http://127.0.0.1:{silent.getsockname()[1]}"


def test_without_vault_probes_and_scrapes_are_answered_before_they_give_up(
    home: Path, unusable_vault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_client, "READ_SECONDS", 90.0)
    host = a_host(home, unusable_vault)
    began = time.monotonic()
    assert host.ready()
    assert host.readiness() == {"ledger": "ok", "postgres": "not configured", "sign_in": "unknown"}
    metrics = host.metrics().decode()
    assert time.monotonic() - began < 30
    assert "hmrc_tui_grant_days_left NaN" in metrics
    assert 'hmrc_tui_grant_state{state="ok"} 0.0' in metrics
    assert "hmrc_tui_outbox_rows 0.0" in metrics


def test_without_vault_everything_else_is_told(home: Path) -> None:
    with VaultStandIn() as vault:
        vault.sealed = True
        host = a_host(home, vault.address)
        remember(host.engine.ledger, {TaxYear(2024): ("new", "run-1")})
        tell_alerts(host.engine)
    assert ToldHere(host.engine.ledger, "screen").standing() == {"year:2024-25": "new:run-1"}


def test_a_ledger_that_cannot_be_written_is_not_ready_and_says_so_in_words(home: Path) -> None:
    host = a_host(home)
    host.engine.ledger.file.path.write_bytes(b"this is no ledger any more, and long enough to be looked at" * 99)
    assert not host.ready()
    assert host.readiness() == {"ledger": "cannot be written", "postgres": "not configured", "sign_in": "none"}


def test_a_full_disk_is_not_ready(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = a_host(home)
    assert host.ready()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    assert not host.ready()
    assert host.readiness()["ledger"] == "cannot be written"


def test_a_postgres_that_was_never_reached_is_away(home: Path) -> None:
    host = a_host(home, postgres="postgresql://nobody@127.0.0.1:9/nowhere")
    assert host.readiness()["postgres"] == "away"
    assert host.ready()


async def test_a_request_during_the_timers_run_joins_it_whatever_years_it_asks_for(tmp_path: Path) -> None:
    with engine_on_a_simulator(tmp_path) as (engine, _):
        host = EngineHost(engine)
        began = asyncio.Event()
        engine.listen(lambda event: began.set() if isinstance(event, CallStarted) else None)
        timers = asyncio.create_task(engine.sync([TaxYear(2024)], unattended=True))
        await began.wait()
        first, second = host.request_sync(), host.request_sync()
        report = await timers
        assert [first, second] == [SyncRequested(report.started_at, joined=True)] * 2
        await asyncio.sleep(0)
        assert len(engine.ledger.runs()) == 1
        assert not host.request_sync().joined
        await host.close()


async def test_a_flood_of_requests_that_outlasts_its_run_starts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = SimpleNamespace(monotonic=lambda: second.now, now=0.0)
    monkeypatch.setattr("daemon.host.time", second)
    monkeypatch.setattr("daemon.host.BETWEEN_RUNS", timedelta(0))
    with engine_on_a_simulator(tmp_path) as (engine, _):
        host, ended = EngineHost(engine), asyncio.Event()
        engine.listen(lambda event: ended.set() if isinstance(event, LedgerChanged) else None)

        async def joined(requests: int) -> list[bool]:
            """What each of so many requests is told, all within one second, and the last after the run of the first."""
            ended.clear()
            told = [host.request_sync().joined for _ in range(requests - 1)]
            if not told[0]:
                await asyncio.wait_for(ended.wait(), 30)
                while engine.syncing:
                    await asyncio.sleep(0.01)
            return [*told, host.request_sync().joined]

        assert await joined(FLOOD) == [False] + [True] * (FLOOD - 1)
        assert await joined(1000) == [True] * 1000
        assert len(engine.ledger.runs()) == 1
        second.now += 1  # the flood is over, and one more request is a wish of its own
        assert not host.request_sync().joined
        await host.close()


def test_a_postgres_that_is_away_is_logged_where_one_is_configured(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for postgres in (None, "postgresql://nobody@127.0.0.1:9/nowhere"):
        a_host(home, postgres=postgres).engine.tell(StoreChanged("sqlite", 3, "Postgres: no route"))
    assert caplog.messages == ["Postgres is away (Postgres: no route): everything is kept in SQLite; rows that wait: 3"]
