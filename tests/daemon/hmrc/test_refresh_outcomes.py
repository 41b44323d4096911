"""Each answer that a refresh may get, and what it does to the sign-in: HMRC's documented errors, and everything that may come instead."""

import json
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from daemon.hmrc.asking import Line
from daemon.hmrc.grant import Grant
from daemon.simulator import Simulator
from storage.settings import Settings, TokenSettings
from storage.tokens.journal import read_state
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded, Trouble
from tests.daemon.hmrc.grants import Home, a_home, ask_here, never
from tests.makers import StoppedClock
from tests.ports import free_port
from tests.simulated import control, simulated


@pytest.fixture(scope="module")
def hmrc() -> Iterator[Simulator]:
    with simulated() as simulator:
        yield simulator


@pytest.fixture
def signed_in(hmrc: Simulator, tmp_path: Path) -> Iterator[Home]:
    control(hmrc, "DELETE", "/requests")
    control(hmrc, "PATCH", "/unknowns", {"reuse_revokes_grant": False})
    home = a_home(hmrc, tmp_path / "state")
    home.given()
    yield home
    control(hmrc, "DELETE", "/faults")


@dataclass
class Waits:
    """A line that counts seconds instead of waiting them."""

    seconds: list[float] = field(default_factory=list[float])

    def wait(self, _stop: threading.Event, seconds: float) -> bool:
        self.seconds.append(seconds)
        return False

    def line(self) -> Line:
        return Line(ask=ask_here, wait=self.wait, monotonic=lambda: sum(self.seconds))


def hours_later(home: Home) -> Home:
    """The same home when its access token has ended: nothing can be learnt from it any more."""
    return replace(home, clock=StoppedClock(home.record().access_expires_at + timedelta(hours=1)))


def fault(home: Home, action: str, **more: Any) -> None:
    path = {"path": "/oauth/token", **more}
    control(home.simulator, "POST", "/faults", {"action": action, **path})


def refresh(home: Home) -> tuple[list[float], Trouble | None]:
    """Refreshes once; the seconds waited between its requests, and the trouble it ended with."""
    waits = Waits()
    try:
        home.grant(waits.line()).refresh(never)
    except Trouble as trouble:
        return waits.seconds, trouble
    return waits.seconds, None


class TestHmrcDidNotAct:
    """Nothing is touched: the record is byte for byte as it was, the journal is empty, and the next refresh succeeds."""

    @pytest.mark.parametrize(
        ("answer", "waits", "trouble"),
        [
            pytest.param({"status": 429}, [2, 5], HmrcTrouble, id="429 in HMRC's own format, without an OAuth error"),
            pytest.param({"status": 403, "body": '{"code":"FORBIDDEN"}'}, [], HmrcTrouble, id="403"),
            pytest.param({"status": 404, "body": "<html>Not found</html>"}, [], HmrcTrouble, id="404 as HTML"),
            pytest.param({"status": 400, "body": "<html>Bad</html>"}, [], HmrcTrouble, id="400 as HTML"),
            pytest.param({"status": 302, "headers": {"Location": "/"}, "body": ""}, [], HmrcTrouble, id="a redirect"),
            pytest.param({"status": 400, "body": '{"error":"invalid_request"}'}, [2, 4, 6, 10], HmrcTrouble, id="busy"),
            pytest.param({"status": 401, "body": '{"error":"invalid_client"}'}, [], BadInput, id="secret rotated"),
            pytest.param({"status": 400, "body": '{"error":["invalid_grant"]}'}, [], HmrcTrouble, id="odd JSON"),
        ],
    )
    def test_nothing_is_touched(
        self, signed_in: Home, answer: dict[str, Any], waits: list[float], trouble: type[Trouble]
    ) -> None:
        before = (signed_in.folder / "token.json").read_bytes()
        fault(signed_in, "respond", times=None, **answer)
        assert _kinds(refresh(signed_in)) == (waits, trouble)
        assert (signed_in.folder / "token.json").read_bytes() == before
        assert read_state(signed_in.folder / "refresh.journal").empty
        control(signed_in.simulator, "DELETE", "/faults")
        assert refresh(signed_in) == ([], None)
        assert signed_in.tokens_live()

    def test_no_connection_is_tried_three_times_and_told(self, signed_in: Home) -> None:
        away = f"http://127.0.0.1:{free_port()}"
        unreached = Home(signed_in.simulator, _at(signed_in.settings, away), signed_in.folder, signed_in.clock)
        waits, trouble = refresh(unreached)
        assert (waits, type(trouble)) == ([2, 5], HmrcTrouble)
        assert read_state(signed_in.folder / "refresh.journal").empty
        assert refresh(signed_in) == ([], None)

    def test_refusals_without_end_leave_room_in_the_journal_for_an_answer(self, signed_in: Home) -> None:
        fault(signed_in, "respond", status=403, body="<html>Blocked</html>", times=None)
        for _ in range(5):
            refresh(signed_in)
        assert 0 < len((signed_in.folder / "refresh.journal").read_bytes().rstrip(b"\0")) < 500

    def test_a_refresh_that_another_one_holds_up_is_repeated(self, signed_in: Home) -> None:
        fault(signed_in, "respond", status=400, body='{"error":"invalid_request","error_description":"in progress"}')
        assert refresh(signed_in) == ([2], None)
        assert signed_in.tokens_live()


class TestNobodyKnowsWhetherHmrcActed:
    """The intent stays in the journal, and the same token is shown again: under the lock that can only win."""

    @pytest.mark.parametrize(
        "broken",
        [
            pytest.param({"action": "drop_before"}, id="the connection drops before HMRC acts"),
            pytest.param({"action": "respond", "status": 500}, id="500"),
            pytest.param({"action": "respond", "status": 502, "body": "<html>Bad gateway</html>"}, id="502 as HTML"),
            pytest.param({"action": "respond", "status": 503}, id="503"),
            pytest.param(
                {"action": "respond", "status": 200, "body": "<html>Sign in to the wifi</html>"}, id="a portal"
            ),
            pytest.param(
                {"action": "respond", "status": 200, "body": '{"access_token":"x","expires_in":14400}'}, id="half"
            ),
        ],
    )
    def test_the_same_token_is_shown_again_until_hmrc_answers(self, signed_in: Home, broken: dict[str, Any]) -> None:
        fault(signed_in, times=2, **broken)
        assert refresh(signed_in) == ([2, 5], None)
        assert len(set(signed_in.spends())) == 1
        assert signed_in.tokens_live()

    def test_while_hmrc_fails_a_command_ends_within_two_minutes_with_the_sign_in_as_it_was(
        self, signed_in: Home
    ) -> None:
        fault(signed_in, "respond", status=503, times=None)
        before = signed_in.record()
        waits, trouble = refresh(hours_later(signed_in))
        assert isinstance(trouble, HmrcTrouble)
        assert sum(waits) <= 60
        assert (signed_in.record(), signed_in.grant().status().state) == (before, "ok")
        assert signed_in.grant().status().note is not None

    def test_many_failed_runs_do_not_fill_the_journal(self, signed_in: Home) -> None:
        fault(signed_in, "respond", status=503, times=None)
        for _ in range(2):
            refresh(hours_later(signed_in))
        entries = (signed_in.folder / "refresh.journal").read_bytes().rstrip(b"\0")
        assert 0 < len(entries) < 500
        control(signed_in.simulator, "DELETE", "/faults")
        assert refresh(signed_in) == ([], None)

    def test_an_answer_that_is_cut_after_both_tokens_is_used(self, signed_in: Home) -> None:
        whole = json.dumps(
            {"access_token": "a" * 32, "token_type": "bearer", "expires_in": 14400, "refresh_token": "b" * 32}
        )
        fault(signed_in, "cut", bytes=len(whole) - 3)
        assert refresh(signed_in) == ([], None)
        assert signed_in.tokens_live()
        assert len(signed_in.spends()) == 1

    @pytest.mark.parametrize("lost", ["drop_after", "cut"])
    def test_a_lost_answer_is_detected_said_and_cured_by_one_sign_in(self, signed_in: Home, lost: str) -> None:
        fault(signed_in, lost)
        before = signed_in.record()
        _, trouble = refresh(signed_in)
        assert isinstance(trouble, SignInNeeded)
        assert "lost" in str(trouble)
        assert "authorise" in str(trouble)
        status = signed_in.grant().status()
        assert (status.state, signed_in.record().refresh_token) == ("needs_sign_in", before.refresh_token)
        signed_in.sign_in()
        assert (signed_in.grant().status().state, signed_in.tokens_live()) == ("ok", True)

    def test_an_access_token_that_still_lives_shows_that_hmrc_had_not_acted(self, signed_in: Home) -> None:
        fault(signed_in, "drop_before")
        fault(signed_in, "respond", status=400, body='{"error":"invalid_grant"}')
        _, trouble = refresh(signed_in)
        assert isinstance(trouble, SignInNeeded)
        assert "lost" not in str(trouble)

    def test_the_doubt_of_an_earlier_run_is_remembered(self, signed_in: Home) -> None:
        fault(signed_in, "drop_after")
        fault(signed_in, "respond", status=503, times=None)
        assert isinstance(refresh(hours_later(signed_in))[1], HmrcTrouble)
        control(signed_in.simulator, "DELETE", "/faults")
        _, trouble = refresh(hours_later(signed_in))
        assert isinstance(trouble, SignInNeeded)
        assert "lost" in str(trouble)


class TestSlowAnswers:
    @contextmanager
    def _endpoint(self, *parts: tuple[float, bytes]) -> Generator[str]:
        """A token endpoint that sends `parts`, each after its seconds, and hangs up."""
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    for seconds, part in parts:
                        time.sleep(seconds)
                        connection.sendall(part)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
            thread.join()

    def test_an_answer_that_drips_in_is_waited_for(self, signed_in: Home) -> None:
        body = b'{"access_token":"drip-access","token_type":"bearer","expires_in":14400,"refresh_token":"drip-refresh"}'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        drips = [(0.05, body[at : at + 20]) for at in range(0, len(body), 20)]
        with self._endpoint((0, head), *drips) as address:
            slow = Home(signed_in.simulator, _at(signed_in.settings, address), signed_in.folder, signed_in.clock)
            assert refresh(slow) == ([], None)
        assert signed_in.record().refresh_token.reveal() == "drip-refresh"

    def test_the_request_has_its_parameters_in_the_body_alone_and_no_proxy(
        self, signed_in: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        signed_in.grant(Line()).refresh(never)
        monkeypatch.undo()
        [asked] = control(signed_in.simulator, "GET", "/requests?path=/oauth/token")
        assert set(asked["form"]) == {"grant_type", "client_id", "client_secret", "refresh_token"}
        assert asked["query"] == {}
        assert "authorization" not in {name.lower() for name in asked["headers"]}


def test_the_person_may_stop_the_waiting(signed_in: Home) -> None:
    fault(signed_in, "respond", status=503, times=None)
    stop = threading.Event()
    stop.set()
    grant = Grant(signed_in.settings, signed_in.folder, signed_in.clock)
    with pytest.raises(HmrcTrouble, match="stopped"):
        grant.refresh(never, stop)
    assert len(signed_in.spends()) == 1


def _at(settings: Settings, address: str) -> Settings:
    return Settings(hmrc=with_changes(settings.hmrc, api_url=address), tokens=TokenSettings(store="file"))


def _kinds(outcome: tuple[list[float], Trouble | None]) -> tuple[list[float], type | None]:
    return outcome[0], type(outcome[1]) if outcome[1] else None


def test_nothing_is_asked_again_once_tokens_have_been_wanted_for_a_minute(signed_in: Home) -> None:
    fault(signed_in, "respond", status=503, times=None)
    passed = [0.0]

    def ask_slowly(request: Any, lock: int) -> Any:
        passed[0] += 30.0
        return ask_here(request, lock)

    def wait(_stop: threading.Event, seconds: float) -> bool:
        passed[0] += seconds
        return False

    line = Line(ask=ask_slowly, wait=wait, monotonic=lambda: passed[0])
    with pytest.raises(HmrcTrouble, match="it answered 503"):
        hours_later(signed_in).grant(line).refresh(never)
    assert len(signed_in.spends()) == 2, "half a minute each; a third would begin after the minute"
