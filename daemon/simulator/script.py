"""Control requests written in a file, carried out when the simulator starts: the same words as over the control address."""

import urllib.error
import urllib.request
from http.client import InvalidURL
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from daemon.hmrc.reply import NOT_JSON
from storage.imports.file_content import file_content
from storage.troubles import BadInput

if TYPE_CHECKING:
    from daemon.simulator.server import Simulator

TIMEOUT = 10.0
"""Seconds for one control request."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One control request: `path` without `/simulator`; `content` as JSON, or `text` as it stands with `content_type`."""

    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    content: Any = None
    text: str | None = None
    content_type: str = "application/json"


def carry_out(simulator: "Simulator", file: Path) -> None:
    """Carries out the JSON list of steps in `file`. Raises `BadInput` naming the step that cannot be."""
    try:
        steps = msgspec.json.decode(file_content(file), type=list[Step])
    except NOT_JSON as error:
        raise BadInput(f"{file}: {str(error).replace('`', '')}") from None
    for number, step in enumerate(steps, 1):
        trouble = _carried_out(simulator.address, step)
        if trouble:
            raise BadInput(f"{file}: step {number}, {step.method} {step.path}: {trouble}")


def _carried_out(address: str, step: Step) -> str | None:
    body = step.text.encode() if step.text is not None else msgspec.json.encode(step.content)
    sent = None if step.text is None and step.content is None else body
    request = urllib.request.Request(  # noqa: S310 - the simulator's own address, http on loopback
        f"{address}/simulator{step.path}", data=sent, headers={"Content-Type": step.content_type}, method=step.method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.read().decode(errors="replace")
    except InvalidURL:
        return "the path is no address"
