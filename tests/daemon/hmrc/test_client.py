"""The client against a real HTTP server: what it sends, what it makes of each answer, when it tries again, when it stops."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.hmrc.client import Call, HmrcClient, Patience
from daemon.hmrc.errors import NoData, Unavailable
from daemon.hmrc.pace import Pace
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import DEFAULT_VERSIONS
from storage.troubles import SignInNeeded
from tests.daemon.hmrc.pretend import INCOME, NOT_FOUND, TAX, TAXPAYER, PretendHmrc, Said, Tokens
from tests.makers import UTR, StoppedClock

YEAR = TaxYear(2023)
NOW = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("no_waiting")


def a_client(hmrc: PretendHmrc, folder: Path, tokens: Any = None, **changes: Any) -> HmrcClient:
    """A client on `hmrc` that may send a thousand requests a second."""
    values: dict[str, Any] = {
        "api_url": hmrc.address,
        "versions": DEFAULT_VERSIONS,
        "pace": Pace(folder / "pace", requests=1000),
        "tokens": tokens or Tokens(),
        "headers": lambda: {"Gov-Client-Connection-Method": "DESKTOP_APP_DIRECT"},
        "clock": StoppedClock(NOW),
    }
    return HmrcClient(**{**values, **changes})


async def ask(hmrc: PretendHmrc, folder: Path, api: str = "individual-tax", tokens: Any = None) -> Call:
    """One call."""
    async with a_client(hmrc, folder, tokens) as client:
        return await client.annual_summary(api, TAXPAYER, YEAR)


class TestWhatItSends:
    async def test_the_path_the_version_the_token_and_the_fraud_headers(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(body=INCOME)) as hmrc:
            await ask(hmrc, tmp_path, "individual-income")
        (asked,) = hmrc.asked
        assert asked.path == f"/individual-income/sa/{UTR}/annual-summary/2023-24"
        assert asked.headers["accept"] == "application/vnd.hmrc.1.2+json"
        assert asked.headers["authorization"] == "Bearer an-access-token"
        assert asked.headers["gov-client-connection-method"] == "DESKTOP_APP_DIRECT"
        assert asked.headers["user-agent"].startswith("hmrc-tui/")

    async def test_the_configured_version_of_an_api(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(404, NOT_FOUND)) as hmrc:
            async with a_client(hmrc, tmp_path, versions={"individual-benefits": "2.1"}) as client:
                await client.annual_summary("individual-benefits", TAXPAYER, YEAR)
        assert hmrc.asked[0].headers["accept"] == "application/vnd.hmrc.2.1+json"

    async def test_a_utr_cannot_lead_to_another_path(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(404, NOT_FOUND)) as hmrc:
            async with a_client(hmrc, tmp_path) as client:
                await client.annual_summary("individual-tax", Secret("../../oauth?x="), YEAR)
        assert hmrc.asked[0].path == "/individual-tax/sa/..%2F..%2Foauth%3Fx%3D/annual-summary/2023-24"


class TestWhatItMakesOfAnAnswer:
    async def test_an_answer_is_kept_as_it_came(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(body=TAX)) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.status, call.code, call.body, call.attempts) == ("ok", 200, None, TAX, 1)

    @pytest.mark.parametrize(
        ("status", "code", "outcome"),
        [
            (404, "NOT_FOUND", "no_data"),
            (404, "MATCHING_RESOURCE_NOT_FOUND", "failed"),
            (403, "RESOURCE_FORBIDDEN", "not_subscribed"),
            (403, "INVALID_SCOPE", "unauthorised"),
            (403, "FORBIDDEN", "unauthorised"),
            (401, "UNAUTHORIZED", "unauthorised"),
            (401, "INVALID_CREDENTIALS", "unauthorised"),
            (400, "SA_UTR_INVALID", "failed"),
            (400, "TAX_YEAR_INVALID", "failed"),
            (406, "ACCEPT_HEADER_INVALID", "failed"),
            (404, "ACCEPT_HEADER_INVALID", "failed"),
            (405, "METHOD_NOT_ALLOWED", "failed"),
            (501, "NOT_IMPLEMENTED", "failed"),
            (429, "MESSAGE_THROTTLED_OUT", "failed"),
            (500, "INTERNAL_SERVER_ERROR", "failed"),
            (503, "SERVER_ERROR", "failed"),
            (503, "SCHEDULED_MAINTENANCE", "failed"),
            (504, "GATEWAY_TIMEOUT", "failed"),
            (418, "SOMETHING_NEW", "failed"),
            (500, "NOT_FOUND", "failed"),
            (400, "NOT_FOUND", "failed"),
            (202, "UNAUTHORIZED", "failed"),
            (202, "RESOURCE_FORBIDDEN", "failed"),
        ],
    )
    async def test_the_code_decides(self, status: int, code: str, outcome: str, tmp_path: Path) -> None:
        with PretendHmrc(Said(status, f'{{"code":"{code}","message":"m"}}')) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.status, call.code, call.body) == (outcome, status, code, None)

    async def test_a_code_is_read_whatever_the_content_type_and_inside_a_list_of_errors(self, tmp_path: Path) -> None:
        body = '{"errors":[{"code":"NOT_FOUND","message":"m"}]}'
        with PretendHmrc(Said(404, body, content_type="application/vnd.hmrc.1.1+json")) as hmrc:
            assert (await ask(hmrc, tmp_path)).outcome == "no_data"

    @pytest.mark.parametrize(
        ("said", "note"),
        [
            (Said(body=TAX[:100]), "not JSON, or was cut short"),
            (Said(body="<html><body>Sorry</body></html>", content_type="text/html"), "not JSON"),
            (Said(body="{}"), "missing required field"),
            (Said(body=TAX.replace("890.35", "890.355")), "taxTakenOffPay has more than two decimals"),
            (Said(404, "<html>not here</html>", content_type="text/html"), "not one of HMRC's"),
            (Said(400, '{"code":"A\\u001b[31mB\\nC"}'), "not one of HMRC's"),
            (Said(400, '{"code":"' + "A" * 5000 + '"}'), "not one of HMRC's"),
            (Said(302, "", headers={"Location": "https://elsewhere.example/"}), "redirected to another place"),
            (Said(302, "", headers={"Location": "https://[no-address/"}), "redirected to something that is no address"),
            (Said(302, "", headers={"Location": "/" + "x" * 66_000}), "redirected to something that is no address"),
            (Said(body=TAX.replace("123/AB456", "\\u001b[2J")), "employerPayeReference has control characters"),
            (Said(body=TAX.replace("123/AB456", "123/AB456\\u0000")), "employerPayeReference has control characters"),
            (Said(body=TAX.replace("123/AB456", "1" * 100_000)), "employerPayeReference has control characters"),
        ],
    )
    async def test_what_is_no_answer_of_hmrcs_is_a_failed_call_with_a_note(
        self, said: Said, note: str, tmp_path: Path
    ) -> None:
        with PretendHmrc(said) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert call.outcome == "failed"
        assert call.body is None
        assert note in (call.note or "")
        assert len(hmrc.asked) == 1

    async def test_an_answer_that_is_far_too_long_is_given_up_and_not_asked_for_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daemon.hmrc.transport.LARGEST_BODY", len(TAX) - 1)
        with PretendHmrc() as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.note) == ("failed", "the answer is too long to be one of HMRC's")
        assert len(hmrc.asked) == 1

    async def test_no_note_holds_the_utr_the_token_or_the_address(self, tmp_path: Path) -> None:
        for said in (
            Said(500, ""),
            Said(hang=0.0),
            Said(302, headers={"Location": f"//{UTR}.example/"}),
            Said(body="{"),
        ):
            with PretendHmrc(said) as hmrc:
                call = await ask(hmrc, tmp_path)
            assert not any(secret in repr(call) for secret in (UTR, "an-access-token", "127.0.0.1"))


class TestWhenItTriesAgain:
    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    async def test_after_trouble_of_the_platform(self, status: int, tmp_path: Path) -> None:
        with PretendHmrc(Said(status, ""), Said(status, ""), Said()) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.attempts, len(hmrc.asked)) == ("ok", 3, 3)

    async def test_after_a_connection_that_broke_or_a_body_that_was_cut(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(hang=0.0), Said(cut=40), Said()) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.attempts) == ("ok", 3)

    async def test_but_four_times_at_most(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(503, '{"code":"SERVER_ERROR"}')) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.status, call.code, call.attempts) == ("failed", 503, "SERVER_ERROR", 4)
        assert len(hmrc.asked) == 4

    @pytest.mark.parametrize(
        "said",
        [
            Said(404, NOT_FOUND),
            Said(400, '{"code":"SA_UTR_INVALID"}'),
            Said(401, '{"code":"UNAUTHORIZED"}'),
            Said(403, '{"code":"RESOURCE_FORBIDDEN"}'),
            Said(501, '{"code":"NOT_IMPLEMENTED"}'),
            Said(503, '{"code":"SCHEDULED_MAINTENANCE"}'),
            Said(body="<html></html>"),
        ],
    )
    async def test_and_nowhere_else(self, said: Said, tmp_path: Path) -> None:
        with PretendHmrc(said) as hmrc:
            await ask(hmrc, tmp_path)
        assert len(hmrc.asked) == 1

    async def test_not_before_the_time_that_hmrc_asks_for(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(503, "", headers={"Retry-After": "1"}), Said()) as hmrc:
            await ask(hmrc, tmp_path)
        first, second = hmrc.asked
        assert 0.95 < second.at - first.at < 15

    async def test_retry_after_may_be_a_date(self, tmp_path: Path) -> None:
        at = format_datetime(NOW + timedelta(seconds=1), usegmt=True)
        with PretendHmrc(Said(503, "", headers={"Retry-After": at}), Said()) as hmrc:
            await ask(hmrc, tmp_path)
        assert hmrc.asked[1].at - hmrc.asked[0].at > 0.95

    @pytest.mark.parametrize("asked", ["soon", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "9" * 5000, "-1"])
    async def test_a_retry_after_that_cannot_be_read_or_met_holds_nothing_up_for_long(
        self, asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daemon.hmrc.errors.LONGEST_RETRY_AFTER", 0.1)
        with PretendHmrc(Said(503, "", headers={"Retry-After": asked}), Said()) as hmrc:
            assert (await ask(hmrc, tmp_path)).outcome == "ok"

    async def test_a_429_slows_every_process_down_for_a_minute(self, tmp_path: Path) -> None:
        pace = Pace(tmp_path / "pace")
        with PretendHmrc(Said(429, '{"code":"MESSAGE_THROTTLED_OUT"}'), Said()) as hmrc:
            async with a_client(hmrc, tmp_path, pace=pace) as client:
                await asyncio.gather(*(client.annual_summary("individual-tax", TAXPAYER, YEAR) for _ in range(4)))
        arrivals = [asked.at for asked in hmrc.asked]
        assert len(arrivals) == 5
        assert arrivals[4] - arrivals[2] > 1.0  # two in the time, no longer three


class TestTheAccessToken:
    async def test_a_dead_one_is_renewed_once_and_the_call_repeated(self, tmp_path: Path) -> None:
        tokens = Tokens("dead", "alive")
        with PretendHmrc(Said(401, '{"code":"INVALID_CREDENTIALS"}'), Said()) as hmrc:
            call = await ask(hmrc, tmp_path, tokens=tokens)
        assert call.outcome == "ok"
        assert [asked.headers["authorization"] for asked in hmrc.asked] == ["Bearer dead", "Bearer alive"]

    async def test_a_second_rejection_ends_the_call(self, tmp_path: Path) -> None:
        tokens = Tokens("dead", "dead-too", "never-tried")
        with PretendHmrc(Said(401, '{"code":"INVALID_CREDENTIALS"}')) as hmrc:
            call = await ask(hmrc, tmp_path, tokens=tokens)
        assert (call.outcome, call.status, call.code) == ("unauthorised", 401, "INVALID_CREDENTIALS")
        assert len(hmrc.asked) == 2

    async def test_a_wrong_utr_is_not_a_dead_token(self, tmp_path: Path) -> None:
        tokens = Tokens("alive", "never-tried")
        with PretendHmrc(Said(401, '{"code":"UNAUTHORIZED"}')) as hmrc:
            call = await ask(hmrc, tmp_path, tokens=tokens)
        assert (call.outcome, tokens.rejections, len(hmrc.asked)) == ("unauthorised", 0, 1)

    async def test_without_a_grant_nothing_is_sent(self, tmp_path: Path) -> None:
        class NoGrant(Tokens):
            def calling(self) -> Any:
                raise SignInNeeded("sign in first")

        with PretendHmrc() as hmrc:
            with pytest.raises(SignInNeeded):
                await ask(hmrc, tmp_path, tokens=NoGrant())
            assert hmrc.asked == []


class TestRedirects:
    async def test_are_followed_on_the_same_host_and_port(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(307, "", headers={"Location": "/moved/here"}), Said()) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, hmrc.asked[1].path) == ("ok", "/moved/here")
        assert hmrc.asked[1].headers["authorization"] == "Bearer an-access-token"

    async def test_the_token_goes_to_no_other_port(self, tmp_path: Path) -> None:
        with PretendHmrc() as other, PretendHmrc(Said(301, "", headers={"Location": f"{other.address}/"})) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert call.outcome == "failed"
        assert other.asked == []

    async def test_a_ring_of_them_ends(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(302, "", headers={"Location": "/round"})) as hmrc:
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, len(hmrc.asked)) == ("failed", 4)


class TestPatience:
    async def test_a_platform_that_fails_everywhere_is_left_alone_soon(self, tmp_path: Path) -> None:
        with PretendHmrc(Said(503, '{"code":"SERVER_ERROR"}')) as hmrc:
            async with a_client(hmrc, tmp_path) as client:
                calls = [await client.annual_summary("individual-tax", TAXPAYER, TaxYear(1990 + n)) for n in range(35)]
        assert [call.attempts for call in calls] == [4] * 4 + [1] * 8 + [0] * 23
        assert {call.outcome for call in calls} == {"failed"}
        assert calls[-1].note == "not asked: HMRC had failed too often in a row"
        assert len(hmrc.asked) == 24

    async def test_one_year_that_fails_costs_no_other_year_its_answer(self, tmp_path: Path) -> None:
        with PretendHmrc() as hmrc:
            hmrc.answer = lambda path: Said(500, "") if "1991-92" in path or "1992-93" in path else Said(404, NOT_FOUND)
            async with a_client(hmrc, tmp_path) as client:
                outcomes = [
                    (await client.annual_summary(api, TAXPAYER, TaxYear(year))).outcome
                    for year in (1990, 1991, 1992, 1993)
                    for api in DEFAULT_VERSIONS
                ]
        assert outcomes == ["no_data"] * 5 + ["failed"] * 10 + ["no_data"] * 5

    def test_any_answer_restores_it(self) -> None:
        patience = Patience()
        for _ in range(11):
            patience.learn(Unavailable("down"))
        assert (patience.attempts, patience.seconds) == (1, 10)
        patience.learn(NoData("nothing"))
        assert (patience.attempts, patience.seconds) == (4, 62)

    async def test_a_server_that_is_not_there_is_a_failed_call(self, tmp_path: Path) -> None:
        with PretendHmrc() as hmrc:
            pass
        call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.status, call.duration_ms, call.attempts) == ("failed", None, 0, 4)
        assert "HMRC cannot be reached" in (call.note or "")

    async def test_an_answer_that_does_not_come_ends_with_its_deadline_and_is_not_asked_for_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Patience, "seconds", 1.0)
        with PretendHmrc(seconds=30.0) as hmrc:
            began = time.monotonic()
            call = await ask(hmrc, tmp_path)
        assert (call.outcome, call.attempts) == ("failed", 1)
        assert call.note == "HMRC gave no answer: no answer within 1 seconds"
        assert 1 <= time.monotonic() - began < 15


async def test_nothing_of_a_call_reaches_a_log_even_at_debug(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with PretendHmrc(Said(302, "", headers={"Location": "/again"}), Said(503, ""), Said()) as hmrc:
        async with a_client(hmrc, tmp_path) as client:
            with caplog.at_level(logging.DEBUG):
                for name in ("httpx2", "httpcore2.http11", "httpcore2.connection"):
                    logging.getLogger(name).setLevel(logging.DEBUG)
                await client.annual_summary("individual-tax", TAXPAYER, YEAR)
    assert not any(secret in caplog.text for secret in (UTR, "an-access-token", "Bearer", "annual-summary"))
