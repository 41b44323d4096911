"""A tax refund through payroll was not read: its minus sign was lost, or the figure was dropped."""

from collections.abc import Iterator

from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, sterling, weight
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.support import near, steps_fit, sum_fits

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
    step = case.steps.tax[number]
    if step is not None:
        if step < 0 and (candidate := _candidate(case, number, step)) is not None:
            yield candidate
        return
    yield Open(lambda _, tax: _candidate(case, number, tax) if tax < 0 else None, 0)


def _candidate(case: Case, number: int, tax: int) -> Candidate | None:
    slip = case.slips[number]
    refund = -(slip.tax + tax)
    facts = [*steps_fit(case, number, 0, tax), *sum_fits(case, number, 0, tax)]
    if near(case.expected_tax(number, slip.pay), slip.tax + tax, TAX_HINT):
        facts.append(Fact("paye", f"The tax code {slip.record.tax_code} gives a refund of {sterling(refund)} there."))
    if not facts and slip.tax:
        facts = _unusual(case, number)
    if not facts:
        return None
    how = "was read without its minus sign" if slip.tax else "was not read"
    told = f"The tax refund of {sterling(refund)} on the payslip of {day(slip.record.pay_date)} {how}."
    return Candidate("refund_dropped", 0, tax, told, tuple(facts), REMEDY, {slip.id: (0, tax)}, alone=weight(facts) < 2)


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
