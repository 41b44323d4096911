"""Gross pay was counted where HMRC counts taxable pay: the pension of a net pay arrangement is in it, payrolled benefits are not."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from daemon.reconcile.candidate import Candidate, Fact, Proposal, payslips, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import Slip, known_pence, pence
from daemon.reconcile.support import most, tax_agrees, whole_year_fits

REMEDY = "Import the payslips with their taxable pay, or with the pension_kind that holds: net_pay, sacrifice, relief_at_source."


def candidates(case: Case) -> Iterator[Proposal]:
    """Slips without taxable pay, and slips whose taxable pay is their gross pay though a pension was taken, on another basis."""
    at_gross = [slip for slip in case.slips if slip.counted_at == "gross"]
    as_gross = [slip for slip in case.slips if _taxable_is_gross(slip)]
    if not any(slip.record.taxable_pay == slip.record.gross_pay for slip in as_gross):
        as_gross = []
    for slips, why, benefits_alone in ((at_gross, _no_taxable, True), (as_gross, _same_as_gross, False)):
        for adjust, words in _BASES:
            changes = {slip: adjust(slip) for slip in slips}
            if sum(changes.values()) and (benefits_alone or adjust is not _benefits):
                beside = _insurance(changes) if adjust is not _pension else []
                yield _candidate(case, changes, words, why(slips), beside)
    for kind, sign, words in (
        ("net_pay", 1, "gross pay"),
        ("relief_at_source", -1, "gross pay less the pension contributions"),
    ):
        derived = [slip for slip in case.slips if slip.counted_at == "derived" and slip.record.pension_kind == kind]
        changes = {slip: sign * known_pence(slip.record.pension_employee) for slip in derived}
        if sum(changes.values()):
            why = f"{payslips(len(derived), 'prints', 'print')} no taxable pay; it was derived from gross pay as if the pension were {kind.replace('_', ' ')}."
            yield _candidate(case, changes, words, Fact("basis", why))


def _pension(slip: Slip) -> int:
    return -known_pence(slip.record.pension_employee)


def _benefits(slip: Slip) -> int:
    return known_pence(slip.record.payrolled_benefits)


def _both(slip: Slip) -> int:
    return _pension(slip) + _benefits(slip) if _pension(slip) and _benefits(slip) else 0


_BASES: tuple[tuple[Callable[[Slip], int], str], ...] = (
    (_pension, "gross pay less the pension contributions"),
    (_benefits, "gross pay and the payrolled benefits"),
    (_both, "gross pay less the pension contributions, with the payrolled benefits,"),
)


def _taxable_is_gross(slip: Slip) -> bool:
    """Whether a payslip counts at gross pay although a pension was taken; but for a bonus or notional pay left out of it or in it twice."""
    record = slip.record
    if slip.counted_at != "taxable" or record.gross_pay is None or not record.pension_employee:
        return False
    gross, notional = pence(record.gross_pay), known_pence(record.notional_pay)
    same = slip.pay - gross in {0, notional, -notional, -known_pence(record.bonus)}
    return same and record.pension_kind not in {"relief_at_source", "sacrifice"}


def _no_taxable(slips: Sequence[Slip]) -> Fact:
    return Fact("basis", f"{payslips(len(slips), 'prints', 'print')} no taxable pay: counted at gross pay.")


def _same_as_gross(slips: Sequence[Slip]) -> Fact:
    same = sum(slip.record.taxable_pay == slip.record.gross_pay for slip in slips)
    return Fact(
        "basis",
        f"On {same} payslips the taxable pay is the gross pay, although a pension contribution was taken.",
    )


def _insurance(slips: Collection[Slip]) -> list[Fact]:
    """Whether the pay counted is the pay for National Insurance, which has the pension in it and no payrolled benefit."""
    if not most(
        [slip.record.nicable_pay is not None and known_pence(slip.record.nicable_pay) == slip.pay for slip in slips]
    ):
        return []
    return [
        Fact("insurance", "The pay counted is the pay for National Insurance, in which payrolled benefits are not.")
    ]


def _candidate(
    case: Case, changes: Mapping[Slip, int], words: str, why: Fact, beside: Sequence[Fact] = ()
) -> Candidate:
    pay = sum(changes.values())
    direction = "too high" if pay < 0 else "too low"
    told = f"The pay counted is {sterling(abs(pay))} {direction}: {words} is what HMRC counts as taxable pay."
    facts = (why, *beside, *_year_to_date(list(changes), pay), *whole_year_fits(case, pay), *tax_agrees(case))
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
