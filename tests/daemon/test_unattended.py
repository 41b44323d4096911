"""What the timer's owner does at a look: nothing is told while a sync is half done, and what has come is told after it."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daemon import unattended as module
from daemon.engine import Engine, build_engine
from daemon.events import Alerted, Event, SyncFinished
from daemon.telling import remember
from daemon.unattended import Unattended
from storage.places import Places
from storage.records import SyncRun, TaxYear
from storage.secret import Secret
from storage.settings import AlertSettings, HmrcSettings, Settings, StorageSettings
from tests.inbox import Inbox
from tests.makers import UTR, StoppedClock
from tests.postgres import PostgresServer

FIGURES = "HMRC has figures now for tax year 2024-25"


@pytest.fixture
def engine(home: Path) -> Engine:
    settings = Settings(hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR)))
    return build_engine(settings, Places.under(home), StoppedClock())


def a_run(engine: Engine) -> SyncRun:
    """A sync of another process on this machine, begun now."""
    now = engine.clock.now()
    return SyncRun(
        id="another", business_date=now.date(), started_at=now, finished_at=None, outcome="failed", unattended=False,
        host="here", summary="killed before its end",
    )  # fmt: skip


def told(engine: Engine) -> list[str]:
    heard: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Alerted):
            heard.append(event.text)

    engine.listen(hear)
    return heard


def test_nothing_is_told_of_figures_that_are_half_asked_for(engine: Engine) -> None:
    heard, unattended, run = told(engine), Unattended(engine), a_run(engine)
    engine.ledger.add_run(run)
    unattended.hear(SyncFinished("run", engine.clock.now(), ((TaxYear(2024), "new"),), None))
    assert unattended.look(owner=False) is None
    assert (heard, unattended.tells_soon) == ([], True)
    engine.ledger.add_run(replace(run, finished_at=engine.clock.now(), outcome="done"))
    unattended.look(owner=False)
    unattended.look(owner=False)
    assert (heard, unattended.tells_soon) == ([FIGURES], False)


def test_a_run_that_was_killed_keeps_nobody_waiting_for_long(engine: Engine) -> None:
    heard, unattended = told(engine), Unattended(engine)
    engine.ledger.add_run(a_run(engine))
    unattended.hear(SyncFinished("run", engine.clock.now(), ((TaxYear(2024), "new"),), None))
    clock = engine.clock
    assert isinstance(clock, StoppedClock)
    clock.moment += timedelta(minutes=10)
    unattended.look(owner=False)
    assert heard == [FIGURES]


def an_engine_on(home: Path, postgres: str, *, daemon: bool, urls: str | None = None) -> Engine:
    settings = Settings(
        hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR)),
        storage=StorageSettings(postgres=Secret(postgres)),
        alerts=AlertSettings(urls=(Secret(urls),) if urls else ()),
    )
    engine = build_engine(settings, Places.under(home), StoppedClock())
    engine.keeps_timer = daemon
    return engine


def test_a_screen_leaves_the_timer_to_a_daemon_on_another_machine(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Unattended, "_has_a_sign_in", lambda _self: True)
    daemon = an_engine_on(tmp_path / "server", postgres, daemon=True)
    screen = an_engine_on(tmp_path / "laptop", postgres, daemon=False)
    another = an_engine_on(tmp_path / "another server", postgres, daemon=True)
    Unattended(screen).look(owner=True)
    assert not screen.timer_elsewhere, "where there is no daemon, the screen has the timer"
    for engine in (daemon, screen, another, daemon):
        Unattended(engine).look(owner=True)
    assert [engine.timer_elsewhere for engine in (daemon, screen, another)] == [False, True, True]
    for engine in (daemon, screen, another):
        engine.ledger.close()


def test_a_restart_of_postgres_gives_nobody_a_second_timer_but_an_hour_without_it_does(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Unattended, "_has_a_sign_in", lambda _self: True)
    daemon, another = (an_engine_on(tmp_path / name, postgres, daemon=True) for name in ("one", "two"))
    watching = Unattended(another)
    Unattended(daemon).look(owner=True)
    watching.look(owner=True)
    postgres_server.stop()
    later = time.monotonic()
    for minutes, elsewhere in ((2, True), (59, True), (61, False)):
        monkeypatch.setattr(module, "monotonic", lambda minutes=minutes: later + minutes * 60)
        watching.look(owner=True)
        assert another.timer_elsewhere == elsewhere
    postgres_server.start()
    for engine in (daemon, another):
        engine.ledger.close()


def test_who_takes_the_timer_over_tells_nothing_that_another_told(tmp_path: Path, postgres: str) -> None:
    with Inbox() as inbox:
        one, other = (
            an_engine_on(tmp_path / name, postgres, daemon=True, urls=inbox.address) for name in ("one", "other")
        )
        for engine in (one, other):
            remember(engine.ledger, {TaxYear(2024): ("gone", "run")})
        for engine in (one, other, one):
            Unattended(engine).look(owner=True)
            engine.ledger.close()
    assert inbox.received == ["HMRC no longer has figures for tax year 2024-25; what it said before is kept"]


def test_without_postgres_alerts_wait_a_moment_at_a_start_and_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Inbox() as inbox:
        engine = an_engine_on(tmp_path, "postgresql://nobody@127.0.0.1:9/nowhere", daemon=True, urls=inbox.address)
        remember(engine.ledger, {TaxYear(2024): ("new", "run")})
        unattended, began = Unattended(engine), time.monotonic()
        told: list[int] = []
        for seconds in (0, 60, 120):
            monkeypatch.setattr(module, "monotonic", lambda seconds=seconds: began + seconds)
            unattended.look(owner=True)
            told.append(len(inbox.received))
        engine.ledger.close()
    assert (told, inbox.received) == ([0, 1, 1], [FIGURES])


def test_a_daemon_that_is_not_signed_in_keeps_the_timer_from_nobody(tmp_path: Path, postgres: str) -> None:
    daemon = an_engine_on(tmp_path / "server", postgres, daemon=True)
    screen = an_engine_on(tmp_path / "laptop", postgres, daemon=False)
    for engine in (daemon, screen):
        Unattended(engine).look(owner=True)
        assert not engine.timer_elsewhere
        engine.ledger.close()
