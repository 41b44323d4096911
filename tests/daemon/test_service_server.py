"""The server under the service: slow clients go, slow answers are waited for, and it wakes for nobody."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from daemon import service_server
from daemon.service_server import ServiceServer

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server whose patience with clients is short, and whose `/slow` takes longer than that."""
    monkeypatch.setattr(service_server, "REQUEST_SECONDS", 1.0)
    app = FastAPI()

    @app.get("/quick")
    async def quick() -> str:
        return "quick"

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(2)
        return "slow"

    server = ServiceServer(app)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.stop()
    await serving


async def dripped(port: int, begin: bytes, drop: bytes, seconds: float) -> bytes:
    """What came back from a client that sends one thing and then, for so long, a drop at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    reading = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):
        for _ in range(int(seconds / 0.05)):
            if reading.done():
                break
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)
    assert reading.done(), "the connection is open still"
    writer.close()
    try:
        return reading.result()
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    ("begin", "drop"),
    [(b"", b""), (GET % b"/quick", b"X-Drop: 1\r\n"), (b"G", b"E")],
    ids=["silence", "headers without end", "no request"],
)
async def test_a_client_that_asks_nothing_is_let_go(port: int, begin: bytes, drop: bytes) -> None:
    assert b" 200 " not in await dripped(port, begin, drop, 30)


async def test_a_body_without_end_keeps_no_connection_after_the_answer(port: int) -> None:
    asked = b"POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n"
    assert (await dripped(port, asked, b"x", 30)).startswith(b"HTTP/1.1 405")


async def test_an_answer_that_takes_its_time_is_waited_for_and_another_request_after_it(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in (b"/slow", b"/quick"):
        writer.write(GET % path + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert path[1:] in await reader.readuntil(b'"') + await reader.readuntil(b'"')
    writer.close()


async def test_a_crowd_of_silent_connections_keeps_nobody_out_for_long(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_server, "MOST_CONNECTIONS", 30)
    crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
    ended = await asyncio.gather(*(reader.read() for reader, _ in crowd), return_exceptions=True)
    assert len(ended) == 40
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET % b"/quick" + b"Connection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    for _, each in [*crowd, (reader, writer)]:
        each.close()
