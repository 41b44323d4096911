"""P60s from CSV, JSON and PDF files, and from options: pay and tax in this employment, a refund negative."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from storage.clock import Clock
from storage.imports.conventions import CANONICAL, PRINTED
from storage.imports.csv_table import read_csv
from storage.imports.document import Document, read_document
from storage.imports.excerpt import excerpt
from storage.imports.fields import P60_FIELDS, Layout, read_cell, read_row
from storage.imports.identity import known_again, p60_id
from storage.imports.intake import Directions, Imported, description, kind_of, new_import_id
from storage.imports.json_table import read_json
from storage.imports.pdf_text import Page, pdf_pages, text_pages
from storage.imports.profile import Profile, recognising_profiles, shipped_profiles
from storage.imports.reading import Found, Reading
from storage.imports.table import Row, Table, decoded
from storage.money import plain
from storage.records import P60
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.ledger import Ledger

REQUIRED = ("tax_year", "employer", "pay", "income_tax")
_CONVENTIONS = replace(CANONICAL, signs=("minus", "r"))
"""As in the canonical files; a tax refund may be marked R, as the P60 has it."""
_AS_PRINTED = replace(PRINTED, signs=(*PRINTED.signs, "r"))
"""As a person copies it from paper."""
_STATUTORY = re.compile(r"(?i:in\s+this\s+employment)")


def read_p60s(content: bytes, name: str, today: date, directions: Directions | None = None) -> Reading[P60]:
    """The P60s of one file: CSV or JSON with the columns of `P60_FIELDS`, a PDF, or its text as it was copied. Raises `BadInput`."""
    given = directions or Directions()
    kind = kind_of(content, name)
    if kind == "pdf":
        pages = pdf_pages(content, name, given.password)
        own = [each for each in recognising_profiles(given.profiles, "p60") if any(each.knows(p) for p in pages)]
        return _from_pages(pages, name, today, given.profile or next(iter(own), None), given.constants)
    text = decoded(content, name)
    statutory = _STATUTORY.search(text) and "tax_year" not in text.lstrip().partition("\n")[0].casefold()
    if kind == "csv" and (given.profile or statutory):
        return _from_pages(text_pages(text, name), name, today, given.profile or _certificate(), given.constants)
    if given.profile:
        raise BadInput(f"{name}: --profile is for PDF and text; a JSON file names its columns itself")
    table = read_json(text, name, "p60s", P60_FIELDS) if kind == "json" else read_csv(text, name)
    return _from_table(table, today, kind, Layout(_CONVENTIONS, given.constants))


def p60_from_options(options: Mapping[str, str], today: date, called: Mapping[str, str] | None = None) -> P60:
    """A P60 that the person typed, by field; `called` is how each field's option is spelt. Raises `BadInput` naming the option."""
    called = called or {}
    values: dict[str, Any] = {}
    for field, text in options.items():
        try:
            values[field] = read_cell(text, P60_FIELDS[field], _AS_PRINTED, today)
        except ValueError as problem:
            raise BadInput(f"{called.get(field, field)}: {problem}") from None
    for required in REQUIRED:
        if values.get(required) is None:
            raise BadInput(f"{called.get(required, required)}: the value is missing; every P60 needs one")
    return _ended(_build(values, "typed"), today, "the P60")


def store_p60s(ledger: "Ledger", readings: list[Reading[P60]], clock: Clock) -> Imported:
    """Stores the P60s of `readings`, all or nothing; one that is already known changes nothing."""
    now = clock.now()
    stored = ledger.p60s()
    known = {p60.id: p60 for p60 in stored}
    p60s: dict[str, P60] = {}
    for reading in readings:
        for p60 in known_again(reading.records, [*p60s.values(), *stored], _figures):
            p60s[p60.id] = replace(_completed(p60, p60s.get(p60.id) or known.get(p60.id)), imported_at=now)
    import_id = new_import_id(clock, list(p60s))
    notes = [note for reading in readings for note in reading.notes]
    notes += _rivals(list(p60s.values()), stored)
    added = ledger.add_p60s(p60s.values(), import_id=import_id, description=description("P60s", readings))
    return Imported(import_id, added.new, added.known, added.changed, tuple(notes), ())


def _figures(p60: P60) -> tuple[object, ...]:
    return (p60.tax_year, p60.pay, p60.income_tax)


def _completed(p60: P60, known: P60 | None) -> P60:
    """A P60 that is stored already keeps what this file does not say of it."""
    missing = {name: getattr(known, name) for name in P60_FIELDS if getattr(p60, name) is None} if known else {}
    return replace(p60, **missing)


def p60_fields(p60: P60) -> dict[str, str | None]:
    """A P60 by canonical column, as the files have it; None where it is not known."""
    written: dict[str, str | None] = {}
    for field, kind in P60_FIELDS.items():
        value = getattr(p60, field)
        written[field] = plain(value) if kind == "amount" else (None if value is None else str(value))
    return written


def _from_table(table: Table, today: date, kind: str, layout: Layout) -> Reading[P60]:
    have = table.columns.keys() | layout.constants.keys()
    if "pay_date" in have and "pay" not in have:
        raise BadInput(f"{table.name}: these are payslips; import them with: hmrc-tui payslips import {table.name}")
    for required in REQUIRED:
        if required not in have:
            raise BadInput(f"{table.name}: the column {required} is missing; a P60 needs {', '.join(REQUIRED)}")
    notes = tuple(
        f"{table.name}: the column {excerpt(spelt)} is not one of ours and was left out"
        for column, spelt in table.columns.items()
        if column not in P60_FIELDS and column not in {"id", "source", "imported_at"}
    )
    return Reading(table.name, kind, tuple(_p60(table, row, today, layout) for row in table.rows), notes)


def _p60(table: Table, row: Row, today: date, layout: Layout) -> P60:
    values = read_row(table, row, P60_FIELDS, layout, today)
    for required in REQUIRED:
        if required not in values:
            raise table.trouble(row, required, "the value is missing; every P60 needs one")
    return _ended(_build(values, table.name), today, f"{table.name}: {table.row_word} {row.number}")


def _build(values: Mapping[str, Any], source: str) -> P60:
    identity = p60_id(
        values["employer"], values.get("employer_paye_ref"), values["tax_year"], values["pay"], values["income_tax"]
    )
    return P60(id=identity, source=source, **values)


def _ended(p60: P60, today: date, where: str) -> P60:
    if p60.tax_year.ends > today:
        raise BadInput(
            f"{where}: the tax year {p60.tax_year} has not ended, so there is no P60 for it; correct the year"
        )
    return p60


def _rivals(p60s: list[P60], stored: list[P60]) -> list[str]:
    """A note where another P60 of the same employment and year is stored: one of them may be superseded."""
    return [
        f"another P60 of {p60.employer} for {p60.tax_year} is stored, with pay {plain(other.pay)} and tax "
        f"{plain(other.income_tax)}; if this one replaces it, run: hmrc-tui p60 remove {other.id}"
        for p60 in p60s
        for other in stored
        if other.id != p60.id and other.tax_year == p60.tax_year and _employment(other) == _employment(p60)
    ]


def _employment(p60: P60) -> str:
    from storage.employers import employer_key

    return p60.employer_paye_ref or employer_key(p60.employer)


@dataclass(frozen=True, slots=True)
class _Attempt:
    p60: P60 | None
    document: Document


def _certificate() -> Profile:
    return next(each for each in shipped_profiles() if each.keys.kind == "p60")


def _from_pages(
    pages: Sequence[Page], name: str, today: date, profile: Profile | None, constants: Mapping[str, str]
) -> Reading[P60]:
    chosen = profile or _certificate()
    if chosen.keys.kind != "p60":
        raise BadInput(f"{chosen.name} is a profile for payslips; a P60 needs another, or none at all")
    if profile is None and not any(chosen.knows(page) for page in pages):
        raise BadInput(f"{name}: this is not a P60; a payslip is imported with: hmrc-tui payslips import {name}")
    given = chosen.filled(constants)
    p60s: list[P60] = []
    found: list[Found] = []
    incomplete: Document | None = None
    for page in pages:
        attempt = _attempt(page, name, given, today)
        if attempt.p60:
            p60s.append(_ended(attempt.p60, today, f"{name}: page {page.number}"))
            found += attempt.document.found
        elif incomplete is None and chosen.knows(page):
            incomplete = attempt.document
    if incomplete is not None or not p60s:
        missing = [required for required in REQUIRED if incomplete is None or required not in incomplete.values]
        way_on = "type its figures with: hmrc-tui p60 add, or write a profile (docs/importing.md)"
        if missing == ["employer"]:
            way_on = "give it with --employer NAME"
        raise BadInput(f"{name}: this P60's layout gives no {' and no '.join(missing)}; {way_on}")
    return Reading(name, chosen.name, tuple(p60s), (), tuple(found))


def _attempt(page: Page, name: str, profile: Profile, today: date) -> _Attempt:
    """The P60 on a page, by whichever of the profile's ways to read its text finds the required fields."""
    best: Document | None = None
    for mode in profile.keys.text:
        document = read_document(page.text(mode), page.number, name, profile, P60_FIELDS, today)
        if all(required in document.values for required in REQUIRED):
            return _Attempt(_build(document.values, name), document)
        if best is None or len(document.values) > len(best.values):
            best = document
    return _Attempt(None, best or Document({}, ()))
