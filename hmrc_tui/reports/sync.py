"""What a sync brought, for programs and for a person to read."""

import json
from typing import Any

from daemon.events import YearOutcome
from daemon.sync import ApiReport, SyncedYear, SyncReport
from storage.clock import rfc3339

_WORDS: dict[YearOutcome, str] = {
    "new": "HMRC has figures for this year now",
    "changed": "HMRC's figures have changed",
    "unchanged": "as it was",
    "not_yet": "HMRC has nothing yet",
    "late": "HMRC has nothing, though most people's figures are there by the end of November",
    "gone": "HMRC has withdrawn its figures; the last ones are kept",
    "partial": "pay or tax is missing",
    "failed": "HMRC gave no answer",
}


def as_json(report: SyncReport) -> str:
    """The contracted JSON."""
    document: dict[str, Any] = {
        "environment": report.environment,
        "started_at": rfc3339(report.started_at),
        "finished_at": rfc3339(report.finished_at),
        "store": report.store,
        "queued": report.queued,
        "years": [
            {
                "tax_year": year.tax_year.hmrc,
                "outcome": year.outcome,
                "apis": {
                    api: {"outcome": call.outcome, "status": call.status, "code": call.code}
                    for api, call in year.apis.items()
                },
            }
            for year in report.years
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_text(report: SyncReport) -> str:
    """A line a tax year, what went wrong below it, and where the figures are kept."""
    lines: list[str] = []
    for year in report.years:
        lines.append(f"{year.tax_year.hmrc}  {year.outcome.replace('_', ' '):<9}  {_WORDS[year.outcome]}")
        lines += _notes(year)
    if not report.years:
        lines.append("No tax year was asked for: none of those that [sync] names has ended.")
    return "\n".join([*lines, _kept(report)])


def _notes(year: SyncedYear) -> list[str]:
    return [
        f"         {api}: {_told(call)}" for api, call in year.apis.items() if call.outcome not in {"ok", "no_data"}
    ]


def _told(call: ApiReport) -> str:
    said = call.note or call.outcome.replace("_", " ")
    return f"{said} [{call.code}]" if call.code else said


def _kept(report: SyncReport) -> str:
    if report.store == "postgres":
        return "Kept on this machine and in Postgres."
    if report.queued:
        rows = "1 row waits" if report.queued == 1 else f"{report.queued} rows wait"
        return f"Kept on this machine; {rows} for Postgres."
    return "Kept on this machine."
