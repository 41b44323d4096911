"""Explaining: from the gaps of a tax year's rows to the causes that close them, their shares adding up exactly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from daemon.reconcile.arithmetic import residual
from daemon.reconcile.candidate import Candidate, Fact, Finder, Proposal, weight
from daemon.reconcile.case import Book, Case, money, weigh
from daemon.reconcile.causes.registry import ACROSS, CAUSES, ONE_SIDED
from daemon.reconcile.causes.wrong_tax_year import counted_there
from daemon.reconcile.doubts import Doubts
from daemon.reconcile.model import Cause
from daemon.reconcile.search import WELL_SUPPORTED, Closing, Search, best_of
from daemon.reconcile.slips import Slip, known_pence
from daemon.reconcile.status import Gap, apart, plain_status, within
from storage.records import TaxYear

OPEN = {"unexplained", "hmrc_only", "payslips_only"}
CERTAIN = -6
"""The rank from which on a single cause is not doubted: its facts weigh six and more."""
MOST_FIRSTS = 12
"""How many first causes are tried in turn, the best supported ones."""
MOST_LEFT_OUT = 3
"""How many payslips are left out of a cause that changes many, each in turn."""
_MANY = 3
Explained = Mapping[tuple[TaxYear, str], tuple[Cause, ...]]


def explain_all(book: Book) -> Explained:
    """The causes of every row that has any, by tax year and employer."""
    found = {(tax_year, key): causes for tax_year, cases in book.years.items() for key, causes in _year(cases)}
    for (tax_year, key), causes in tuple(found.items()):
        for neighbour, theirs in counted_there(book.cases[tax_year, key], causes, found):
            found[neighbour.tax_year, key] = theirs
    return found


def _year(cases: Sequence[Case]) -> Iterator[tuple[str, tuple[Cause, ...]]]:
    statuses = {case.group.key: plain_status(case) for case in cases}
    across: dict[str, Closing] = {}
    if any(status in OPEN for status in statuses.values()):
        for finder in ACROSS:
            unexplained = [case for case in cases if statuses[case.group.key] in OPEN and case.group.key not in across]
            for case, closing in finder(unexplained, _solve):
                across.setdefault(case.group.key, closing)
    for case in cases:
        key, status = case.group.key, statuses[case.group.key]
        if key in across:
            yield key, as_causes(across[key], case)
        elif status == "rounding":
            yield key, (rounding((known_pence(case.pay.difference), known_pence(case.tax.difference))),)
        elif status in OPEN and (closing := _solve(case)) is not None:
            yield key, as_causes(closing, case)


def _solve(case: Case) -> Closing | None:
    """The best supported set of causes that closes a row's gap. A row with one side alone has only what moves it elsewhere."""
    if case.gap is None:
        return None
    if within(case.gap, case.tolerance):
        return Closing((), case.gap)
    finders: Iterable[Finder] = CAUSES if plain_status(case) == "unexplained" else ONE_SIDED
    corners = {side: weight(_other_corners(side, case)) for side in ("payslips", "hmrc")}
    doubts = Doubts(case)
    search = Search(case.gap, _proposals(case, finders), case.tolerance, corners, doubts, whole=_whole_pounds(case))
    single = search.best_single()
    if single is not None and single.rank[0] <= CERTAIN and not single.doubts:
        return single
    return best_of([single, search.best_pair(), *_one_after_another(case, search, corners, doubts)])


def _whole_pounds(case: Case) -> bool:
    """Whether the basis has whole pounds in pay and in tax, as some sources give them."""
    return all(amount and not amount % 100 for amount in case.basis_totals)


def _proposals(case: Case, finders: Iterable[Finder]) -> Iterator[Proposal]:
    return (proposal for finder in finders for proposal in finder(case))


def _one_after_another(
    case: Case, search: Search, corners: Mapping[str, int], doubts: Doubts
) -> Iterator[Closing | None]:
    """Pairs of which the second is looked for in what the first leaves: in payslips put right, or with their copies gone."""
    for first in islice(_firsts(search.fixed), MOST_FIRSTS):
        left = adjusted(case, first)
        if left.gap is not None and not within(left.gap, left.tolerance):
            yield Search(left.gap, _proposals(left, CAUSES), case.tolerance, corners, doubts).best_after(first)


def _firsts(fixed: Sequence[Candidate]) -> Iterator[Candidate]:
    """What may come first, the best supported: each that changes many payslips (a basis, a layout), takes copies away, or is well supported.

    What changes many also without a payslip of which another cause speaks: that one may have been misread in another way.
    """
    firsts = [
        each
        for each in fixed
        if len(each.changes) > 1
        or each.removes
        or (each.strength >= WELL_SUPPORTED and (each.changes or each.cause == "late_correction"))
    ]
    for first in sorted(firsts, key=lambda each: (-each.strength, each.cause, each.slips)):
        yield first
        if len(first.changes) < _MANY:
            continue
        spoken_of = {
            slip
            for each in fixed
            if len(each.changes) == 1 and each.strength >= WELL_SUPPORTED and each.cause != first.cause
            for slip in each.changes
        }
        for slip in sorted(spoken_of & set(first.changes))[:MOST_LEFT_OUT]:
            pay, tax = first.changes[slip]
            others = {each: change for each, change in first.changes.items() if each != slip}
            yield replace(first, pay=first.pay - pay, tax=first.tax - tax, changes=others)


def adjusted(case: Case, candidate: Candidate) -> Case:
    """The case as it would be if a candidate held: its payslips changed and removed accordingly, or HMRC's figures as they were before."""
    if candidate.cause == "late_correction":
        return _before_correction(case, candidate)
    slips = [slip for slip in case.slips if slip.id not in candidate.removes]
    changed = [_changed(slip, *candidate.changes.get(slip.id, (0, 0))) for slip in slips]
    group = replace(case.group, slips=tuple(changed))
    basis, pay, tax = weigh(group, case.year)
    return replace(case, group=group, basis=basis, pay=pay, tax=tax)


def _before_correction(case: Case, candidate: Candidate) -> Case:
    hmrc, (now_pay, now_tax) = case.group.hmrc, case.basis_totals
    if hmrc is None:
        return case
    earlier = replace(hmrc, pay=money(now_pay - candidate.pay), tax=money(now_tax - candidate.tax))
    group = replace(case.group, hmrc=earlier, revisions=())
    basis, pay, tax = weigh(group, case.year)
    return replace(case, group=group, basis=basis, pay=pay, tax=tax)


def _changed(slip: Slip, pay: int, tax: int) -> Slip:
    """A payslip put right: what it counts for, its tax as printed, and gross pay where that lacks the pay too."""
    if not pay and not tax:
        return slip
    record = replace(slip.record, income_tax=money(slip.tax + tax)) if tax else slip.record
    if record.gross_pay is not None and pay and residual(record) == -pay:
        record = replace(record, gross_pay=record.gross_pay + money(pay))
    return replace(slip, record=record, pay=slip.pay + pay, tax=slip.tax + tax)


def as_causes(closing: Closing, case: Case) -> tuple[Cause, ...]:
    """A closing as causes, strongest first; what it leaves over is rounding."""
    causes = [_cause(candidate, case) for candidate in closing.candidates]
    return (*causes, rounding(closing.rest)) if any(closing.rest) else tuple(causes)


def rounding(rest: Gap) -> Cause:
    """A difference of no more than a pound in pay and in tax."""
    return Cause(
        "rounding",
        money(rest[0]),
        money(rest[1]),
        ("The difference is no more than a pound: somewhere on the way figures were rounded.",),
        "Nothing needs to be done.",
    )


def _cause(candidate: Candidate, case: Case) -> Cause:
    facts = [*candidate.facts, *_other_corners(candidate.side, case)]
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


def _other_corners(side: str, case: Case) -> list[Fact]:
    """What the P60 and the last payslip's year-to-date figures say for a cause that has `side` wrong."""
    if not case.slips:
        return []
    basis, ours = case.basis_totals, case.totals
    right, name = (
        (basis, "HMRC" if case.basis == "hmrc" else "the P60") if side == "payslips" else (ours, "the payslips")
    )
    facts: list[Fact] = []
    if case.basis == "hmrc" and case.p60_totals is not None and within(apart(case.p60_totals, right), case.tolerance):
        facts.append(Fact("p60", f"The P60 agrees with {name}, in pay and in tax."))
    last = case.steps.last
    if last is not None and within(apart(last, right), 2) and not within(apart(basis, ours), 2):
        facts.append(Fact("last_ytd", f"The last payslip's year-to-date pay and tax agree with {name}."))
    return facts
