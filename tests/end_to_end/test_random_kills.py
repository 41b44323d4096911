"""kill -9 of the command at moments that nobody chose, while a refresh is due: the sign-in and everything that was answered stay.

Another server keeps the truth: which refresh tokens were spent, and which were shown twice.
"""

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home

YEAR = "2023-24"
TABLES = ("answer", "tax_year_snapshot")


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        server.employ(YEAR, ("123/AB456", "Example Ltd", 34200, 4324))
        server.expires_in = 2
        server.delay = 0.02
        yield server


@pytest.fixture
def signed_in(hmrc: AnotherHmrc, tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "a home with spaces, é and 家", hmrc)
    home.sign_in()
    return home


def killed(home: Home, after: float) -> None:
    """A sync that is killed after so many seconds, if it lives that long.

    The process that asks HMRC for tokens lives on: killed as well, in the one moment between, it loses what nobody can save.
    """
    with home.start("sync", "--tax-year", YEAR) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        process.kill()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def kept(home: Home) -> dict[str, int]:
    """How many rows there are of what never changed at HMRC; the ledger is sound."""
    (file,) = home.folder.glob("data/*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}


def kills(hmrc: AnotherHmrc, home: Home, rounds: int) -> None:
    seed = int(os.environ.get("SOAK_SEED", time.time_ns()))
    print("SOAK_SEED", seed)
    chance = random.Random(seed)
    for _ in range(rounds):
        killed(home, chance.uniform(0.2, 3.0))
        assert hmrc.reused == 0
    done = home.run("sync", "--tax-year", YEAR)
    assert done.returncode == 0, done.stderr
    assert "changed  " not in done.stdout.replace("unchanged  ", "")
    assert (hmrc.reused, len(hmrc.grants)) == (0, 1)
    assert kept(home) == {"answer": 3, "tax_year_snapshot": 1}
    assert [str(file) for file in home.folder.rglob("*") if file.stat().st_mode & 0o077] == []


def test_a_few_kills_lose_and_double_nothing(hmrc: AnotherHmrc, signed_in: Home) -> None:
    kills(hmrc, signed_in, 2)


@pytest.mark.soak
def test_many_kills_lose_and_double_nothing(hmrc: AnotherHmrc, signed_in: Home) -> None:
    kills(hmrc, signed_in, int(os.environ.get("SOAK_ROUNDS", "200")))
