"""The search: which candidate, or which two, close a gap in pay and in tax, and which of those the most facts support. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from daemon.reconcile.candidate import CAUSE_ORDER, Candidate, Open, Proposal, weight
from daemon.reconcile.doubts import Doubts
from daemon.reconcile.status import ROUNDING, Gap, apart, within

SECOND_CAUSE = 4
"""What the facts of a second cause must weigh before a pair is better than a single cause: one cause is the likelier story."""
FITTED = 2
"""What a cause whose amounts were left open must have more in facts than one that says them beforehand."""
DOUBT, MOST_DOUBTS = 2, 3
"""What each payslip weighs, of so many at most, that does not add up with the causes told."""
WELL_SUPPORTED = 3
"""What the facts of a cause must weigh for one to be told beside it that has little but its fit."""
OPEN_BESIDE = 2
"""What the facts of a candidate whose amounts were left open must weigh to be told beside another cause."""
Rank = tuple[int, int, int, tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Closing:
    """A set of candidates that closes a gap but for `rest` pence of pay and tax. `corners` is what the facts of the P60
    and of the last year-to-date figures weigh for the sides that it has wrong; `doubts` how many payslips it leaves that do not add up.
    """

    candidates: tuple[Candidate, ...]
    rest: Gap
    corners: int = 0
    doubts: int = 0

    @property
    def rank(self) -> Rank:
        """Least is best: the most facts (of one cause told twice each kind once), a pair and what was fitted being handicapped,
        then the least left over, then the fewest causes.
        """
        kinds = {(each.cause, fact.kind): fact for each in self.candidates for fact in each.facts}
        by_cause = {
            each.cause: [fact for (cause, _), fact in kinds.items() if cause == each.cause] for each in self.candidates
        }
        facts = self.corners + sum(weight(facts) for facts in by_cause.values())
        left = abs(self.rest[0]) + abs(self.rest[1])
        order = tuple(f"{CAUSE_ORDER.index(each.cause):02}" for each in self.candidates)
        slips = tuple(each.slips for each in self.candidates)
        handicap = SECOND_CAUSE * (len(self.candidates) - 1) + DOUBT * min(self.doubts, MOST_DOUBTS)
        handicap += FITTED * any(each.fitted for each in self.candidates)
        return handicap - facts, left, len(self.candidates), order, slips


Corners = Mapping[str, int]
"""By side (payslips, hmrc): what further facts weigh for a cause that has that side wrong."""


class Search:
    """The proposals for one gap (pay and tax in pence), ready to be looked up."""

    def __init__(
        self,
        gap: Gap,
        proposals: Iterable[Proposal],
        tolerance: int,
        corners: Corners,
        doubts: Doubts,
        *,
        whole: bool = False,
    ) -> None:
        """`whole`: the basis has whole pounds, so that what a cause leaves up to a pound is rounding."""
        fixed: list[Candidate] = []
        opens: list[Open] = []
        for proposal in proposals:
            if isinstance(proposal, Open):
                opens.append(proposal)
            elif proposal.facts and (proposal.pay or proposal.tax):
                fixed.append(proposal)
        self.gap = gap
        self.fixed = fixed
        self._corners = corners
        self._doubts = doubts
        self._index = _Index(fixed, opens, tolerance, whole=whole)

    def best_single(self) -> Closing | None:
        """The best supported candidate that closes the gap by itself, or None.

        It closes within the tolerance; a well supported one may leave up to a pound, which is rounding.
        """
        return best_of(self._closing(self.gap, candidates) for candidates in self._index.singles(self.gap))

    def best_pair(self) -> Closing | None:
        """The best supported two candidates of different payslips that close the gap together, within the tolerance; or None."""
        return best_of(self._closing(self.gap, candidates) for candidates in self._index.pairs(self.gap))

    def best_after(self, first: Candidate) -> Closing | None:
        """The best supported candidate that closes what `first`, found before and applied to the payslips, left; both together."""
        gap = (self.gap[0] + first.pay, self.gap[1] + first.tax)
        others = [
            each
            for each in self._index.singles(self.gap)
            if each[0].cause != first.cause and _compatible_after(first, each[0])
        ]
        return best_of(self._closing(gap, (first, *each)) for each in others)

    def _closing(self, gap: Gap, candidates: tuple[Candidate, ...]) -> Closing:
        """Candidates, strongest first, as a closing of `gap`."""
        strongest_first = tuple(
            sorted(candidates, key=lambda each: (-each.strength, -abs(each.pay), each.cause, each.slips))
        )
        pay, tax = sum(each.pay for each in candidates), sum(each.tax for each in candidates)
        speaking = sum(self._corners.get(side, 0) for side in {each.side for each in candidates})
        rest = gap[0] - pay, gap[1] - tax
        return Closing(strongest_first, rest, speaking, self._doubts.after(candidates))


def best_of(closings: Iterable[Closing | None]) -> Closing | None:
    """The best supported of some closings."""
    return min((each for each in closings if each is not None), key=lambda each: each.rank, default=None)


class _Index:
    """Candidates by their amounts, so that what closes a gap is looked up, not searched for."""

    def __init__(self, fixed: Sequence[Candidate], opens: Sequence[Open], tolerance: int, *, whole: bool) -> None:
        self.whole = whole
        self.fixed = fixed
        self.tolerance = tolerance
        self.cell = max(1, 2 * tolerance)
        self.cells: dict[Gap, list[int]] = defaultdict(list)
        for number, candidate in enumerate(fixed):
            self.cells[candidate.pay // self.cell, candidate.tax // self.cell].append(number)
        self.open_pay: dict[int, list[Open]] = defaultdict(list)
        self.wide_open: list[Open] = []
        for proposal in opens:
            if proposal.pay is None:
                self.wide_open.append(proposal)
            else:
                self.open_pay[proposal.pay // self.cell].append(proposal)

    def near(self, gap: Gap) -> Iterator[int]:
        """The fixed candidates within the tolerance of `gap`, in pay and in tax."""
        pay, tax = gap
        pays = range((pay - self.tolerance) // self.cell, (pay + self.tolerance) // self.cell + 1)
        taxes = range((tax - self.tolerance) // self.cell, (tax + self.tolerance) // self.cell + 1)
        for cell in product(pays, taxes):
            for number in self.cells.get(cell, ()):
                candidate = self.fixed[number]
                if within((candidate.pay - pay, candidate.tax - tax), self.tolerance):
                    yield number

    def fitted(self, gap: Gap) -> Iterator[Candidate]:
        """The open candidates that take exactly what is left of a gap."""
        pay, tax = gap
        cells = range((pay - self.tolerance) // self.cell, (pay + self.tolerance) // self.cell + 1)
        matching = [
            each
            for cell in cells
            for each in self.open_pay.get(cell, ())
            if each.pay is not None and abs(each.pay - pay) <= self.tolerance
        ]
        for proposal in matching:
            if proposal.pay is not None and (candidate := proposal.fit(proposal.pay, tax)) and candidate.facts:
                yield candidate
        for proposal in self.wide_open:
            if (candidate := proposal.fit(pay, tax)) is not None and candidate.facts:
                yield replace(candidate, fitted=True)

    def singles(self, gap: Gap) -> Iterator[tuple[Candidate, ...]]:
        """Each candidate that closes the gap by itself."""
        found = False
        for number in self.near(gap):
            found = True
            yield (self.fixed[number],)
        for candidate in self.fitted(gap):
            found = True
            yield (candidate,)
        if not found:
            for candidate in self.fixed:
                if _may_leave_a_pound(candidate, self.whole) and within(
                    apart(gap, (candidate.pay, candidate.tax)), ROUNDING
                ):
                    yield (candidate,)

    def pairs(self, gap: Gap) -> Iterator[tuple[Candidate, ...]]:
        """Each two candidates of different slips that close the gap together."""
        for first, candidate in enumerate(self.fixed):
            left = (gap[0] - candidate.pay, gap[1] - candidate.tax)
            for second in self.near(left):
                if second > first and _compatible(candidate, self.fixed[second]):
                    yield candidate, self.fixed[second]
            for other in self.fitted(left):
                supported = other.changes or min(candidate.strength, other.strength) >= OPEN_BESIDE
                if supported and _compatible(candidate, other):
                    yield candidate, other


def _may_leave_a_pound(candidate: Candidate, whole: bool) -> bool:
    """Whether a candidate is so well supported that what it leaves, up to a pound, is rounding: the more so if it is of one figure only.

    Beside figures in whole pounds any that is supported to the penny is.
    """
    if whole:
        return candidate.strength >= OPEN_BESIDE
    return candidate.strength > (3 if candidate.pay and candidate.tax else 5)


def _compatible(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates can be told together: neither touches a figure that the other touches, and neither stands alone."""
    if not _may_stand_beside(one, other):
        return False
    shared = set(one.slips) & set(other.slips)
    return all(
        slip in one.changes and slip in other.changes and _other_figures(one.changes[slip], other.changes[slip])
        for slip in shared
    )


def _other_figures(one: Gap, other: Gap) -> bool:
    """Whether of two changes of a payslip one is of its pay alone, and the other of its tax alone."""
    return not (one[0] and other[0]) and not (one[1] and other[1])


def _may_stand_beside(one: Candidate, other: Candidate) -> bool:
    """Whether neither is too weak to be told beside the other, what stands on its fit alone needing a well supported one,
    nor fills a pay day that the other fills.
    """
    if not set(one.fills).isdisjoint(other.fills):
        return False
    return (not one.alone or (other.strength >= WELL_SUPPORTED and not other.alone)) and (
        not other.alone or (one.strength >= WELL_SUPPORTED and not one.alone)
    )


def _compatible_after(first: Candidate, second: Candidate) -> bool:
    """Whether a candidate found in what another left can be told beside it."""
    undone = any(
        _undoes(first.changes[slip], change) for slip, change in second.changes.items() if slip in first.changes
    )
    return _may_stand_beside(first, second) and not undone and not set(first.removes) & set(second.slips)


def _undoes(first: Gap, second: Gap) -> bool:
    """Whether a second change of a payslip takes back most of what the first did: then the first explains nothing."""
    return any(a * b < 0 and 2 * abs(a + b) < abs(a) for a, b in zip(first, second, strict=True))
