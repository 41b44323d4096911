"""Amounts that stand on a payslip and are missing from its pay: a bonus, notional pay. Their tax may be missing as well, or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from daemon.reconcile.arithmetic import residual
from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, listed, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.constants import BASIS_POINTS, income_tax_bands
from daemon.reconcile.model import CauseName
from daemon.reconcile.slips import known_pence, pence
from daemon.reconcile.support import near, steps_deny, steps_fit, sum_fits, tax_code_fits, usual_pay

_USUAL = 0.03
"""How far, as a share, a month's pay may be from the usual and still be without the extra amount."""


@dataclass(frozen=True, slots=True)
class Increment:
    """What is left out: its cause, its name in a sentence, and what to do."""

    cause: CauseName
    name: str
    remedy: str


def left_out(case: Case, increment: Increment, amounts: Mapping[int, int]) -> Iterator[Proposal]:
    """Proposals that the payslips numbered in `amounts` (pence) lack that pay, each by itself and all together."""
    possible = {
        number: amount for number, amount in amounts.items() if amount > 0 and not steps_deny(case, number, amount, 0)
    }
    for number, amount in possible.items():
        yield from _one(case, increment, number, amount)
    if len(possible) > 1:
        yield from _all(case, increment, possible)


def _one(case: Case, increment: Increment, number: int, amount: int) -> Iterator[Proposal]:
    def fit(pay: int, tax: int) -> Candidate | None:
        if steps_deny(case, number, pay, tax):
            return None
        facts = _facts(case, number, pay, tax, increment)
        if tax and not (
            _is_its_tax(case, number, pay, tax) or {fact.kind for fact in facts} & {"ytd_tax", "arithmetic"}
        ):
            return None
        slip = case.slips[number]
        without = f" and its tax of {sterling(tax)}" if tax else ""
        told = f"The payslip of {day(slip.record.pay_date)} counts without its {increment.name} of {sterling(pay)}{without}."
        return Candidate(increment.cause, pay, tax, told, tuple(facts), increment.remedy, {slip.id: (pay, tax)})

    yield Open(fit, amount)
    left = residual(case.slips[number].record)
    known = {0, case.steps.tax[number] or 0, amount + left if left and 0 < amount + left < amount else 0}
    for tax in known:
        if (candidate := fit(amount, tax)) is not None:
            yield candidate


def _facts(case: Case, number: int, pay: int, tax: int, increment: Increment) -> list[Fact]:
    facts = [
        *steps_fit(case, number, pay, tax),
        *sum_fits(case, number, pay, tax),
        *tax_code_fits(case, number, pay, tax),
    ]
    facts += _beside_gross(case, number, pay)
    usual, own = usual_pay(case, [number]), _without_the_other(case, number, pay)
    if usual and abs(own - usual) <= min(_USUAL * usual, pay / 2):
        facts.append(Fact("usual", f"Its pay is that of the other payslips, so the {increment.name} is not in it."))
    return facts


def _without_the_other(case: Case, number: int, pay: int) -> int:
    """The slip's pay without what else is out of the ordinary on it: a bonus, notional pay."""
    slip = case.slips[number]
    others = [amount for part in (slip.record.bonus, slip.record.notional_pay) if (amount := known_pence(part)) != pay]
    return slip.pay - sum(others)


def _beside_gross(case: Case, number: int, pay: int) -> list[Fact]:
    """Whether gross pay has the amount and the pay counted has not, exactly."""
    slip, record = case.slips[number], case.slips[number].record
    if record.gross_pay is None or slip.counted_at == "gross":
        return []
    benefits = known_pence(record.payrolled_benefits)
    expected = (
        pence(record.gross_pay)
        - pay
        + (0 if record.pension_kind in {"sacrifice", "relief_at_source"} else -known_pence(record.pension_employee))
    )
    if slip.pay not in {expected, expected + benefits, expected + known_pence(record.pension_employee) + benefits}:
        return []
    return [Fact("basis", f"Gross pay has the {sterling(pay)} in it, and the pay counted has not.")]


def _is_its_tax(case: Case, number: int, pay: int, tax: int) -> bool:
    """Whether `tax` pence is what `pay` pence more would bear: by the tax code; where that says nothing, at the year's rates or a mix."""
    slip, code = case.slips[number], case.codes[number]
    expected, before = case.expected_tax(number, slip.pay + pay), case.expected_tax(number, slip.pay)
    if near(expected, slip.tax + tax, TAX_HINT) or (
        expected is not None and before is not None and near(expected - before, tax, TAX_HINT)
    ):
        return True
    bands = income_tax_bands(slip.record.pay_date, scottish=code is not None and code.scottish)
    if bands is None:
        return False
    if code is not None:
        return any(near(pay * band.rate // BASIS_POINTS, tax, TAX_HINT) for band in bands)
    return pay * bands[0].rate // BASIS_POINTS - TAX_HINT <= tax <= pay * bands[-1].rate // BASIS_POINTS + TAX_HINT


def _all(case: Case, increment: Increment, amounts: Mapping[int, int]) -> Iterator[Proposal]:
    total = sum(amounts.values())
    steps = [case.steps.tax[number] for number in amounts]
    taxes = {0, sum(step for step in steps if step is not None) if None not in steps else 0}
    days = listed([day(case.slips[number].record.pay_date) for number in amounts])
    for tax in taxes:
        shared = [(tax and case.steps.tax[number]) or 0 for number in amounts]
        changes = {
            case.slips[number].id: (amount, part)
            for (number, amount), part in zip(amounts.items(), shared, strict=True)
        }
        each = [
            _facts(case, number, amount, part, increment)
            for (number, amount), part in zip(amounts.items(), shared, strict=True)
        ]
        common = [fact for fact in each[0] if all(fact.kind in {other.kind for other in facts} for facts in each)]
        told = f"{len(amounts)} payslips ({days}) count without their {increment.name}, {sterling(total)} together."
        yield Candidate(increment.cause, total, tax, told, tuple(common), increment.remedy, changes)
