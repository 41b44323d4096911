"""The fraud-prevention headers as text, errors first, and as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from daemon.fraud_headers.build import Built
from daemon.fraud_headers.overview import HeaderRow, Overview, RowState
from daemon.fraud_headers.specification import VERSION
from daemon.fraud_headers.validate import TheirVerdict
from daemon.fraud_headers.verdict import Verdict
from storage.clock import rfc3339

HEADINGS: Mapping[RowState, str] = {
    "error": "✗ Errors",
    "warning": "! Warnings",
    "uncollectable": "– Cannot be collected here",
    "good": "✓ Good",
}
"""Each severity by a sign and words, never by colour alone."""


def verdict_json(
    method: str | None, headers: Mapping[str, str], verdict: Verdict | TheirVerdict, **more: Any
) -> dict[str, Any]:
    """A verdict in the contract's shape; `more` are members of one command only."""
    return {
        "connection_method": method,
        "headers": dict(headers),
        "code": verdict.code,
        "message": verdict.message,
        "errors": [_item(item) for item in verdict.errors],
        "warnings": [_item(item) for item in verdict.warnings],
        **more,
    }


def _item(item: Any) -> dict[str, Any]:
    return {"code": item.code, "message": item.message, "headers": [name.lower() for name in item.headers]}


def built_json(built: Built, verdict: Verdict) -> dict[str, Any]:
    """Our own headers with our verdict, and why the others cannot be collected."""
    return verdict_json(
        built.method, built.headers, verdict, uncollectable=dict(built.uncollectable), notes=dict(built.notes)
    )


def overview_text(shown: Overview) -> str:
    """Our own headers, grouped by severity, with both verdicts."""
    lines = [f"{shown.method}, specification {VERSION}", f"Our check: {shown.ours.code}. {shown.ours.message}"]
    lines += _hmrc_lines(shown)
    uncollectable = sum(row.state == "uncollectable" for row in shown.rows)
    if uncollectable:
        lines.append(
            f"{uncollectable} cannot be collected here and are declared: they do not hold a sync back. "
            "The mail that HMRC asks for: hmrc-tui headers mail"
        )
    return "\n".join([*lines, *rows_text(shown.rows)]) + "\n"


def _hmrc_lines(shown: Overview) -> Iterator[str]:
    if shown.hmrc is None or shown.asked_at is None:
        yield f"HMRC's validator: not asked yet; ask it with: hmrc-tui headers validate --method {shown.method}"
        return
    yield f"HMRC's validator, {rfc3339(shown.asked_at)}: {shown.hmrc.code}. {shown.hmrc.message}"
    if shown.changed:
        yield f"Since then changed: {', '.join(shown.changed)}"
    for difference in shown.differences:
        yield f"  differs: {difference}"


def verdict_text(method: str | None, rows: Iterable[HeaderRow], verdict: Verdict) -> str:
    """Headers that were given to be checked, grouped by severity, with our verdict."""
    lines = [f"{method or 'no connection method'}, specification {VERSION}"]
    lines.append(f"Our check: {verdict.code}. {verdict.message}")
    return "\n".join([*lines, *rows_text(rows)]) + "\n"


def validation_text(method: str | None, theirs: TheirVerdict, ours: Verdict, differing: Iterable[str]) -> str:
    """HMRC's verdict, ours, and where they differ."""
    lines = [
        f"{method or 'no connection method'}, HMRC's specification {theirs.spec_version or 'not named'}",
        f"HMRC's validator: {theirs.code}. {theirs.message}",
    ]
    for severity, items in (("error", theirs.errors), ("warning", theirs.warnings)):
        lines += [f"  {severity} {item.code}: {', '.join(item.headers)}: {item.message}" for item in items]
    lines.append(f"Our check: {ours.code}")
    found = list(differing)
    lines += [f"  differs: {difference}" for difference in found] or ["  HMRC and our check agree"]
    return "\n".join(lines) + "\n"


def rows_text(rows: Iterable[HeaderRow]) -> Iterator[str]:
    """The rows under a heading for each severity."""
    heading = ""
    for row in rows:
        if HEADINGS[row.state] != heading:
            heading = HEADINGS[row.state]
            yield ""
            yield heading
        yield f"  {row.name}: {'(not sent)' if row.value is None else row.value or '(empty)'}"
        yield from (f"      {text}" for text in _remarks(row))


def _remarks(row: HeaderRow) -> Iterator[str]:
    yield from (f"our check: {text}" for text in row.ours)
    yield from (f"HMRC: {text}" for text in row.hmrc)
    if row.reason:
        yield f"cannot be collected here: {row.reason}" if row.value is None else f"note: {row.reason}"
    if row.advice:
        yield f"what to do: {row.advice}"
