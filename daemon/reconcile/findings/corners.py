"""What the third corner says: a P60 that disagrees with HMRC or with the payslips, and an employment that HMRC took away."""

from collections.abc import Iterator

from daemon.reconcile.candidate import day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.insurance import band_total
from daemon.reconcile.model import Finding
from daemon.reconcile.slips import known_pence, pence
from daemon.reconcile.status import apart, within
from storage.clock import london_date

WHOLE_POUND = 100
"""A P60 prints its National Insurance earnings and student loans in whole pounds."""


def findings(case: Case) -> Iterator[Finding]:
    """The P60 against HMRC's figures, then its National Insurance against the payslips'; then HMRC's own words."""
    if case.basis == "hmrc":
        yield from _one_side_not_given(case)
        yield from _against_hmrc(case)
    yield from _insurance(case)
    if case.group.p60s_differ:
        yield Finding("p60s_differ", "There are two P60s with different figures; the one imported last is used.")
    if case.group.hmrc is None and case.slips and case.group.revisions:
        last = case.group.revisions[-1]
        had = day(london_date(last.seen_at))
        yield Finding("employment_gone", f"HMRC had this employment when it was asked on {had}, and has it no more.")
    if case.group.hmrc is not None and case.group.hmrc.off_payroll:
        yield Finding("off_payroll", "HMRC marks this employment as off-payroll working (IR35).")


def _one_side_not_given(case: Case) -> Iterator[Finding]:
    """HMRC's pay without its tax, or its tax without its pay: the status rests on the one that can be compared."""
    year = case.year
    if year is None or not case.slips or year.pay_answered == year.tax_answered:
        return
    lacking, compared, api = (
        ("tax", "pay", "Individual Tax") if year.pay_answered else ("pay", "tax", "Individual Income")
    )
    text = f"HMRC has given no {lacking} for this tax year ({api} has no answer): only {compared} is compared."
    yield Finding(f"no_hmrc_{lacking}", text)


def _against_hmrc(case: Case) -> Iterator[Finding]:
    certified = case.p60_totals
    if certified is None or case.group.hmrc is None or case.year is None:
        return
    pay, tax = apart(certified, case.basis_totals)
    told = [
        f"{sterling(abs(gap))} {'more' if gap > 0 else 'less'} {what}"
        for gap, what, answered in ((pay, "pay", case.year.pay_answered), (tax, "tax", case.year.tax_answered))
        if answered and abs(gap) > case.tolerance
    ]
    if told:
        agrees = case.slips and within(apart(certified, case.totals), case.tolerance)
        with_payslips = "; it agrees with the payslips" if agrees else ""
        yield Finding("p60_disagrees", f"The P60 has {' and '.join(told)} than HMRC{with_payslips}.")


def _insurance(case: Case) -> Iterator[Finding]:
    p60 = case.group.p60
    if p60 is None or not case.slips:
        return
    printed = [slip.record.national_insurance for slip in case.slips]
    if p60.national_insurance is not None and None not in printed:
        gap = pence(p60.national_insurance) - sum(known_pence(each) for each in printed)
        if abs(gap) > case.tolerance:
            more = "more" if gap > 0 else "less"
            yield Finding(
                "p60_insurance", f"The P60 has {sterling(abs(gap))} {more} National Insurance than the payslips."
            )
    bands = band_total(case)
    if p60.nicable_band is not None and bands is not None and bands[1]:
        gap = pence(p60.nicable_band) - bands[0]
        if abs(gap) >= WHOLE_POUND:
            more = "more" if gap > 0 else "less"
            text = f"The P60 has {sterling(abs(gap))} {more} earnings between the Primary Threshold and the Upper Earnings Limit"
            yield Finding("p60_earnings", f"{text} than the payslips give.")
    loans = [slip.record.student_loan for slip in case.slips]
    if p60.student_loan is not None and any(each is not None for each in loans):
        gap = pence(p60.student_loan) - sum(known_pence(each) for each in loans)
        if abs(gap) >= WHOLE_POUND:
            more = "more" if gap > 0 else "less"
            yield Finding(
                "p60_student_loan",
                f"The P60 has {sterling(abs(gap))} {more} student loan deductions than the payslips.",
            )
