"""A fact about the machine that may not be there to be had, and then says why."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact that was collected."""

    value: T
    note: str = ""
    """What was left out of it and why, in plain words; empty where nothing was."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that is not to be had: `why` completes "it cannot be collected here: …".

    With a `mend` it could be had, if the person did what the mend says; without one it truly cannot.
    """

    why: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.why}; {self.mend}" if self.mend else self.why


Fact = Known[T] | Unknown
