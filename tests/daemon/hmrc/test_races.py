"""Many processes and two machines with one grant: one refresh, nobody fails, and no call is broken by somebody else's refresh."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from daemon.hmrc.asking import Line
from daemon.hmrc.locks import GrantLocks
from daemon.hmrc.refresh_process import TokenRequest
from daemon.hmrc.token_answer import Report
from daemon.simulator import Simulator
from storage.clock import Clock
from storage.secret import Secret
from storage.settings import TokenSettings, VaultSettings
from storage.troubles import HmrcTrouble, SignInNeeded, StorageTrouble
from tests.daemon.hmrc.grants import Home, a_home, ask_here, never, no_wait
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


@pytest.fixture
def homes(hmrc: Simulator, vault: VaultStandIn, tmp_path: Path) -> tuple[Home, Home]:
    """Two homes on one Vault, signed in."""
    one, other = (on_vault(hmrc, vault, tmp_path / name) for name in ("one", "other"))
    one.given()
    return one, other


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
    control(hmrc, "POST", "/faults", {"action": "delay", "path": "/oauth/token", "seconds_after": 3.0})
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
        assert _holder(vault) == _name(home)
        home.grant().refresh(never)
        assert _holder(vault) == ""

    def test_another_home_waits_until_the_lease_has_ended_by_vaults_own_clock(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes
        live(Life(one.settings, one.folder, one.clock, dies_at="probed")).join(30)
        lease = other.grant()._store().lease("other")  # pyright: ignore[reportOptionalMemberAccess]
        vault.ahead = 179
        assert not lease.take()
        vault.ahead = 181
        assert lease.take()

    def test_what_another_home_began_to_spend_is_not_shown_to_hmrc_again(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes
        live(Life(one.settings, one.folder, one.clock, dies_at="answered")).join(30)
        vault.ahead = 200
        for _ in range(2):
            with pytest.raises(SignInNeeded, match=f"{socket.gethostname()} was interrupted.*sync there.*authorise"):
                other.grant().refresh(never)
        assert len(one.spends()) == 1
        assert one.grant().status().state == "ok"
        assert one.tokens_live()
        assert other.grant().refresh(never) == one.record()
        assert one.tokens_live()

    def test_a_new_sign_in_at_the_other_home_ends_the_doubt(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes
        live(Life(one.settings, one.folder, one.clock, dies_at="answered")).join(30)
        vault.ahead = 200
        other.sign_in()
        assert other.grant().refresh(never) == one.grant().refresh(lambda _record: True)
        assert other.tokens_live()

    def test_a_token_that_was_not_spent_after_all_is_refreshed_by_the_other_home(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes
        live(Life(one.settings, one.folder, one.clock, helper_dies_at="intent_synced", who="both")).join(30)
        vault.ahead = 200
        other.grant().refresh(never)
        assert (one.refreshes, len(one.spends()), one.tokens_live()) == (1, 1, True)
        assert one.grant().refresh(lambda _record: True) == other.record()

    def test_a_home_that_got_no_answer_and_lived_to_tell_leaves_no_doubt_to_the_other(
        self, homes: tuple[Home, Home], hmrc: Simulator
    ) -> None:
        one, other = homes
        late = replace(one, clock=expired(one))
        control(hmrc, "POST", "/faults", {"action": "respond", "path": "/oauth/token", "status": 502, "times": None})
        with pytest.raises(HmrcTrouble):
            late.grant().refresh(never)
        control(hmrc, "DELETE", "/faults")
        assert replace(other, clock=late.clock).grant().refresh(never) == one.record()
        assert one.tokens_live()

    def test_a_home_that_slept_through_its_lease_takes_what_the_other_got(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes

        def sleeps_first(request: TokenRequest, lock: int) -> Report:
            if vault.ahead:
                return ask_here(request, lock)
            vault.ahead = 200
            # What died there may have spent the token, as far as the other home knows: HMRC says that the old access token lives.
            other.grant().refresh(never)
            return ask_here(with_changes(request, asked_at=request.asked_at - 200), lock)

        found = one.grant(Line(ask=sleeps_first, wait=no_wait)).refresh(never)
        assert found == other.record()
        assert (one.refreshes, len(one.spends()), one.tokens_live()) == (1, 1, True)


class TestForgetting:
    def test_it_waits_for_another_home_to_end_its_refresh(self, homes: tuple[Home, Home], vault: VaultStandIn) -> None:
        one, other = homes
        store = other.grant()._store()
        assert store is not None
        lease = store.lease("other")
        assert lease.take()
        waited: list[float] = []

        def wait(_stop: Event, seconds: float) -> bool:
            assert vault.values("viktor/simulator/grant") is not None
            waited.append(seconds)
            lease.release(told=True)
            return False

        assert one.grant(Line(wait=wait)).forget()
        assert waited
        assert vault.values("viktor/simulator/grant") is None

    @pytest.mark.parametrize("signs_in_again", [False, True])
    def test_a_home_that_had_an_answer_then_is_not_stuck_with_it(
        self, homes: tuple[Home, Home], vault: VaultStandIn, *, signs_in_again: bool
    ) -> None:
        one, other = homes
        live(Life(other.settings, other.folder, other.clock, dies_at="answered")).join(30)
        vault.ahead = 200
        one.grant().forget()
        if signs_in_again:
            one.sign_in()
            assert other.grant().refresh(lambda _record: True) == one.record()
            other.grant().refresh(never)
            assert one.tokens_live()
        else:
            with pytest.raises(SignInNeeded, match="not signed in"):
                other.grant().refresh(never)
            assert vault.values("viktor/simulator/grant") is None

    def test_a_process_that_lived_through_it_seals_its_next_answer_for_the_new_sign_in(
        self, homes: tuple[Home, Home], vault: VaultStandIn
    ) -> None:
        one, other = homes

        def cannot_keep(step: str) -> None:
            if keeping and step == "answered":
                vault.sealed = True

        keeping: list[bool] = []
        long_lived = other.grant(reached=cannot_keep)
        long_lived.refresh(never)
        one.grant().forget()
        one.sign_in()
        keeping.append(True)
        with pytest.raises(StorageTrouble):
            long_lived.refresh(never)
        vault.sealed = False
        assert other.grant().status().state == "ok"
        assert one.tokens_live()


def test_a_key_that_is_gone_from_vault_is_mended_by_signing_in_again(
    hmrc: Simulator, vault: VaultStandIn, tmp_path: Path
) -> None:
    home = on_vault(hmrc, vault, tmp_path / "one")
    home.given()
    live(Life(home.settings, home.folder, home.clock, dies_at="answered")).join(30)
    vault.secrets.pop("viktor/simulator/journal-key")
    with pytest.raises(StorageTrouble, match=r"another key.*authorise"):
        home.grant().refresh(lambda _record: True)
    home.sign_in()
    assert home.grant().refresh(lambda _record: True) == home.record()
    assert home.tokens_live()


def _holder(vault: VaultStandIn) -> object:
    return (vault.values("viktor/simulator/refresh-lease") or {}).get("holder")


def _name(home: Home) -> str:
    return (home.folder / "home").read_text()
