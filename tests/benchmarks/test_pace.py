"""A sync against a server as strict as HMRC: as fast as its limit allows, and never told to slow down."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.hmrc.pace import Pace
from daemon.hmrc.transport import IN_FLIGHT
from storage.records import TaxYear
from tests.daemon.hmrc.pretend import NOT_FOUND, TAXPAYER, PretendHmrc, Said
from tests.daemon.hmrc.test_client import a_client
from tests.daemon.test_sync import Desk

YEARS, APIS = 7, 5
LIMIT = YEARS * APIS / 3
"""Seconds that HMRC's limit of three requests in a second needs for a sync of 7 years and 5 APIs."""
pytestmark = pytest.mark.benchmark_gate


@pytest.fixture
def strict() -> Iterator[PretendHmrc]:
    """An HMRC that takes 400 ms to answer and allows three requests in any second."""
    with PretendHmrc(Said(404, NOT_FOUND), strict=True, seconds=0.4) as hmrc:
        yield hmrc


def most_in_a_second(hmrc: PretendHmrc) -> int:
    """The most requests that arrived within any one second."""
    arrivals = sorted(asked.at for asked in hmrc.asked)
    return max(sum(0 <= later - first < 1.0 for later in arrivals) for first in arrivals)


async def test_seven_years_of_five_apis_take_the_time_of_the_limit(strict: PretendHmrc, tmp_path: Path) -> None:
    desk = Desk(strict, tmp_path)
    pace = Pace(tmp_path / "pace")
    began = time.monotonic()
    report = await desk.sync(*(TaxYear(2018 + n) for n in range(YEARS)), pace=pace)
    took = time.monotonic() - began
    print(f"\n{YEARS} years x {APIS} APIs: {took:.2f} s, the limit alone {LIMIT:.2f} s; 429s: {strict.throttled}")
    assert {year.outcome for year in report.years} <= {"late", "not_yet"}
    assert strict.throttled == 0
    assert took < LIMIT * 1.1


async def test_requests_held_up_on_their_way_do_not_meet_the_later_ones(strict: PretendHmrc, tmp_path: Path) -> None:
    delays = itertools.cycle([0.0, 0.0, 0.0, 0.0, 0.25])
    strict.held_up = lambda: next(delays)
    async with a_client(strict, tmp_path, pace=Pace(tmp_path / "pace")) as client:
        in_flight = asyncio.Semaphore(IN_FLIGHT)

        async def one(year: TaxYear) -> str:
            async with in_flight:
                return (await client.annual_summary("individual-tax", TAXPAYER, year)).outcome

        outcomes = await asyncio.gather(*(one(TaxYear(1990 + n)) for n in range(30)))
    assert set(outcomes) == {"no_data"}
    assert strict.throttled == 0


SYNCING = """
import asyncio, sys
from pathlib import Path
from types import SimpleNamespace
from daemon.hmrc.pace import Pace
from storage.records import TaxYear
from tests.daemon.test_sync import Desk

home = Path(sys.argv[2])
desk = Desk(SimpleNamespace(address=sys.argv[1], answer=None), home)
asyncio.run(desk.sync(*(TaxYear(2018 + n) for n in range(3)), pace=Pace(home / "pace")))
"""


def test_three_processes_together_stay_within_the_limit(strict: PretendHmrc, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    processes = [
        subprocess.Popen([sys.executable, "-c", SYNCING, strict.address, str(tmp_path)], env=environment)
        for _ in range(3)
    ]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert len(strict.asked) == 45
    assert most_in_a_second(strict) == 3
    assert strict.throttled == 0
