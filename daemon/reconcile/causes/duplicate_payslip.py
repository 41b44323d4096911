"""A payslip is counted twice: the same document imported under two names, or uploaded again on another day."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, listed, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import Slip

REMEDY = "Remove the copy: hmrc-tui payslips remove ID, or remove it in the Payslips tab."


def candidates(case: Case) -> Iterator[Proposal]:
    """Each slip that has a twin, and all of them at once."""
    copies = [(copy, twin, facts) for copy, twin in _twins(case) if (facts := _facts(case, copy, twin))]
    for copy, twin, facts in copies:
        yield Candidate("duplicate_payslip", -copy.pay, -copy.tax, _told(copy, twin), facts, REMEDY, removes=(copy.id,))
    if len(copies) > 1:
        yield _all(copies)


def _twins(case: Case) -> Iterator[tuple[Slip, Slip]]:
    """Pairs of slips with the same pay and tax, closer together than two pay days can be."""
    alike: dict[tuple[int, int], list[Slip]] = defaultdict(list)
    for slip in case.slips:
        alike[slip.pay, slip.tax].append(slip)
    close = max(1.0, case.often.days * 0.4)
    for slips in alike.values():
        for twin, copy in itertools.pairwise(slips):
            if (copy.record.pay_date - twin.record.pay_date).days <= close:
                yield copy, twin


def _facts(case: Case, copy: Slip, twin: Slip) -> tuple[Fact, ...]:
    ours, theirs = copy.record, twin.record
    facts: list[Fact] = []
    if ours.ytd_taxable is not None and theirs.ytd_taxable is not None:
        if ours.ytd_taxable != theirs.ytd_taxable:
            return ()
        facts.append(
            Fact(
                "ytd",
                f"The year-to-date pay is {sterling(case.steps.printed[case.slips.index(copy)][0] or 0)} on both: it did not advance.",
            )
        )
    if ours.pay_date == theirs.pay_date:
        facts.append(Fact("same_date", "Both have the same pay date."))
    else:
        facts.append(
            Fact(
                "calendar",
                f"Two payslips stand where one {case.often.name} pay day is: {day(theirs.pay_date)} and {day(ours.pay_date)}.",
            )
        )
    same = [
        name
        for name in ("gross_pay", "net_pay", "national_insurance")
        if _same(getattr(ours, name), getattr(theirs, name))
    ]
    if same:
        facts.append(
            Fact("same_figures", f"They have the same {listed([name.replace('_', ' ') for name in same])} as well.")
        )
    if ours.period and ours.period == theirs.period:
        facts.append(Fact("period", f"Both are for the period {ours.period}."))
    if ours.source and theirs.source and ours.source != theirs.source:
        facts.append(Fact("sources", f"They were read from two places: {theirs.source} and {ours.source}."))
    return tuple(facts)


def _same(one: object, other: object) -> bool:
    return one is not None and one == other


def _told(copy: Slip, twin: Slip) -> str:
    paid = f"pay {sterling(copy.pay)}, tax {sterling(copy.tax)}"
    return f"The payslip of {day(copy.record.pay_date)} ({paid}) is the one of {day(twin.record.pay_date)} again."


def _all(copies: Sequence[tuple[Slip, Slip, tuple[Fact, ...]]]) -> Candidate:
    days = listed([day(copy.record.pay_date) for copy, _, _ in copies])
    facts = tuple(
        fact for fact in copies[0][2] if all(fact.kind in {each.kind for each in others} for _, _, others in copies)
    )
    pay, tax = sum(copy.pay for copy, _, _ in copies), sum(copy.tax for copy, _, _ in copies)
    told = f"{len(copies)} payslips are counted twice: {days}."
    return Candidate(
        "duplicate_payslip", -pay, -tax, told, facts, REMEDY, removes=tuple(copy.id for copy, _, _ in copies)
    )
