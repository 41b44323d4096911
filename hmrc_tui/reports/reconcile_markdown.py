"""The evidence pack: Markdown, one page a tax year and employer, to send to an employer or to HMRC."""

from collections.abc import Iterator, Sequence

from daemon.reconcile.model import Cause, Reconciliation, Row, YearReport
from hmrc_tui.reports import reconcile_words as words
from storage.clock import LONDON
from storage.records import Observation, Payslip

PAGE_BREAK = "\n\n---\n\n"
_MOST_CALLS = 40


def report(reconciliation: Reconciliation, observations: Sequence[Observation] = ()) -> str:
    """All pages, newest tax year first. `observations` tell on which dates HMRC was asked and what it answered."""
    pages = [page(year, row, observations) for year in reconciliation.tax_years for row in year.rows]
    return PAGE_BREAK.join(pages) if pages else "# Nothing to reconcile yet"


def page(year: YearReport, row: Row, observations: Sequence[Observation] = ()) -> str:
    """One employer in one tax year: both sides, the cause, the payslips concerned, the dates on which HMRC was asked."""
    parts = (
        _heading(year, row),
        _sides(row),
        _causes(row),
        _findings(row),
        _payslips(row),
        _payments(row),
        _history(row),
        _asked(year, observations),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _heading(year: YearReport, row: Row) -> Iterator[str]:
    yield f"# {_cell(row.employer)}, tax year {year.tax_year}"
    yield ""
    yield f"- Employer PAYE reference: {row.employer_paye_ref or 'not known'}"
    yield f"- Tax year: 6 April {year.tax_year.start} to 5 April {year.tax_year.start + 1}, by date of payment"
    yield f"- Result: **{row.status.replace('_', ' ')}**. {words.verdict(row)}"
    yield f"- {words.state(year)}"
    if row.as_of:
        yield f"- HMRC last confirmed its figures: {row.as_of.astimezone(LONDON):%d %B %Y %H:%M} (UK time)"


def _sides(row: Row) -> Iterator[str]:
    yield "## Both sides"
    yield ""
    yield "| | HMRC | payslips | P60 | difference |"
    yield "|---|---:|---:|---:|---:|"
    for name, figures in (("Taxable pay", row.pay), ("Income tax", row.tax)):
        yield f"| {name} | " + " | ".join(words.corners(figures)) + " |"
    insurance = row.national_insurance
    ours, certified = words.amount(insurance.payslips), words.amount(insurance.p60)
    yield f"| National Insurance | not given | {ours} | {certified} | computed {words.amount(insurance.computed)} |"
    yield ""
    who = "HMRC" if row.basis == "hmrc" else "the P60"
    yield f"All amounts are pounds. The difference is {who} less the {row.payslip_count} payslips. {words.apart(row)}"
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
    yield "## Payslips"
    yield ""
    yield "| pay date | period | gross pay | taxable pay | income tax | National Insurance | net pay | source | |"
    yield "|---|---|---:|---:|---:|---:|---:|---|---|"
    yield from (_payslip(slip, slip.id in concerned) for slip in row.payslips)


def _payslip(slip: Payslip, concerned: bool) -> str:
    amounts = (slip.gross_pay, slip.taxable_pay, slip.income_tax, slip.national_insurance, slip.net_pay)
    cells = [
        slip.pay_date.isoformat(),
        slip.period or "",
        *map(words.amount, amounts),
        slip.source,
        "concerned" if concerned else "",
    ]
    return f"| {' | '.join(map(_cell, cells))} |"


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
    if len(row.revisions) > 1:
        yield "## What HMRC said before"
        yield ""
        yield "| first seen | pay | tax |"
        yield "|---|---:|---:|"
        for revision in row.revisions:
            yield f"| {revision.seen_at.astimezone(LONDON):%Y-%m-%d %H:%M} | {words.amount(revision.pay)} | {words.amount(revision.tax)} |"


def _asked(year: YearReport, observations: Sequence[Observation]) -> Iterator[str]:
    calls = sorted(
        (each for each in observations if each.tax_year == year.tax_year), key=lambda each: each.asked_at, reverse=True
    )
    if not calls and year.last_asked is None:
        return
    yield "## When HMRC was asked"
    yield ""
    if not calls and year.last_asked is not None:
        yield f"Last on {year.last_asked.astimezone(LONDON):%d %B %Y %H:%M} (UK time)."
        return
    yield "| asked (UK time) | API | answer |"
    yield "|---|---|---|"
    for call in calls[:_MOST_CALLS]:
        answer = f"{call.outcome.replace('_', ' ')}{f' ({call.status})' if call.status else ''}"
        yield f"| {call.asked_at.astimezone(LONDON):%Y-%m-%d %H:%M} | {call.api} {call.api_version} | {answer} |"
    if len(calls) > _MOST_CALLS:
        yield ""
        yield f"And {len(calls) - _MOST_CALLS} calls before these."


def _cell(text: str) -> str:
    """`text` so that it stays within its cell of a table and is not taken for markup."""
    return "".join(f"\\{each}" if each in "|\\`*_<>[]" else each for each in " ".join(text.split()))
