"""Tells that two records are one where their ids cannot: one file prints the PAYE reference, the other the name alone."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from storage.employers import employer_key
from storage.records import P60, Payment, Payslip

Record = TypeVar("Record", Payslip, P60, Payment)
Figures = Callable[[Record], Hashable]


def same_employer(one: Record, other: Record) -> bool:
    """Whether two records may be of one employer: by reference where both have one, else by name where both have one; a payment that has neither may be anybody's."""
    if one.employer_paye_ref and other.employer_paye_ref:
        return one.employer_paye_ref == other.employer_paye_ref
    if one.employer and other.employer:
        return employer_key(one.employer) == employer_key(other.employer)
    return not (one.employer or one.employer_paye_ref) or not (other.employer or other.employer_paye_ref)


def recognised(records: Iterable[Record], stored: Sequence[Record], figures: Figures[Record]) -> list[Record]:
    """`records`, each under the id of the stored one that it is: the same `figures`, and the same employer as far as both say.

    What a record does not say of its employer it takes from the stored one. Where several employers fit, nothing is guessed.
    """
    by_id = {each.id: each for each in stored}
    given = list(records)
    claimed = {each.id for each in given} & by_id.keys()
    free: dict[Hashable, list[Record]] = defaultdict(list)
    for each in stored:
        if each.id not in claimed:
            free[figures(each)].append(each)
    found: list[Record] = []
    for each in given:
        known = by_id.get(each.id)
        if known is None:
            fitting = [other for other in free[figures(each)] if same_employer(each, other)]
            if len({_employment(other) for other in fitting}) == 1:
                known = fitting[0]
                free[figures(each)].remove(known)
        found.append(_named_as(each, known) if known else each)
    return found


def _named_as(each: Record, known: Record) -> Record:
    return replace(
        each,
        id=known.id,
        employer=each.employer or known.employer,
        employer_paye_ref=each.employer_paye_ref or known.employer_paye_ref,
    )


def _employment(each: Record) -> str:
    return each.employer_paye_ref or employer_key(each.employer or "")
