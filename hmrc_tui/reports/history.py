"""What HMRC said, when, and what changed, as text and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from daemon.history import Change, Statement, StatementKind, YearHistory
from storage.clock import rfc3339
from storage.money import plain, pounds
from storage.tax_year import TaxYear

_SAID: dict[StatementKind, str] = {
    "first": "first figures",
    "changed": "changed",
    "gone": "gone: HMRC has no data any more",
    "back": "there again",
    "nothing": "no data",
}
_TITLES = {
    "individual-tax": "Individual Tax",
    "individual-income": "Individual Income",
    "individual-employment": "Individual Employment",
    "individual-benefits": "Individual Benefits",
    "national-insurance": "National Insurance",
}


def history_json(years: Iterable[YearHistory]) -> dict[str, Any]:
    """The history: amounts as strings with two decimals, times RFC 3339 in UTC, years newest first."""
    return {
        "tax_years": [
            {
                "tax_year": year.tax_year.hmrc,
                "first_seen": _moment(year.first_seen),
                "last_confirmed": _moment(year.last_confirmed),
                "gone_at": _moment(year.gone_at),
                "statements": [_statement_json(statement) for statement in year.statements],
            }
            for year in years
        ]
    }


def differences_json(
    earlier: datetime, later: datetime, years: Iterable[tuple[str, Sequence[Change]]]
) -> dict[str, Any]:
    """What differs between two moments, by tax year."""
    return {
        "from": rfc3339(earlier),
        "to": rfc3339(later),
        "tax_years": [
            {"tax_year": year, "changes": [change_json(change) for change in changes]} for year, changes in years
        ],
    }


def change_json(change: Change) -> dict[str, Any]:
    """One amount before and after."""
    return {
        "api": change.figure.api,
        "figure": change.figure.words,
        "employer_paye_ref": change.figure.reference or None,
        "employer": change.employer,
        "before": plain(change.before),
        "after": plain(change.after),
    }


def history_text(years: Sequence[YearHistory], wanted: Sequence[TaxYear] | None = None) -> str:
    """The history for a person, years newest first, each year's statements oldest first.

    `wanted` are the years that were named, where any were: one that HMRC was never asked about is said to be so.
    """
    told = {year.tax_year: "\n".join(_year_lines(year)) for year in years}
    for year in wanted or ():
        told.setdefault(year, f"{year}  {_never_asked(year)}")
    if not told:
        return "HMRC was not asked yet: hmrc-tui sync\n"
    return "\n\n".join(told[year] for year in sorted(told, reverse=True)) + "\n"


def differences_text(
    earlier: datetime,
    later: datetime,
    years: Sequence[tuple[str, Sequence[Change]]],
    wanted: Sequence[TaxYear] | None = None,
) -> str:
    """What differs between two moments, for a person. `wanted` as in `history_text`."""
    lines = [f"HMRC's figures at {_shown(earlier)} and at {_shown(later)}:"]
    known = {name for name, _ in years}
    unasked = [year for year in wanted or () if year.hmrc not in known]
    for year, changes in years:
        lines += ["", year, *(f"  {line}" for line in change_lines(changes))]
        if not changes:
            lines.append("  no difference")
    for year in sorted(unasked, reverse=True):
        lines += ["", year.hmrc, f"  {_never_asked(year)}"]
    return "\n".join(lines) + "\n"


def _never_asked(year: TaxYear) -> str:
    return f"HMRC was not asked about this tax year yet: hmrc-tui sync --tax-year {year.hmrc}"


def change_lines(changes: Iterable[Change]) -> Iterator[str]:
    """The changes in words, an employer's together: `Example Ltd (123/AB456): pay £1.00 → £2.00 (+£1.00)`."""
    for (reference, employer), of_one in groupby(
        sorted(changes, key=lambda change: (change.figure.reference, change.figure)),
        key=lambda change: (change.figure.reference, change.employer),
    ):
        said = ", ".join(_change_words(change) for change in of_one)
        whose = f"{employer} ({reference})" if employer else reference
        yield f"{whose}: {said}" if whose else said


def _change_words(change: Change) -> str:
    name = change.figure.words
    if change.before is None and change.after is not None:
        return f"{name} {pounds(change.after)}"
    if change.after is None and change.before is not None:
        return f"{name} was {pounds(change.before)}"
    if change.before is None or change.after is None:
        return name
    difference = pounds(change.after - change.before, sign=True)
    return f"{name} {pounds(change.before)} → {pounds(change.after)} ({difference})"


def _year_lines(year: YearHistory) -> Iterator[str]:
    dates = [
        f"{words} {_shown(moment)}"
        for words, moment in (
            ("first seen", year.first_seen),
            ("last confirmed", year.last_confirmed),
            ("gone since", year.gone_at),
        )
        if moment
    ]
    yield f"{year.tax_year.hmrc}  {', '.join(dates) or 'HMRC gave no figures so far'}"
    for statement in year.statements:
        yield f"  {_shown(statement.at)}  {_TITLES.get(statement.api, statement.api)}: {_statement_words(statement)}"
        if statement.kind != "gone":
            yield from (f"      {line}" for line in change_lines(statement.changes))


def _statement_words(statement: Statement) -> str:
    said = _SAID[statement.kind]
    if statement.times == 1:
        return said
    more = "once more" if statement.times == 2 else f"{statement.times - 1} times more"
    return f"{said}; the same {more}, last {_shown(statement.until)}"


def _statement_json(statement: Statement) -> dict[str, Any]:
    return {
        "at": rfc3339(statement.at),
        "until": rfc3339(statement.until),
        "times": statement.times,
        "api": statement.api,
        "kind": statement.kind,
        "changes": [change_json(change) for change in statement.changes],
    }


def _shown(moment: datetime) -> str:
    return rfc3339(moment)[:16].replace("T", " ") + " UTC"


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
