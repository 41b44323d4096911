"""Gross pay was counted where HMRC counts taxable pay: the pension of a net pay arrangement is in it, payrolled benefits are not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from daemon.reconcile.candidate import Candidate, Fact, Proposal, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import Slip, known_pence, pence
from daemon.reconcile.support import tax_agrees, whole_year_fits

REMEDY = "Import the payslips with their taxable pay, or with the pension_kind that holds: net_pay, sacrifice, relief_at_source."


def candidates(case: Case) -> Iterator[Proposal]:
    """Slips without taxable pay, and slips whose taxable pay is their gross pay though a pension was taken, on another basis."""
    at_gross = [slip for slip in case.slips if slip.counted_at == "gross"]
    as_gross = [slip for slip in case.slips if _taxable_is_gross(slip)]
    for slips, why in ((at_gross, _no_taxable), (as_gross, _same_as_gross)):
        for adjust, words in _BASES:
            changes = {slip: adjust(slip) for slip in slips}
            if sum(changes.values()):
                yield _candidate(case, changes, words, why(slips))
    for kind, sign, words in (
        ("net_pay", 1, "gross pay"),
        ("relief_at_source", -1, "gross pay less the pension contributions"),
    ):
        derived = [slip for slip in case.slips if slip.counted_at == "derived" and slip.record.pension_kind == kind]
        changes = {slip: sign * known_pence(slip.record.pension_employee) for slip in derived}
        if sum(changes.values()):
            why = f"{len(derived)} payslips print no taxable pay; it was derived from gross pay as if the pension were {kind.replace('_', ' ')}."
            yield _candidate(case, changes, words, Fact("basis", why))


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
    other_kind = record.pension_kind in {"relief_at_source", "sacrifice"}
    same = slip.counted_at == "taxable" and record.taxable_pay == record.gross_pay
    return same and bool(record.pension_employee) and not other_kind


def _no_taxable(slips: Sequence[Slip]) -> Fact:
    return Fact("basis", f"{len(slips)} payslips print no taxable pay and were counted at gross pay.")


def _same_as_gross(slips: Sequence[Slip]) -> Fact:
    return Fact(
        "basis",
        f"On {len(slips)} payslips the taxable pay is the gross pay, although a pension contribution was taken.",
    )


def _candidate(case: Case, changes: Mapping[Slip, int], words: str, why: Fact) -> Candidate:
    pay = sum(changes.values())
    direction = "too high" if pay < 0 else "too low"
    told = f"The pay counted is {sterling(abs(pay))} {direction}: {words} is what HMRC counts as taxable pay."
    facts = (why, *_year_to_date(list(changes), pay), *whole_year_fits(case, pay), *tax_agrees(case))
    return Candidate(
        "gross_not_taxable", pay, 0, told, facts, REMEDY, {slip.id: (amount, 0) for slip, amount in changes.items()}
    )


def _year_to_date(slips: Sequence[Slip], pay: int) -> list[Fact]:
    """Whether the year-to-date taxable pay steps by less (or more) than was counted, at every payslip that prints it."""
    steps = [
        (pence(later.record.ytd_taxable) - pence(earlier.record.ytd_taxable), later)
        for earlier, later in pairwise(slips)
        if earlier.record.ytd_taxable is not None and later.record.ytd_taxable is not None
    ]
    if not steps or not all(step < slip.pay if pay < 0 else step > slip.pay for step, slip in steps):
        return []
    return [Fact("ytd", "The payslips' own year-to-date taxable pay is on that basis.")]
