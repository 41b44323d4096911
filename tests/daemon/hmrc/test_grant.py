"""The grant: an access token for each call, refreshed when it is needed and never otherwise."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.events import Event, GrantChanged
from daemon.hmrc.grant import Grant
from daemon.hmrc.locks import GrantLocks
from daemon.simulator import Simulator
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, HmrcSettings, Settings, TokenSettings
from storage.tokens.file import FileTokenStore
from storage.tokens.record import GRANT_LENGTH, client_hash
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded, StorageTrouble, Trouble
from tests.daemon.hmrc.grants import QUICK, Home, a_home, a_record, never
from tests.makers import StoppedClock
from tests.simulated import VERIFIER, control, simulated


@pytest.fixture(scope="module")
def hmrc() -> Iterator[Simulator]:
    with simulated() as simulator:
        yield simulator


@pytest.fixture
def signed_in(hmrc: Simulator, tmp_path: Path) -> Iterator[Home]:
    """A home that has just signed in; HMRC forgets it afterwards."""
    control(hmrc, "DELETE", "/faults")
    control(hmrc, "DELETE", "/requests")
    with hmrc.model.lock:
        for known in (
            hmrc.model.authority.grants,
            hmrc.model.authority.refresh_tokens,
            hmrc.model.authority.access_tokens,
        ):
            known.clear()
    home = a_home(hmrc, tmp_path / "state")
    home.given()
    yield home
    control(hmrc, "DELETE", "/faults")


class FiveHoursALook:
    """Whoever looks at it twice finds that an access token has ended in between."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        self._now += timedelta(hours=5)
        return self._now


async def token_of(grant: Grant) -> Secret:
    async with grant.calling() as access_token:
        return access_token


class TestCalling:
    async def test_a_token_that_is_good_is_given_without_asking_hmrc(self, signed_in: Home) -> None:
        grant = signed_in.grant()
        assert [await token_of(grant) for _ in range(3)] == [signed_in.record().access_token] * 3
        assert signed_in.refreshes == 0

    async def test_a_token_that_is_about_to_end_is_refreshed_first(self, signed_in: Home) -> None:
        before = signed_in.record()
        late = replace(signed_in, clock=StoppedClock(before.access_expires_at - timedelta(minutes=9)))
        assert await token_of(late.grant()) == signed_in.record().access_token != before.access_token
        assert signed_in.refreshes == 1
        assert signed_in.tokens_live()

    async def test_a_token_whose_life_is_shorter_than_its_refresh_is_tried_not_refreshed_for_ever(
        self, signed_in: Home
    ) -> None:
        slow = replace(signed_in, clock=FiveHoursALook())
        assert await asyncio.wait_for(token_of(slow.grant()), 20) == signed_in.record().access_token
        assert signed_in.refreshes == 1

    async def test_granted_at_and_scope_survive_every_refresh(self, signed_in: Home) -> None:
        first = signed_in.record()
        for _ in range(3):
            signed_in.grant().refresh(never)
        last = signed_in.record()
        assert (last.granted_at, last.scope, last.generation) == (first.granted_at, first.scope, first.generation + 3)

    async def test_nobody_signed_in_is_said_with_the_mend(self, hmrc: Simulator, tmp_path: Path) -> None:
        with pytest.raises(SignInNeeded, match="authorise"):
            await token_of(a_home(hmrc, tmp_path).grant())

    async def test_a_refresh_waits_for_the_call_that_uses_the_token(self, signed_in: Home) -> None:
        grant, order, calling = signed_in.grant(), list[str](), asyncio.Event()

        async def call() -> None:
            async with grant.calling() as access_token:
                calling.set()
                await asyncio.sleep(0.3)  # time enough for a refresh that would not wait
                with signed_in.simulator.model.lock:
                    order.append(signed_in.simulator.model.authority.access_state(access_token.reveal()))

        async def refresh() -> None:
            await calling.wait()
            await asyncio.to_thread(signed_in.grant().refresh, never)
            order.append("refreshed")

        await asyncio.gather(call(), refresh())
        assert order == ["live", "refreshed"]

    async def test_a_sync_that_is_stopped_leaves_the_refresh_to_its_end(self, signed_in: Home) -> None:
        control(
            signed_in.simulator, "POST", "/faults", {"action": "delay", "path": "/oauth/token", "seconds_after": 2.0}
        )
        grant = signed_in.grant()
        work = asyncio.create_task(grant.rejected(signed_in.record().access_token))
        await asyncio.sleep(0.3)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await asyncio.to_thread(signed_in.grant().refresh, lambda record: record.generation == 2)
        assert (signed_in.refreshes, signed_in.tokens_live()) == (1, True)


class TestRejected:
    async def test_a_dead_token_is_refreshed_once(self, signed_in: Home) -> None:
        grant, dead = signed_in.grant(), signed_in.record().access_token
        assert await grant.rejected(dead)
        assert await token_of(grant) != dead
        assert signed_in.refreshes == 1

    async def test_a_token_that_somebody_refreshed_meanwhile_is_read_again(self, signed_in: Home) -> None:
        grant, old = signed_in.grant(), signed_in.record().access_token
        signed_in.grant().refresh(never)
        assert await grant.rejected(old)
        assert signed_in.refreshes == 1

    async def test_a_token_from_that_refresh_is_not_refreshed_again(self, signed_in: Home) -> None:
        grant = signed_in.grant()
        await grant.rejected(signed_in.record().access_token)
        assert not await grant.rejected(signed_in.record().access_token)
        assert signed_in.refreshes == 1

    async def test_unless_somebody_else_has_refreshed_since(self, signed_in: Home) -> None:
        grant = signed_in.grant()
        await grant.rejected(signed_in.record().access_token)
        ours = signed_in.record().access_token
        signed_in.grant().refresh(never)
        assert await grant.rejected(ours)
        assert signed_in.refreshes == 2


class TestStatus:
    @pytest.mark.parametrize(
        ("age", "state", "days"),
        [
            (timedelta(0), "ok", 547),
            (timedelta(days=517), "ok", 30),
            (timedelta(days=517, seconds=1), "expiring", 29),
            (timedelta(days=546, hours=23), "expiring", 0),
            (timedelta(days=547), "expired", 0),
            (timedelta(days=600), "expired", 0),
        ],
    )
    def test_the_grant_lasts_547_days(
        self, hmrc: Simulator, tmp_path: Path, age: timedelta, state: str, days: int
    ) -> None:
        record = a_record()
        FileTokenStore(tmp_path / "token.json").write(record, None)
        status = a_home(hmrc, tmp_path, StoppedClock(record.granted_at + age)).grant().status()
        assert (status.state, status.grant_days_left, status.store) == (state, days, "file")
        assert status.grant_expires_at == record.granted_at + GRANT_LENGTH

    def test_without_a_sign_in_everything_is_none(self, hmrc: Simulator, tmp_path: Path) -> None:
        status = a_home(hmrc, tmp_path).grant().status()
        assert (status.state, status.granted_at, status.grant_days_left) == ("none", None, None)

    async def test_an_ended_authority_is_not_even_tried(self, hmrc: Simulator, tmp_path: Path) -> None:
        record = a_record(client=client_hash(Secret(hmrc.application.client_id)))
        FileTokenStore(tmp_path / "token.json").write(record, None)
        home = a_home(hmrc, tmp_path, StoppedClock(record.grant_expires_at))
        with pytest.raises(SignInNeeded, match="18 months"):
            await token_of(home.grant())

    def test_a_refresh_that_hmrc_refuses_keeps_the_record_and_needs_a_sign_in(self, signed_in: Home) -> None:
        control(signed_in.simulator, "POST", "/grants/revoke", {})
        before = signed_in.record()
        with pytest.raises(SignInNeeded, match="authorise"):
            signed_in.grant().refresh(never)
        assert signed_in.record() == replace(before, ended="refused")
        assert signed_in.grant().status().state == "needs_sign_in"
        spent = len(signed_in.spends())
        with pytest.raises(SignInNeeded):
            signed_in.grant().refresh(never)
        assert len(signed_in.spends()) == spent

    def test_signing_in_again_cures_it(self, signed_in: Home) -> None:
        control(signed_in.simulator, "POST", "/grants/revoke", {})
        with pytest.raises(SignInNeeded):
            signed_in.grant().refresh(never)
        assert signed_in.sign_in().state == "ok"
        assert signed_in.tokens_live()

    def test_the_changes_are_told(self, signed_in: Home) -> None:
        heard: list[Event] = []
        grant = Grant(signed_in.settings, signed_in.folder, signed_in.clock, heard.append, line=QUICK)
        grant.refresh(never)
        grant.forget()
        assert heard == [GrantChanged("ok", refreshed=True), GrantChanged("none")]

    def test_one_refresh_is_told_once_however_many_calls_waited_for_it(self, signed_in: Home) -> None:
        heard: list[Event] = []
        grant = Grant(signed_in.settings, signed_in.folder, signed_in.clock, heard.append, line=QUICK)
        old = signed_in.record().access_token
        for _ in range(5):
            grant.refresh(lambda record: record.access_token != old)
        assert heard == [GrantChanged("ok", refreshed=True)]


class TestForget:
    def test_our_copy_is_gone_and_the_journal_is_blank(self, signed_in: Home) -> None:
        assert signed_in.grant().forget()
        assert signed_in.grant().status().state == "none"
        assert not (signed_in.folder / "token.json").exists()
        assert set((signed_in.folder / "refresh.journal").read_bytes()) == {0}

    def test_there_is_nothing_to_forget_without_a_sign_in(self, hmrc: Simulator, tmp_path: Path) -> None:
        assert not a_home(hmrc, tmp_path).grant().forget()

    def test_a_damaged_file_is_forgotten_too(self, signed_in: Home) -> None:
        (signed_in.folder / "token.json").write_bytes(b"")
        assert signed_in.grant().forget()
        assert signed_in.grant().status().state == "none"


class TestExchange:
    def test_the_code_goes_with_its_verifier_and_the_same_redirect_address(self, signed_in: Home) -> None:
        assert signed_in.sign_in().state == "ok"
        [form] = [one["form"] for one in control(signed_in.simulator, "GET", "/requests?path=/oauth/token")]
        assert set(form) == {"grant_type", "client_id", "client_secret", "redirect_uri", "code", "code_verifier"}
        assert form["redirect_uri"] == DEFAULT_REDIRECT_URI

    def test_a_code_that_is_not_good_leaves_the_grant_that_there_was(self, signed_in: Home) -> None:
        before = signed_in.record()
        with pytest.raises(SignInNeeded, match="code is invalid"):
            signed_in.grant().exchange_code(Secret("0" * 32), Secret(VERIFIER), DEFAULT_REDIRECT_URI)
        assert signed_in.record() == before

    def test_a_wrong_verifier_is_refused(self, signed_in: Home) -> None:
        with pytest.raises(SignInNeeded, match="code_verifier is invalid"):
            signed_in.grant().exchange_code(signed_in.a_code(), Secret("x" * 60), DEFAULT_REDIRECT_URI)

    def test_a_wrong_client_secret_is_a_fault_of_the_configuration(self, signed_in: Home) -> None:
        wrong = replace(
            signed_in,
            settings=Settings(
                hmrc=_with(signed_in.settings, client_secret=Secret("wrong")), tokens=TokenSettings(store="file")
            ),
        )
        with pytest.raises(BadInput, match="client_secret"):
            wrong.grant().exchange_code(signed_in.a_code(), Secret(VERIFIER), DEFAULT_REDIRECT_URI)

    def test_a_lost_answer_to_a_code_needs_another_sign_in(self, signed_in: Home) -> None:
        before = signed_in.record()
        control(signed_in.simulator, "POST", "/faults", {"action": "drop_after", "path": "/oauth/token"})
        with pytest.raises(SignInNeeded):
            signed_in.sign_in()
        assert signed_in.record() == before
        assert signed_in.sign_in().state == "ok"

    def test_a_new_sign_in_starts_the_547_days_anew(self, signed_in: Home) -> None:
        first = signed_in.record()
        signed_in.sign_in()
        assert signed_in.record().granted_at > first.granted_at
        assert signed_in.record().generation == first.generation + 1

    def test_the_settings_without_a_client_id_say_what_to_set(self, hmrc: Simulator, tmp_path: Path) -> None:
        home = a_home(hmrc, tmp_path)
        lacking = replace(home, settings=Settings(hmrc=_with(home.settings, client_id=None)))
        with pytest.raises(BadInput, match="client_id"):
            lacking.sign_in()


def _with(settings: Settings, **changes: object) -> HmrcSettings:
    from msgspec.structs import replace as with_changes

    return with_changes(settings.hmrc, **changes)


class TestDamage:
    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"null", b"\xff\xfe", b'{"generation": 1}'])
    async def test_a_damaged_file_is_said_and_left_as_it_is(self, signed_in: Home, content: bytes) -> None:
        file = signed_in.folder / "token.json"
        file.write_bytes(content)
        with pytest.raises(StorageTrouble, match="damaged"):
            await token_of(signed_in.grant())
        with pytest.raises(StorageTrouble, match="damaged"):
            signed_in.grant().status()
        assert file.read_bytes() == content

    def test_signing_in_again_puts_a_damaged_file_aside(self, signed_in: Home) -> None:
        (signed_in.folder / "token.json").write_bytes(b"{half")
        assert signed_in.sign_in().state == "ok"
        assert (signed_in.folder / "token.json.damaged").read_bytes() == b"{half"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    async def test_a_file_that_others_can_read_is_refused_with_the_mend(self, signed_in: Home, mode: int) -> None:
        file = signed_in.folder / "token.json"
        file.chmod(mode)
        with pytest.raises(StorageTrouble, match=f"chmod 600 {file}"):
            await token_of(signed_in.grant())

    async def test_a_symbolic_link_is_refused(self, signed_in: Home, tmp_path: Path) -> None:
        file = signed_in.folder / "token.json"
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StorageTrouble):
            await token_of(signed_in.grant())

    def test_a_refresh_is_refused_where_its_answer_could_not_be_kept(
        self, signed_in: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        signed_in.grant().refresh(never)
        monkeypatch.setattr("storage.tokens.private_file._write_beside", full)
        with pytest.raises(StorageTrouble, match="No space left"):
            signed_in.grant().refresh(never)
        assert len(signed_in.spends()) == 1


class TestTooManyFailures:
    def test_one_failure_spares_the_next_calls_the_wait(self, signed_in: Home) -> None:
        control(signed_in.simulator, "POST", "/faults", {"action": "respond", "path": "/oauth/token", "status": 403})
        grant = signed_in.grant()
        for _ in range(3):
            with pytest.raises(HmrcTrouble):
                grant.refresh(never)
        assert len(signed_in.spends()) == 1

    @pytest.mark.parametrize(
        ("status", "body", "trouble"),
        [(403, "<html>Blocked</html>", HmrcTrouble), (401, '{"error":"invalid_client"}', BadInput)],
        ids=["refused", "secret rotated"],
    )
    async def test_the_calls_that_waited_for_a_refresh_that_failed_ask_hmrc_no_more(
        self, signed_in: Home, status: int, body: str, trouble: type[Trouble]
    ) -> None:
        answer = {"action": "respond", "path": "/oauth/token", "status": status, "body": body, "times": None}
        control(signed_in.simulator, "POST", "/faults", answer)
        grant = replace(
            signed_in, clock=StoppedClock(signed_in.record().access_expires_at + timedelta(hours=1))
        ).grant()
        outcomes = await asyncio.gather(*(token_of(grant) for _ in range(4)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [trouble] * 4
        assert len(signed_in.spends()) == 1

    def test_a_refresh_that_was_stopped_spares_nobody_the_next(self, signed_in: Home) -> None:
        grant, stopped = signed_in.grant(), threading.Event()
        stopped.set()
        with GrantLocks(signed_in.folder).exclusive(1), pytest.raises(HmrcTrouble, match="stopped"):
            grant.refresh(never, stopped)
        assert grant.refresh(never) == signed_in.record()


async def test_the_time_that_a_clock_in_the_past_claims_does_not_lose_the_grant(signed_in: Home) -> None:
    behind = replace(signed_in, clock=StoppedClock(datetime(2020, 1, 1, tzinfo=UTC)))
    assert await token_of(behind.grant()) == signed_in.record().access_token
