"""One sign-in: the page that waits, what is pasted instead, and every way in which it ends."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace as with_changes

from daemon.hmrc.sign_in import SignIn
from daemon.simulator import Simulator
from daemon.simulator.visitor import sign_in
from storage.settings import HmrcSettings, Settings, TokenSettings
from storage.troubles import BadInput, SignInNeeded, StorageTrouble
from tests.daemon.hmrc.grants import Home, a_home
from tests.ports import free_port
from tests.simulated import ask, simulated


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def hmrc(port: int) -> Iterator[Simulator]:
    uris = [f"http://localhost:{port}/oauth/callback", "urn:ietf:wg:oauth:2.0:oob", "https://tax.example.org/callback"]
    with simulated(redirect_uris=uris) as simulator:
        yield simulator


@pytest.fixture
def home(hmrc: Simulator, port: int, tmp_path: Path) -> Home:
    return coming_back_to(a_home(hmrc, tmp_path / "state"), f"http://localhost:{port}/oauth/callback")


def coming_back_to(home: Home, redirect_uri: str) -> Home:
    hmrc = with_changes(home.settings.hmrc, redirect_uri=redirect_uri)
    return replace(home, settings=Settings(hmrc=hmrc, tokens=TokenSettings(store="file")))


def an_attempt(home: Home, minutes: float = 1) -> SignIn:
    return SignIn(home.settings, home.grant(), minutes=minutes)


async def at_hmrc(home: Home, attempt: SignIn) -> str:
    """The person signs in; the address that HMRC sends the browser to."""
    person = home.simulator.person
    return await asyncio.to_thread(sign_in, attempt.address, person.user_id, person.password)


async def browse(address: str, **headers: str) -> tuple[int, str]:
    """What a browser gets there, redirects followed, and where it ends."""
    reply = await asyncio.to_thread(ask, "GET", address, follow_redirects=True, headers=headers)
    return reply.status_code, str(reply.url)


class TestBrowser:
    async def test_the_browser_comes_back_and_the_grant_is_kept(self, home: Home) -> None:
        async with an_attempt(home) as attempt:
            finished = asyncio.create_task(attempt.finish())
            assert attempt.listening
            status, end = await browse(await at_hmrc(home, attempt))
            assert (status, urlsplit(end).path, urlsplit(end).query) == (200, "/done", "")
            assert (await finished).state == "ok"
        assert home.tokens_live()

    async def test_both_addresses_of_this_machine_are_listened_on(self, home: Home, port: int) -> None:
        async with an_attempt(home):
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                if family == socket.AF_INET6 and not _has_ipv6():
                    pytest.skip("this machine has no IPv6")
                reader, writer = await asyncio.open_connection(address, port)
                writer.write(b"GET /done HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
                writer.close()

    async def test_a_wrong_state_does_not_end_the_attempt(self, home: Home) -> None:
        async with an_attempt(home) as attempt:
            finished = asyncio.create_task(attempt.finish())
            back = await at_hmrc(home, attempt)
            for _ in range(3):
                assert (await browse(back.replace("state=", "state=x")))[0] == 400
            assert (await browse(back, host="evil.example"))[0] == 421
            assert not finished.done()
            await browse(back)
            assert (await finished).state == "ok"

    async def test_the_second_answer_is_too_late(self, home: Home) -> None:
        async with an_attempt(home) as attempt:
            back = await at_hmrc(home, attempt)
            assert (await browse(back))[0] == 200
            assert (await browse(back))[0] == 410
            assert (await attempt.finish()).state == "ok"

    async def test_it_is_told_when_the_code_has_come_and_is_about_to_be_exchanged(self, home: Home) -> None:
        told: list[str] = []
        async with an_attempt(home) as attempt:
            finished = asyncio.create_task(attempt.finish(lambda: told.append(home.grant().status().state)))
            await browse(await at_hmrc(home, attempt))
            assert (await finished).state == "ok"
        assert told == ["none"]

    async def test_a_refusal_is_said_and_changes_nothing(self, home: Home) -> None:
        before = home.given()
        async with an_attempt(home) as attempt:
            state = parse_qs(urlsplit(attempt.address).query)["state"][0]
            finished = asyncio.create_task(attempt.finish())
            await browse(
                f"{attempt.redirect_uri}?error=access_denied&error_code=USER_DENIED_AUTHORIZATION&state={state}"
            )
            with pytest.raises(SignInNeeded, match="not to give permission"):
                await finished
        assert home.record() == before

    async def test_it_is_over_after_its_time(self, home: Home) -> None:
        async with an_attempt(home, minutes=0.001) as attempt:
            with pytest.raises(SignInNeeded, match="nobody signed in"):
                await attempt.finish()

    async def test_the_port_is_free_again_afterwards(self, home: Home) -> None:
        for _ in range(3):
            async with an_attempt(home) as attempt:
                assert attempt.listening


class TestPortTaken:
    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    async def test_it_is_said_and_pasting_still_works(self, home: Home, port: int, address: str) -> None:
        if ":" in address and not _has_ipv6():
            pytest.skip("this machine has no IPv6")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.create_server((address, port), family=family):
            async with an_attempt(home) as attempt:
                assert not attempt.listening
                assert attempt.why_not is not None
                assert f"port {port} is in use" in attempt.why_not
                assert attempt.paste(await at_hmrc(home, attempt)) is None
                assert (await attempt.finish()).state == "ok"


class TestPaste:
    async def test_the_address_is_taken_while_the_page_listens(self, home: Home) -> None:
        async with an_attempt(home) as attempt:
            finished = asyncio.create_task(attempt.finish())
            assert attempt.paste("hello") is not None
            assert attempt.paste("http://localhost/?code=abc&state=other") is not None
            assert attempt.paste(await at_hmrc(home, attempt)) is None
            assert (await finished).state == "ok"

    async def test_the_code_that_hmrc_shows_is_taken(self, home: Home) -> None:
        out_of_band = coming_back_to(home, "urn:ietf:wg:oauth:2.0:oob")
        async with an_attempt(out_of_band) as attempt:
            assert not attempt.listening
            assert attempt.paste(await at_hmrc(out_of_band, attempt)) is None
            assert (await attempt.finish()).state == "ok"

    async def test_an_address_elsewhere_is_pasted(self, home: Home) -> None:
        elsewhere = coming_back_to(home, "https://tax.example.org/callback")
        async with an_attempt(elsewhere) as attempt:
            assert (attempt.listening, attempt.why_not) == (
                False,
                "https://tax.example.org/callback is not on this machine",
            )
            assert attempt.paste(await at_hmrc(elsewhere, attempt)) is None
            assert (await attempt.finish()).state == "ok"


class TestNothingCanComeBack:
    async def test_the_end_of_input_ends_only_what_nobody_listens_for(self, home: Home) -> None:
        async with an_attempt(home) as attempt:
            attempt.nothing_more_to_paste()
            assert not attempt.has_answer
        async with an_attempt(coming_back_to(home, "urn:ietf:wg:oauth:2.0:oob")) as attempt:
            attempt.nothing_more_to_paste()
            with pytest.raises(SignInNeeded, match="cannot come back"):
                await attempt.finish()

    def test_a_place_that_cannot_keep_a_sign_in_is_said_first(self, home: Home) -> None:
        (home.folder / "token.json.probe").mkdir(parents=True, mode=0o700)
        with pytest.raises(StorageTrouble, match="token"):
            an_attempt(home)


async def test_without_a_client_id_nothing_is_begun(home: Home) -> None:
    with pytest.raises(BadInput, match="client_id"):
        SignIn(Settings(hmrc=HmrcSettings()), home.grant())


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
