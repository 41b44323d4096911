"""Many processes and two machines with one grant: one refresh, nobody fails, and no call is broken by somebody else's refresh."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.hmrc.locks import GrantLocks
from daemon.simulator import Simulator
from storage.clock import Clock
from storage.secret import Secret
from storage.settings import TokenSettings, VaultSettings
from storage.troubles import HmrcTrouble
from tests.daemon.hmrc.grants import Home, a_home, never
from tests.daemon.hmrc.lives import Life, call, live, server
from tests.makers import StoppedClock
from tests.simulated import ask, control, simulated
from tests.vault_stand_in import ROOT, VaultStandIn


@pytest.fixture
def hmrc() -> Iterator[Simulator]:
    with simulated() as simulator:
        control(simulator, "PATCH", "/unknowns", {"reuse_revokes_grant": True, "refresh_seconds": 0.05})
        yield simulator


@pytest.fixture
def vault() -> Iterator[VaultStandIn]:
    with VaultStandIn() as stand_in:
        yield stand_in


def on_vault(hmrc: Simulator, vault: VaultStandIn, folder: Path, clock: Clock | None = None) -> Home:
    settings = VaultSettings(address=vault.address, token=Secret(ROOT), path="viktor")
    home = a_home(hmrc, folder, clock, tokens=TokenSettings(store="vault"), vault=settings)
    folder.mkdir(mode=0o700, exist_ok=True)
    return home


def all_at_once(lives: list[Life], work: Any = None, times: int = 1) -> list[list[Any]]:
    """What each life was given for its calls."""
    answers = server().Queue()
    processes = [server().Process(target=call, args=(life, answers, work, times)) for life in lives]
    for process in processes:
        process.start()
    given = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(30)
    return given


def expired(home: Home) -> Clock:
    return StoppedClock(home.record().access_expires_at + timedelta(minutes=1))


def test_eight_processes_after_expiry_refresh_once_and_none_fails(hmrc: Simulator, tmp_path: Path) -> None:
    home = a_home(hmrc, tmp_path / "state")
    home.given()
    given = all_at_once([Life(home.settings, home.folder, expired(home))] * 8)
    assert given == [[home.record().access_token.reveal()]] * 8
    assert (home.refreshes, len(home.spends()), home.tokens_live()) == (1, 1, True)


def test_two_homes_on_one_vault_refresh_once_and_none_fails(
    hmrc: Simulator, vault: VaultStandIn, tmp_path: Path
) -> None:
    one, other = (on_vault(hmrc, vault, tmp_path / name) for name in ("one", "other"))
    one.given()
    given = all_at_once([Life(home.settings, home.folder, expired(one)) for home in (one, other) * 3])
    assert given == [[one.record().access_token.reveal()]] * 6
    assert (one.refreshes, len(one.spends()), other.tokens_live()) == (1, 1, True)


class Hello:
    """Calls an API of the simulator with the access token; gives the status."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, access_token: str) -> int:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/vnd.hmrc.1.0+json"}
        return ask("GET", f"{self.address}/hello/user", headers=headers).status_code


def test_no_call_is_broken_by_a_refresh_of_another_process(hmrc: Simulator, tmp_path: Path) -> None:
    home = a_home(hmrc, tmp_path / "state")
    home.given()
    # HMRC looks at the token only after a while: a refresh that did not wait for the call would kill it meanwhile.
    control(hmrc, "POST", "/faults", {"action": "delay", "path": "/hello/user", "seconds": 0.05, "times": None})
    answers = server().Queue()
    work = (Life(home.settings, home.folder, home.clock), answers, Hello(hmrc.address), 10)
    callers = [server().Process(target=call, args=work) for _ in range(3)]
    for caller in callers:
        caller.start()
    refreshed = 0
    while any(caller.is_alive() for caller in callers) and refreshed < 8:
        home.grant().refresh(never)
        refreshed += 1
    statuses = [status for _ in callers for status in answers.get(timeout=60)]
    for caller in callers:
        caller.join(30)
    assert refreshed >= 1
    assert len(statuses) == 30
    assert 401 not in statuses


def test_a_process_that_is_frozen_with_the_lock_holds_the_others_up_and_loses_nothing(
    hmrc: Simulator, tmp_path: Path
) -> None:
    home = a_home(hmrc, tmp_path / "state")
    home.given()
    control(hmrc, "POST", "/faults", {"action": "delay", "path": "/oauth/token", "seconds_after": 0.2})
    process = live(Life(home.settings, home.folder, home.clock))
    deadline = time.monotonic() + 20
    while not home.spends():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(HmrcTrouble, match="another process"), GrantLocks(home.folder).exclusive(0.5):
            pass
    finally:
        os.kill(process.pid, signal.SIGCONT)
    process.join(30)
    assert (process.exitcode, home.refreshes, home.tokens_live()) == (0, 1, True)


class TestLease:
    def test_a_home_that_died_with_the_lease_takes_it_again_at_once(
        self, hmrc: Simulator, vault: VaultStandIn, tmp_path: Path
    ) -> None:
        home = on_vault(hmrc, vault, tmp_path / "one")
        home.given()
        process = live(Life(home.settings, home.folder, home.clock, dies_at="probed"))
        process.join(30)
        assert vault.values("viktor/simulator/refresh-lease") == {"holder": _name(home)}
        home.grant().refresh(never)
        assert vault.values("viktor/simulator/refresh-lease") == {"holder": ""}

    def test_another_home_waits_until_the_lease_has_ended_by_vaults_own_clock(
        self, hmrc: Simulator, vault: VaultStandIn, tmp_path: Path
    ) -> None:
        one, other = (on_vault(hmrc, vault, tmp_path / name) for name in ("one", "other"))
        one.given()
        live(Life(one.settings, one.folder, one.clock, dies_at="probed")).join(30)
        lease = other.grant()._store().lease("other")  # pyright: ignore[reportOptionalMemberAccess]
        vault.ahead = 179
        assert not lease.take()
        vault.ahead = 181
        assert lease.take()

    def test_the_machine_that_crashed_with_the_answer_heals_what_the_other_could_not_refresh(
        self, hmrc: Simulator, vault: VaultStandIn, tmp_path: Path
    ) -> None:
        control(hmrc, "PATCH", "/unknowns", {"reuse_revokes_grant": False})
        one, other = (on_vault(hmrc, vault, tmp_path / name) for name in ("one", "other"))
        one.given()
        live(Life(one.settings, one.folder, one.clock, dies_at="answered")).join(30)
        vault.ahead = 200
        with pytest.raises(Exception, match="authorise"):
            other.grant().refresh(never)
        assert other.grant().status().state == "needs_sign_in"
        assert one.grant().status().state == "ok"
        assert other.grant().status().state == "ok"
        assert one.tokens_live()


def _name(home: Home) -> str:
    return (home.folder / "home").read_text()
