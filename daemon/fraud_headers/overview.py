"""Everything that a person is shown about the headers: each with its value, our verdict, HMRC's, and what to do, errors first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daemon.fraud_headers.advice import TELL_HMRC, what_to_do
from daemon.fraud_headers.build import Built
from daemon.fraud_headers.check import check
from daemon.fraud_headers.specification import CANONICAL, REQUIRED
from daemon.fraud_headers.validate import TheirVerdict, changed_since, differences, read_verdict
from daemon.fraud_headers.verdict import Verdict
from storage.records import ValidatorVerdict
from storage.troubles import HmrcTrouble

RowState = Literal["error", "warning", "uncollectable", "good"]
_ORDER: Sequence[RowState] = ("error", "warning", "uncollectable", "good")


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One header as it is shown."""

    name: str
    value: str | None
    """None where it is not sent."""
    state: RowState
    """`uncollectable`: it cannot be collected here, and says so; that is nobody's fault."""
    ours: tuple[str, ...]
    """What our check says, each `CODE: sentence`."""
    hmrc: tuple[str, ...]
    """What HMRC's validator said when it was last asked."""
    reason: str = ""
    """Why it cannot be collected here, or what was left out of its value."""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """All headers of one connection method, errors first, with both verdicts."""

    method: str
    rows: tuple[HeaderRow, ...]
    ours: Verdict
    hmrc: TheirVerdict | None
    """What HMRC's validator said; None where it was not asked."""
    asked_at: datetime | None
    differences: tuple[str, ...] = ()
    """Where the two verdicts are about the same headers and still differ."""
    changed: tuple[str, ...] = ()
    """Headers that are not as they were when HMRC was asked."""


def overview(built: Built, kept: ValidatorVerdict | None) -> Overview:
    """What to show of the headers in `built`, with what HMRC's validator last said about the method."""
    ours = check(built.headers, built.method)
    theirs = _theirs(kept)
    names = dict.fromkeys((*REQUIRED[built.method], *built.headers))
    rows = sorted((_row(name, built, ours, theirs) for name in names), key=lambda row: _ORDER.index(row.state))
    then = check(dict(kept.headers), built.method) if kept else ours
    return Overview(
        method=built.method,
        rows=tuple(rows),
        ours=ours,
        hmrc=theirs,
        asked_at=kept.asked_at if kept else None,
        differences=tuple(differences(then, theirs)) if theirs else (),
        changed=tuple(CANONICAL.get(name, name) for name in changed_since(kept, built.headers)) if kept else (),
    )


def _theirs(kept: ValidatorVerdict | None) -> TheirVerdict | None:
    if kept is None:
        return None
    try:
        return read_verdict(kept.body)
    except HmrcTrouble:
        return None


def _row(name: str, built: Built, ours: Verdict, theirs: TheirVerdict | None) -> HeaderRow:
    found = ours.about(name)
    reason = built.uncollectable.get(name, "") or built.notes.get(name, "")
    state: RowState = found[0][0] if found else "good"
    advice = what_to_do(name, found[0][1].message) if found else ""
    if name in built.uncollectable:
        state = "error" if name in built.mendable else "uncollectable"
        advice = "" if name in built.mendable else TELL_HMRC
    return HeaderRow(
        name=name,
        value=built.headers.get(name),
        state=state,
        ours=tuple(f"{item.code}: {item.message}" for _, item in found),
        hmrc=tuple(f"{item.code}: {item.message}" for _, item in theirs.about(name)) if theirs else (),
        reason=reason,
        advice=advice,
    )


def given_rows(headers: Mapping[str, str], verdict: Verdict) -> tuple[HeaderRow, ...]:
    """The same rows for headers that were given to be checked, those that a verdict finds missing included."""
    named = [name for item in (*verdict.errors, *verdict.warnings) for name in item.headers]
    values = {name.lower(): (name, value) for name, value in headers.items()}
    rows: list[HeaderRow] = []
    for key in dict.fromkeys((*values, *named)):
        name, value = values.get(key, (CANONICAL.get(key, key), None))
        found = verdict.about(key)
        rows.append(
            HeaderRow(
                name=name,
                value=value,
                state=found[0][0] if found else "good",
                ours=tuple(f"{item.code}: {item.message}" for _, item in found),
                hmrc=(),
                advice=what_to_do(key, found[0][1].message) if found else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: _ORDER.index(row.state)))
