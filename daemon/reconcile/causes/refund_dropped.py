"""A tax refund through payroll was not read: its minus sign was lost, or the figure was dropped."""

from collections.abc import Iterator

from daemon.reconcile.arithmetic import tax_that_adds_up
from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, sterling, weight
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.support import near, steps_fit, sum_fits
from daemon.reconcile.ytd import STEP_TOLERANCE

REMEDY = "Correct the payslip's income tax (a refund is negative, such as -120.40) and import it again."


def candidates(case: Case) -> Iterator[Proposal]:
    """Each payslip whose tax may be a refund: with the sign lost, or with nothing read."""
    for number, slip in enumerate(case.slips):
        if slip.tax > 0:
            if (candidate := _candidate(case, number, -2 * slip.tax)) is not None:
                yield candidate
        elif slip.tax == 0:
            yield from _dropped(case, number)


def _dropped(case: Case, number: int) -> Iterator[Proposal]:
    """The refund that the year-to-date figures, the payslip's own arithmetic or its code say; where the first say nothing, whatever closes the gap."""
    slip = case.slips[number]
    step = _step(case, number)
    said = step, tax_that_adds_up(slip.record), case.expected_tax(number, slip.pay)
    for tax in dict.fromkeys(amount for amount in said if amount is not None and amount < 0):
        if (candidate := _candidate(case, number, tax)) is not None:
            yield candidate
    if step is None:
        yield Open(lambda _, tax: _candidate(case, number, tax) if tax < 0 else None, 0)


def _step(case: Case, number: int) -> int | None:
    """By how much the year-to-date tax exceeds the payslip's own. What the first one holds may be of a job before: it says nothing."""
    if not number and (case.steps.opening[0] or 0) > STEP_TOLERANCE:
        return None
    return case.steps.tax[number]


def _candidate(case: Case, number: int, tax: int) -> Candidate | None:
    slip, step = case.slips[number], _step(case, number)
    if (step is not None and not near(step, tax)) or (
        case.residuals[number] == 0 and slip.record.income_tax is not None
    ):
        return None  # the year to date has another tax, or the payslip adds up as it is
    refund = -(slip.tax + tax)
    facts = [*steps_fit(case, number, 0, tax), *_adds_up(case, number, tax)]
    # Without a year to date an earlier payslip's misread tax would come back here as a refund.
    follows = case.steps.printed[number][1] is not None or not number or case.codes_hold_before(slip.record.pay_date)
    if follows and near(case.expected_tax(number, slip.pay), slip.tax + tax, TAX_HINT):
        facts.append(Fact("paye", f"The tax code {slip.record.tax_code} gives a refund of {sterling(refund)} there."))
    if not facts and slip.tax:
        facts = _unusual(case, number)
    if not facts:
        return None
    how = "was read without its minus sign" if slip.tax else "was not read"
    told = f"The tax refund of {sterling(refund)} on the payslip of {day(slip.record.pay_date)} {how}."
    return Candidate("refund_dropped", 0, tax, told, tuple(facts), REMEDY, {slip.id: (0, tax)}, alone=weight(facts) < 2)


def _adds_up(case: Case, number: int, tax: int) -> list[Fact]:
    """Whether the payslip adds up only with the refund; of one that prints no tax, whether it does with it and not with none."""
    record = case.slips[number].record
    if record.income_tax is not None:
        return sum_fits(case, number, 0, tax)
    if tax_that_adds_up(record) != tax:
        return []
    return [Fact("arithmetic", "Gross pay less the other deductions is below net pay by just that much.")]


def _unusual(case: Case, number: int) -> list[Fact]:
    """Whether all other payslips with that pay bear the same tax, and this one does not."""
    slip = case.slips[number]
    alike = [
        other.tax
        for place, other in enumerate(case.slips)
        if place != number and abs(other.pay - slip.pay) * 100 <= slip.pay
    ]
    if not alike or max(alike) - min(alike) > 2 * TAX_HINT or abs(slip.tax - alike[0]) <= 3 * TAX_HINT:
        return []
    return [
        Fact(
            "unusual",
            f"Other payslips with that pay bear about {sterling(alike[0])} of tax, this one {sterling(slip.tax)}.",
        )
    ]
