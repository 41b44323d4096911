"""Faults to order: the next requests that fit one are refused, delayed, cut, redirected or dropped."""

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

PLATFORM_BODIES = {
    429: '{"code": "MESSAGE_THROTTLED_OUT", "message": "The request for the API is throttled as you have exceeded your quota."}',
    500: '{"code": "INTERNAL_SERVER_ERROR", "message": "Internal server error"}',
    501: '{"code": "NOT_IMPLEMENTED", "message": "The API is not deployed"}',
    503: '{"code": "SERVER_ERROR", "message": "A temporary problem occurred"}',
    504: '{"code": "GATEWAY_TIMEOUT", "message": "The gateway timed out"}',
}
"""Bodies by status. Those of 429 and 503 are HMRC's templates; for the others only the code is documented."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault. `action` says what happens; `path` (a prefix), `method`, `tax_year` and `form` say to whom.

    `respond` answers `status` instead of handling the request, with `body` (else HMRC's own), `retry_after` and `headers`.
    `drop_before` closes the connection without having done anything, `drop_after` after the request took effect.
    `cut` handles it and sends only the first `bytes` (else half) of the body. `redirect` sends to `location`.
    `delay` alone handles it normally. `seconds` waits before handling, `seconds_after` between taking effect and answering;
    both go with every action. The first `skip` requests that fit pass; then `times` are hit, None meaning for ever.
    """

    action: Literal["respond", "drop_before", "drop_after", "cut", "redirect", "delay"]
    path: str = "/"
    method: str | None = None
    tax_year: str | None = None
    form: dict[str, str] = {}
    """Form fields that must have these values, such as `grant_type`."""
    times: int | None = 1
    skip: int = 0
    status: int = 503
    body: str | None = None
    content_type: str = "application/json"
    retry_after: str | None = None
    headers: dict[str, str] = {}
    bytes: int | None = None
    location: str = ""
    seconds: float = 0.0
    seconds_after: float = 0.0

    @property
    def answer(self) -> str:
        """The body of `respond`."""
        return self.body if self.body is not None else PLATFORM_BODIES.get(self.status, "")


@dataclass(slots=True)
class _Ordered:
    fault_id: int
    fault: Fault
    skip: int
    left: int | None
    hits: int = 0


class Faults:
    """The faults in force, oldest first; the first that fits a request hits it."""

    def __init__(self) -> None:
        self._ordered: list[_Ordered] = []
        self._count = 0

    def order(self, fault: Fault) -> int:
        """Puts a fault in force and gives its number."""
        self._count += 1
        self._ordered.append(_Ordered(self._count, fault, fault.skip, fault.times))
        return self._count

    def clear(self) -> None:
        """No more faults."""
        self._ordered.clear()

    def hitting(self, method: str, path: str, form: dict[str, str]) -> Fault | None:
        """The fault that hits this request, counted; None where none does."""
        for ordered in self._ordered:
            if ordered.left == 0 or not _fits(ordered.fault, method, path, form):
                continue
            if ordered.skip:
                ordered.skip -= 1
                continue
            ordered.hits += 1
            ordered.left = None if ordered.left is None else ordered.left - 1
            return ordered.fault
        return None

    def listing(self) -> list[dict[str, object]]:
        """The faults in force and used up, with how often each hit."""
        return [
            {"id": each.fault_id, "hits": each.hits, "left": each.left, "fault": msgspec.to_builtins(each.fault)}
            for each in self._ordered
        ]


def _fits(fault: Fault, method: str, path: str, form: dict[str, str]) -> bool:
    return (
        path.startswith(fault.path)
        and fault.method in {None, method}
        and (fault.tax_year is None or re.search(rf"/{re.escape(fault.tax_year)}$", path) is not None)
        and all(form.get(name) == value for name, value in fault.form.items())
    )
