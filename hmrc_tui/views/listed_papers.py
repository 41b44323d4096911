"""Which papers the Payslips tab lists: those that were read, of the open kind, and of these those that the list is narrowed to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hmrc_tui.views.papers import PAPERS, Kind, Paper
from hmrc_tui.views.pieces import Item
from storage.records import Payslip


@dataclass(frozen=True, slots=True)
class Behind:
    """The papers behind a row of the Overview: what the row is called, and their ids of each kind."""

    row: str
    ids: Mapping[Kind, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """To what the list is narrowed beside its filter."""

    behind: Behind | None = None
    warned: bool = False
    """Whether to payslips with a warning."""

    @property
    def said(self) -> str:
        """What it is narrowed to, as it ends "12 shown …"."""
        return f"of {self.behind.row}" if self.behind else "with a warning" if self.warned else ""

    def without_warned(self) -> "Narrowing":
        """The same whether a payslip has a warning or not."""
        return replace(self, warned=False)

    def holds(self, kind: Kind, paper: Paper) -> bool:
        """Whether `paper`, of that kind, is among what is left."""
        if self.behind is not None and paper.id not in self.behind.ids[kind]:
            return False
        return not self.warned or (isinstance(paper, Payslip) and bool(paper.warnings))


ALL = Narrowing()


@dataclass(frozen=True, slots=True)
class PapersRead:
    """All papers at one moment by kind and id, and the rows that list them."""

    papers: Mapping[Kind, Mapping[str, Paper]]
    items: Mapping[Kind, Sequence[Item]]

    @classmethod
    def of(cls, found: Mapping[Kind, Sequence[Paper]]) -> "PapersRead":
        """Makes the rows too, which takes its time: belongs in a thread."""
        return cls(
            {kind: {paper.id: paper for paper in papers} for kind, papers in found.items()},
            {kind: PAPERS[kind].items(papers) for kind, papers in found.items()},
        )

    def of_kind(self, kind: Kind, narrowing: Narrowing) -> list[Paper]:
        """The papers of a kind that are left."""
        return [paper for paper in self.papers[kind].values() if narrowing.holds(kind, paper)]

    def listed(self, kind: Kind, narrowing: Narrowing) -> list[Item]:
        """The rows of those, as they were sorted."""
        papers = self.papers[kind]
        return [item for item in self.items[kind] if narrowing.holds(kind, papers[item.key])]

    def counts(self, narrowing: Narrowing) -> Mapping[Kind, int]:
        """How many papers of each kind are left."""
        return {kind: len(self.of_kind(kind, narrowing)) for kind in self.papers}
