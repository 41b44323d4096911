"""The wire: the only module that imports httpx2. An async client for HMRC's APIs, and a blocking one for single requests.

Nothing here knows what an answer means. Trouble is told by whether the request can have reached HMRC, because a
refresh token that may have been spent must be treated as spent.
"""

import asyncio
import math
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Protocol, Self
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2

from daemon.hmrc.reply import AnswerTooLong, NoAnswer, NotConnected, RedirectRefused, Reply, TransportError
from daemon.redaction import silence_wire_logs
from storage import __version__

__all__ = [
    "AnswerTooLong",
    "ApiTransport",
    "NoAnswer",
    "NotConnected",
    "RedirectRefused",
    "Reply",
    "TransportError",
    "post_form",
    "request",
]

USER_AGENT = f"hmrc-tui/{__version__}"
IN_FLIGHT = 4
"""Connections to HMRC at once: enough for three requests a second where an answer takes a second."""
CONNECT, READ = 10.0, 62.0
"""Seconds. HMRC's platform itself gives up on a backend after one minute, with a 503 (vat-api issue 684)."""
LARGEST_BODY = 8_000_000
"""Bytes; an annual summary has a few thousand."""
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 3
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PORTS = {"https": 443, "http": 80}


class SendingTurn(Protocol):
    """Leave to send one request; `daemon.hmrc.pace.Turn` is one."""

    def sent(self) -> None:
        """The request is on the wire now."""
        ...

    def answered(self) -> None:
        """Its answer begins to come."""
        ...


TakeTurn = Callable[[], AbstractAsyncContextManager[SendingTurn]]


class ApiTransport:
    """One connection pool to HMRC's API host. Use it in one event loop, as an async context manager."""

    def __init__(self, base_address: str) -> None:
        silence_wire_logs()
        self._base = base_address.rstrip("/")
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(READ, connect=CONNECT, pool=None),
            limits=httpx2.Limits(max_connections=IN_FLIGHT, keepalive_expiry=20),
            follow_redirects=False,
            trust_env=_uses_proxies(self._base),
            verify=_certificates(self._base),
            headers={"User-Agent": USER_AGENT},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, headers: Mapping[str, str], take_turn: TakeTurn, seconds: float) -> Reply:
        """GETs `path`, following redirects on the same host only.

        Each request waits for its turn when its connection is open, so that the turn is stamped when the bytes are on the
        wire; `seconds` is the deadline for the whole answer, counted from there. Raises `TransportError`.
        """
        address = self._base + path
        for _ in range(MOST_REDIRECTS + 1):
            reply = await self._request(address, headers, take_turn, seconds)
            if reply.status not in REDIRECTS or "location" not in reply.headers:
                return reply
            address = _followed(address, reply.headers["location"])
        raise RedirectRefused(f"HMRC redirected more than {MOST_REDIRECTS} times")

    async def _request(self, address: str, headers: Mapping[str, str], take_turn: TakeTurn, seconds: float) -> Reply:
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(None) as deadline:
                    trace = _on_the_wire(stack, take_turn, deadline, seconds)
                    request = self._client.build_request("GET", address, headers=headers, extensions={"trace": trace})
                    response = await self._client.send(request, stream=True)
                    stack.push_async_callback(response.aclose)
                    return await _read(response)
            except TimeoutError:
                raise NoAnswer(f"no answer within {seconds:.0f} seconds") from None
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise _told(error) from None


def _on_the_wire(
    stack: AsyncExitStack, take_turn: TakeTurn, deadline: asyncio.Timeout, seconds: float
) -> Callable[[str, Mapping[str, Any]], Any]:
    """A trace for httpx2 that takes the turn when the connection is open, and stamps it when the request is written."""
    turns: list[SendingTurn] = []

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            turns.append(await stack.enter_async_context(take_turn()))
            deadline.reschedule(asyncio.get_running_loop().time() + seconds)
        elif turns and event.endswith("send_request_body.complete"):
            turns[-1].sent()
        elif turns and event.endswith("receive_response_headers.complete"):
            turns[-1].answered()

    return trace


async def _read(response: httpx2.Response) -> Reply:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_BODY:
            raise AnswerTooLong
    return Reply(response.status_code, _lower(response.headers), bytes(body))


def request(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
    sent: Callable[[], None] | None = None,
    read_seconds: float = READ,
    whole_seconds: float | None = None,
) -> Reply:
    """One blocking request on a connection of its own: for the token endpoint, test support, and the header validator.

    No redirect is followed and nothing is retried. Each part of the answer may take `read_seconds`; the body has no other deadline
    unless `whole_seconds` gives one, counted from the start, so that tokens that are on their way are never thrown away. `sent` is called
    when the request is on the wire. A body that breaks off, or is cut by its deadline, is returned with `complete` False. Raises
    `TransportError`.
    """
    silence_wire_logs()
    until = time.monotonic() + whole_seconds if whole_seconds is not None else math.inf

    def trace(event: str, _: Mapping[str, Any]) -> None:
        if sent is not None and event.endswith("send_request_body.complete"):
            sent()

    try:
        with (
            httpx2.Client(
                timeout=httpx2.Timeout(read_seconds, connect=CONNECT),
                follow_redirects=False,
                trust_env=_uses_proxies(address),
                verify=_certificates(address),
                headers={"User-Agent": USER_AGENT},
            ) as client,
            client.stream(
                method, address, headers=headers, data=form, content=content, extensions={"trace": trace}
            ) as response,
        ):
            body = bytearray()
            try:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > LARGEST_BODY:
                        raise AnswerTooLong
                    if time.monotonic() > until:
                        return Reply(response.status_code, _lower(response.headers), bytes(body), complete=False)
            except httpx2.HTTPError:
                return Reply(response.status_code, _lower(response.headers), bytes(body), complete=False)
            return Reply(response.status_code, _lower(response.headers), bytes(body))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _told(error) from None


def post_form(
    address: str,
    form: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    sent: Callable[[], None] | None = None,
) -> Reply:
    """POSTs a form, blocking: a token request. As `request`."""
    return request("POST", address, headers=headers, form=form, sent=sent)


def _told(error: httpx2.HTTPError | httpx2.InvalidURL) -> TransportError:
    """Our own error for httpx2's: its text may hold addresses, so it is not carried over."""
    match error:
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return NotConnected(f"no connection within {CONNECT:.0f} seconds")
        case httpx2.ConnectError():
            return NotConnected("the connection was refused, or the host was not found or not trusted")
        case httpx2.ProxyError() | httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return NotConnected("the proxy or the address cannot be used")
        case httpx2.TimeoutException():
            return NoAnswer("the answer took too long")
        case httpx2.DecodingError():
            return NoAnswer("the answer could not be decompressed")
        case _:
            return NoAnswer("the connection broke before the answer was complete")


def _followed(address: str, location: str) -> str:
    """Where a redirect leads, if the access token may go there: the same host by https, or the same loopback host and port.

    Raises `RedirectRefused`.
    """
    try:
        here, target = urlsplit(address), urlsplit(urljoin(address, location))
        httpx2.URL(target.geturl())
    except (ValueError, httpx2.InvalidURL):
        raise RedirectRefused("HMRC redirected to something that is no address; it was not followed") from None
    secure = target.scheme == "https" and (_port(target) in {_port(here), 443})
    loopback = here.hostname in _LOOPBACK
    if loopback:
        secure = target.scheme == here.scheme and _port(target) == _port(here)
    if not secure or target.hostname != here.hostname or target.username or target.password:
        raise RedirectRefused("HMRC's address redirected to another place; it was not followed")
    return target.geturl()


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


def _uses_proxies(address: str) -> bool:
    """Proxies and certificate files named in the environment hold for the world, not for this machine."""
    return urlsplit(address).hostname not in _LOOPBACK


def _certificates(address: str) -> ssl.SSLContext | bool:
    """The system's certificates; for plain http on loopback none at all, because reading them takes longer than a call there."""
    return True if urlsplit(address).scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _lower(headers: httpx2.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
