"""HMRC has one employment twice: a second record with the same or part of the same pay, as when an employer changes a payroll number."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, payslips, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.search import Closing
from daemon.reconcile.status import ROUNDING, within
from daemon.reconcile.support import near
from storage.employers import employer_key

REMEDY = "Tell HMRC that the employment is there twice (Income Tax helpline), with this page; do not return both."
_NEAR = 0.01
"""How far apart, as a share, the pay of two records of one employment may be."""


def candidates(case: Case) -> Iterator[Proposal]:
    """HMRC's figures under one reference being twice the payslips'."""
    pay, tax = case.totals
    if case.basis != "hmrc" or not case.slips or pay <= 0:
        return
    facts: list[Fact] = []
    if case.group.hmrc is not None and case.group.hmrc.entries > 1:
        facts.append(Fact("entries", f"HMRC lists the reference {case.group.hmrc.entries} times."))
    if case.steps.perfect:
        facts.append(Fact("ytd", "The payslips' year-to-date figures follow from one another throughout."))
    if not case.slots:
        facts.append(Fact("calendar", "Every pay day of the tax year has its payslip."))
    told = f"HMRC's figures for {case.group.employer} are twice those of the payslips."
    yield Candidate("duplicate_employment", pay, tax, told, tuple(facts), REMEDY, side="hmrc")


def across(cases: Sequence[Case], solve: Callable[[Case], Closing | None]) -> Iterator[tuple[Case, Closing]]:
    """Rows that only HMRC has, beside an employment that the payslips fit already, or of which it is explained why they do not."""
    for case in cases:
        if case.slips or case.group.hmrc is None or case.gap is None or case.gap[0] <= 0:
            continue
        for other in case.siblings:
            if not other.slips or other.gap is None:
                continue
            facts = _facts(case, other) if within(other.gap, ROUNDING) else _beside_another_cause(case, other, solve)
            if len(facts) > 1:
                told = f"HMRC has the employment at {other.group.employer} ({other.group.key}) a second time, as {case.group.key}."
                yield (
                    case,
                    Closing((Candidate("duplicate_employment", *case.gap, told, facts, REMEDY, side="hmrc"),), (0, 0)),
                )
                break


def _facts(case: Case, other: Case) -> tuple[Fact, ...]:
    """Nothing unless the amounts are the same, nearly the same under one name, or those of part of the year's payslips."""
    pay, tax = case.gap or (0, 0)
    same_name = employer_key(case.group.employer) == employer_key(other.group.employer)
    amounts = _amounts(other, pay, tax, same_name)
    if amounts is None:
        return ()
    facts = [amounts, Fact("fits", f"{payslips(len(other.slips), 'fits', 'fit')} {other.group.key} alone.")]
    if same_name:
        facts.append(Fact("name", f"Both records have the name {case.group.employer}."))
    if other.steps.perfect:
        facts.append(Fact("ytd", "The payslips' year-to-date figures follow from one another throughout."))
    return tuple(facts)


def _beside_another_cause(case: Case, other: Case, solve: Callable[[Case], Closing | None]) -> tuple[Fact, ...]:
    """Nothing unless HMRC's two records are alike and what sets the payslips apart from one of them has causes of its own."""
    (pay, tax), (basis_pay, basis_tax) = case.gap or (0, 0), other.basis_totals
    same_name = employer_key(case.group.employer) == employer_key(other.group.employer)
    if other.group.hmrc is None or not basis_tax:
        return ()
    exact = near(basis_pay, pay) and near(basis_tax, tax)
    if not exact and not (same_name and _nearly(basis_pay, basis_tax, pay, tax)):
        return ()
    if solve(other) is None:
        return ()
    both = "the same" if exact else "nearly the same"
    facts = [
        Fact("amounts", f"Both records have {both} pay and tax."),
        Fact("fits", f"{payslips(len(other.slips), 'is', 'are')} of {other.group.key}, but for the cause told there."),
    ]
    if same_name:
        facts.append(Fact("name", f"Both records have the name {case.group.employer}."))
    return tuple(facts)


def _nearly(one_pay: int, one_tax: int, pay: int, tax: int) -> bool:
    """Whether two records are as near as those of one employment: their tax too, or apart by no more than what they differ in pay bears."""
    apart_in_pay, apart_in_tax = abs(one_pay - pay), abs(one_tax - tax)
    return apart_in_pay <= _NEAR * one_pay and apart_in_tax <= max(_NEAR * abs(one_tax), ROUNDING, apart_in_pay // 2)


def _amounts(other: Case, pay: int, tax: int, same_name: bool) -> Fact | None:
    total_pay, total_tax = other.totals
    if near(total_pay, pay) and near(total_tax, tax):
        return Fact("amounts", "Both records have the same pay and tax.")
    pays, taxes = [*accumulate(slip.pay for slip in other.slips)], [*accumulate(slip.tax for slip in other.slips)]
    for slip, so_far, taken in zip(other.slips, pays, taxes, strict=True):
        when = day(slip.record.pay_date)
        if near(so_far, pay) and near(taken, tax):
            return Fact("amounts", f"The second record's figures are those of the payslips up to {when}.")
        if near(total_pay - so_far, pay) and near(total_tax - taken, tax) and pay:
            return Fact("amounts", f"The second record's figures are those of the payslips after {when}.")
    if _nearly(total_pay, total_tax, pay, tax):
        return Fact(
            "amounts", f"Both records have nearly the same pay ({sterling(pay)} and {sterling(total_pay)}) and tax."
        )
    covers = same_name and pay <= total_pay and not other.slots
    return (
        Fact("amounts", "The payslips cover every pay day of the tax year, and the name is the same.")
        if covers
        else None
    )
