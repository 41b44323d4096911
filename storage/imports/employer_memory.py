"""Which PAYE reference an employer's name stands for, from all that the ledger has seen, remembered once it was clear."""

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from storage.employers import PayeReference, employer_key
from storage.records import TaxYear

if TYPE_CHECKING:
    from storage.ledger import Ledger

_NOTE = "employer_references"


class EmployerMemory:
    """Answers by an employer's name. A name that stands for two references is never guessed."""

    def __init__(self, seen: dict[tuple[str, TaxYear], set[PayeReference]], remembered: dict[str, str]) -> None:
        self._by_year = seen
        self._by_name: dict[str, set[PayeReference]] = defaultdict(set)
        for (name, _), references in seen.items():
            self._by_name[name] |= references
        for name, reference in remembered.items():
            self._by_name[name].add(PayeReference(reference))

    def reference(self, employer: str, tax_year: TaxYear) -> PayeReference | None:
        """The one reference that `employer` has in `tax_year`, else the one it has in any year, else None."""
        name = employer_key(employer)
        for references in (self._by_year.get((name, tax_year), set()), self._by_name.get(name, set())):
            if references:
                return next(iter(references)) if len(references) == 1 else None
        return None

    def clear_names(self) -> dict[str, str]:
        """Every name that stands for one reference."""
        return {name: str(next(iter(found))) for name, found in sorted(self._by_name.items()) if len(found) == 1}


def employer_memory(ledger: "Ledger", *, but_not: str) -> EmployerMemory:
    """What HMRC's figures, payslips, P60s and payments say of employers' names, and what was remembered of them.

    `but_not` is the source whose own records are no evidence. What is clear is remembered for when its evidence is gone.
    """
    seen: dict[tuple[str, TaxYear], set[PayeReference]] = defaultdict(set)
    for snapshot in ledger.snapshots():
        if snapshot.employer_name:
            seen[employer_key(snapshot.employer_name), snapshot.tax_year].add(snapshot.employer_paye_ref)
    for record in (*ledger.payslips(), *ledger.p60s(), *ledger.payments()):
        if record.employer and record.employer_paye_ref and record.source != but_not:
            seen[employer_key(record.employer), record.tax_year].add(record.employer_paye_ref)
    before = ledger.note(_NOTE)
    memory = EmployerMemory(seen, msgspec.json.decode(before or "{}", type=dict[str, str]))
    now = msgspec.json.encode(memory.clear_names()).decode()
    if now != (before or "{}"):
        ledger.keep_note(_NOTE, now)
    return memory
