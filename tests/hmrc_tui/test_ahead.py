"""What is done ahead gives way to a key, and the garbage collector's long rounds wait until what stays was set aside."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from daemon.events import LedgerChanged, SyncFinished
from daemon.reconcile.model import Reconciliation
from hmrc_tui.ahead import ANSWERING, PATIENCE, Way, favour_the_screen, import_what_comes_later, set_aside_what_stays
from storage.records import TaxYear
from tests.hmrc_tui.pictures import an_app, settle
from tests.hmrc_tui.still_desk import NOW, a_desk


class Time:
    """A clock that only a sleep moves, and a hand on it while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()

    def of_giving(self, way: Way, **options: float) -> float:
        """How long work gives way."""
        begun = self.now
        way.give(**options)
        return self.now - begun


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The time that `hmrc_tui.ahead` goes by."""
    fake = Time()
    monkeypatch.setattr("hmrc_tui.ahead.monotonic", lambda: fake.now)
    monkeypatch.setattr("hmrc_tui.ahead.sleep", fake.sleep)
    return fake


@pytest.fixture
def process() -> Iterator[None]:
    """The process as it was, afterwards."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_work_begins_at_once_while_no_key_is_being_answered(clock: Time) -> None:
    assert clock.of_giving(Way()) == 0


def test_work_waits_until_a_key_is_answered(clock: Time) -> None:
    way = Way()
    way.key_pressed()
    assert clock.of_giving(way) == pytest.approx(ANSWERING)  # type: ignore[reportUnknownMemberType]
    assert clock.of_giving(way) == 0


def test_whoever_holds_a_key_down_still_gets_what_was_asked_for(clock: Time) -> None:
    way = Way()
    clock.meanwhile = way.key_pressed
    way.key_pressed()
    assert clock.of_giving(way) == pytest.approx(PATIENCE)  # type: ignore[reportUnknownMemberType]
    assert len(clock.slept) == 3


def test_what_is_told_together_is_waited_for(clock: Time) -> None:
    assert clock.of_giving(Way(), at_least=0.03) == pytest.approx(0.03)  # type: ignore[reportUnknownMemberType]


def test_every_module_that_is_imported_gives_way_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    way = Way()
    monkeypatch.setattr(way, "give", lambda: told.append("way"))
    monkeypatch.setattr("hmrc_tui.ahead.import_module", told.append)
    import_what_comes_later(way)
    assert told[::2] == ["way"] * (len(told) // 2)
    assert "daemon.sync" in told[1::2]


def test_a_module_that_is_missing_is_told_by_whoever_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("hmrc_tui.ahead.import_module", missing)
    import_what_comes_later(Way())


@pytest.mark.usefixtures("process")
def test_no_long_round_of_the_collector_comes_before_what_stays_is_set_aside() -> None:
    usual = gc.get_threshold()
    favour_the_screen()
    assert gc.get_threshold()[2] >= 1_000_000
    frozen = gc.get_freeze_count()
    assert frozen > 0
    kept = [[number] for number in range(1000)]
    set_aside_what_stays()
    assert gc.get_freeze_count() >= frozen + len(kept)
    assert gc.get_threshold() == usual


async def test_what_is_told_together_is_read_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a sync is three events; each reading takes the screen's time."""
    desk = a_desk(home)
    reads: list[Sequence[TaxYear] | None] = []
    told = desk.reconciliation

    def reconciliation(years: Sequence[TaxYear] | None = None) -> Reconciliation:
        reads.append(years)
        return told(years)

    monkeypatch.setattr("hmrc_tui.app.TOGETHER", 1.0)
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        monkeypatch.setattr(desk, "reconciliation", reconciliation)
        desk.tell(LedgerChanged())
        await pilot.pause()
        desk.tell(SyncFinished("r", NOW, (), None), LedgerChanged())
        await pilot.app.workers.wait_for_complete()
        await settle(pilot)
        assert reads == [None]
