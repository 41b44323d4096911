"""The evidence pack: Markdown, one page a tax year and employer, to send to an employer or to HMRC."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from daemon.reconcile.model import Cause, Reconciliation, Row, YearReport
from hmrc_tui.reports import reconcile_words as words
from storage.clock import LONDON
from storage.records import Observation, Payslip

PAGE_BREAK = "\n\n---\n\n"
_MOST_RUNS = 40
_COLUMNS: tuple[tuple[str, Callable[[Payslip], str | Decimal | None]], ...] = (
    ("period", lambda slip: slip.period),
    ("tax code", lambda slip: slip.tax_code),
    ("gross pay", lambda slip: slip.gross_pay),
    ("taxable pay", lambda slip: slip.taxable_pay),
    ("income tax", lambda slip: slip.income_tax),
    ("National Insurance", lambda slip: slip.national_insurance),
    ("net pay", lambda slip: slip.net_pay),
    ("taxable pay to date", lambda slip: slip.ytd_taxable),
    ("tax to date", lambda slip: slip.ytd_tax),
)
"""What of a payslip is shown, where any payslip of the page has it."""
_SUMMED = ("gross pay", "taxable pay", "income tax", "National Insurance", "net pay")


def report(
    reconciliation: Reconciliation, observations: Sequence[Observation] = (), *, made: datetime | None = None
) -> str:
    """All pages, newest tax year first. `observations` tell when HMRC was asked and what it answered; `made` (UTC) dates each page."""
    pages = [page(year, row, observations, made=made) for year in reconciliation.tax_years for row in year.rows]
    return PAGE_BREAK.join(pages) if pages else "# Nothing to reconcile yet"


def page(year: YearReport, row: Row, observations: Sequence[Observation] = (), *, made: datetime | None = None) -> str:
    """One employer in one tax year: both sides, the cause, the payslips concerned, the dates on which HMRC was asked."""
    parts = (
        _heading(year, row, made),
        _sides(row),
        _causes(row),
        _findings(row),
        _payslips(row),
        _payments(row),
        _history(row),
        _asked(year, observations),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _heading(year: YearReport, row: Row, made: datetime | None) -> Iterator[str]:
    yield f"# {_cell(row.employer)}, tax year {year.tax_year}"
    yield ""
    yield f"- Employer PAYE reference: {row.employer_paye_ref or 'not known'}"
    yield f"- Tax year: 6 April {year.tax_year.start} to 5 April {year.tax_year.start + 1}, by date of payment"
    yield f"- Result: **{row.status.replace('_', ' ')}**. {words.verdict(row)}"
    yield f"- {words.state(year)}"
    if row.as_of:
        yield f"- HMRC last confirmed its figures: {words.moment(row.as_of)} (UK time)"
    if made is not None:
        yield f"- This page was made: {words.moment(made)} (UK time)"


def _sides(row: Row) -> Iterator[str]:
    yield "## Both sides"
    yield ""
    yield "| | HMRC | payslips | P60 | difference |"
    yield "|---|---:|---:|---:|---:|"
    for name, figures in (("Taxable pay", row.pay), ("Income tax", row.tax)):
        yield f"| {name} | " + " | ".join(words.corners(figures)) + " |"
    insurance = row.national_insurance
    ours, certified = words.amount(insurance.payslips), words.amount(insurance.p60)
    yield f"| National Insurance | not given | {ours} | {certified} | - |"
    yield ""
    who = "HMRC" if row.basis == "hmrc" else "the P60"
    slips = "the payslip" if row.payslip_count == 1 else f"the {row.payslip_count} payslips"
    yield f"All amounts are pounds. The difference is {who} less {slips}. {words.apart(row)}"
    if insurance.computed is not None:
        yield f"By the rules of its category, National Insurance on these payslips comes to {words.amount(insurance.computed)}."
    if row.benefits:
        yield f"HMRC also has {words.amount(row.benefits)} of benefits in kind (P11D), which are not part of pay."


def _causes(row: Row) -> Iterator[str]:
    if not row.causes:
        return
    yield "## What explains the difference"
    for number, cause in enumerate(row.causes, start=1):
        yield ""
        yield from _cause(number, cause)


def _cause(number: int, cause: Cause) -> Iterator[str]:
    yield f"### {number}. {words.cause_title(cause.cause)}: pay {words.signed(cause.pay)}, tax {words.signed(cause.tax)}"
    yield ""
    yield from (f"- {_cell(evidence)}" for evidence in cause.evidence)
    if cause.remedy:
        yield ""
        yield f"What to do: {cause.remedy}"


def _findings(row: Row) -> Iterator[str]:
    if row.findings:
        yield "## Also noted"
        yield ""
        yield from (f"- {_cell(finding.text)}" for finding in row.findings)


def _payslips(row: Row) -> Iterator[str]:
    if not row.payslips:
        return
    concerned = {identity for cause in row.causes for identity in cause.payslip_ids}
    columns = [(name, read) for name, read in _COLUMNS if any(read(slip) is not None for slip in row.payslips)]
    texts = ("period", "tax code")
    yield "## Payslips"
    yield ""
    yield f"| pay date | {''.join(f'{name} | ' for name, _ in columns)}source | |"
    yield f"|---|{''.join('---|' if name in texts else '---:|' for name, _ in columns)}---|---|"
    for slip in row.payslips:
        cells = [_shown(read(slip)) for _, read in columns]
        marks = (slip.source, "concerned" if slip.id in concerned else "")
        yield f"| {' | '.join(map(_cell, (slip.pay_date.isoformat(), *cells, *marks)))} |"
    if len(row.payslips) > 1:
        sums = [_total(row.payslips, read) if name in _SUMMED else "" for name, read in columns]
        yield f"| **together** | {''.join(f'{each} | ' for each in sums)} | |"


def _shown(value: str | Decimal | None) -> str:
    return value or "" if value is None or isinstance(value, str) else words.amount(value)


def _total(slips: Sequence[Payslip], read: Callable[[Payslip], str | Decimal | None]) -> str:
    """The sum of a column, which stays empty where a payslip has no figure in it."""
    values = [value for slip in slips if isinstance(value := read(slip), Decimal)]
    return f"**{words.amount(sum(values, Decimal(0)))}**" if len(values) == len(slips) else ""


def _payments(row: Row) -> Iterator[str]:
    if row.payments:
        yield "## HMRC's payment table"
        yield ""
        yield "| date | taxable pay | income tax | National Insurance |"
        yield "|---|---:|---:|---:|"
        for payment in row.payments:
            amounts = (payment.taxable_pay, payment.income_tax, payment.national_insurance)
            yield f"| {payment.pay_date.isoformat()} | {' | '.join(map(words.amount, amounts))} |"


def _history(row: Row) -> Iterator[str]:
    if row.revisions:
        yield "## What HMRC said before"
        yield ""
        yield "| first seen | pay | tax |"
        yield "|---|---:|---:|"
        for revision in row.revisions:
            yield f"| {_moment(revision.seen_at)} | {words.amount(revision.pay)} | {words.amount(revision.tax)} |"


def _asked(year: YearReport, observations: Sequence[Observation]) -> Iterator[str]:
    calls = sorted(
        (each for each in observations if each.tax_year == year.tax_year), key=lambda each: each.asked_at, reverse=True
    )
    if not calls and year.last_asked is None:
        return
    yield "## When HMRC was asked"
    yield ""
    if not calls and year.last_asked is not None:
        yield f"Last on {words.moment(year.last_asked)} (UK time)."
        return
    yield "| asked (UK time) | answers |"
    yield "|---|---|"
    runs = _runs(calls)
    for run in runs[:_MOST_RUNS]:
        yield f"| {_moment(run[-1].asked_at)} | {_answers(run)} |"
    if len(runs) > _MOST_RUNS:
        yield ""
        yield f"And {len(runs) - _MOST_RUNS} times before these, first on {_moment(runs[-1][-1].asked_at)}."


def _runs(calls: Sequence[Observation]) -> list[list[Observation]]:
    """The calls of one sync together; `calls` are newest first."""
    runs: dict[str, list[Observation]] = {}
    for call in calls:
        runs.setdefault(call.run_id, []).append(call)
    return list(runs.values())


def _answers(run: Sequence[Observation]) -> str:
    """What each API said, those with the same answer together: `ok (200): individual-income 1.2, individual-tax 1.1`."""
    said: dict[str, list[str]] = {}
    for call in sorted(run, key=lambda each: each.api):
        answer = f"{call.outcome.replace('_', ' ')}{f' ({call.status})' if call.status else ''}"
        said.setdefault(answer, []).append(f"{call.api} {call.api_version}")
    return "; ".join(f"{answer}: {', '.join(apis)}" for answer, apis in said.items())


def _moment(when: datetime) -> str:
    return f"{when.astimezone(LONDON):%Y-%m-%d %H:%M}"


def _cell(text: str) -> str:
    """`text` so that it stays within its cell of a table and is not taken for markup."""
    return "".join(f"\\{each}" if each in "|\\`*_<>[]" else each for each in " ".join(text.split()))
