"""A verdict on a set of headers, in the shape of HMRC's answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

VerdictCode = Literal["VALID_HEADERS", "POTENTIALLY_INVALID_HEADERS", "INVALID_HEADERS"]
FindingCode = Literal[
    "INVALID_HEADER",
    "INVALID_HEADERS",
    "MISSING_HEADER",
    "EMPTY_HEADER",
    "POTENTIALLY_INVALID_HEADER",
    "UNEXPECTED_HEADER",
]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a rule has to say about one header's value."""

    severity: Severity
    message: str

    @property
    def code(self) -> FindingCode:
        """The code under which HMRC reports a value of this severity."""
        return "INVALID_HEADER" if self.severity == "error" else "POTENTIALLY_INVALID_HEADER"


def error(message: str) -> Complaint:
    """A complaint that makes the headers invalid."""
    return Complaint("error", message)


def warning(message: str) -> Complaint:
    """A complaint that makes the headers potentially invalid."""
    return Complaint("warning", message)


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of a verdict: a code, a sentence, and the headers concerned, named in lower case; there is at least one."""

    code: FindingCode
    message: str
    headers: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """As it stands in HMRC's answer and in ours."""
        return {"code": self.code, "message": self.message, "headers": list(self.headers)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the whole set of headers comes to. The code follows from the findings, except where no header was sent at all."""

    code: VerdictCode
    message: str
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    def about(self, header: str) -> list[tuple[Severity, Finding]]:
        """What is said about one header, errors first. The name's case does not matter."""
        name = header.lower()
        found: list[tuple[Severity, Finding]] = [("error", item) for item in self.errors if name in item.headers]
        return found + [("warning", item) for item in self.warnings if name in item.headers]

    def as_answer(self, specification: str) -> dict[str, object]:
        """The body of HMRC's answer: `errors` and `warnings` only where there are any."""
        answer: dict[str, object] = {"specVersion": specification, "code": self.code, "message": self.message}
        if self.errors:
            answer["errors"] = [item.as_json() for item in self.errors]
        if self.warnings:
            answer["warnings"] = [item.as_json() for item in self.warnings]
        return answer


class Findings:
    """Gathers findings; headers of which the same is said under the same code share one item, in the order they came."""

    def __init__(self) -> None:
        self._found: dict[tuple[Severity, FindingCode, str], list[str]] = {}

    def add(self, severity: Severity, code: FindingCode, message: str, headers: Iterable[str]) -> None:
        """Adds a finding about `headers`, whatever the case of their names."""
        item = self._found.setdefault((severity, code, message), [])
        item.extend(name for name in (header.lower() for header in headers) if name not in item)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity, in the order they were first made."""
        return tuple(
            Finding(code, message, tuple(headers))
            for (level, code, message), headers in self._found.items()
            if level == severity
        )
