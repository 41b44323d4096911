"""Explaining: from a row's gap to the causes that close it, their shares adding up to it exactly."""

from collections.abc import Iterable

from daemon.reconcile.candidate import Candidate, Fact
from daemon.reconcile.case import Case, money
from daemon.reconcile.causes.registry import CAUSES
from daemon.reconcile.model import Cause
from daemon.reconcile.search import ROUNDING, Gap, best_closing


def explain(case: Case) -> tuple[Cause, ...]:
    """The one best supported set of causes that closes the row's gap, strongest first; empty where none does."""
    if case.gap is None:
        return ()
    proposals = (proposal for finder in CAUSES for proposal in finder(case))
    closing = best_closing(case.gap, proposals, case.tolerance)
    return () if closing is None else as_causes(closing.candidates, closing.rest, case)


def as_causes(candidates: Iterable[Candidate], rest: Gap, case: Case) -> tuple[Cause, ...]:
    """Candidates as causes; what they leave over is rounding."""
    causes = [_cause(candidate, case) for candidate in candidates]
    return (*causes, rounding(rest)) if any(rest) else tuple(causes)


def rounding(rest: Gap) -> Cause:
    """A difference of no more than a pound in pay and in tax."""
    return Cause(
        "rounding",
        money(rest[0]),
        money(rest[1]),
        ("The difference is no more than a pound: figures rounded to pounds or pennies somewhere on the way.",),
        "Nothing needs to be done.",
    )


def within(gap: Gap, reach: int) -> bool:
    """Whether both gaps are no more than `reach` pence."""
    return abs(gap[0]) <= reach and abs(gap[1]) <= reach


def is_rounding(case: Case) -> bool:
    """Whether the gap is beyond the tolerance but no more than a pound."""
    return case.gap is not None and within(case.gap, max(ROUNDING, case.tolerance))


def _cause(candidate: Candidate, case: Case) -> Cause:
    facts = [*candidate.facts, *_other_corners(candidate, case)]
    evidence = (candidate.told, *(fact.text for fact in facts))
    strength = len({fact.kind for fact in facts})
    return Cause(
        candidate.cause,
        money(candidate.pay),
        money(candidate.tax),
        evidence,
        candidate.remedy,
        candidate.slips,
        strength,
    )


def _other_corners(candidate: Candidate, case: Case) -> list[Fact]:
    """What the P60 and the year-to-date figures of the last payslip say about which side is wrong."""
    basis, ours = case.basis_totals, case.totals
    right, other = (basis, "HMRC") if candidate.side == "payslips" else (ours, "the payslips")
    facts: list[Fact] = []
    if case.basis == "hmrc" and case.p60_totals is not None and within(_apart(case.p60_totals, right), case.tolerance):
        facts.append(Fact("p60", f"The P60 agrees with {other}, in pay and in tax."))
    last = case.steps.last
    if last is not None and within(_apart(last, right), 2) and not within(_apart(basis, ours), 2):
        agrees = (
            "HMRC's figures"
            if candidate.side == "payslips" and case.basis == "hmrc"
            else "the P60"
            if candidate.side == "payslips"
            else "the payslips' sum"
        )
        facts.append(Fact("last_ytd", f"The last payslip's year-to-date pay and tax are {agrees}."))
    return facts


def _apart(one: Gap, other: Gap) -> Gap:
    return one[0] - other[0], one[1] - other[1]
