"""The locks around the grant, on their own: who excludes whom, and a file system that cannot lock."""

import asyncio
import errno
import fcntl
import os
from pathlib import Path

import pytest

from daemon.hmrc.locks import GrantLocks
from storage.tokens.store import TokenStoreTrouble


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not read


async def test_calls_go_side_by_side_and_a_change_of_the_tokens_waits_for_them(tmp_path: Path) -> None:
    locks = GrantLocks(tmp_path)
    async with locks.shared(), locks.shared():
        with locks.exclusive_at_once() as held:
            assert held is None
    with locks.exclusive_at_once() as held:
        assert held is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), locks.shared():
                pytest.fail("a call was let in while the tokens change")


def test_a_file_system_that_cannot_lock_is_told_and_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))  # as NFS without its lock daemon

    monkeypatch.setattr(fcntl, "flock", without_locks)
    before = open_files()
    with (
        pytest.raises(TokenStoreTrouble, match=r"grant.turnstile: No locks available"),
        GrantLocks(tmp_path).exclusive(1),
    ):
        pytest.fail("nothing is locked")
    assert open_files() == before
