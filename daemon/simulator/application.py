"""The simulator as an ASGI application: every request is read, met by the faults that were ordered, answered, and put on the log."""

import asyncio
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daemon.simulator import control, oauth, paye, test_support, validator
from daemon.simulator.authority import AccessToken
from daemon.simulator.faults import Fault
from daemon.simulator.gateway import NO_SUCH_RESOURCE, bearer, error
from daemon.simulator.model import Model
from daemon.simulator.pages import SignInPages

Transports = Callable[[tuple[str, int]], asyncio.Transport | None]
"""Finds the connection of a client's address, so that a fault can cut it."""


def build(model: Model, transports: Transports) -> ASGIApp:
    """Everything that the simulator serves, on one address."""

    def refuse(request: Request, exception: Exception) -> Response:
        status = exception.status_code if isinstance(exception, HTTPException) else 500
        if status == 405:
            # The code is documented; the text is unknown.
            return error(model, request, 405, "METHOD_NOT_ALLOWED", "The method is not allowed")
        return error(model, request, *NO_SUCH_RESOURCE)

    routes = [
        *oauth.routes(model),
        *SignInPages(model).routes(),
        *paye.routes(model),
        *test_support.routes(model),
        *validator.routes(model),
        *control.routes(model),
    ]
    inner = Starlette(routes=routes, exception_handlers={404: refuse, 405: refuse})
    inner.router.redirect_slashes = False
    return _Wire(model, inner, transports)


class _Wire:
    """What stands between the connection and the endpoints."""

    def __init__(self, model: Model, inner: ASGIApp, transports: Transports) -> None:
        self._model, self._inner, self._transports = model, inner, transports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived, at = self._model.monotonic(), self._model.clock.now()
        body = await _body(receive)
        request = Request(scope)
        form = _form(request, body)
        scope.setdefault("state", {}).update(body=body, form=form)
        if scope["path"].startswith(control.PREFIX):
            await self._inner(scope, _replay(body, receive), send)
            return
        client_id = self._client_id(request, form)
        with self._model.lock:
            fault = self._model.faults.hitting(scope["method"], scope["path"], form)
        messages = await self._answered(scope, body, receive, fault)
        with self._model.lock:
            self._model.requests.keep(
                at=at,
                monotonic=arrived,
                method=scope["method"],
                path=scope["path"],
                query=dict(request.query_params),
                headers=dict(request.headers),
                form=form,
                status=messages[0]["status"] if messages else None,
                fault=fault.action if fault else None,
                client_id=client_id,
            )
        if fault is not None and fault.seconds_after:
            await asyncio.sleep(fault.seconds_after)
        await self._deliver(scope, receive, send, messages, fault)

    def _client_id(self, request: Request, form: dict[str, str]) -> str | None:
        known: AccessToken | None = self._model.authority.access_tokens.get(bearer(request) or "")
        if known is not None:
            return known.client_id
        return form.get("client_id") if request.url.path == "/oauth/token" else None

    async def _answered(self, scope: Scope, body: bytes, receive: Receive, fault: Fault | None) -> list[Message]:
        """The answer's messages, the fault's own or the endpoint's; none where the connection is to be dropped."""
        if fault is not None and fault.seconds:
            await asyncio.sleep(fault.seconds)
        response = _of_fault(fault)
        if fault is not None and fault.action == "drop_before":
            return []
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await (response or self._inner)(scope, _replay(body, receive), keep)
        messages[0]["headers"] = [
            *messages[0].get("headers", []),
            (b"date", format_datetime(self._model.clock.now(), usegmt=True).encode()),
        ]
        return [] if fault is not None and fault.action == "drop_after" else messages

    async def _deliver(
        self, scope: Scope, receive: Receive, send: Send, messages: list[Message], fault: Fault | None
    ) -> None:
        if not messages:
            await self._cut(scope, receive, abruptly=True)
            return
        if fault is None or fault.action != "cut":
            for message in messages:
                await send(message)
            return
        whole = b"".join(message.get("body", b"") for message in messages[1:])
        kept = whole[: len(whole) // 2 if fault.bytes is None else fault.bytes]
        await send(messages[0])
        await send({"type": "http.response.body", "body": kept, "more_body": True})
        await self._cut(scope, receive, abruptly=False)

    async def _cut(self, scope: Scope, receive: Receive, *, abruptly: bool) -> None:
        """Closes the connection: at once, or after what was sent has gone out. Returns when the server has noticed."""
        transport = self._transports(tuple(scope["client"]))
        if transport is not None:
            if abruptly:
                transport.abort()
            else:
                transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _of_fault(fault: Fault | None) -> Response | None:
    if fault is not None and fault.action == "respond":
        headers = dict(fault.headers) | ({"retry-after": fault.retry_after} if fault.retry_after else {})
        return Response(fault.answer, fault.status, {**headers, "content-type": fault.content_type})
    if fault is not None and fault.action == "redirect":
        status = fault.status if 300 <= fault.status < 400 else 307
        return Response("", status, {**fault.headers, "location": fault.location})
    return None


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message: dict[str, Any] = dict(await receive())
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` for the endpoint, the body having been read already."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _form(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a form body; of a field given twice the first counts (unknown at HMRC)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        return {}
    fields: dict[str, str] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        fields.setdefault(name, value)
    return fields
