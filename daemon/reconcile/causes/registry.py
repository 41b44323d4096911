"""The one list of causes: to add a cause, write its module and add its line here (and its name to the model)."""

from collections.abc import Callable, Iterator, Sequence

from daemon.reconcile.candidate import Finder
from daemon.reconcile.case import Case
from daemon.reconcile.causes import (
    benefits_in_kind,
    bonus_missing,
    duplicate_employment,
    duplicate_payslip,
    gross_not_taxable,
    hmrc_refund,
    late_correction,
    layout_change,
    missing_payslip,
    notional_pay,
    payrolled_benefit,
    pension_as_employment,
    pension_counted_twice,
    post_leaving_payment,
    previous_employment,
    reference_changed,
    refund_dropped,
    wrong_tax_year,
    ytd_read_as_period,
)
from daemon.reconcile.search import Closing

Solve = Callable[[Case], Closing | None]
AcrossFinder = Callable[[Sequence[Case], Solve], Iterator[tuple[Case, Closing]]]

CAUSES: tuple[Finder, ...] = (
    missing_payslip.candidates,
    duplicate_payslip.candidates,
    wrong_tax_year.candidates,
    gross_not_taxable.candidates,
    pension_counted_twice.candidates,
    notional_pay.candidates,
    bonus_missing.candidates,
    ytd_read_as_period.candidates,
    layout_change.candidates,
    late_correction.candidates,
    post_leaving_payment.candidates,
    duplicate_employment.candidates,
    previous_employment.candidates,
    refund_dropped.candidates,
    hmrc_refund.candidates,
    benefits_in_kind.candidates,
    payrolled_benefit.candidates,
)
"""What proposes candidates for a row that both sides have."""

ONE_SIDED: tuple[Finder, ...] = (wrong_tax_year.candidates, post_leaving_payment.candidates)
"""What can explain a row that only one side has, by itself."""

ACROSS: tuple[AcrossFinder, ...] = (
    pension_as_employment.across,
    reference_changed.across,
    previous_employment.across,
    duplicate_employment.across,
)
"""What looks at the open rows of a tax year together; whoever explains a row first keeps it."""
