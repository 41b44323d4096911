"""Findings: what is worth telling beside a row's status and changes none of it."""

from collections.abc import Iterator

from daemon.reconcile.case import Case
from daemon.reconcile.model import Finding


def findings(case: Case) -> tuple[Finding, ...]:
    """Everything worth telling about a row."""
    return tuple(finding for finder in FINDERS for finding in finder(case))


def _warnings(case: Case) -> Iterator[Finding]:
    """What the import noted about a slip."""
    for slip in case.slips:
        for warning in slip.record.warnings:
            yield Finding("payslip_warning", f"Payslip of {slip.record.pay_date}: {warning}", (slip.id,))


FINDERS = (_warnings,)
