"""Gross pay was counted where HMRC counts taxable pay: the pension of a net pay arrangement is in it, payrolled benefits are not."""

import itertools
from collections.abc import Callable, Iterator, Sequence

from daemon.reconcile.candidate import Candidate, Fact, Proposal, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.paye import tax_to_date
from daemon.reconcile.slips import Slip, known_pence, pence

REMEDY = "Import the payslips with their taxable pay, or with pension_kind (net_pay, sacrifice or relief_at_source)."


def candidates(case: Case) -> Iterator[Proposal]:
    """Slips without taxable pay, and slips whose taxable pay is their gross pay though a pension was taken, on HMRC's basis."""
    at_gross = [slip for slip in case.slips if slip.counted_at == "gross"]
    as_gross = [slip for slip in case.slips if _taxable_is_gross(slip)]
    for slips, why in ((at_gross, _no_taxable), (as_gross, _same_as_gross)):
        for adjust, words in _BASES:
            pay = sum(adjust(slip) for slip in slips)
            if pay:
                yield _candidate(case, slips, pay, words, why(slips))


def _pension(slip: Slip) -> int:
    return -known_pence(slip.record.pension_employee)


def _benefits(slip: Slip) -> int:
    return known_pence(slip.record.payrolled_benefits) if slip.counted_at == "gross" else 0


def _both(slip: Slip) -> int:
    return _pension(slip) + _benefits(slip) if _pension(slip) and _benefits(slip) else 0


_BASES: tuple[tuple[Callable[[Slip], int], str], ...] = (
    (_pension, "gross pay less the pension contributions"),
    (_benefits, "gross pay and the payrolled benefits"),
    (_both, "gross pay less the pension contributions, and the payrolled benefits"),
)


def _taxable_is_gross(slip: Slip) -> bool:
    record = slip.record
    pension_from_net = record.pension_kind in {"relief_at_source", "sacrifice"}
    return (
        slip.counted_at == "taxable"
        and record.taxable_pay == record.gross_pay
        and bool(record.pension_employee)
        and not pension_from_net
    )


def _no_taxable(slips: Sequence[Slip]) -> Fact:
    return Fact("basis", f"{len(slips)} payslips print no taxable pay and were counted at gross pay.")


def _same_as_gross(slips: Sequence[Slip]) -> Fact:
    return Fact(
        "basis",
        f"On {len(slips)} payslips the taxable pay is the gross pay, although a pension contribution was taken.",
    )


def _candidate(case: Case, slips: Sequence[Slip], pay: int, words: str, why: Fact) -> Candidate:
    direction = "too high" if pay < 0 else "too low"
    told = f"Gross pay was counted where HMRC counts taxable pay, {sterling(abs(pay))} {direction}: {words} is HMRC's figure."
    facts = [why, *_year_to_date(slips, pay), *_whole_year_tax(case, pay)]
    return Candidate("gross_not_taxable", pay, 0, told, tuple(facts), REMEDY, tuple(slip.id for slip in slips))


def _year_to_date(slips: Sequence[Slip], pay: int) -> list[Fact]:
    """The year-to-date taxable pay steps by what the other basis gives."""
    steps = [
        (pence(b.record.ytd_taxable) - pence(a.record.ytd_taxable), b)
        for a, b in _neighbours(slips)
        if a.record.ytd_taxable and b.record.ytd_taxable
    ]
    if not steps or not all(step < slip.pay if pay < 0 else step > slip.pay for step, slip in steps):
        return []
    return [Fact("ytd", "The payslips' own year-to-date taxable pay is on HMRC's basis.")]


def _neighbours(slips: Sequence[Slip]) -> Iterator[tuple[Slip, Slip]]:
    yield from itertools.pairwise(slips)


def _whole_year_tax(case: Case, pay: int) -> list[Fact]:
    """The year's tax is what the last tax code gives on the adjusted pay, and not what it gives on the pay as counted."""
    code = case.codes[-1] if case.codes else None
    if code is None or not code.cumulative:
        return []
    last, total, tax = case.slips[-1].record.pay_date, case.totals[0], case.totals[1]
    adjusted, counted = tax_to_date(code, last, case.often, total + pay), tax_to_date(code, last, case.often, total)
    if adjusted is None or counted is None or abs(adjusted - tax) > TAX_HINT or abs(counted - tax) <= TAX_HINT:
        return []
    return [Fact("paye", f"The year's tax is what code {code} gives on that pay.")]
