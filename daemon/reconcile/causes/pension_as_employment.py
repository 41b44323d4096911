"""HMRC lists a pension as an employment: private schemes are reported so, and a State Pension lump sum as 267/LS500."""

import re
from collections.abc import Callable, Iterator, Sequence

from daemon.reconcile.candidate import Candidate, Fact
from daemon.reconcile.case import Case
from daemon.reconcile.search import Closing
from daemon.reconcile.slips import known_pence
from storage.employers import STATE_PENSION_LUMP_SUM

REMEDY = "Nothing is missing: a pension has no payslips here. Compare it with the provider's P60."
_PENSION = re.compile(r"\b(pensions?|annuit(y|ies)|superannuation|retirement|drawdown|sipp|ssas)\b", re.IGNORECASE)


def across(cases: Sequence[Case], _: Callable[[Case], Closing | None]) -> Iterator[tuple[Case, Closing]]:
    """Rows that only HMRC has, by their reference or their name."""
    for case in cases:
        if case.group.hmrc is None or case.slips:
            continue
        facts = _facts(case)
        if facts:
            pay, tax = known_pence(case.pay.difference), known_pence(case.tax.difference)
            told = f"{case.group.employer} pays a pension, which HMRC lists among the employments."
            yield (
                case,
                Closing((Candidate("pension_as_employment", pay, tax, told, facts, REMEDY, side="hmrc"),), (0, 0)),
            )


def _facts(case: Case) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    if case.group.reference == STATE_PENSION_LUMP_SUM:
        facts.append(
            Fact(
                "reference",
                f"{STATE_PENSION_LUMP_SUM} is the reference under which HMRC shows a State Pension lump sum.",
            )
        )
    if found := _PENSION.search(case.group.employer):
        facts.append(Fact("name", f"Its name says so: {found[0]}."))
    if facts and not case.timeline:
        facts.append(Fact("no_payslips", "It has no payslips in the years around either."))
    return tuple(facts)
