"""A benefit is taxed through payroll: it is part of HMRC's taxable pay beside gross pay, and outside National Insurance."""

from collections.abc import Iterator, Mapping

from daemon.reconcile.candidate import Candidate, Fact, Proposal, payslips, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.increments import adding_up
from daemon.reconcile.slips import Slip, known_pence
from daemon.reconcile.support import all_steps_fit, most, tax_agrees, whole_year_fits

REMEDY = "Count the payslips' taxable pay, payrolled benefits included: correct it and import them again."


def candidates(case: Case) -> Iterator[Proposal]:
    """The payrolled benefits of all payslips that print taxable pay: left out of it, or counted twice."""
    amounts = {
        number: known_pence(slip.record.payrolled_benefits)
        for number, slip in enumerate(case.slips)
        if slip.counted_at != "gross" and slip.record.payrolled_benefits
    }
    if not amounts:
        return
    for sign in (1, -1):
        yield _candidate(case, amounts, sign)


def _candidate(case: Case, amounts: Mapping[int, int], sign: int) -> Candidate:
    total = sign * sum(amounts.values())
    signed = {number: sign * amount for number, amount in amounts.items()}
    slips, sound = [case.slips[number] for number in amounts], list(adding_up(case, amounts))
    facts = [
        *all_steps_fit(case, signed),
        *whole_year_fits(case, total),
        *tax_agrees(case),
        *_columns(sound, sign),
        *_insurance(sound, sign),
    ]
    how = "left out of" if sign > 0 else "counted twice in"
    told = f"Payrolled benefits of {sterling(abs(total))} on {payslips(len(slips))} are {how} taxable pay."
    return Candidate(
        "payrolled_benefit",
        total,
        0,
        told,
        tuple(facts),
        REMEDY,
        {case.slips[number].id: (amount, 0) for number, amount in signed.items()},
    )


def _columns(slips: list[Slip], sign: int) -> list[Fact]:
    """Whether taxable pay stands to gross pay as if the benefit were not in it, or in it twice."""
    factor = 0 if sign > 0 else 2
    if not most([_stands_at(slip, factor) for slip in slips]):
        return []
    words = "has no payrolled benefit in it" if sign > 0 else "has the payrolled benefit in it twice"
    return [Fact("basis", f"Beside gross pay, the taxable pay of each payslip {words}.")]


def _stands_at(slip: Slip, factor: int) -> bool:
    record = slip.record
    base = known_pence(record.gross_pay) + factor * known_pence(record.payrolled_benefits)
    return record.gross_pay is not None and slip.pay in {base, base - known_pence(record.pension_employee)}


def _insurance(slips: list[Slip], sign: int) -> list[Fact]:
    """Whether taxable pay is the pay for National Insurance, which payrolled benefits are not part of."""
    if sign < 0 or not most(
        [slip.record.nicable_pay is not None and known_pence(slip.record.nicable_pay) == slip.pay for slip in slips]
    ):
        return []
    return [
        Fact(
            "insurance",
            "Taxable pay is the same as the pay for National Insurance, in which payrolled benefits are not.",
        )
    ]
