"""The employer's PAYE reference changed (a new payroll, a takeover, a rename): one side stands under the old, one under the new."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from daemon.reconcile.candidate import Candidate, Fact, day
from daemon.reconcile.case import Case, weigh
from daemon.reconcile.match import Group
from daemon.reconcile.model import HmrcEmployment, HmrcRevision
from daemon.reconcile.search import Closing
from daemon.reconcile.slips import in_order
from daemon.reconcile.status import Gap
from daemon.reconcile.support import near
from storage.employers import employer_key
from storage.money import ZERO

Solve = Callable[[Case], Closing | None]


def across(cases: Sequence[Case], solve: Solve) -> Iterator[tuple[Case, Closing]]:
    """Two open rows that close when looked at as one: with nothing left, or with a cause that explains what is left."""
    ready = [case for case in cases if case.gap is not None and case.group.reference is not None]
    for exact in (True, False):
        for old, new in permutations(ready, 2):
            facts = _facts(old, new) if _in_order(old, new, exact=exact) else ()
            if not facts or (not exact and not _surely_one(new, facts)):
                continue
            closing = solve(merged(old, new))
            if closing is None or len(closing.candidates) > (0 if exact else 1) or old.gap is None:
                continue
            yield old, Closing((_candidate(old, new, facts, old.gap),), (0, 0))
            moved = (-old.gap[0], -old.gap[1])
            yield new, Closing((_candidate(new, old, facts, moved), *closing.candidates), closing.rest)


def _surely_one(new: Case, facts: tuple[Fact, ...]) -> bool:
    """Whether two rows are so surely one employer's that something may still be left between them: one name, one after the other."""
    kinds = {fact.kind for fact in facts}
    return "ytd" in kinds or ("name" in kinds and ("dates" in kinds or not new.slips))


def _in_order(old: Case, new: Case, *, exact: bool) -> bool:
    """Whether the second can have followed the first: the payslips are the first's or come earlier, and each lacks a side or an amount.

    Where more than that is amiss, the first must be unknown to HMRC; the second may have too much as well.
    """
    if not old.slips or old.gap is None or new.gap is None or old.gap[0] >= 0:
        return False
    if new.gap[0] <= 0 and (exact or old.group.hmrc is not None):
        return False
    one_sided = old.group.hmrc is None or not new.slips
    return (
        one_sided
        or old.slips[-1].record.pay_date <= new.slips[0].record.pay_date
        or employer_key(old.group.employer) == employer_key(new.group.employer)
    )


def _facts(old: Case, new: Case) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    if employer_key(old.group.employer) == employer_key(new.group.employer):
        facts.append(Fact("name", f"Both have the employer's name {new.group.employer}."))
    for one, next_one in ((old, new), (new, old)):
        facts += _goes_on(one, next_one)
    if old.group.hmrc is None and not new.slips and old.gap and all(old.gap):
        facts.append(
            Fact(
                "sides",
                f"{_name(old)} has payslips and no figures of HMRC's, {_name(new)} has figures and no payslips.",
            )
        )
    return tuple(facts)


def _goes_on(one: Case, other: Case) -> list[Fact]:
    """Whether the payslips of the one end before those of the other begin, and whether the year to date goes on."""
    if not one.slips or not other.slips or one.slips[-1].record.pay_date > other.slips[0].record.pay_date:
        return []
    last, first = one.slips[-1], other.slips[0]
    stop, start = day(last.record.pay_date), day(first.record.pay_date)
    facts = [
        Fact("dates", f"The payslips under {_name(one)} stop on {stop}, those under {_name(other)} start on {start}.")
    ]
    before, begun = one.steps.printed[-1][0], other.steps.printed[0][0]
    if before is not None and near(begun, before + first.pay):
        facts.append(Fact("ytd", "The year-to-date pay goes on from one to the other."))
    return facts


def merged(old: Case, new: Case) -> Case:
    """Both rows as one, under the newer reference."""
    one, other = old.group, new.group
    group: Group = replace(
        other,
        hmrc=_both(one.hmrc, other.hmrc),
        slips=in_order([*one.slips, *other.slips]),
        p60=other.p60 or one.p60,
        payments=(*one.payments, *other.payments),
        revisions=_said_before(one, other),
    )
    basis, pay, tax = weigh(group, new.year)
    return replace(new, group=group, basis=basis, pay=pay, tax=tax, keys=(one.key, other.key))


def _said_before(one: Group, other: Group) -> tuple[HmrcRevision, ...]:
    """What HMRC said of both before: of one of them, and its figures for the other, which stand unchanged; nothing where both changed."""
    if one.revisions and other.revisions:
        return ()
    still = other.hmrc if one.revisions else one.hmrc
    pay, tax = (ZERO, ZERO) if still is None else (still.pay or ZERO, still.tax or ZERO)
    return tuple(
        replace(
            revision,
            reference=other.reference or revision.reference,
            pay=None if revision.pay is None else revision.pay + pay,
            tax=None if revision.tax is None else revision.tax + tax,
        )
        for revision in (*one.revisions, *other.revisions)
    )


def _both(one: HmrcEmployment | None, other: HmrcEmployment | None) -> HmrcEmployment | None:
    if one is None or other is None:
        return one or other
    pay = None if one.pay is None and other.pay is None else (one.pay or 0) + (other.pay or 0)
    tax = None if one.tax is None and other.tax is None else (one.tax or 0) + (other.tax or 0)
    return replace(other, pay=pay, tax=tax)


def _name(case: Case) -> str:
    return case.group.key


def _is_older(case: Case, other: Case, gap: Gap) -> bool:
    """Whether a row has the older reference: the one whose payslips end first, else the one that HMRC lacks."""
    for one, next_one in ((case, other), (other, case)):
        if one.slips and next_one.slips and one.slips[-1].record.pay_date < next_one.slips[0].record.pay_date:
            return one is case
    return gap[0] < 0


def _candidate(case: Case, other: Case, facts: tuple[Fact, ...], gap: Gap) -> Candidate:
    told = f"{_name(case)} and {_name(other)} ({other.group.employer}) are one employment: what one of them lacks, the other has."
    old, new = (case, other) if _is_older(case, other, gap) else (other, case)
    remedy = f"If the employer's reference changed, say so: hmrc-tui link {_name(old)} {_name(new)}"
    return Candidate("reference_changed", gap[0], gap[1], told, facts, remedy)
