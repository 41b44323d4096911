"""The timer: one owner, one run at a time, ticks that survive trouble and a jumping clock."""

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from daemon import schedule as module
from daemon.due import Due
from daemon.schedule import Schedule, TimerLock
from storage.troubles import HmrcTrouble
from tests.makers import StoppedClock

ROOT = Path(__file__).parents[2]
TODAY = Due(date(2026, 7, 1))


class Runs:
    """Counts the runs; each takes until it is let go."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.started: list[Due] = []
        self.troubles: list[str] = []
        self.let_go = asyncio.Event()
        self.fails = fails

    async def run(self, due: Due) -> None:
        self.started.append(due)
        if self.fails:
            raise self.fails
        await self.let_go.wait()


def a_schedule(folder: Path, runs: Runs, due: Due | None = TODAY) -> Schedule:
    return Schedule(
        at=time(6, 0), lock=TimerLock(folder / "daemon.lock"), clock=StoppedClock(datetime(2026, 7, 1, 5, tzinfo=UTC)),
        look=lambda owner: due if owner else None, run=runs.run, troubled=runs.troubles.append,
    )  # fmt: skip


async def until(condition: object, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_what_is_due_runs_once_while_it_takes(tmp_path: Path) -> None:
    runs = Runs()
    schedule = a_schedule(tmp_path, runs)
    await schedule.start()
    await until(lambda: runs.started)
    await schedule.tick()
    await schedule.tick()
    assert runs.started == [TODAY]
    await schedule.close()


async def test_what_is_not_due_does_not_run(tmp_path: Path) -> None:
    runs = Runs()
    schedule = a_schedule(tmp_path, runs, due=None)
    await schedule.start()
    await until(lambda: schedule.owner)
    await schedule.tick()
    assert runs.started == []
    await schedule.close()


async def test_only_one_of_two_owns_the_timer_and_the_other_takes_over(tmp_path: Path) -> None:
    first_runs, second_runs = Runs(), Runs()
    first, second = a_schedule(tmp_path, first_runs, due=None), a_schedule(tmp_path, second_runs)
    await first.start()
    await until(lambda: first.owner)
    await second.start()
    await second.tick()
    assert (first.owner, second.owner, second_runs.started) == (True, False, [])
    await first.close()
    await second.tick()
    await until(lambda: second_runs.started)
    assert second.owner
    await second.close()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    file = tmp_path / "daemon.lock"
    script = (
        "import sys, time; from pathlib import Path; from daemon.schedule import TimerLock\n"
        f"lock = TimerLock(Path({str(file)!r})); print(lock.try_to_take(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = TimerLock(file)
        assert not lock.try_to_take()
        holder.kill()
        holder.wait(10)
    assert lock.try_to_take()
    assert file.stat().st_mode & 0o777 == 0o600
    lock.release()


@pytest.mark.parametrize("fault", [HmrcTrouble("HMRC could not be reached"), RuntimeError("AA000000A")])
async def test_a_run_that_fails_is_told_and_the_ticks_go_on(tmp_path: Path, fault: Exception) -> None:
    runs = Runs(fails=fault)
    schedule = a_schedule(tmp_path, runs)
    await schedule.start()
    await until(lambda: runs.troubles)
    assert "AA000000A" not in runs.troubles[0]
    await schedule.tick()
    await until(lambda: len(runs.started) == 2)
    assert schedule.alive
    await schedule.close()


async def test_the_tick_arms_itself_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    runs = Runs(fails=HmrcTrouble("again"))
    schedule = a_schedule(tmp_path, runs)
    await schedule.start()
    await until(lambda: len(runs.started) >= 3)
    await schedule.close()
    assert not schedule.owner


async def test_a_jump_of_the_wall_clock_brings_a_tick_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.05)
    runs = Runs(fails=HmrcTrouble("again"))
    schedule = a_schedule(tmp_path, runs)
    await schedule.start()
    await until(lambda: runs.started)
    real = module.time.time
    monkeypatch.setattr(module.time, "time", lambda: real() - 36_000)
    await until(lambda: len(runs.started) >= 2)
    await schedule.close()


async def test_what_there_is_to_see_during_a_look_is_looked_at_at_once_after_it(tmp_path: Path) -> None:
    looks: list[int] = []
    go_on = threading.Event()

    def look(owner: bool) -> None:
        looks.append(len(looks))
        go_on.wait(60)

    runs = Runs()
    schedule = a_schedule(tmp_path, runs)
    schedule._look = look
    await schedule.start()
    await until(lambda: len(looks) == 1)
    schedule.look_now()
    schedule.look_now()
    go_on.set()
    await until(lambda: len(looks) == 2)
    for number in (3, 4):
        schedule.look_now()
        await until(lambda number=number: len(looks) == number)
        await asyncio.sleep(0.05)
    assert (len(looks), runs.troubles) == (4, [])
    await schedule.close()


async def test_a_look_that_fails_is_told_once_by_its_kind_and_the_ticks_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    looks: list[bool] = []

    def look(owner: bool) -> None:
        looks.append(owner)
        raise RuntimeError("AA000000A")

    runs = Runs()
    schedule = a_schedule(tmp_path, runs)
    schedule._look = look
    await schedule.start()
    await until(lambda: len(looks) >= 3)
    assert runs.troubles == ["the schedule is in trouble: RuntimeError"]
    await schedule.close()


async def test_closing_stops_a_run_under_way(tmp_path: Path) -> None:
    runs = Runs()
    schedule = a_schedule(tmp_path, runs)
    await schedule.start()
    await until(lambda: runs.started)
    async with asyncio.timeout(30):
        await schedule.close()
    assert TimerLock(tmp_path / "daemon.lock").try_to_take()


def test_the_next_run_is_told_in_utc(tmp_path: Path) -> None:
    assert a_schedule(tmp_path, Runs()).next_run() == datetime(2026, 7, 1, 6, tzinfo=UTC)
