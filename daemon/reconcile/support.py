"""Facts that several causes look for: whether an adjusted payslip follows its tax code, its year-to-date figures, its own arithmetic."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from decimal import Decimal

from daemon.reconcile.candidate import Fact, day, payslips, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.paye import tax_to_date
from daemon.reconcile.slips import pence
from daemon.reconcile.ytd import STEP_TOLERANCE


def near(one: int | None, other: int, reach: int = STEP_TOLERANCE) -> bool:
    """Whether two amounts are known and within `reach` pence of each other."""
    return one is not None and abs(one - other) <= reach


def tax_code_fits(case: Case, number: int, pay: int, tax: int) -> list[Fact]:
    """Whether payslip `number`, its pay and tax adjusted by `pay` and `tax` pence, bears the tax of its code, and as printed does not."""
    slip = case.slips[number]
    adjusted = case.expected_tax(number, slip.pay + pay)
    if not near(adjusted, slip.tax + tax, TAX_HINT) or near(case.expected_tax(number, slip.pay), slip.tax, TAX_HINT):
        return []
    code = slip.record.tax_code
    return [
        Fact(
            "paye", f"With it the tax of {day(slip.record.pay_date)} is what code {code} gives; without it, it is not."
        )
    ]


def steps_fit(case: Case, number: int, pay: int, tax: int) -> list[Fact]:
    """Whether the year-to-date figures step by just `pay` and `tax` pence more than payslip `number` shows."""
    facts: list[Fact] = []
    if pay and near(case.steps.pay[number], pay):
        facts.append(Fact("ytd", f"The year-to-date pay steps by {sterling(pay)} more than the payslip's pay."))
    if tax and near(case.steps.tax[number], tax):
        facts.append(Fact("ytd_tax", f"The year-to-date tax steps by {sterling(tax)} more than the payslip's tax."))
    return facts


def steps_deny(case: Case, number: int, pay: int, tax: int) -> bool:
    """Whether the year-to-date figures say that payslip `number` is right as it is, so that it cannot lack `pay` or `tax` pence."""
    pay_denied = bool(pay) and near(case.steps.pay[number], 0)
    tax_denied = bool(tax) and near(case.steps.tax[number], 0)
    return pay_denied or tax_denied


def sum_fits(case: Case, number: int, gross: int, tax: int) -> list[Fact]:
    """Whether payslip `number` adds up with `gross` and `tax` pence more, and not as printed."""
    left = case.residuals[number]
    if left is None or left == 0 or left + gross - tax != 0:
        return []
    return [Fact("arithmetic", "The payslip's gross pay less its deductions is its net pay only with it.")]


def paid_before_here(case: Case, pay: int) -> bool | None:
    """Whether this employment itself paid `pay` pence in the tax year before its first payslip; None where nothing tells.

    A P45 carries taxable pay and tax over to the next employer and nothing else: pay for National Insurance, its contributions and
    gross pay begin anew. Gross pay to date is taken at its word only where it begins with the payslip: some payrolls add the P45's to it.
    So are contributions, and only where that pay would have borne some if this payslip's did.
    """
    first = case.slips[0].record
    nicable = _begins_with(first.nicable_pay, first.ytd_nicable)
    insurance = _begins_with(first.national_insurance, first.ytd_ni)
    if insurance and pay < case.slips[0].pay:
        insurance = None
    gross = _begins_with(first.gross_pay, first.ytd_gross)
    told = {each for each in (nicable, insurance, gross or None) if each is not None}
    return None if len(told) != 1 else not told.pop()


def _begins_with(own: Decimal | None, to_date: Decimal | None) -> bool | None:
    """Whether a year-to-date figure begins with the payslip that prints it; None where either is not printed, or is nought."""
    if not own or not to_date or own < 0:
        return None
    return near(pence(to_date), pence(own))


def ytd_denies_later_pay(case: Case, pay: int) -> bool:
    """Whether the last payslip's year-to-date pay leaves no room for `pay` pence after it within the basis' figure.

    What its year-to-date figures held before the first payslip, perhaps from the job before, may count or not.
    """
    last, opening = case.steps.last, case.steps.opening[0] or 0
    if last is None:
        return False
    left = case.basis_totals[0] - last[0]
    return not near(left, pay) and not near(left + opening, pay)


def carried_on(case: Case) -> list[Fact]:
    """Whether the next employment's first payslip carries over just what these payslips add up to: its P45 was made with nothing after them."""
    for other in case.siblings:
        if not other.slips or not case.slips or other.slips[0].record.pay_date < case.slips[-1].record.pay_date:
            continue
        pay, tax = other.steps.opening
        if case.totals[0] > 0 and near(pay, case.totals[0]) and near(tax, case.totals[1]):
            text = f"The year to date at {other.group.employer} begins with what these payslips add up to: the P45 was made after the last of them."
            return [Fact("p45", text)]
    return []


def usual_pay(case: Case, without: Collection[int] = ()) -> int | None:
    """The usual pay of the year in pence: the middle one of the payslips that are not numbered in `without`. None where there are none."""
    pays = case.sorted_pays
    if len(pays) <= len(without):
        return None
    if not without:
        return pays[len(pays) // 2]
    if len(without) == 1:
        (number,) = without
        place, middle = bisect_left(pays, case.slips[number].pay), (len(pays) - 1) // 2
        return pays[middle + (place <= middle)]
    return sorted(slip.pay for number, slip in enumerate(case.slips) if number not in without)[
        (len(pays) - len(without)) // 2
    ]


def tax_agrees(case: Case) -> list[Fact]:
    """Whether the year's tax agrees although its pay does not: then the same pay was taxed, and was counted in another way here."""
    if case.gap is None or abs(case.gap[1]) > case.tolerance or not case.totals[1]:
        return []
    return [Fact("tax_agrees", "The year's tax agrees: the pay that was taxed is the same, only its counting differs.")]


def whole_year_fits(case: Case, pay: int, tax: int = 0) -> list[Fact]:
    """Whether the year's tax is what the last tax code gives on the adjusted pay, and not what it gives on the pay as counted."""
    code = case.codes[-1] if case.codes else None
    if code is None or not code.cumulative:
        return []
    last, (total, taken) = case.slips[-1].record.pay_date, case.totals
    adjusted = tax_to_date(code, last, case.often, total + pay)
    counted = tax_to_date(code, last, case.often, total)
    if not near(adjusted, taken + tax, TAX_HINT) or near(counted, taken, TAX_HINT):
        return []
    return [
        Fact(
            "paye",
            f"The year's tax is what code {case.slips[-1].record.tax_code} gives on that pay, and not on the pay as counted.",
        )
    ]


def most(holds: Collection[bool]) -> bool:
    """Whether something holds on nearly all of some payslips: on all of a few, on nine of ten of many."""
    return bool(holds) and sum(holds) * 10 >= len(holds) * 9


def all_steps_fit(case: Case, amounts: Mapping[int, int]) -> list[Fact]:
    """Whether the year-to-date pay steps, at nearly every numbered payslip, by just the amount more that it is to have."""
    fit = [near(case.steps.pay[number], amount) for number, amount in amounts.items()]
    if not most(fit):
        return []
    return [
        Fact(
            "ytd",
            f"The year-to-date pay has it: it steps by just that much more on {sum(fit)} of {payslips(len(fit))}.",
        )
    ]
