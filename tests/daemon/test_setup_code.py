"""The one-time setup code: ten minutes, one use, and only its hash is kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.setup_code import LIFETIME, issue, redeem
from tests.makers import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def test_it_is_good_once(tmp_path: Path, clock: StoppedClock) -> None:
    code = issue(tmp_path, clock)
    assert [redeem(tmp_path, code.reveal(), clock) for _ in range(2)] == [True, False]


def test_it_is_good_for_ten_minutes(tmp_path: Path, clock: StoppedClock) -> None:
    code, issued = issue(tmp_path, clock), clock.moment
    clock.moment = issued + LIFETIME - timedelta(seconds=1)
    assert redeem(tmp_path, code.reveal(), clock)
    code = issue(tmp_path, clock)
    clock.moment += LIFETIME
    assert not redeem(tmp_path, code.reveal(), clock)


def test_a_wrong_one_spends_nothing(tmp_path: Path, clock: StoppedClock) -> None:
    code = issue(tmp_path, clock)
    for wrong in ("", "x", "ünïcode", "\udcff", code.reveal()[:-1]):
        assert not redeem(tmp_path, wrong, clock)
    assert redeem(tmp_path, code.reveal(), clock)


def test_a_new_one_replaces_the_old(tmp_path: Path, clock: StoppedClock) -> None:
    old, new = issue(tmp_path, clock), issue(tmp_path, clock)
    assert not redeem(tmp_path, old.reveal(), clock)
    assert redeem(tmp_path, new.reveal(), clock)


def test_without_one_nothing_is_good(tmp_path: Path, clock: StoppedClock) -> None:
    assert not redeem(tmp_path, "", clock)
    (tmp_path / "setup-code").write_bytes(b"damaged")
    assert not redeem(tmp_path, "damaged", clock)


def test_given_by_many_at_once_it_counts_once(tmp_path: Path, clock: StoppedClock) -> None:
    code = issue(tmp_path, clock)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: redeem(tmp_path, code.reveal(), clock), range(8))) == 1


def test_the_code_itself_is_not_kept(tmp_path: Path, clock: StoppedClock) -> None:
    code = issue(tmp_path, clock)
    assert not any(code.reveal().encode() in file.read_bytes() for file in tmp_path.iterdir())
