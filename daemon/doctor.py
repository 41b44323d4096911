"""Examines everything that can be wrong with an installation, each in one line with its mend. Nothing personal is said."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from storage.clock import Clock
from storage.configuration import Configuration
from storage.places import Places
from storage.troubles import Trouble

if TYPE_CHECKING:
    from storage.ledger import Ledger
    from storage.settings import Settings

PATIENCE_SECONDS = 3.5
"""For how long all examinations together are waited for: HMRC, Postgres and Vault may be anywhere."""
State = Literal["ok", "warning", "problem", "unused"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined: how it stands, and what to do where it does not stand well."""

    name: str
    state: State
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined."""

    configuration: Configuration
    places: Places
    clock: Clock
    open_ledger: Callable[[], "Ledger"]

    @property
    def settings(self) -> "Settings":
        """The settings in force."""
        return self.configuration.settings


@dataclass(frozen=True, slots=True)
class Examination:
    """What is looked at, under its name, and what to do where nothing answers."""

    name: str
    look: Callable[[Patient], Iterable[Finding]]
    mend: str = "run hmrc-tui doctor again"


def examine(
    patient: Patient, examinations: Sequence[Examination], patience: float = PATIENCE_SECONDS
) -> Iterator[Finding]:
    """Every finding, in the order of the examinations; within `patience` seconds, since all look at once.

    What cannot be examined, or does not answer in time, is itself a problem.
    """
    deadline = time.monotonic() + patience
    looking = [_Looking(examination, patient) for examination in examinations]
    for one in looking:
        one.start()
    for one in looking:
        yield from one.findings_by(deadline, patience)


@dataclass(slots=True)
class _Looking:
    """An examination under way, in a thread that ends with the process."""

    examination: Examination
    patient: Patient
    _found: list[Finding] = field(default_factory=list[Finding])
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._look, name=f"doctor {self.examination.name}", daemon=True).start()

    def _look(self) -> None:
        name = self.examination.name
        try:
            self._found.extend(self.examination.look(self.patient))
        except Trouble as trouble:
            self._found.append(Finding(name, "problem", str(trouble)))
        except Exception as fault:  # noqa: BLE001 - one examination that fails must not hide the others
            self._found.append(Finding(name, "problem", f"could not be examined ({type(fault).__name__})"))
        finally:
            self._over.set()

    def findings_by(self, deadline: float, patience: float) -> Iterator[Finding]:
        if self._over.wait(max(deadline - time.monotonic(), 0.0)):
            yield from self._found
        else:
            mend = self.examination.mend
            yield Finding(self.examination.name, "problem", f"no answer within {patience:g} seconds", mend)
