"""A payslip's own arithmetic: gross pay less deductions is net pay."""

from dataclasses import replace
from decimal import Decimal

from daemon.reconcile.slips import known_pence, pence
from storage.records import Payslip


def residual(slip: Payslip) -> int | None:
    """Gross pay − deductions − net pay in pence: nought where the payslip adds up. None where gross, net or tax is not printed.

    Notional pay may be in gross pay and never reaches the bank; salary sacrifice may be in gross pay still; payrolled
    benefits may be printed among the payments. Where taking one of these out makes the payslip add up, it does.
    """
    if slip.gross_pay is None or slip.net_pay is None or slip.income_tax is None:
        return None
    pension = 0 if slip.pension_kind == "sacrifice" else known_pence(slip.pension_employee)
    left = pence(slip.gross_pay) - pence(slip.income_tax) - known_pence(slip.national_insurance) - pence(slip.net_pay)
    left -= known_pence(slip.student_loan) + known_pence(slip.postgrad_loan) + pension
    explained = {
        known_pence(part)
        for part in (slip.notional_pay, slip.pension_sacrifice, slip.payrolled_benefits, slip.pension_employee)
    }
    if left in explained:
        return 0
    # Of a payslip that does not add up either way, notional pay is in its gross pay if it is nearer to adding up so.
    without = left - known_pence(slip.notional_pay)
    return min(left, without, key=abs)


def tax_that_adds_up(slip: Payslip) -> int | None:
    """The tax in pence with which the payslip adds up, a pension contribution taken from gross pay or not; None where gross or net is not printed."""
    if slip.gross_pay is None or slip.net_pay is None:
        return None
    return residual(replace(slip, income_tax=Decimal(0)))
