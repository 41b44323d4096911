"""The reconciliation as plain text, a fact to a line: for a terminal without colour, a pipe, and a screen reader."""

import re
from collections.abc import Iterator
from textwrap import wrap

from daemon.reconcile.model import Cause, Reconciliation, Row, YearReport
from hmrc_tui.reports import reconcile_words as words
from storage.clock import london_date
from storage.money import pounds

WIDTH = 80
_OPENING = re.compile(r" *(?:- |[0-9]+\. |Note: )?")
"""What a line begins with, and what stands below it in the lines that it is broken into."""


def report(reconciliation: Reconciliation) -> str:
    """The whole report, newest tax year first, each employer with its figures, its verdict and the causes."""
    if not reconciliation.tax_years:
        return "Nothing to reconcile yet: import payslips (hmrc-tui payslips import FILE), or sync with HMRC (hmrc-tui sync)."
    sections = ["\n".join(_year(year)) for year in reconciliation.tax_years]
    return "\n\n".join([*sections, _summary(reconciliation)])


def in_columns(text: str) -> str:
    """The report for a terminal: no line over 80 columns. Into a pipe or a file it goes as it is, so that `grep` finds a fact whole."""
    return "\n".join(broken for fact in text.split("\n") for broken in _broken(fact))


def _broken(fact: str) -> list[str]:
    if len(fact) <= WIDTH:
        return [fact]
    opening = _OPENING.match(fact)
    below = " " * (opening.end() if opening else 0)
    return wrap(fact, WIDTH, subsequent_indent=below, break_on_hyphens=False)


def _summary(reconciliation: Reconciliation) -> str:
    open_rows = reconciliation.open_differences
    if not open_rows:
        return "No difference is open."
    named = [f"  {row.tax_year} {row.employer}: {words.STATUS[row.status]}" for row in open_rows]
    count = f"{len(open_rows)} difference{'s are' if len(open_rows) > 1 else ' is'} open:"
    return "\n".join([count, *named, "Accept one with: hmrc-tui accept TAX_YEAR EMPLOYER_REF --note TEXT"])


def _year(year: YearReport) -> Iterator[str]:
    yield f"Tax year {year.tax_year}"
    yield "=" * len(f"Tax year {year.tax_year}")
    yield words.state(year)
    if year.state == "unknown" and any(row.status == "waiting" for row in year.rows):
        yield "Without Self Assessment it has no figures for you; a P60 is compared instead: hmrc-tui p60 import FILE"
    for question in year.questions:
        yield f"Question: {question}"
    for row in year.rows:
        yield ""
        yield from _row(row)
    if not year.rows:
        yield "No payslips, no P60, no figures."
    yield from _person(year)


def _row(row: Row) -> Iterator[str]:
    reference = f" ({row.employer_paye_ref})" if row.employer_paye_ref else ""
    yield f"{row.employer}{reference}: {words.STATUS[row.status]}"
    yield f"  {'':10}{'HMRC':>16}{'payslips':>16}{'P60':>16}{'difference':>16}"
    for name, figures in (("Pay", row.pay), ("Tax", row.tax)):
        yield f"  {name:10}" + "".join(f"{value:>16}" for value in words.corners(figures))
    insurance = row.national_insurance
    if any(value is not None for value in (insurance.payslips, insurance.p60, insurance.computed)):
        computed = f"   computed {words.amount(insurance.computed)}" if insurance.computed is not None else ""
        yield f"  {'Nat. ins.':10}{'-':>16}{words.amount(insurance.payslips):>16}{words.amount(insurance.p60):>16}{computed}"
    if row.status == "match":
        yield f"  {words.verdict(row)} {_counted(row)}"
    else:
        known = row.pay.difference is not None or row.tax.difference is not None
        yield f"  {words.apart(row) + ' ' if known else ''}{words.verdict(row)} {_counted(row)}"
    for number, cause in enumerate(row.causes, start=1):
        yield from _cause(number, cause)
    if row.benefits:
        yield f"  Benefits in kind at HMRC: {pounds(row.benefits)}, shown beside pay and not part of it."
    for finding in row.findings:
        yield f"  Note: {finding.text}"


def _counted(row: Row) -> str:
    slips = "1 payslip" if row.payslip_count == 1 else f"{row.payslip_count} payslips"
    confirmed = f"; HMRC confirmed its figures on {words.day(london_date(row.as_of))}" if row.as_of else ""
    return f"({slips}{confirmed})"


def _cause(number: int, cause: Cause) -> Iterator[str]:
    share = f"pay {words.signed(cause.pay)}, tax {words.signed(cause.tax)}"
    yield f"  {number}. {words.cause_title(cause.cause)} [{cause.cause}]: {share}"
    for evidence in cause.evidence:
        yield f"     - {evidence}"
    if cause.remedy:
        yield f"     What to do: {cause.remedy}"


def _person(year: YearReport) -> Iterator[str]:
    person, earnings = year.person, year.person.nicable_earnings
    lines: list[str] = []
    if person.refunds is not None:
        lines.append(
            f"Tax refunded or set off by HMRC in the year: {pounds(person.refunds)} (not taken off the tax above)."
        )
    if person.pensions is not None:
        lines.append(f"Pensions at HMRC: {pounds(person.pensions)} (not added to the pay above).")
    if earnings.hmrc is not None:
        ours = (
            f"{pounds(earnings.payslips)} by the payslips"
            if earnings.payslips is not None
            else "unknown by the payslips"
        )
        lines.append(f"Earnings for National Insurance, all employers: {pounds(earnings.hmrc)} at HMRC, {ours}.")
    lines += [f"Note: {finding.text}" for finding in year.findings]
    if lines:
        yield ""
    yield from lines
