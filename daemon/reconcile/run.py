"""Reconciling: every tax year and employer, HMRC's figures beside the payslips and the P60, with a status and its causes."""

from collections.abc import Mapping, Sequence

from daemon.reconcile.case import Book, Case, weigh
from daemon.reconcile.explain import Explained, explain_all
from daemon.reconcile.findings.registry import findings
from daemon.reconcile.insurance import national_insurance
from daemon.reconcile.match import Canonical, Matched, follow_links, match
from daemon.reconcile.model import Cause, Facts, HmrcYear, Reconciliation, Row, YearReport, YearState
from daemon.reconcile.person import person
from daemon.reconcile.slips import pence
from daemon.reconcile.status import plain_status
from storage.employers import employer_key
from storage.records import Acceptance, PayeReference, TaxYear


def reconcile(facts: Facts, years: Sequence[TaxYear] | None = None) -> Reconciliation:
    """Reconciles `years`, newest first; without years, every one with a figure, a payslip, a P60 or a payment.

    The same facts give the same answer, in whatever order they come. Neighbouring years are looked at even where not asked for.
    """
    hmrc = {year.tax_year: year for year in facts.hmrc}
    matched = match(facts)
    book = _book(facts, hmrc, matched)
    causes = explain_all(book)
    asked = (
        set(years)
        if years is not None
        else {year for year in matched if matched[year].groups or _speaks(hmrc.get(year))}
    )
    accepted = _Accepted(facts, follow_links(facts.links))
    reports = [
        _report(year, facts, hmrc.get(year), matched.get(year, Matched((), ())), book, causes, accepted)
        for year in asked
    ]
    return Reconciliation(tuple(sorted(reports, key=lambda report: report.tax_year, reverse=True)))


def _speaks(year: HmrcYear | None) -> bool:
    """Whether HMRC ever gave anything for the year."""
    return year is not None and (
        year.figures_seen or any(each is not None for each in (year.nicable_earnings, year.refunds, year.pensions))
    )


def _book(facts: Facts, hmrc: Mapping[TaxYear, HmrcYear], matched: Mapping[TaxYear, Matched]) -> Book:
    book = Book()
    tolerance = pence(facts.tolerance)
    for tax_year, year in matched.items():
        for group in year.groups:
            basis, pay, tax = weigh(group, hmrc.get(tax_year))
            book.add(Case(group, hmrc.get(tax_year), basis, pay, tax, facts.today, tolerance, book))
    return book


class _Accepted:
    """The person's acceptances, looked up by row."""

    def __init__(self, facts: Facts, canonical: Canonical) -> None:
        latest: dict[tuple[TaxYear, str], Acceptance] = {}
        for acceptance in sorted(facts.acceptances, key=lambda each: each.decided_at):
            latest[acceptance.tax_year, str(canonical(PayeReference(acceptance.employer)))] = acceptance
            latest[acceptance.tax_year, f"name:{employer_key(acceptance.employer)}"] = acceptance
        self._latest = latest

    def note(self, case: Case) -> str | None:
        """The note of the acceptance in force: it holds for exactly these two differences."""
        reference = case.group.reference
        found = self._latest.get(
            (case.tax_year, str(reference) if reference else f"name:{employer_key(case.group.employer)}")
        )
        if found is None or (found.pay_difference, found.tax_difference) != (case.pay.difference, case.tax.difference):
            return None
        return found.note


def _report(
    tax_year: TaxYear,
    facts: Facts,
    hmrc: HmrcYear | None,
    matched: Matched,
    book: Book,
    causes: Explained,
    accepted: _Accepted,
) -> YearReport:
    cases = book.years.get(tax_year, [])
    rows = tuple(_row(case, causes.get((case.tax_year, case.group.key), ()), accepted.note(case)) for case in cases)
    figures, notes = person(tax_year, hmrc, cases, facts.today)
    asked = hmrc.last_asked if hmrc else None
    return YearReport(tax_year, _state(tax_year, hmrc, facts), rows, figures, matched.questions, asked, notes)


def _state(tax_year: TaxYear, hmrc: HmrcYear | None, facts: Facts) -> YearState:
    if hmrc is not None:
        return hmrc.state
    return "current" if TaxYear.containing(facts.today) == tax_year else "unknown"


def _row(case: Case, causes: tuple[Cause, ...], note: str | None) -> Row:
    group = case.group
    status = plain_status(case)
    if causes and status != "rounding":
        status = "explained"
    if note is not None and status not in {"match", "waiting"}:
        status = "accepted"
    return Row(
        tax_year=case.tax_year,
        employer_paye_ref=group.reference,
        employer=group.employer,
        status=status,
        pay=case.pay,
        tax=case.tax,
        national_insurance=national_insurance(case),
        payslip_count=len(case.slips),
        as_of=case.year.as_of if case.year and group.hmrc else None,
        basis=case.basis,
        benefits=group.hmrc.benefits if group.hmrc else None,
        accepted_note=note if status == "accepted" else None,
        causes=causes,
        findings=findings(case),
        payslips=tuple(slip.record for slip in group.slips),
        p60s=group.p60s,
        payments=group.payments,
        revisions=group.revisions,
    )
