"""HMRC's payment table beside the payslips, month by month: which payment has no payslip, which payslip no payment, which differ."""

from collections.abc import Iterator, Sequence

from daemon.reconcile.candidate import day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.model import Finding
from daemon.reconcile.slips import Slip, pence
from storage.records import Payment

Pairs = list[tuple[Payment, Slip]]


def findings(case: Case) -> Iterator[Finding]:
    """What the payment table says, or that it agrees."""
    payments = case.group.payments
    if not payments:
        return
    pairs, lone_payments, lone_slips = paired(payments, case.slips, 0.4 * case.often.days)
    for payment in lone_payments:
        paid = f"{sterling(pence(payment.taxable_pay))}, tax {sterling(pence(payment.income_tax))}"
        yield Finding(
            "payment_without_payslip",
            f"HMRC's payment table has {day(payment.pay_date)} ({paid}), and there is no payslip for it.",
        )
    for slip in lone_slips:
        text = f"The payslip of {day(slip.record.pay_date)} ({sterling(slip.pay)}) is not in HMRC's payment table."
        yield Finding("payslip_without_payment", text, (slip.id,))
    differing = [(payment, slip) for payment, slip in pairs if _apart(payment, slip, case.tolerance)]
    for payment, slip in differing:
        text = (
            f"On {day(payment.pay_date)} HMRC's payment table has {sterling(pence(payment.taxable_pay))} and tax of "
            f"{sterling(pence(payment.income_tax))}; the payslip {sterling(slip.pay)} and {sterling(slip.tax)}."
        )
        yield Finding("payment_differs", text, (slip.id,))
    if not lone_payments and not lone_slips and not differing:
        yield Finding("payments_agree", f"HMRC's payment table agrees with the payslips, all {len(pairs)} of them.")
    yield from _against_year(case, payments)


def paired(payments: Sequence[Payment], slips: Sequence[Slip], close: float) -> tuple[Pairs, list[Payment], list[Slip]]:
    """Payments with the payslip of the same day, else the nearest free one within `close` days; then those left on either side."""
    free = list(slips)
    pairs: Pairs = []
    left: list[Payment] = []
    for exact in (True, False):
        waiting = payments if exact else left
        left = []
        for payment in waiting:
            near = [
                slip for slip in free if abs((slip.record.pay_date - payment.pay_date).days) <= (0 if exact else close)
            ]
            if not near:
                left.append(payment)
                continue
            chosen = min(
                near,
                key=lambda slip: (
                    abs((slip.record.pay_date - payment.pay_date).days),
                    abs(slip.pay - pence(payment.taxable_pay)),
                ),
            )
            free.remove(chosen)
            pairs.append((payment, chosen))
    return pairs, left, free


def _apart(payment: Payment, slip: Slip, tolerance: int) -> bool:
    return (
        abs(pence(payment.taxable_pay) - slip.pay) > tolerance or abs(pence(payment.income_tax) - slip.tax) > tolerance
    )


def _against_year(case: Case, payments: Sequence[Payment]) -> Iterator[Finding]:
    """HMRC says that payments may not add up to its year; then the year counts."""
    if case.group.hmrc is None or case.pay.hmrc is None:
        return
    gap = sum(pence(payment.taxable_pay) for payment in payments) - pence(case.pay.hmrc)
    if abs(gap) > case.tolerance:
        more = "more" if gap > 0 else "less"
        yield Finding(
            "payments_and_year",
            f"HMRC's payment table adds up to {sterling(abs(gap))} {more} than HMRC's figure for the year.",
        )
