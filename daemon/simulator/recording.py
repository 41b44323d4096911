"""The log of every request that reached the simulator, with secrets as fingerprints, so that tests can assert against the truth."""

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from daemon.simulator.throttle import busiest

SECRET_FIELDS = frozenset({"client_secret", "code", "code_verifier", "refresh_token", "access_token", "password"})
SECRET_HEADERS = frozenset({"authorization", "cookie"})
KEPT = 20_000


def fingerprint(secret: str) -> str:
    """The first sixteen hexadecimal characters of the secret's SHA-256: enough to tell two apart, of no use to anyone."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what became of it. `monotonic` is real time in seconds, `at` the simulated time."""

    number: int
    at: str
    monotonic: float
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]
    status: int | None
    """None where the connection was dropped."""
    fault: str | None
    client_id: str | None


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=KEPT)
        self._count = 0

    def keep(
        self,
        *,
        at: datetime,
        monotonic: float,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        form: Mapping[str, str],
        status: int | None,
        fault: str | None,
        client_id: str | None,
    ) -> None:
        """Keeps one request; secret fields and headers become fingerprints here."""
        self._count += 1
        shown = {k: _masked_header(k, v) for k, v in headers.items()}
        self._kept.append(
            Recorded(
                self._count,
                at.isoformat(),
                monotonic,
                method,
                path,
                _masked_fields(query),
                shown,
                _masked_fields(form),
                status,
                fault,
                client_id,
            )
        )

    def clear(self) -> None:
        """Forgets every request."""
        self._kept.clear()

    def all(self, prefix: str = "/") -> list[Recorded]:
        """The kept requests whose path begins with `prefix`, in the order of their arrival."""
        return sorted((each for each in self._kept if each.path.startswith(prefix)), key=lambda each: each.monotonic)

    def listing(self, prefix: str = "/") -> list[dict[str, Any]]:
        """The same, for JSON."""
        return [asdict(each) for each in self.all(prefix)]

    def statuses(self, prefix: str = "/") -> dict[str, int]:
        """How many requests were answered with which status; `dropped` where none was sent."""
        return dict(Counter(str(each.status or "dropped") for each in self.all(prefix)))

    def busiest_second(self) -> int:
        """The most requests of one application that arrived within any second."""
        applications = {each.client_id for each in self._kept if each.client_id}
        return max(
            (busiest([each.monotonic for each in self._kept if each.client_id == one]) for one in applications),
            default=0,
        )


def _masked_fields(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: fingerprint(value) if name in SECRET_FIELDS else value for name, value in fields.items()}


def _masked_header(name: str, value: str) -> str:
    if name not in SECRET_HEADERS:
        return value
    scheme, _, secret = value.partition(" ")
    return f"{scheme} {fingerprint(secret)}" if name == "authorization" and secret else fingerprint(value)
