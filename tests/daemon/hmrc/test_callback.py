"""The loopback page: what a browser may do there, and what nobody else may."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.hmrc.callback import Answer, Site, Taken, answer

SITE = Site(8080, "/oauth/callback")
GOOD = "/oauth/callback?code=secret-code&state=good"


def take(address: str) -> Taken:
    if "state=good" not in address:
        return "wrong_state"
    return "denied" if "error=" in address else "received"


def asked(target: str = GOOD, method: str = "GET", host: str | None = "localhost:8080", **headers: str) -> Answer:
    lines = [f"{method} {target} HTTP/1.1"] + ([f"Host: {host}"] if host is not None else [])
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return answer("\r\n".join(lines).encode(), SITE, take)


def test_the_answer_takes_the_code_out_of_the_address_bar() -> None:
    assert asked() == Answer(HTTPStatus.SEE_OTHER, location="/done")
    assert asked("/done").status == HTTPStatus.OK


def test_a_refusal_has_a_page_of_its_own() -> None:
    assert asked("/oauth/callback?error=access_denied&state=good").location == "/denied"
    assert "not to give permission" in asked("/denied").text


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:8080"])
def test_every_name_of_this_machine_is_good(host: str) -> None:
    assert asked(host=host).status == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    "host", [None, "", "localhost", "localhost:80", "evil.example:8080", "localhost.evil.example:8080"]
)
def test_any_other_host_is_misdirected(host: str | None) -> None:
    assert asked(host=host).status == HTTPStatus.MISDIRECTED_REQUEST


def test_two_hosts_are_one_too_many() -> None:
    assert asked(host="localhost:8080", HOST="evil.example").status == HTTPStatus.MISDIRECTED_REQUEST


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT"])
def test_only_get_is_answered(method: str) -> None:
    assert asked(method=method).status == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("mode", ["cors", "no-cors", "websocket"])
def test_another_page_may_not_ask(mode: str) -> None:
    assert asked(Sec_Fetch_Mode=mode).status == HTTPStatus.FORBIDDEN
    assert asked(Sec_Fetch_Mode="navigate").status == HTTPStatus.SEE_OTHER


def test_a_wrong_state_is_refused_and_told_nothing() -> None:
    reply = asked("/oauth/callback?code=secret-code&state=bad")
    assert reply.status == HTTPStatus.BAD_REQUEST
    assert b"secret-code" not in bytes(reply)


@pytest.mark.parametrize("target", ["/", "/favicon.ico", "/oauth/callback/", "/oauth"])
def test_there_is_nothing_else(target: str) -> None:
    assert asked(target).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "head", [b"", b"GET", b"GET /", b"GET / SMTP", b"\x16\x03\x01", b"GET " + b"/" * 9000 + b" HTTP/1.1"]
)
def test_what_is_no_request_is_a_bad_one(head: bytes) -> None:
    assert answer(head, SITE, take).status == HTTPStatus.BAD_REQUEST


def test_no_page_is_kept_shown_elsewhere_or_runs_anything() -> None:
    reply = bytes(asked("/done")).decode()
    for header in (
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Content-Security-Policy: default-src 'none'",
    ):
        assert header in reply
    assert "Access-Control" not in reply


@given(st.binary(max_size=400))
def test_no_bytes_at_all_are_a_crash_or_an_end(head: bytes) -> None:
    assert answer(head, SITE, take).status >= 400


class TestSite:
    @pytest.mark.parametrize(
        ("redirect_uri", "site"),
        [
            ("http://localhost:8080/oauth/callback", SITE),
            ("http://localhost", Site(80, "/")),
            ("https://tax.example.org/callback", None),
            ("urn:ietf:wg:oauth:2.0:oob", None),
            ("https://localhost:8443/callback", None),
        ],
    )
    def test_only_plain_http_on_localhost_ends_here(self, redirect_uri: str, site: Site | None) -> None:
        assert Site.of(redirect_uri) == site

    def test_port_80_goes_unsaid(self) -> None:
        assert "localhost" in Site(80, "/").hosts
        assert "localhost" not in SITE.hosts
