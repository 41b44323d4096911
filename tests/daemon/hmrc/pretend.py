"""A tiny HMRC for the client's tests: real HTTP on a loopback port, answers by script, and a strict limit on requests."""

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from storage.secret import Secret
from tests.makers import UTR

TAX = (
    '{"pensionsAnnuitiesAndOtherStateBenefits":{"otherPensionsAndRetirementAnnuities":36.5,"incapacityBenefit":980.45},'
    '"refunds":{"taxRefundedOrSetOff":325},"employments":[{"employerPayeReference":"123/AB456","taxTakenOffPay":890.35},'
    '{"employerPayeReference":"456/AB456","taxTakenOffPay":224.99}]}'
)
"""HMRC's own example of Individual Tax."""
INCOME = (
    '{"pensionsAnnuitiesAndOtherStateBenefits":{"otherPensionsAndRetirementAnnuities":36.5,"incapacityBenefit":980.45,'
    '"jobseekersAllowance":89.99,"seissNetPaid":55.55},"employments":[{"employerPayeReference":"456/AB456","payFromEmployment":8650},'
    '{"employerPayeReference":"123/AB456","payFromEmployment":22500}]}'
)
"""HMRC's own example of Individual Income, its employments the other way round."""
NOT_FOUND = '{"code":"NOT_FOUND","message":"Resource was not found"}'


@dataclass(frozen=True)
class Said:
    """One answer. `cut` sends that many bytes of the body and closes; `hang` closes without an answer after that many seconds."""

    status: int = 200
    body: str = TAX
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json"
    cut: int | None = None
    hang: float | None = None
    drip: float = 0.0
    """Seconds between one byte of the body and the next."""


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `at` is monotonic."""

    at: float
    path: str
    headers: Mapping[str, str]


class PretendHmrc:
    """Answers each request with the next of `script`, the last for ever; `answer` replaces the script by a function of the path.

    With `strict` it allows three requests in any second, as HMRC does, and answers 429 to a fourth.
    """

    def __init__(self, *script: Said, strict: bool = False, seconds: float = 0.0) -> None:
        self.script, self.strict, self.seconds = list(script) or [Said()], strict, seconds
        self.answer: Callable[[str], Said] | None = None
        self.held_up: Callable[[], float] = lambda: 0.0
        """Seconds by which a request is late on its way, before it is counted."""
        self.asked: list[Asked] = []
        self.throttled = 0
        self._lock = threading.Lock()
        pretend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                return

            def do_GET(self) -> None:
                pretend.handle(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                return  # a client that was killed is part of the test

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        time.sleep(self.held_up())
        with self._lock:
            now = time.monotonic()
            recent = [asked for asked in self.asked if now - asked.at < 1.0]
            self.asked.append(Asked(now, request.path, {n.lower(): v for n, v in request.headers.items()}))
            if self.strict and len(recent) >= 3:
                self.throttled += 1
                said = Said(429, '{"code":"MESSAGE_THROTTLED_OUT","message":"too many"}')
            elif self.answer is not None:
                said = self.answer(request.path)
            else:
                said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        time.sleep(self.seconds)
        self._send(request, said)

    def _send(self, request: BaseHTTPRequestHandler, said: Said) -> None:
        if said.hang is not None:
            time.sleep(said.hang)
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        body = said.body.encode()
        request.send_response(said.status)
        request.send_header("Content-Type", said.content_type)
        request.send_header("Content-Length", str(len(body)))
        for name, value in said.headers.items():
            request.send_header(name, value)
        request.end_headers()
        if said.drip:
            self._drip(request, body, said.drip)
            return
        request.wfile.write(body if said.cut is None else body[: said.cut])
        if said.cut is not None:
            request.close_connection = True

    def _drip(self, request: BaseHTTPRequestHandler, body: bytes, pause: float) -> None:
        request.close_connection = True
        with suppress(OSError):  # whoever asked has enough of it
            for place in range(len(body)):
                request.wfile.write(body[place : place + 1])
                time.sleep(pause)


class Tokens:
    """Access tokens that never run out; a rejected one is followed by the next where there is one."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens) or ["an-access-token"]
        self.rejections = 0

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[Secret]:
        yield Secret(self.tokens[0])

    async def rejected(self, access_token: Secret) -> bool:
        self.rejections += 1
        if access_token == Secret(self.tokens[0]) and len(self.tokens) > 1:
            self.tokens.pop(0)
            return True
        return access_token != Secret(self.tokens[0])


TAXPAYER = Secret(UTR)
