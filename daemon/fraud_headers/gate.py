"""The gate before production: no sync with headers that are malformed, empty, or missing though they could be collected.

What truly cannot be collected is declared and does not block. `[hmrc] header_gate = "warn"` turns refusals into warnings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from daemon.fraud_headers.build import Built
from daemon.fraud_headers.check import check
from daemon.fraud_headers.specification import CANONICAL
from storage.records import ValidatorVerdict
from storage.settings import Settings
from storage.troubles import BadInput


class VerdictReader(Protocol):
    """Where kept verdicts are read; the ledger is one."""

    def verdict(self, connection_method: str) -> ValidatorVerdict | None:
        """What HMRC's validator last said about a connection method."""
        ...


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Why a production sync is refused, and what should be known before it; one line each. No refusals: it may run."""

    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


def judge(settings: Settings, built: Built, kept: ValidatorVerdict | None) -> GateVerdict:
    """What the gate makes of the headers, whatever the environment is; `header_gate` is taken into account."""
    refusals, warnings = tuple(refusal(built)), tuple(_warnings(built.method, kept))
    if settings.hmrc.header_gate == "warn":
        return GateVerdict((), (*refusals, *warnings))
    return GateVerdict(refusals, warnings)


def refusal(built: Built) -> list[str]:
    """Why these headers must not go to production, a line each; empty where they may."""
    declared = {name.lower() for name in built.uncollectable}
    reasons = [
        f"{CANONICAL.get(name, name)}: {finding.message}"
        for finding in check(built.headers, built.method).errors
        for name in finding.headers
        if not (finding.code == "MISSING_HEADER" and name in declared)
    ]
    reasons += [f"{name}: empty" for name, value in built.headers.items() if not value.strip()]
    mendable = [name for name in built.uncollectable if name in built.mendable]
    reasons += [f"{name} could be collected: {built.uncollectable[name]}" for name in mendable]
    return list(dict.fromkeys(reasons))


def _warnings(method: str, kept: ValidatorVerdict | None) -> Iterator[str]:
    if kept is None:
        yield (
            "HMRC's validator has not been asked about these headers; "
            f"ask it with: hmrc-tui headers validate --method {method}"
        )


def check_before_sync(settings: Settings, built: Built, verdicts: VerdictReader) -> tuple[str, ...]:
    """The warnings to tell before a sync in production; outside production nothing is asked and there are none.

    Raises `BadInput` (exit status 2: it is the configuration or the machine that has to be put right) where the gate
    refuses. Nothing has been sent to HMRC then.
    """
    if settings.environment != "production":
        return ()
    verdict = judge(settings, built, verdicts.verdict(built.method))
    if verdict.refusals:
        raise BadInput(
            f"the fraud-prevention headers are not fit for production: {'; '.join(verdict.refusals)}; put that right, "
            'or set [hmrc] header_gate = "warn"'
        )
    return verdict.warnings
