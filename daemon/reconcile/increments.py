"""Amounts that stand on a payslip and are missing from its pay: a bonus, notional pay. Their tax may be missing as well, or not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from daemon.reconcile.candidate import Candidate, Fact, Open, Proposal, day, listed, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.constants import BASIS_POINTS, income_tax_bands
from daemon.reconcile.model import CauseName
from daemon.reconcile.slips import Slip, known_pence, pence, taxable_beside
from daemon.reconcile.support import (
    near,
    steps_deny,
    steps_fit,
    sum_fits,
    tax_code_fits,
    usual_pay,
    whole_year_fits,
)

_USUAL = 0.03
"""How far, as a share, a month's pay may be from the usual and still be without the extra amount."""


@dataclass(frozen=True, slots=True)
class Increment:
    """What is left out: its cause, its name in a sentence, and what to do."""

    cause: CauseName
    name: str
    remedy: str


def adding_up(case: Case, amounts: Mapping[int, int]) -> dict[Slip, int]:
    """The payslips numbered in `amounts` that add up: one that does not was misread in another way, and its columns say nothing of this.

    All of them where most do not add up, or too little is printed to tell.
    """
    sound = {case.slips[number]: amount for number, amount in amounts.items() if not case.residuals[number]}
    return sound if len(sound) * 2 >= len(amounts) else {case.slips[number]: each for number, each in amounts.items()}


def left_out(case: Case, increment: Increment, amounts: Mapping[int, int]) -> Iterator[Proposal]:
    """Proposals that the payslips numbered in `amounts` (pence) lack that pay, each by itself and all together."""
    possible = {
        number: amount for number, amount in amounts.items() if amount > 0 and not steps_deny(case, number, amount, 0)
    }
    for number, amount in possible.items():
        yield from _one(case, increment, number, amount)
    if len(possible) > 1:
        yield from _all(case, increment, possible)


def in_net_pay(case: Case, increment: Increment, amounts: Mapping[int, int]) -> Iterator[Proposal]:
    """Proposals that the payslips numbered lack pay which stands in no column: net pay is by `amounts` (pence) more than the rest gives.

    That is the pay less its tax. How much of it is pay the year-to-date figures tell; where none do, the gap.
    """
    for number, amount in amounts.items():
        pay, tax = case.steps.pay[number], case.steps.tax[number]
        # A first payslip's year-to-date figures may hold those of the job before as well.
        if pay is None or tax is None or number == 0:
            yield Open(partial(_unnamed, case, increment, number, amount))
        elif (candidate := _unnamed(case, increment, number, amount, pay, tax)) is not None:
            yield candidate


def _unnamed(case: Case, increment: Increment, number: int, amount: int, pay: int, tax: int) -> Candidate | None:
    if pay <= 0 or tax < 0 or pay - tax != amount:
        return None
    candidate = _lacking(case, increment, number, pay, tax)
    beyond = {fact.kind for fact in candidate.facts} - {"arithmetic"} if candidate else set[str]()
    return candidate if tax or beyond else None


def _one(case: Case, increment: Increment, number: int, amount: int) -> Iterator[Proposal]:
    yield Open(partial(_lacking, case, increment, number), amount)
    left = case.residuals[number]
    known = {0, case.steps.tax[number] or 0, amount + left if left and 0 < amount + left < amount else 0}
    for tax in known:
        if (candidate := _lacking(case, increment, number, amount, tax)) is not None:
            yield candidate


def _lacking(case: Case, increment: Increment, number: int, pay: int, tax: int) -> Candidate | None:
    """Payslip `number` without `pay` and `tax` pence of its own; None where its figures deny that, or that is not its tax."""
    if steps_deny(case, number, pay, tax):
        return None
    facts = _facts(case, number, pay, tax, increment)
    by_the_penny = {fact.kind for fact in facts} & {"ytd_tax", "arithmetic"}
    if not 0 <= tax <= pay // 2 or (tax and not by_the_penny and not _is_its_tax(case, number, pay, tax)):
        return None
    slip = case.slips[number]
    without = f" and its tax of {sterling(tax)}" if tax else ""
    told = (
        f"The payslip of {day(slip.record.pay_date)} counts without its {increment.name} of {sterling(pay)}{without}."
    )
    return Candidate(increment.cause, pay, tax, told, tuple(facts), increment.remedy, {slip.id: (pay, tax)})


def _facts(case: Case, number: int, pay: int, tax: int, increment: Increment) -> list[Fact]:
    facts = [
        *steps_fit(case, number, pay, tax),
        *sum_fits(case, number, pay, tax),
        *tax_code_fits(case, number, pay, tax),
    ]
    facts += [*_beside_gross(case, number, pay), *_beside_insurance(case, number, pay)]
    usual, own = usual_pay(case, [number]), _without_the_other(case, number, pay)
    if usual and abs(own - usual) <= min(_USUAL * usual, pay / 2):
        facts.append(Fact("usual", f"Its pay is that of the other payslips, so the {increment.name} is not in it."))
    slip = case.slips[number]
    plain = (other for other in case.slips if other.pay == slip.pay and not _with_extra(other))
    if slip.pay > 0 and _with_extra(slip) and (other := next(plain, None)) is not None:
        text = f"Its pay is to the penny that of {day(other.record.pay_date)}, which has no {increment.name}."
        facts.append(Fact("same", text))
    return facts


def _with_extra(slip: Slip) -> bool:
    return bool(slip.record.bonus or slip.record.notional_pay)


def _without_the_other(case: Case, number: int, pay: int) -> int:
    """The slip's pay without what else is out of the ordinary on it: a bonus, notional pay."""
    slip = case.slips[number]
    others = [amount for part in (slip.record.bonus, slip.record.notional_pay) if (amount := known_pence(part)) != pay]
    return slip.pay - sum(others)


def _beside_gross(case: Case, number: int, pay: int) -> list[Fact]:
    """Whether gross pay has the amount and the pay counted has not, exactly."""
    slip, gross = case.slips[number], case.slips[number].record.gross_pay
    if gross is None or slip.counted_at == "gross" or slip.pay not in taxable_beside(slip.record, pence(gross) - pay):
        return []
    return [Fact("basis", f"Gross pay has the {sterling(pay)} in it, and the pay counted has not.")]


def _beside_insurance(case: Case, number: int, pay: int) -> list[Fact]:
    """Whether the pay for National Insurance has the amount and the pay counted has not, exactly: there it is never left out."""
    slip, nicable = case.slips[number], case.slips[number].record.nicable_pay
    if nicable is None or slip.pay not in taxable_beside(slip.record, pence(nicable) - pay):
        return []
    return [
        Fact("insurance", f"The pay for National Insurance has the {sterling(pay)} in it, and the pay counted has not.")
    ]


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
        sound = adding_up(case, amounts)
        each = [
            _facts(case, number, amount, part, increment)
            for (number, amount), part in zip(amounts.items(), shared, strict=True)
            if case.slips[number] in sound
        ]
        common = [fact for fact in each[0] if all(fact.kind in {other.kind for other in facts} for facts in each)]
        told = f"{len(amounts)} payslips ({days}) count without their {increment.name}, {sterling(total)} together."
        facts = (*common, *whole_year_fits(case, total, tax))
        yield Candidate(increment.cause, total, tax, told, facts, increment.remedy, changes)
