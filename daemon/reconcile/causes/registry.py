"""The one list of causes: to add a cause, write its module and add its line here. Of equally supported causes the earlier is told first."""

from daemon.reconcile.candidate import Finder
from daemon.reconcile.causes import duplicate_payslip, gross_not_taxable, missing_payslip

CAUSES: tuple[Finder, ...] = (
    missing_payslip.candidates,
    duplicate_payslip.candidates,
    gross_not_taxable.candidates,
)
"""What proposes candidates for one row."""
