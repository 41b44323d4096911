"""kill -9 at every step of a refresh and of a sign-in: no sign-in is lost, and no refresh token is used twice.

The simulator ends the whole grant when a spent refresh token is shown again, so that one use too many is always seen.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.hmrc.locks import GrantLocks
from daemon.simulator import Simulator
from storage.clock import SystemClock
from storage.secret import Secret
from storage.settings import TokenSettings, VaultSettings
from tests.daemon.hmrc.grants import Home, a_home, always, never
from tests.daemon.hmrc.lives import Life, die, live
from tests.simulated import control, simulated
from tests.vault_stand_in import ROOT, VaultStandIn

OURS = ["locked", "settled", "probed", "answered"]
STORES = {
    "file": ["store_tmp_written", "store_tmp_synced", "store_renamed_dir_not_synced"],
    "vault": ["vault_put_answered"],
}
KEPT = [
    "store_put_done", "verified", "committed_torn", "committed_written", "committed_synced",
    "journal_clear_before", "journal_clear_after", "before_unlock",
]  # fmt: skip
BEFORE_SENDING = ["helper_started", "intent_torn", "intent_written", "intent_synced", "connecting"]
ON_THE_WIRE = ["request_sent", "response_in_memory", "answer_torn", "answer_written"]
AFTER = ["answer_synced"]
POINTS = [
    *((store, {"dies_at": step}) for store, own in STORES.items() for step in [*OURS, *own, *KEPT]),
    *(("file", {"helper_dies_at": step}) for step in [*BEFORE_SENDING, *ON_THE_WIRE, *AFTER]),
    *(("vault", {"helper_dies_at": step}) for step in ["intent_synced", "request_sent", "answer_torn", *AFTER]),
    # Killing the helper as well is harmless before it sends and after it has written; in between lies the one loss nobody can prevent.
    *(("file", {"helper_dies_at": step, "who": "both"}) for step in [*BEFORE_SENDING, *AFTER]),
    *(("vault", {"helper_dies_at": step, "who": "both"}) for step in ["intent_synced", *AFTER]),
]


def named(point: Any) -> str:
    store, death = point
    return f"{store}-{'-'.join(str(value) for value in death.values())}"


@pytest.fixture(scope="module")
def hmrc() -> Iterator[Simulator]:
    with simulated() as simulator:
        control(simulator, "PATCH", "/unknowns", {"reuse_revokes_grant": True})
        yield simulator


@pytest.fixture(scope="module")
def vault() -> Iterator[VaultStandIn]:
    with VaultStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def homes(hmrc: Simulator, vault: VaultStandIn, tmp_path: Path) -> dict[str, Home]:
    """A home for each store, not signed in yet; HMRC remembers nothing of earlier tests."""
    control(hmrc, "DELETE", "/faults")
    control(hmrc, "DELETE", "/requests")
    authority = hmrc.model.authority
    with hmrc.model.lock:
        for known in (authority.grants, authority.refresh_tokens, authority.access_tokens):
            known.clear()
    with vault.lock:
        vault.secrets.clear()
        vault.before_write = vault.after_write = None
    settings = VaultSettings(address=vault.address, token=Secret(ROOT), path="viktor")
    return {
        "file": a_home(hmrc, tmp_path / "file"),
        "vault": a_home(hmrc, tmp_path / "vault", tokens=TokenSettings(store="vault"), vault=settings),
    }


def life(home: Home, **death: Any) -> Life:
    return Life(home.settings, home.folder, SystemClock(), **death)


def nothing_is_lost(home: Home) -> None:
    """The next run finds a sign-in that HMRC takes, can refresh it, and has shown HMRC no token twice."""
    grant = home.grant()
    assert grant.refresh(always).ended is None
    assert home.tokens_live()
    assert grant.status().state == "ok"
    home.grant().refresh(never)
    assert home.tokens_live()
    assert home.live_chains() == 1
    assert len(home.spends()) == len(set(home.spends()))
    assert set((home.folder / "refresh.journal").read_bytes()) == {0}


class TestRefresh:
    @pytest.mark.parametrize("point", POINTS, ids=named)
    def test_a_kill_loses_nothing(self, homes: dict[str, Home], point: tuple[str, dict[str, Any]]) -> None:
        store, death = point
        home = homes[store]
        home.given()
        assert die(life(home, **death)) == -signal.SIGKILL
        nothing_is_lost(home)

    @pytest.mark.parametrize("store", ["file", "vault"])
    @pytest.mark.parametrize("step", [*AFTER, "answer_written"])
    def test_a_process_that_dies_with_the_answer_kept_and_not_told_is_not_asked_again(
        self, homes: dict[str, Home], store: str, step: str
    ) -> None:
        home = homes[store]
        home.given()
        assert die(life(home, helper_dies_at=step, who="itself")) == 0
        assert len(home.spends()) == 1
        nothing_is_lost(home)

    @pytest.mark.parametrize("delay", ["seconds", "seconds_after"], ids=["hmrc has not acted", "hmrc has acted"])
    def test_a_kill_while_hmrc_is_at_work_loses_nothing(self, homes: dict[str, Home], delay: str) -> None:
        home = homes["file"]
        home.given()
        control(home.simulator, "POST", "/faults", {"action": "delay", "path": "/oauth/token", delay: 0.3})
        assert die(life(home, helper_dies_at="request_sent")) == -signal.SIGKILL
        nothing_is_lost(home)

    @pytest.mark.parametrize(
        "moment", ["before_write", "after_write"], ids=["vault_put_sent", "vault_committed_reply_lost"]
    )
    def test_a_kill_while_vault_is_at_work_loses_nothing(
        self, homes: dict[str, Home], vault: VaultStandIn, moment: str
    ) -> None:
        home = homes["vault"]
        home.given()
        pids: list[int] = []

        def kill(path: str) -> None:
            if path.endswith("/grant") and pids:
                os.kill(pids.pop(), signal.SIGKILL)

        with vault.lock:
            setattr(vault, moment, kill)
            process = live(life(home))
            assert process.pid
            pids.append(process.pid)
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
        nothing_is_lost(home)

    @pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_in_the_middle_loses_nothing(self, homes: dict[str, Home], sign: signal.Signals) -> None:
        home = homes["file"]
        home.given()
        # Long enough that the signal comes before the answer on a busy machine too.
        control(home.simulator, "POST", "/faults", {"action": "delay", "path": "/oauth/token", "seconds_after": 2.5})
        process = live(life(home))
        deadline = time.monotonic() + 20
        while not home.spends():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert process.pid
        os.kill(process.pid, sign)
        process.join(30)
        assert process.exitcode != 0
        nothing_is_lost(home)

    @pytest.mark.parametrize("step", ["settled", "answered", "store_tmp_written", "verified"])
    def test_a_disk_that_fills_up_loses_nothing(self, homes: dict[str, Home], step: str) -> None:
        home = homes["file"]
        home.given()
        assert die(life(home, full_from=step)) == 1
        nothing_is_lost(home)

    def test_nothing_is_asked_of_hmrc_on_a_full_disk(self, homes: dict[str, Home]) -> None:
        home = homes["file"]
        home.given()
        assert die(life(home, full_from="settled")) == 1
        assert home.spends() == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small file system")
    def test_a_full_file_system_still_takes_the_answer_into_the_journal(
        self, homes: dict[str, Home], tmp_path: Path
    ) -> None:
        import subprocess

        small = tmp_path / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(small)], check=False)
        if mounted.returncode:
            pytest.skip("this root may not mount")
        try:
            home = Home(homes["file"].simulator, homes["file"].settings, small / "state", SystemClock())
            home.given()
            home.grant().refresh(never)  # the journal has its room now

            def fill(point: str) -> None:
                if point == "answered":
                    (small / "filling").write_bytes(b"x" * _free(small))

            with pytest.raises(Exception, match="No space left"):
                home.grant(reached=fill).refresh(never)
            (small / "filling").unlink()
            nothing_is_lost(home)
        finally:
            subprocess.run(["umount", str(small)], check=True)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_bsize


class TestSignIn:
    @pytest.mark.parametrize("store", ["file", "vault"])
    @pytest.mark.parametrize(
        "death",
        [
            *({"helper_dies_at": step} for step in ["request_sent", "response_in_memory", "answer_synced"]),
            *(
                {"dies_at": step}
                for step in ["code_exchanged_not_saved", "store_put_done", "verified", "saved_not_acked"]
            ),
        ],
        ids=lambda death: next(iter(death.values())),
    )
    def test_a_code_that_reached_hmrc_becomes_a_sign_in(
        self, homes: dict[str, Home], store: str, death: dict[str, str]
    ) -> None:
        home = homes[store]
        home.folder.mkdir(mode=0o700)
        assert die(life(home, code=home.a_code(), **death)) == -signal.SIGKILL
        with GrantLocks(home.folder).exclusive(30):
            pass  # the process that asks HMRC is done
        assert home.grant().status().state == "ok"
        nothing_is_lost(home)

    @pytest.mark.parametrize(
        "death",
        [
            {"dies_at": "code_received"},
            {"helper_dies_at": "intent_synced", "who": "both"},
            {"helper_dies_at": "connecting", "who": "both"},
        ],
        ids=lambda death: next(iter(death.values())),
    )
    def test_a_code_that_did_not_reach_hmrc_leaves_what_there_was(
        self, homes: dict[str, Home], death: dict[str, Any]
    ) -> None:
        home = homes["file"]
        home.given()
        assert die(life(home, code=home.a_code(), **death)) == -signal.SIGKILL
        nothing_is_lost(home)


def a_random_life(home: Home, chance: random.Random) -> None:
    death = chance.choice([death for store, death in POINTS if store == home.settings.tokens.store])
    die(life(home, **death))
    assert home.grant().refresh(always).ended is None
    assert home.tokens_live()


class TestRandomKills:
    @pytest.mark.parametrize("store", ["file", "vault"])
    def test_a_few_lives_in_a_row(self, homes: dict[str, Home], store: str) -> None:
        home, chance = homes[store], random.Random(20240406)
        home.given()
        for _ in range(6):
            a_random_life(home, chance)
        nothing_is_lost(home)

    @pytest.mark.soak
    @pytest.mark.parametrize("store", ["file", "vault"])
    def test_many_lives_in_a_row(self, homes: dict[str, Home], store: str) -> None:
        seed = int(os.environ.get("SOAK_SEED", time.time_ns()))
        print("SOAK_SEED", seed)
        home, chance = homes[store], random.Random(seed)
        home.given()
        for _ in range(int(os.environ.get("SOAK_ROUNDS", "500"))):
            a_random_life(home, chance)
        nothing_is_lost(home)
