"""The one list of findings: to add a subject, write its module and add its line here."""

from collections.abc import Callable, Iterator

from daemon.reconcile.case import Case
from daemon.reconcile.findings import corners, loans, months, national_insurance, payslips, tax
from daemon.reconcile.model import Finding

FINDERS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    corners.findings,
    months.findings,
    payslips.findings,
    tax.findings,
    national_insurance.findings,
    loans.findings,
)


def findings(case: Case) -> tuple[Finding, ...]:
    """Everything worth telling about a row, the sides first, then its payslips, then what recomputing them hints at."""
    return tuple(finding for finder in FINDERS for finding in finder(case))
