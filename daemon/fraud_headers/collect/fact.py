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
    """A fact that cannot be collected here: `why` completes "it cannot be collected: …"."""

    why: str


Fact = Known[T] | Unknown
