"""Notional pay, such as shares that vest: it is taxed through payroll and never reaches the bank, so it is left out, or counted twice."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from daemon.reconcile.arithmetic import residual
from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, listed, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.increments import Increment, adding_up, left_out
from daemon.reconcile.slips import Slip, known_pence, pence, taxable_beside
from daemon.reconcile.support import (
    all_steps_fit,
    most,
    steps_deny,
    tax_agrees,
    tax_code_fits,
    usual_pay,
    whole_year_fits,
)

NOTIONAL = Increment(
    "notional_pay",
    "notional pay",
    "Import the payslips with the taxable pay that they print, in which notional pay is counted once.",
)


def candidates(case: Case) -> Iterator[Proposal]:
    """Notional pay left out, by slip and together; and counted twice, by slip and together."""
    amounts = {
        number: known_pence(slip.record.notional_pay)
        for number, slip in enumerate(case.slips)
        if slip.record.notional_pay
    }
    yield from left_out(case, NOTIONAL, amounts)
    twice = {
        number: amount for number, amount in amounts.items() if amount > 0 and not steps_deny(case, number, -amount, 0)
    }
    for number, amount in twice.items():
        yield _twice(case, {number: amount})
    if len(twice) > 1:
        yield _twice(case, twice)


def _twice(case: Case, amounts: Mapping[int, int]) -> Candidate:
    total = sum(amounts.values())
    days = listed([day(case.slips[number].record.pay_date) for number in amounts])
    facts = [
        *all_steps_fit(case, {number: -amount for number, amount in amounts.items()}),
        *_about_twice(case, amounts),
        *_columns_twice(case, amounts),
        *tax_agrees(case),
    ]
    if len(amounts) == 1:
        (number,) = amounts
        facts += tax_code_fits(case, number, -total, 0)
    else:
        facts += whole_year_fits(case, -total)
    told = f"Notional pay of {sterling(total)} is counted twice ({days})."
    return Candidate(
        "notional_pay",
        -total,
        0,
        told,
        tuple(facts),
        NOTIONAL.remedy,
        {case.slips[n].id: (-amount, 0) for n, amount in amounts.items()},
    )


def _about_twice(case: Case, amounts: Mapping[int, int]) -> list[Fact]:
    usual = usual_pay(case, list(amounts))
    if not usual or not all(
        abs(case.slips[n].pay - usual - 2 * amount) <= min(0.03 * usual, amount / 2) for n, amount in amounts.items()
    ):
        return []
    return [Fact("usual", "Pay is above the usual by twice the notional pay.")]


def _columns_twice(case: Case, amounts: Mapping[int, int]) -> list[Fact]:
    """Whether gross pay, and the pay for National Insurance, have the notional pay once and the pay counted has it once more."""
    slips = adding_up(case, amounts)
    facts: list[Fact] = []
    if most(
        [_in_gross(slip, amount) and _has_more(slip, slip.record.gross_pay, amount) for slip, amount in slips.items()]
    ):
        facts.append(Fact("basis", "Gross pay has the notional pay in it, and the pay counted has it once more."))
    if most([_has_more(slip, slip.record.nicable_pay, amount) for slip, amount in slips.items()]):
        text = "The pay for National Insurance has the notional pay once, and the pay counted has it once more."
        facts.append(Fact("insurance", text))
    return facts


def _in_gross(slip: Slip, amount: int) -> bool:
    """Whether gross pay is above deductions and net pay by just the notional pay, which no bank account sees."""
    return residual(replace(slip.record, notional_pay=None)) == amount


def _has_more(slip: Slip, once: Decimal | None, amount: int) -> bool:
    return once is not None and slip.pay in taxable_beside(slip.record, pence(once) + amount)
