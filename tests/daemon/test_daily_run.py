"""The timer on a real engine: at the configured time, and for the years that are due that day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.due import Due
from daemon.engine import build_engine
from daemon.events import SyncStarted
from daemon.hmrc.pace import Pace
from daemon.unattended import Unattended, make_schedule
from storage.places import Places
from storage.records import TaxYear
from storage.settings import Settings, SyncSettings
from tests.daemon.signed_in import sign_in
from tests.makers import StoppedClock
from tests.simulated import settings_for, simulated


@pytest.mark.parametrize(("at", "due"), [("06:00", (2, 6, 0)), ("23:45", (1, 23, 45))])
def test_the_daily_run_is_due_at_the_configured_time(home: Path, at: str, due: tuple[int, int, int]) -> None:
    clock = StoppedClock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    engine = build_engine(Settings(sync=SyncSettings(at=at)), Places.under(home), clock)
    assert make_schedule(engine).next_run() == datetime(2026, 7, *due, tzinfo=UTC)
    engine.ledger.close()


async def test_the_daily_run_asks_in_spring_for_the_newest_year_daily_and_for_older_ones_weekly(tmp_path: Path) -> None:
    clock = StoppedClock(datetime(2026, 3, 2, 6, tzinfo=UTC))
    with simulated(clock=clock) as simulator:
        places = Places.under(tmp_path)
        settings = settings_for(simulator)
        sign_in(simulator, settings, places, clock)
        settings = Settings(hmrc=settings.hmrc, sync=SyncSettings(first_year="2023-24"))
        hurried = Pace(places.state_folder(settings.environment) / "pace", requests=1000)
        engine = build_engine(settings, places, clock, pace=hurried)
        asked: list[tuple[TaxYear, ...]] = []
        engine.listen(lambda event: asked.append(tuple(event.tax_years)) if isinstance(event, SyncStarted) else None)
        timer = Unattended(engine)
        for _ in range(8):
            await timer.run(Due(clock.now().date()))
            clock.moment += timedelta(days=1)
        newest, both = (TaxYear(2024),), (TaxYear(2023), TaxYear(2024))
        assert asked == [both, *[newest] * 6, both]
        assert {run.business_date for run in engine.ledger.runs(20)} == {date(2026, 3, day) for day in range(2, 10)}
        assert all(run.unattended and run.outcome == "done" for run in engine.ledger.runs(20))
        await engine.close()
