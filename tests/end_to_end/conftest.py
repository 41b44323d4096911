"""A person with a daemon, and another server that speaks HMRC's protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home
from tests.end_to_end.daemons import install


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    """One employment at HMRC, the same in every tax year."""
    with AnotherHmrc() as server:
        for start in range(2018, 2030):
            server.employ(f"{start}-{(start + 1) % 100:02d}", ("123/AB456", "Example Ltd", 34200, 4324))
        yield server


@pytest.fixture
def person(hmrc: AnotherHmrc, home: Path) -> Home:
    """Somebody signed in, with a daemon to run."""
    return install(home, hmrc)
