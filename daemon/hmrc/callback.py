"""The loopback page that HMRC sends the browser back to: one request at a time, nothing echoed, the code out of the address bar at once."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

Taken = Literal["received", "denied", "wrong_state", "no_code", "closed"]
"""What became of an address that came back: only the first two end the attempt."""
TakeAddress = Callable[[str], Taken]

_LONGEST_LINE, _LONGEST_HEAD = 8 * 1024, 32 * 1024
_HEAD_SECONDS = 10.0
_DONE, _DENIED = "/done", "/denied"
_PAGES = {
    _DONE: "HMRC's answer was received. Go back to hmrc-tui to see whether the sign-in is complete; this page can be closed.",
    _DENIED: "HMRC was told not to give permission. Nothing was changed; this page can be closed.",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where the callback page is: the port and the path of redirect_uri."""

    port: int
    path: str

    @classmethod
    def of(cls, redirect_uri: str) -> "Site | None":
        """The loopback site of `redirect_uri`; `None` where it is not on this machine and there is nothing to listen on."""
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or parts.hostname != "localhost":
            return None
        return cls(parts.port or 80, parts.path or "/")

    @property
    def hosts(self) -> frozenset[str]:
        """What a browser that means us writes into Host; anything else is another name that was made to point here."""
        names = ("localhost", "127.0.0.1", "[::1]")
        return frozenset({f"{name}:{self.port}" for name in names} | (set(names) if self.port == 80 else set()))


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer of the callback page."""

    status: HTTPStatus
    text: str = ""
    location: str = ""

    def __bytes__(self) -> bytes:
        content = self.text.encode()
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(content)}",
            "Cache-Control: no-store",
            "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'none'",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        if self.location:
            lines.append(f"Location: {self.location}")
        return "\r\n".join([*lines, "", ""]).encode() + content


def answer(head: bytes, site: Site, take: TakeAddress) -> Answer:
    """The answer to a request whose line and headers are `head`. Only a browser's navigation to the callback reaches `take`."""
    first, _, rest = head.partition(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(first) > _LONGEST_LINE or len(words) != 3 or not words[2].startswith("HTTP/1."):
        return Answer(HTTPStatus.BAD_REQUEST, "This is not a request that a browser makes.")
    method, target, _ = words
    headers = _headers(rest)
    if headers.get("host", [""])[0].lower() not in site.hosts or len(headers["host"]) != 1:
        return Answer(HTTPStatus.MISDIRECTED_REQUEST, "This page is only at localhost.")
    if method != "GET":
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET.")
    path = target.partition("?")[0]
    if path in _PAGES and "?" not in target:
        return Answer(HTTPStatus.OK, _PAGES[path])
    if path != site.path:
        return Answer(HTTPStatus.NOT_FOUND, "There is nothing here.")
    if headers.get("sec-fetch-mode", ["navigate"]) != ["navigate"]:
        return Answer(HTTPStatus.FORBIDDEN, "Another page may not ask for this one.")
    return _taken(take(f"http://localhost:{site.port}{target}"))


def _taken(outcome: Taken) -> Answer:
    match outcome:
        case "received":
            return Answer(HTTPStatus.SEE_OTHER, location=_DONE)
        case "denied":
            return Answer(HTTPStatus.SEE_OTHER, location=_DENIED)
        case "closed":
            return Answer(HTTPStatus.GONE, "This sign-in has had its answer already.")
        case "wrong_state" | "no_code":
            return Answer(HTTPStatus.BAD_REQUEST, "This does not belong to the sign-in that hmrc-tui waits for.")


def _headers(lines: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


class PortTaken(Exception):
    """The callback's port cannot be had; the text says why."""


class CallbackPage:
    """Serves the callback page on 127.0.0.1 and ::1 until it is closed."""

    def __init__(self, site: Site, take: TakeAddress) -> None:
        self._site, self._take = site, take
        self._servers: list[asyncio.Server] = []
        self._shown = asyncio.Event()

    async def open(self) -> None:
        """Binds both addresses; 127.0.0.1 alone where the machine has no IPv6. Raises `PortTaken`."""
        sockets = _bind(self._site.port)
        for one in sockets:
            self._servers.append(await asyncio.start_server(self._serve, sock=one, limit=_LONGEST_HEAD))

    async def shown(self, seconds: float) -> None:
        """Waits until the browser has fetched the last page, but no longer than `seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._shown.wait(), seconds)

    def close(self) -> None:
        """Stops listening."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                reply = answer(head.removesuffix(b"\r\n\r\n"), self._site, self._take)
                writer.write(bytes(reply))
                await writer.drain()
                if reply.text in _PAGES.values():
                    self._shown.set()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a browser that went away, or something that is not one
        finally:
            writer.close()


def _bind(port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            sockets.append(_listen(family, address, port))
        except OSError as error:
            if family == socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                continue  # a machine without IPv6
            for one in sockets:
                one.close()
            raise PortTaken(_why_taken(port, error)) from None
    return sockets


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port of ours that is still closing is free
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(16)
    except OSError:
        one.close()
        raise
    return one


def _why_taken(port: int, error: OSError) -> str:
    if error.errno != errno.EADDRINUSE:
        return f"port {port} cannot be listened on ({os.strerror(error.errno or 0)})"
    holder = _holder(port)
    return f"port {port} is in use by {holder or 'another program'}"


def _holder(port: int) -> str | None:
    """The program that listens on `port`, where this user may see it."""
    import psutil

    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and local and local.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return None
