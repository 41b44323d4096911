"""What may take long to know: nobody waits for it longer than a probe would, nor at the end of the program."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from daemon.latest import Latest, apart
from storage.troubles import StorageTrouble

ROOT = Path(__file__).parents[2]


def test_an_answer_is_given_anew_each_time() -> None:
    answers = iter(("first", "second"))
    latest = Latest(lambda: next(answers), 5)
    assert [latest.get(), latest.get()] == ["first", "second"]


@pytest.mark.parametrize("fault", [StorageTrouble("Vault is sealed"), ValueError("AA000000A")])
def test_trouble_is_no_answer_and_says_nothing_private(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def ask() -> str:
        raise fault

    assert Latest(ask, 5).get() is None
    assert "AA000000A" not in caplog.text


def test_what_says_nothing_is_asked_once_and_nobody_waits_for_long() -> None:
    asked: list[int] = []
    go_on = threading.Event()

    def ask() -> str:
        asked.append(1)
        go_on.wait(20)
        return "at last"

    latest = Latest(ask, 0.1)
    began = time.monotonic()
    assert [latest.get() for _ in range(3)] == [None, None, None]
    assert time.monotonic() - began < 10
    assert len(asked) == 1
    go_on.set()
    assert Latest(lambda: "well", 5).get() == "well"


async def test_work_apart_returns_and_raises_as_it_would_here() -> None:
    def fail() -> None:
        raise StorageTrouble("the disk is full")

    assert await apart(lambda: threading.current_thread().daemon) is True
    with pytest.raises(StorageTrouble, match="full"):
        await apart(fail)


async def test_work_that_nobody_waits_for_any_more_troubles_nobody() -> None:
    go_on = threading.Event()
    waiting = asyncio.create_task(apart(go_on.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await apart(lambda: 1) == 1


def test_the_program_ends_without_it() -> None:
    program = (
        "import asyncio, time; from daemon.latest import apart\n"
        "async def main():\n"
        "    task = asyncio.create_task(apart(lambda: time.sleep(60))); await asyncio.sleep(0.1); task.cancel()\n"
        "asyncio.run(main()); print('over')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == ("over\n", "")
