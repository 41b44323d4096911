"""A payment after leaving: taxed on 0T week 1 or month 1, with no payslip at hand; or a payslip for one that HMRC does not have."""

from collections.abc import Iterator
from datetime import date

from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.constants import BASIS_POINTS, income_tax_bands
from daemon.reconcile.paye import period_tax
from daemon.reconcile.slips import Slip
from daemon.reconcile.support import carried_on, near, usual_pay, ytd_denies_later_pay
from daemon.reconcile.tax_code import TaxCode, parse_tax_code

REMEDY = "Ask the employer for the payslip of the payment after leaving (holiday pay, a late bonus) and import it."
LEAST = 50_00
"""From how many pence on the tax of 0T to the penny is no coincidence: on a few pounds there are few amounts of tax."""
REPORTED = "Ask the employer in which tax year, and under which reference, it reported the payment after leaving."


def candidates(case: Case) -> Iterator[Proposal]:
    """A payment after the last payslip that HMRC has and the payslips have not; and the reverse."""
    if not case.slips:
        yield from _in_a_later_year(case)
        return
    last = case.slips[-1]
    ends_early = (case.tax_year.ends - last.record.pay_date).days > 1.5 * case.often.days
    goes_on = any(slip.record.pay_date > case.tax_year.ends for slip in case.timeline)
    if ends_early and not goes_on:
        yield Open(lambda pay, tax: _unseen(case, pay, tax))
    for number, code in enumerate(case.codes):
        if number and code is not None and code.emergency_zero:
            yield _unreported(case, number)


def _in_a_later_year(case: Case) -> Iterator[Proposal]:
    """A row that only HMRC has, of an employer whose payslips ended in the tax year before: the payment after leaving fell in this one."""
    ended = case.slips_of(case.tax_year.previous)
    if not ended or case.slips_of(case.tax_year.next) or case.gap is None:
        return
    (pay, tax), last = case.gap, ended[-1]
    used = parse_tax_code(last.record.tax_code)
    if used is not None and not used.number:
        return  # a code without free pay gives the same: the employment may as well have gone on
    after_leaving = TaxCode(used.region if used else "", "0T", 0, cumulative=False)
    if pay > 0 and period_tax(after_leaving, case.tax_year.begins, case.often, pay, 0, 0) == tax:
        facts = (_left(last), _zero_code(pay))
        yield Candidate("post_leaving_payment", pay, tax, _told(pay, tax), facts, REMEDY, alone=True)


def _left(last: Slip) -> Fact:
    return Fact("leaving", f"The last payslip is of {day(last.record.pay_date)}: the employment seems to have ended.")


def _zero_code(pay: int) -> Fact:
    return Fact(
        "paye", f"The tax is what code 0T on a week 1 or month 1 basis gives on {sterling(pay)}, as after a P45."
    )


def _told(pay: int, tax: int) -> str:
    return f"A payment of {sterling(pay)} after leaving, taxed {sterling(tax)}, has no payslip."


def _unseen(case: Case, pay: int, tax: int) -> Candidate | None:
    if pay < LEAST or tax < 0 or ytd_denies_later_pay(case, pay):
        return None
    used = next((code for code in reversed(case.codes) if code is not None), None)
    after_leaving = TaxCode(used.region if used else "", "0T", 0, cumulative=False)
    zero = case.expected_tax_on(case.tax_year.ends, pay, after_leaving)
    if zero != tax:  # to the penny: nothing else speaks for such a payment
        return None
    p45 = carried_on(case)
    free_pay = used is not None and used.number > 0
    if (
        not p45
        and _round(case, pay, tax, free_pay=free_pay or used is None)
        and not (free_pay and _complete(case, pay))
    ):
        return None  # such amounts want one fact more
    facts = (_left(case.slips[-1]), _zero_code(pay), *p45)
    return Candidate("post_leaving_payment", pay, tax, _told(pay, tax), facts, REMEDY, alone=not p45)


def _round(case: Case, pay: int, tax: int, *, free_pay: bool) -> bool:
    """Whether the amounts say little of code 0T: whole pounds of both, and of the pay as large a part as one rate takes, may be chance;
    beside a code without free pay any whole pounds of pay bear the same.
    """
    if pay % 100 or not free_pay:
        return not pay % 100
    regions = (income_tax_bands(case.tax_year.ends, scottish=scottish) or () for scottish in (False, True))
    return not tax % 100 and any(pay * band.rate == tax * BASIS_POINTS for bands in regions for band in bands)


def _complete(case: Case, pay: int) -> bool:
    """Whether the payslips follow from one another by year to date or tax code, no pay day empty, and `pay` is no more than one of them pays."""
    follow = case.steps.perfect or case.codes_hold_before(date.max)
    return follow and not any(slot.within for slot in case.slots) and pay <= (usual_pay(case) or 0)


def _unreported(case: Case, number: int) -> Candidate:
    slip = case.slips[number]
    told = f"The payslip of {day(slip.record.pay_date)} is for a payment after leaving ({sterling(slip.pay)}) that HMRC does not have here."
    facts = [Fact("code", f"Its tax code is {slip.record.tax_code}, the code of payments after leaving.")]
    if near(case.expected_tax(number, slip.pay), slip.tax, TAX_HINT):
        facts.append(Fact("paye", "Its tax is what that code gives by itself."))
    if number == len(case.slips) - 1:
        facts.append(Fact("last", "It is the last payslip of this employment in the tax year."))
    return Candidate("post_leaving_payment", -slip.pay, -slip.tax, told, tuple(facts), REPORTED, removes=(slip.id,))
