"""National Insurance recomputed: payslips whose contribution is not what their category gives, or what an unknown letter may be."""

from collections.abc import Iterator

from daemon.reconcile.candidate import day, more_differ, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.constants import NiClass, ni_figures
from daemon.reconcile.insurance import director_total
from daemon.reconcile.model import Finding
from daemon.reconcile.national_insurance import band
from daemon.reconcile.slips import known_pence, nicable, pence

PER_SLIP = 2
"""A penny in each of the two bands: payrolls round in more than one way."""
LETTERS: dict[NiClass, str] = {"standard": "A", "reduced": "B", "deferred": "J"}


def findings(case: Case) -> Iterator[Finding]:
    """Where pay for National Insurance is printed: contributions that differ from their category's; else what the category may be."""
    printed = [(number, slip) for number, slip in enumerate(case.slips) if slip.record.national_insurance is not None]
    if not printed:
        return
    computed = case.contributions
    off: list[tuple[int, int]] = []
    for number, slip in printed:
        expected = computed[number]
        if expected is not None and nicable(slip.record)[1]:
            gap = known_pence(slip.record.national_insurance) - expected
            if abs(gap) > PER_SLIP:
                off.append((number, gap))
    if off:
        yield _differing(case, off)
    elif not any(slip.record.ni_category for slip in case.slips):
        yield from _guess(case)


def _differing(case: Case, off: list[tuple[int, int]]) -> Finding:
    ids = tuple(case.slips[number].id for number, _ in off)
    paid = sum(known_pence(slip.record.national_insurance) for slip in case.slips)
    annual = director_total(case)
    if annual is not None and abs(annual - paid) <= PER_SLIP:
        return Finding(
            "director",
            "National Insurance follows a director's annual method: payslips differ, the year is right.",
            ids,
        )
    number, gap = off[0]
    slip = case.slips[number]
    more = "more" if gap > 0 else "less"
    text = f"The National Insurance of {day(slip.record.pay_date)} is {sterling(abs(gap))} {more} than category {slip.record.ni_category} gives."
    others = f" {more_differ(len(off) - 1)} from the category." if len(off) > 1 else ""
    return Finding("national_insurance", text + others, ids)


def _guess(case: Case) -> Iterator[Finding]:
    """The class that the contributions suggest, from payslips that print their pay for National Insurance."""
    seen: set[NiClass] = set()
    for slip in case.slips:
        record = slip.record
        figures = ni_figures(record.pay_date)
        if record.national_insurance is None or record.nicable_pay is None or figures is None:
            continue
        within = band(pence(record.nicable_pay), record.pay_date, case.often)
        if not within:
            continue
        rate = pence(record.national_insurance) * 10_000 / within
        rates = figures.rates
        seen.add(min(LETTERS, key=lambda kind, rates=rates, rate=rate: abs(rates[kind] - rate)))
    if len(seen) == 1:
        (kind,) = seen
        text = f"No payslip prints its National Insurance category; the contributions suggest the {kind} rate (such as {LETTERS[kind]})."
        yield Finding("category_guess", text)
