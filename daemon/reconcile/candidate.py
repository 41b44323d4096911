"""What a cause proposes: an adjustment that would close a gap, and the facts that speak for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from daemon.reconcile.case import Case
from daemon.reconcile.model import CauseName
from storage.money import from_pence, pounds

CAUSE_ORDER: tuple[CauseName, ...] = get_args(CauseName)
"""Of equally supported causes the earlier is told first."""
Side = Literal["payslips", "hmrc"]
"""Which side a cause says is wrong."""


LOOSE = frozenset(
    [
        "size",
        "extra",
        "usual",
        "unusual",
        "calendar",
        "border",
        "leaving",
        "code",
        "last",
        "sources",
        "period",
        "layout",
        "name",
        "no_payslips",
        "tax_agrees",
        "paye_about",
    ]
)
"""Kinds of fact that agree by their nature rather than to the penny."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One independent fact that supports a cause. Facts of one kind count once."""

    kind: str
    text: str


def weight(facts: Iterable[Fact]) -> int:
    """What facts weigh together: one that agrees to the penny twice as much as one that agrees by its nature."""
    return sum(1 if kind in LOOSE else 2 for kind in {fact.kind for fact in facts})


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An adjustment of the payslips' side by `pay` and `tax` pence, towards the basis.

    `changes` are the payslips whose pay and tax it changes, and by how much; `removes` those that it takes away. `elsewhere` are
    payslips of another row that it needs. Of two causes told together no two may touch one payslip.
    """

    cause: CauseName
    pay: int
    tax: int
    told: str
    facts: tuple[Fact, ...]
    remedy: str
    changes: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    removes: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    fills: tuple[date, ...] = ()
    """The empty pay days that it says are of missing payslips."""
    side: Side = "payslips"
    alone: bool = False
    """Whether its facts are too weak to tell it beside another cause, unless that one is well supported."""
    fitted: bool = False
    """Whether its amounts are whatever was left of a gap: that it closes the gap is then no evidence."""

    @property
    def slips(self) -> tuple[str, ...]:
        """The payslips concerned."""
        return (*self.changes, *self.removes, *self.elsewhere)

    @property
    def strength(self) -> int:
        """What its facts weigh."""
        return weight(self.facts)


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """A cause whose amounts are not known beforehand: `fit` takes what is left of a gap (pay, tax) and says whether that is plausible.

    Where `pay` is known it says so, and only the tax is open.
    """

    fit: Callable[[int, int], Candidate | None]
    pay: int | None = None


Proposal = Candidate | Open
Finder = Callable[[Case], Iterator[Proposal]]


def day(when: date) -> str:
    """A day as a person writes it: `26 May 2024`."""
    return f"{when.day} {when:%B %Y}"


def sterling(pence: int) -> str:
    """Pence as a person reads them: `£1,234.50`."""
    return pounds(from_pence(pence))


def payslips(count: int, one: str = "", many: str = "") -> str:
    """So many payslips, and what they do: `1 payslip prints`, `3 payslips print`."""
    return f"1 payslip {one}".rstrip() if count == 1 else f"{count} payslips {many}".rstrip()


def more_differ(count: int) -> str:
    """So many payslips beyond those told of: `1 more payslip differs`, `3 more payslips differ`."""
    return "1 more payslip differs" if count == 1 else f"{count} more payslips differ"


def listed(words: list[str], most: int = 6) -> str:
    """`a, b and c`; of a long list the first few and how many more."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
