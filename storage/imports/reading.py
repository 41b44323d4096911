"""What reading a file gives: records, notes for the person, and where each value was found; and how readings are joined."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from storage.imports.identity import known_again
from storage.records import P60, Payment, Payslip
from storage.troubles import BadInput

Record = TypeVar("Record", Payslip, P60, Payment)


@dataclass(frozen=True, slots=True)
class Found:
    """One value and where it stood: the label before it, the page, and the line of text, identifiers masked."""

    field: str
    value: str
    label: str
    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[Record]):
    """Everything that one file holds. `layout` is how it was read: `csv`, `json`, or the profile's name."""

    name: str
    layout: str
    records: tuple[Record, ...]
    notes: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()


def joined(readings: Sequence[Reading[Payslip]]) -> tuple[list[Payslip], list[str]]:
    """The distinct slips of several files in order, and a note for each that stood there twice.

    Raises `BadInput` where one `source_id` stands for slips with different figures: one of them would be lost.
    """
    kept: dict[str, Payslip] = {}
    notes: list[str] = []
    for reading in readings:
        for slip in known_again(reading.records, list(kept.values()), figures):
            known = kept.setdefault(slip.id, slip)
            if known is slip:
                continue
            if slip.source_id and core(known) != core(slip):
                raise BadInput(
                    f"{reading.name}: source_id {slip.source_id!r} stands for two payslips with different figures "
                    f"({known.pay_date} and {slip.pay_date}); give every payslip a source_id of its own, or none"
                )
            notes.append(
                f"{reading.name}: the payslip of {slip.pay_date} from {slip.employer} appears there twice; kept once"
            )
    return list(kept.values()), notes


def figures(slip: Payslip) -> Hashable:
    """What two slips of one employer must share to be one: what their ids are made of, beside the employer."""
    if slip.source_id:
        return slip.id
    pay = slip.gross_pay if slip.taxable_pay is None else slip.taxable_pay
    return (slip.pay_date, slip.taxable_pay is None, pay, slip.income_tax, slip.net_pay)


def core(slip: Payslip) -> tuple[object, ...]:
    """The figures by which a slip without a `source_id` is known."""
    return (slip.pay_date, slip.gross_pay, slip.taxable_pay, slip.income_tax, slip.net_pay)
