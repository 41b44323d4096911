"""Brings files and pasted text into the ledger: what each holds is recognised, and all are read before anything is stored. Blocks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hmrc_tui import words
from storage.clock import Clock, london_date
from storage.places import from_home
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.imports.intake import Imported
    from storage.imports.reading import Reading
    from storage.imports.recognise import Holds
    from storage.ledger import Ledger
    from storage.records import P60, PayeReference, Payment, Payslip

SUFFIXES = frozenset({".csv", ".json", ".pdf", ".txt", ".tsv"})
"""What is taken from a folder; whatever is named itself is looked at whatever its name."""
_NOUNS: Mapping[Holds, str] = {"payslips": "payslip", "p60s": "P60", "payments": "payment"}
PASTED = "the pasted table"


class PasswordNeeded(BadInput):
    """A PDF is protected; `name` is whose password to ask for."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


class EmployerNeeded(BadInput):
    """A payment table does not say whose payments it shows."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import did, in a line, and what the person should know besides."""

    said: str
    import_ids: frozenset[str]
    holds: tuple[Holds, ...]
    """The kinds of papers that came in."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the files and is not stored yet; each payment table is an import of its own."""

    payslips: list[Reading[Payslip]]
    p60s: list[Reading[P60]]
    tables: list[Reading[Payment]]


def files_named(name: str) -> list[Path]:
    """The files that a person means: one, or everything that can be imported in a folder. Raises `BadInput`."""
    place = from_home(name.strip())
    try:
        if not place.is_dir():
            return [place]
        found = sorted(file for file in place.iterdir() if file.is_file() and file.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise BadInput(f"{place}: {os.strerror(error.errno or 0)}; name what can be read") from None
    if not found:
        raise BadInput(f"{place}: no CSV, JSON, PDF or text file is in this folder; name another")
    return found


def bring_in(
    ledger: Ledger,
    clock: Clock,
    files: Iterable[Path],
    *,
    password: str = "",
    employer: Mapping[str, str] | None = None,
    profiles: Path | None = None,
) -> Brought:
    """Stores what the files hold, payslips, P60s and payments each as one import; a file that cannot be read stops it all.

    The person's own profiles of PDFs in the folder `profiles` come before the shipped ones.

    Raises `PasswordNeeded` where a PDF wants (another) password, `EmployerNeeded`, `BadInput`, `StorageTrouble`.
    """
    from storage.imports.file_content import file_content, shown_name

    contents = [(file_content(file), shown_name(file)) for file in files]
    return _brought(ledger, clock, contents, password, employer, profiles)


def bring_in_table(ledger: Ledger, clock: Clock, text: str, *, employer: Mapping[str, str] | None = None) -> Brought:
    """Stores HMRC's payment table, pasted from the tax account. `employer` is empty where the person cannot say. Raises as `bring_in`."""
    from storage.imports.payment_table import read_payment_table

    reading = read_payment_table(text.encode(), PASTED, london_date(clock.now()), employer or {})
    return _stored(ledger, clock, _Read([], [], [reading]), employer)


def employers(ledger: Ledger) -> list[tuple[PayeReference | None, str]]:
    """Who the person's employers are, by their payslips, the latest first. Blocks."""
    latest = sorted(ledger.payslips(), key=lambda slip: slip.pay_date, reverse=True)
    return list(
        {slip.employer_paye_ref or slip.employer: (slip.employer_paye_ref, slip.employer) for slip in latest}.values()
    )


def _brought(
    ledger: Ledger,
    clock: Clock,
    contents: Sequence[tuple[bytes, str]],
    password: str,
    employer: Mapping[str, str] | None,
    profiles: Path | None,
) -> Brought:
    from storage.imports.intake import Directions, read_payslips
    from storage.imports.p60s import read_p60s
    from storage.imports.payment_table import read_payment_table
    from storage.imports.recognise import recognised

    today = london_date(clock.now())
    asked: list[str] = []

    def knows(name: str) -> Iterable[str]:
        asked.append(name)
        return [password] if password else []

    directions = Directions(password=knows, profiles=profiles)
    read = _Read([], [], [])
    for content, name in contents:
        asked.clear()
        try:
            holds = recognised(content, name, knows, profiles)
        except BadInput as trouble:
            if asked:
                raise PasswordNeeded(name, str(trouble)) from None
            raise
        if holds == "payslips":
            read.payslips.append(read_payslips(content, name, today, directions))
        elif holds == "p60s":
            read.p60s.append(read_p60s(content, name, today, directions))
        else:
            read.tables.append(read_payment_table(content, name, today, employer or {}))
    return _stored(ledger, clock, read, employer)


def _stored(ledger: Ledger, clock: Clock, read: _Read, employer: Mapping[str, str] | None) -> Brought:
    from storage.imports.intake import store_payslips
    from storage.imports.p60s import store_p60s
    from storage.imports.payment_table import store_payments

    payments = (payment for table in read.tables for payment in table.records)
    if employer is None and any(not (one.employer or one.employer_paye_ref) for one in payments):
        raise EmployerNeeded("the table does not say whose payments it shows")
    done: list[tuple[Holds, Imported]] = []
    if read.payslips:
        done.append(("payslips", store_payslips(ledger, read.payslips, clock)))
    if read.p60s:
        done.append(("p60s", store_p60s(ledger, read.p60s, clock)))
    for each in read.tables:
        done.append(("payments", store_payments(ledger, each, clock)))  # noqa: PERF401 - a list of pairs would lose their type
    return Brought(
        "; ".join(_said(_NOUNS[holds], each) for holds, each in done),
        frozenset(each.import_id for _, each in done),
        tuple(holds for holds, _ in done),
        tuple(note for _, each in done for note in each.notes),
    )


def _said(noun: str, done: Imported) -> str:
    changed = f", {done.changed} with other values now" if done.changed else ""
    return f"{words.plural(done.new, f'new {noun}')}, {done.known} known already{changed}"
