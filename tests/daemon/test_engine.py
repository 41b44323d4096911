"""The engine on HMRC's simulator: a person signed in, syncs from HTTP to the ledger, and what listeners hear."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from daemon.engine import Engine, SyncStopped, build_engine
from daemon.events import (
    Alerted,
    CallFinished,
    CallStarted,
    Event,
    GrantChanged,
    LedgerChanged,
    SyncFinished,
    SyncStarted,
)
from daemon.facts import gather
from daemon.simulator import Simulator
from daemon.simulator.happy_paths import SCENARIOS
from daemon.years import current_year
from storage.places import Places
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded
from tests.daemon.signed_in import engine_on_a_simulator, figures, withdraw
from tests.makers import UTR, StoppedClock, a_payslip
from tests.simulated import ask, control

YEAR = TaxYear(2023)


@pytest.fixture
def signed_in(tmp_path: Path) -> Iterator[tuple[Engine, Simulator]]:
    """An engine with a person signed in at the simulator, where HMRC knows one year."""
    with engine_on_a_simulator(tmp_path / "home") as (engine, simulator):
        figures(simulator, "2023-24", "34200.00", "4324.00")
        yield engine, simulator


async def outcome(engine: Engine, year: TaxYear = YEAR) -> str:
    """The verdict of a sync of one year."""
    return (await engine.sync([year])).years[0].outcome


def test_a_reconciliation_gives_way_to_a_screen_before_each_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = build_engine(Settings(), Places.under(tmp_path), StoppedClock())
    done: list[str] = []
    engine.give_way = lambda: done.append("way")
    for module, piece in (("daemon.engine", "gather"), ("daemon.reconcile.run", "reconcile")):
        work = getattr(import_module(module), piece)
        monkeypatch.setattr(f"{module}.{piece}", _told(work, piece, done))
    engine.reconciliation()
    assert done == ["way", "gather", "way", "reconcile"]
    engine.ledger.close()


def _told(work: Callable[..., Any], name: str, done: list[str]) -> Callable[..., Any]:
    def doing(*arguments: Any, **options: Any) -> Any:
        done.append(name)
        return work(*arguments, **options)

    return doing


async def test_the_main_job(signed_in: tuple[Engine, Simulator]) -> None:
    engine, simulator = signed_in
    assert [await outcome(engine), await outcome(engine)] == ["new", "unchanged"]
    figures(simulator, "2023-24", "34200.00", "4300.00")
    assert await outcome(engine) == "changed"
    withdraw(simulator, "2023-24")
    assert [await outcome(engine), await outcome(engine)] == ["gone", "gone"]
    assert await outcome(engine, current_year(engine.clock)) == "not_yet"
    (year,) = [each for each in engine.reconciliation([YEAR]).tax_years if each.tax_year == YEAR]
    assert year.state == "gone"
    assert year.rows[0].tax.hmrc == Decimal("4300.00")
    assert [str(row.income_tax) for row in engine.ledger.snapshots(YEAR)] == ["4324.00", "4300.00"]
    assert engine.last_confirmed() is not None


async def test_hmrcs_happy_paths_give_exactly_their_figures(signed_in: tuple[Engine, Simulator]) -> None:
    engine, simulator = signed_in
    first, second = TaxYear(2019), TaxYear(2020)
    for year, scenario in ((first, "HAPPY_PATH_1"), (second, "HAPPY_PATH_2")):
        for api, scenarios in SCENARIOS.items():
            address = f"{simulator.address}/simulator/figures/{api}/{simulator.person.utr}/{year.hmrc}"
            assert ask("PUT", address, content=scenarios[scenario]).status_code == 200
    await engine.sync([first, second])
    years = {year.tax_year: year for year in gather(engine.ledger, engine.settings, engine.clock).hmrc}
    assert [
        (str(each.reference), each.name, str(each.pay), str(each.tax), str(each.benefits), each.off_payroll)
        for each in years[first].employments
    ] == [
        ("123/AB456", "Company XYZ", "22500.00", "890.35", "1218.00", True),
        ("456/AB456", "Company ABC", "8650.00", "224.99", "1274.00", False),
    ]
    assert (str(years[first].refunds), str(years[first].pensions), str(years[first].nicable_earnings)) == (
        "325.00",
        "36.50",
        "10.00",
    )
    assert [(str(each.reference), each.pay, each.tax) for each in years[second].employments] == [
        ("111/AAA", None, Decimal("3000.00")),
        ("123/AB456", Decimal("22500.00"), None),
    ]


async def test_without_years_it_asks_for_those_of_the_configuration(signed_in: tuple[Engine, Simulator]) -> None:
    engine, _ = signed_in
    current = current_year(engine.clock).start
    report = await engine.sync()
    assert [year.tax_year for year in report.years] == [TaxYear(start) for start in range(current - 4, current)]
    engine.ledger.add_payslips([a_payslip(TaxYear(current - 2).begins)], import_id="i", description="d")
    assert engine.years() == (TaxYear(current - 2), TaxYear(current - 1))


async def test_a_persons_sync_and_a_timers_say_so_to_hmrc(signed_in: tuple[Engine, Simulator]) -> None:
    engine, simulator = signed_in
    await engine.sync([YEAR])
    await engine.sync([YEAR], unattended=True)
    calls = [each for each in control(simulator, "GET", "/requests") if "annual-summary" in each["path"]]
    methods = [
        {name.lower(): value for name, value in dict(each["headers"]).items()}["gov-client-connection-method"]
        for each in calls
    ]
    assert methods == ["DESKTOP_APP_DIRECT"] * 5 + ["BATCH_PROCESS_DIRECT"] * 5
    assert [run.unattended for run in engine.ledger.runs()] == [True, False]


class TestWhatItNeeds:
    async def test_without_a_utr_it_says_what_to_set_and_asks_nothing(self, tmp_path: Path) -> None:
        engine = build_engine(Settings(), Places.under(tmp_path), StoppedClock())
        with pytest.raises(BadInput, match=r"set \[hmrc\] utr"):
            await engine.sync([YEAR])
        assert engine.ledger.runs() == []

    async def test_without_a_sign_in_it_says_so(self, tmp_path: Path) -> None:
        with engine_on_a_simulator(tmp_path, signed_in=False) as (engine, simulator):
            with pytest.raises(SignInNeeded, match="hmrc-tui authorise"):
                await engine.sync([YEAR])
            assert not [each for each in control(simulator, "GET", "/requests") if "annual-summary" in each["path"]]

    async def test_a_token_endpoint_that_fails_is_hmrcs_trouble_and_the_sign_in_stays(
        self, signed_in: tuple[Engine, Simulator], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine, _ = signed_in

        async def fails(*_: object) -> None:
            raise HmrcTrouble("HMRC's token endpoint failed (503); try again later")

        monkeypatch.setattr(engine.grant, "_refresh", fails)
        monkeypatch.setattr(engine.grant, "_fresh", lambda _record: False)
        with pytest.raises(HmrcTrouble, match="token endpoint"):
            await engine.sync([YEAR])
        assert engine.grant_status().state == "ok"
        assert engine.ledger.runs()[0].outcome == "failed"

    async def test_a_dead_access_token_is_refreshed_once_and_the_sync_goes_on(
        self, signed_in: tuple[Engine, Simulator]
    ) -> None:
        engine, simulator = signed_in
        control(simulator, "POST", "/tokens/expire", {})
        assert await outcome(engine) == "new"
        refreshes = [each for each in control(simulator, "GET", "/requests") if each["path"] == "/oauth/token"]
        assert len(refreshes) == 2  # the code exchange, and one refresh


class TestListening:
    async def test_listeners_hear_the_run_in_the_engines_loop_until_they_stop(
        self, signed_in: tuple[Engine, Simulator]
    ) -> None:
        engine, _ = signed_in
        heard: list[Event] = []
        stop = engine.listen(heard.append)
        await engine.sync([YEAR])
        kinds = [type(event) for event in heard]
        assert (kinds[0], kinds[-2], kinds[-1]) == (SyncStarted, SyncFinished, LedgerChanged)
        stop()
        stop()
        await engine.sync([YEAR])
        assert len(heard) == len(kinds)

    async def test_a_listener_that_fails_ends_nothing(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        heard: list[Event] = []
        engine.listen(lambda event: 1 / 0)
        engine.listen(heard.append)
        assert await outcome(engine) == "new"
        assert heard

    async def test_what_a_thread_tells_is_heard_in_the_loop(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        await engine.start()
        heard: list[tuple[Event, object]] = []
        engine.listen(lambda event: heard.append((event, asyncio.current_task())))
        loops: list[asyncio.AbstractEventLoop] = []
        engine.listen(lambda _: loops.append(asyncio.get_running_loop()))
        await asyncio.to_thread(engine.tell, GrantChanged("ok"))
        await asyncio.sleep(0)
        assert GrantChanged("ok") in [event for event, _ in heard]
        assert set(loops) == {asyncio.get_running_loop()}
        await engine.close()


class TestSeveralAtOnce:
    async def test_a_request_for_years_under_way_joins_the_sync(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        first, second = await asyncio.gather(engine.sync([YEAR, YEAR.next]), engine.sync([YEAR]))
        assert first is second
        assert len(engine.ledger.runs()) == 1

    async def test_a_request_for_other_years_waits_for_its_end(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        first, second = await asyncio.gather(engine.sync([YEAR]), engine.sync([YEAR.next]))
        assert [report.years[0].tax_year for report in (first, second)] == [YEAR, YEAR.next]
        assert second.started_at >= first.finished_at - timedelta(seconds=1)
        assert not engine.syncing


class TestStopping:
    async def test_a_person_can_stop_a_sync_between_two_calls(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, simulator = signed_in
        control(
            simulator, "POST", "/faults", {"action": "delay", "seconds": 0.2, "path": "/individual-tax", "times": None}
        )
        stopped = asyncio.Event()

        def stop_at_the_first_answer(event: Event) -> None:
            if isinstance(event, CallFinished) and not stopped.is_set():
                stopped.set()
                assert engine.syncing
                engine.cancel_sync()

        engine.listen(stop_at_the_first_answer)
        with pytest.raises(SyncStopped, match="kept"):
            await engine.sync([TaxYear(start) for start in range(2010, 2020)])
        assert engine.ledger.runs()[0].outcome == "cancelled"
        assert 0 < len(engine.ledger.observations()) < 50
        assert not engine.syncing
        engine.cancel_sync()
        assert await outcome(engine) == "new"

    async def test_whoever_started_it_goes_away_and_the_sync_ends(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        began = asyncio.Event()
        engine.listen(lambda event: began.set() if isinstance(event, CallStarted) else None)
        task = asyncio.create_task(engine.sync([TaxYear(start) for start in range(2000, 2020)]))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not engine.syncing
        assert engine.ledger.runs()[0].outcome == "cancelled"

    async def test_closing_ends_a_sync_and_every_tick(self, signed_in: tuple[Engine, Simulator]) -> None:
        engine, _ = signed_in
        before = asyncio.all_tasks()
        await engine.start()
        assert engine.next_run() is not None
        task = asyncio.create_task(engine.sync([TaxYear(start) for start in range(2000, 2020)]))
        await asyncio.sleep(0)
        await engine.close()
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == before
        assert engine.next_run() is None


async def test_rows_of_another_process_are_noticed(
    signed_in: tuple[Engine, Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _ = signed_in
    monkeypatch.setattr("daemon.engine.NOTICE_SECONDS", 0.02)
    noticed = asyncio.Event()
    engine.listen(lambda event: noticed.set() if isinstance(event, LedgerChanged) else None)
    await engine.start()
    try:
        elsewhere = build_engine(engine.settings, engine.places, engine.clock)
        elsewhere.ledger.add_payslips([a_payslip()], import_id="i", description="d")
        await asyncio.wait_for(noticed.wait(), 60)
    finally:
        await engine.close()


async def test_a_tick_that_fails_is_told_by_its_kind_and_the_next_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = build_engine(Settings(), Places.under(tmp_path), StoppedClock())
    monkeypatch.setattr("daemon.engine.NOTICE_SECONDS", 0.01)
    asked: list[str] = []
    went_on = asyncio.Event()

    def fails() -> int:
        asked.append("version")
        if len(asked) > 2:
            engine.tell(GrantChanged("ok"))
        raise ArithmeticError("£2,850.00 of 2234567890")

    monkeypatch.setattr(engine.ledger, "version", fails)
    heard: list[Event] = []
    engine.listen(heard.append)
    engine.listen(lambda event: went_on.set() if isinstance(event, GrantChanged) else None)
    await engine.start()
    try:
        await asyncio.wait_for(went_on.wait(), 60)
    finally:
        await engine.close()
    assert [event.text for event in heard if isinstance(event, Alerted) and event.kind == "storage"] == [
        "the stores are in trouble: ArithmeticError"
    ]


async def test_of_two_on_one_machine_one_has_the_timer_and_the_other_knows_that_it_watches(tmp_path: Path) -> None:
    settings = Settings(hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR)))
    owner, watcher = (build_engine(settings, Places.under(tmp_path), StoppedClock()) for _ in range(2))
    assert not watcher.watches(), "nothing is known before it was started"
    for engine in (owner, watcher):
        await engine.start()
        async with asyncio.timeout(60):
            while engine.schedule is None or engine.schedule.last_look is None:
                await asyncio.sleep(0.01)
    assert (owner.watches(), watcher.watches()) == (False, True)
    await watcher.close()
    await owner.close()


async def test_another_taxpayers_ledger_is_refused_in_production(tmp_path: Path) -> None:
    settings = Settings(hmrc=HmrcSettings(environment="production", utr=Secret(UTR)))
    build_engine(settings, Places.under(tmp_path), StoppedClock())
    other = Settings(hmrc=HmrcSettings(environment="production", utr=Secret("1097172564")))
    with pytest.raises(BadInput, match="another taxpayer"):
        build_engine(other, Places.under(tmp_path), StoppedClock())
