"""The pace: three requests in any 1.05 seconds, over threads of time that a fake clock makes and over real processes."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.hmrc import pace as pacing
from daemon.hmrc.pace import PER, Pace
from storage.troubles import StorageTrouble


class FakeTime:
    """A monotonic clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Time for `wait_turn`."""
    fake = FakeTime()
    monkeypatch.setattr(pacing, "wait", fake.sleep)
    return fake


def most_within(stamps: list[float], seconds: float) -> int:
    """The largest number of stamps in any stretch of less than `seconds`."""
    ordered = sorted(stamps)
    return max((sum(0 <= later - first < seconds - 1e-6 for later in ordered) for first in ordered), default=0)


def turns(pace: Pace, clock: FakeTime, count: int) -> list[float]:
    """The moments at which `count` requests were sent, one after the other."""
    stamps: list[float] = []
    for _ in range(count):
        turn = pace.wait_turn()
        stamps.append(clock.now)
        turn.sent()
    return stamps


def test_three_go_at_once_and_the_fourth_waits(fake_time: FakeTime, tmp_path: Path) -> None:
    stamps = turns(Pace(tmp_path / "pace", monotonic=fake_time), fake_time, 5)
    assert [round(stamp - 1000, 2) for stamp in stamps] == [0, 0, 0, 1.05, 1.05]


def test_35_requests_take_the_time_of_the_limit_and_no_more(fake_time: FakeTime, tmp_path: Path) -> None:
    stamps = turns(Pace(tmp_path / "pace", monotonic=fake_time), fake_time, 35)
    assert stamps[-1] - stamps[0] == pytest.approx(11 * PER)
    assert most_within(stamps, PER) == 3


def test_a_turn_counts_from_when_it_is_sent_not_from_when_it_was_taken(fake_time: FakeTime, tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", monotonic=fake_time)
    slow = [pace.wait_turn() for _ in range(3)]
    fake_time.sleep(4)
    for turn in slow:
        turn.sent()
    pace.wait_turn().sent()
    assert fake_time.now == pytest.approx(1004 + PER)


class TestARequestThatWasHeldUpOnItsWay:
    """HMRC counts a request when it arrives; only its answer tells when that was."""

    def answers(self, pace: Pace, clock: FakeTime, took: float, count: int) -> None:
        """Requests answered after `took` seconds each, then a long silence."""
        for _ in range(count):
            turn = pace.wait_turn()
            turn.sent()
            clock.sleep(took)
            turn.answered()
            turn.left()
        clock.sleep(30)

    def next_turn_after_three(self, pace: Pace, clock: FakeTime, took: float) -> float:
        """Seconds from three requests sent at once, each answered after `took` seconds, to the fourth."""
        began = clock.now
        three = [pace.wait_turn() for _ in range(3)]
        for turn in three:
            turn.sent()
        clock.sleep(took)
        for turn in three:
            turn.answered()
        pace.wait_turn()
        return clock.now - began

    def test_is_counted_later_by_what_its_answer_took_longer_than_usual(
        self, fake_time: FakeTime, tmp_path: Path
    ) -> None:
        pace = Pace(tmp_path / "pace", monotonic=fake_time)
        self.answers(pace, fake_time, 0.4, 20)
        assert self.next_turn_after_three(pace, fake_time, 0.4) == pytest.approx(PER)
        fake_time.sleep(30)
        assert self.next_turn_after_three(pace, fake_time, 0.7) == pytest.approx(PER + 0.3 - pacing.SLACK)

    def test_counts_as_still_arriving_while_its_answer_is_overdue_but_not_for_ever(
        self, fake_time: FakeTime, tmp_path: Path
    ) -> None:
        pace = Pace(tmp_path / "pace", monotonic=fake_time)
        self.answers(pace, fake_time, 0.1, 20)
        began = fake_time.now
        for _ in range(3):
            pace.wait_turn().sent()
        pace.wait_turn()
        assert fake_time.now - began == pytest.approx(pacing.LONGEST_DELAY + PER, abs=0.01)

    def test_a_slow_hmrc_costs_nothing_where_it_is_always_slow(self, fake_time: FakeTime, tmp_path: Path) -> None:
        pace = Pace(tmp_path / "pace", monotonic=fake_time)
        self.answers(pace, fake_time, 5.0, 20)
        assert self.next_turn_after_three(pace, fake_time, 0.0) == pytest.approx(PER)


def test_a_turn_that_its_process_never_sends_is_given_up(fake_time: FakeTime, tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", monotonic=fake_time)
    for _ in range(3):
        pace.wait_turn()
    pace.wait_turn()
    assert fake_time.now == pytest.approx(1000 + pacing.LOST, abs=0.1)


def test_after_a_429_there_are_two_for_a_minute_then_three_again(fake_time: FakeTime, tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", monotonic=fake_time)
    pace.penalise()
    assert most_within(turns(pace, fake_time, 20), PER) == 2
    fake_time.sleep(61)
    assert most_within(turns(pace, fake_time, 9), PER) == 3


def test_stamps_from_before_a_restart_of_the_machine_hold_nobody_up(fake_time: FakeTime, tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", monotonic=fake_time)
    fake_time.now = 9_000_000.0
    turns(pace, fake_time, 3)
    pace.penalise()
    fake_time.now = 50.0
    assert turns(pace, fake_time, 3) == [50.0] * 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b'{"turns": 1}',
        b"\x00" * 300,
        b'{"turns":[{"key":"\xff","at":1,"waiting":true}]}',
        b"[" * 70_000,
    ],
)
def test_a_damaged_slot_file_is_begun_anew(content: bytes, fake_time: FakeTime, tmp_path: Path) -> None:
    (tmp_path / "pace").write_bytes(content)
    assert len(turns(Pace(tmp_path / "pace", monotonic=fake_time), fake_time, 4)) == 4


def test_the_slot_file_is_its_owners_only_and_an_impossible_one_is_storage_trouble(tmp_path: Path) -> None:
    Pace(tmp_path / "state" / "pace").wait_turn().sent()
    assert stat.S_IMODE((tmp_path / "state" / "pace").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    with pytest.raises(StorageTrouble, match="HMRC_TUI_HOME"):
        Pace(tmp_path / "state" / "pace" / "below-a-file").wait_turn()


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_whenever_requests_come_no_four_go_in_one_second(pauses: list[float]) -> None:
    clock, stamps = FakeTime(), list[float]()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(pacing, "wait", clock.sleep)
        pace = Pace(Path(folder) / "pace", monotonic=clock)
        for pause in pauses:
            clock.now += pause
            stamps += turns(pace, clock, 1)
    assert most_within(stamps, PER) <= 3


async def test_waiting_leaves_the_event_loop_free(tmp_path: Path) -> None:
    pace, beats = Pace(tmp_path / "pace", requests=1, per=0.3), 0

    async def one() -> None:
        async with pace.turn() as turn:
            turn.sent()

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    heart = asyncio.create_task(beat())
    await asyncio.gather(one(), one(), one())
    heart.cancel()
    assert beats > 8  # of sixty; where each wait held the loop up, there would be one between two of them


async def test_a_turn_that_is_cancelled_before_it_is_sent_still_counts(tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", requests=1, per=0.5)
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        async with pace.turn():
            raise asyncio.CancelledError
    async with pace.turn():
        assert time.monotonic() - began >= 0.5


SENDER = """
import asyncio, json, sys, time
from pathlib import Path
from daemon.hmrc.pace import Pace

async def main():
    pace, stamps = Pace(Path(sys.argv[1])), []
    async def one():
        async with pace.turn() as turn:
            stamps.append(time.monotonic())  # before its stamp: whatever delays this process, the gaps below still hold
            turn.sent()
    print("ready", flush=True)
    sys.stdin.readline()
    await asyncio.gather(*(one() for _ in range(int(sys.argv[2]))))
    print(json.dumps(stamps), flush=True)

asyncio.run(main())
"""


def senders(slot_file: Path, count: int, each: int) -> list[subprocess.Popen[str]]:
    """Processes that are ready to take `each` turns, let go together."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, str(slot_file), str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(count)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    return started


def let_go(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def test_several_processes_at_once_stay_within_the_limit_and_reach_it(tmp_path: Path) -> None:
    processes = senders(tmp_path / "pace", 4, 5)
    let_go(processes)
    stamps = [stamp for process in processes for stamp in json.loads(process.communicate(timeout=60)[0])]
    assert len(stamps) == 20
    assert most_within(stamps, 1.0) <= 3
    assert max(stamps) - min(stamps) < 6 * PER * 2  # on a busy machine too; the benchmarks hold it closer


def test_a_process_that_dies_with_turns_in_hand_holds_the_others_up_only_for_a_while(tmp_path: Path) -> None:
    doomed, *others = senders(tmp_path / "pace", 3, 4)
    let_go([doomed])
    doomed.send_signal(signal.SIGKILL)
    doomed.communicate()
    let_go(others)
    stamps = [stamp for process in others for stamp in json.loads(process.communicate(timeout=60)[0])]
    assert len(stamps) == 8
    assert most_within(stamps, 1.0) <= 3
