"""The demo's whole story, from HTTP to the figures of its screens, is told within three seconds."""

import resource
import time
from datetime import UTC, datetime

import pytest

from tests.hmrc_tui.test_demo import told
from tests.makers import StoppedClock

pytestmark = pytest.mark.benchmark_gate
SECONDS = 3.0


def work() -> float:
    """Seconds of processor time that this process and its ended children have used."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def test_its_whole_story_takes_less_than_three_seconds_of_work() -> None:
    taken: list[float] = []
    for _ in range(2):  # the better of two: a busy machine makes every second of work longer
        before = work()
        told(StoppedClock(datetime(2026, 11, 22, 12, tzinfo=UTC)))
        taken.append(work() - before)
    print(f"\nthe demo's story: {min(taken):.2f} s of processor time")
    assert min(taken) < SECONDS
