"""The wire: where a token may go, and whether a request can have reached HMRC."""

import pytest

from daemon.hmrc import transport
from daemon.hmrc.transport import (
    AnswerTooLong,
    NoAnswer,
    NotConnected,
    RedirectRefused,
    TransportError,
    post_form,
    request,
)
from tests.daemon.hmrc.pretend import PretendHmrc, Said

API = "https://api.service.hmrc.gov.uk/individual-tax/sa/x/annual-summary/2023-24"
LOOPBACK = "http://localhost:9640/individual-tax"


@pytest.mark.parametrize(
    ("address", "location", "followed"),
    [
        (API, "/elsewhere", "https://api.service.hmrc.gov.uk/elsewhere"),
        (API, "https://api.service.hmrc.gov.uk:443/x", "https://api.service.hmrc.gov.uk:443/x"),
        (LOOPBACK, "/x", "http://localhost:9640/x"),
        (LOOPBACK, "http://localhost:9640/x", "http://localhost:9640/x"),
    ],
)
def test_a_redirect_is_followed_on_the_same_host(address: str, location: str, followed: str) -> None:
    assert transport._followed(address, location) == followed


@pytest.mark.parametrize(
    ("address", "location"),
    [
        (API, "http://api.service.hmrc.gov.uk/x"),
        (API, "https://api.service.hmrc.gov.uk.evil.example/x"),
        (API, "https://www.tax.service.gov.uk/x"),
        (API, "https://api.service.hmrc.gov.uk:8443/x"),
        (API, "https://api.service.hmrc.gov.uk@evil.example/x"),
        (API, "https://someone:secret@api.service.hmrc.gov.uk/x"),
        (API, "//evil.example/x"),
        (API, "ftp://api.service.hmrc.gov.uk/x"),
        (API, "https://api.service.hmrc.gov.uk:99999/x"),
        (LOOPBACK, "http://localhost:9641/x"),
        (LOOPBACK, "http://127.0.0.1:9640/x"),
        (LOOPBACK, "http://evil.example:9640/x"),
        (LOOPBACK, "https://[no-address/"),
        (LOOPBACK, "http://exa\u2100mple/"),
        (LOOPBACK, "http://localhost:9640/" + "x" * 70_000),
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(address: str, location: str) -> None:
    with pytest.raises(RedirectRefused):
        transport._followed(address, location)


class TestOneBlockingRequest:
    def test_gives_status_headers_and_body_and_follows_no_redirect(self) -> None:
        with PretendHmrc(Said(302, "over there", headers={"Location": "/x"})) as hmrc:
            reply = request("GET", f"{hmrc.address}/hello/world", headers={"Accept": "application/json"})
        assert (reply.status, reply.headers["location"], reply.body, reply.complete) == (302, "/x", b"over there", True)
        assert len(hmrc.asked) == 1

    def test_tells_when_the_request_is_on_the_wire(self) -> None:
        told: list[int] = []
        with PretendHmrc() as hmrc:
            request("GET", hmrc.address, sent=lambda: told.append(len(hmrc.asked)))
        assert len(told) == 1

    def test_keeps_what_came_of_a_body_that_broke_off(self) -> None:
        with PretendHmrc(Said(body='{"access_token":"a","refresh_token":"b","expires_in":14400}', cut=40)) as hmrc:
            reply = request("GET", hmrc.address)
        assert (reply.complete, reply.body) == (False, b'{"access_token":"a","refresh_token":"b",')

    def test_an_answer_that_drips_is_waited_for_no_longer_than_the_whole_may_take(self) -> None:
        with PretendHmrc(Said(body="x" * 200, drip=0.05)) as hmrc:
            reply = request("GET", hmrc.address, whole_seconds=0.2)
        assert not reply.complete
        assert 0 < len(reply.body) < 200

    def test_an_answer_that_is_far_too_long_is_not_read_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transport, "LARGEST_BODY", 40)
        with PretendHmrc(Said(body="x" * 41)) as hmrc, pytest.raises(AnswerTooLong) as trouble:
            request("GET", hmrc.address)
        assert trouble.value.may_have_reached

    def test_an_address_that_is_none_is_not_connected_to(self) -> None:
        with pytest.raises(NotConnected):
            request("GET", "https://api.service.hmrc.gov.uk/" + "x" * 70_000)

    def test_no_connection_means_that_nothing_was_sent(self) -> None:
        with PretendHmrc() as hmrc:
            pass
        with pytest.raises(NotConnected) as trouble:
            post_form(f"{hmrc.address}/oauth/token", {"refresh_token": "secret"})
        assert not trouble.value.may_have_reached
        assert hmrc.address not in str(trouble.value)

    def test_no_answer_means_that_it_may_have_been(self) -> None:
        with PretendHmrc(Said(hang=0.0)) as hmrc, pytest.raises(NoAnswer) as trouble:
            request("GET", hmrc.address)
        assert trouble.value.may_have_reached

    def test_every_trouble_is_a_transport_error(self) -> None:
        assert issubclass(NotConnected, TransportError)
        assert issubclass(RedirectRefused, TransportError)


def test_proxies_of_the_environment_are_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with PretendHmrc() as hmrc:
        assert request("GET", hmrc.address).status == 200
