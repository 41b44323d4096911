"""From files to the ledger: reads every file before anything is stored, checks the payslips, and stores them in one go."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from storage.clock import Clock, london_date
from storage.imports.checks import checked
from storage.imports.fields import PAYSLIP_FIELDS, Layout
from storage.imports.identity import known_again, same_employer
from storage.imports.reading import Reading, Record, core, figures, joined
from storage.records import Payslip
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.imports.mapping import Mapping as ColumnMapping
    from storage.imports.profile import Profile
    from storage.ledger import Ledger

PasswordOf = Callable[[str], Iterable[str]]
"""The passwords to try for the file of a name, one after the other."""


def no_password(name: str) -> Iterable[str]:  # noqa: ARG001 - the name is for those who ask
    """Answers that there is no password: nobody can be asked."""
    return ()


@dataclass(frozen=True, slots=True)
class Directions:
    """What the person said about the files: a mapping or a profile, values the files lack, and who knows a password.

    Where no profile is named, those in the folder `profiles` are tried before the shipped ones.
    """

    mapping: "ColumnMapping | None" = None
    profile: "Profile | None" = None
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    password: PasswordOf = no_password
    profiles: Path | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: how many records were new, known, and known with other values; notes; the new slips."""

    import_id: str
    new: int
    known: int
    changed: int
    notes: tuple[str, ...]
    payslips: tuple[Payslip, ...]


def read_payslips(content: bytes, name: str, today: date, directions: Directions | None = None) -> Reading[Payslip]:
    """The payslips of one file, whichever of the known kinds it is. Raises `BadInput`."""
    from storage.imports.payslip_table import payslips_from

    given = directions or Directions()
    kind = kind_of(content, name)
    if kind == "pdf":
        from storage.imports.pdf_payslips import read_pdf_payslips
        from storage.imports.profile import recognising_profiles

        if given.mapping:
            raise BadInput(f"{name}: --mapping is for CSV and JSON; for a PDF name a profile with --profile")
        own = recognising_profiles(given.profiles, "payslip")
        return read_pdf_payslips(content, name, today, given.profile, own, given.constants, given.password)
    if given.profile and kind == "csv":
        from storage.imports.pdf_payslips import read_copied_payslips
        from storage.imports.table import decoded

        return read_copied_payslips(decoded(content, name), name, today, given.profile, given.constants)
    if given.profile:
        raise BadInput(f"{name}: --profile is for PDF and text; for JSON name a mapping file with --mapping")
    if given.mapping:
        table = given.mapping.json(content, name) if kind == "json" else given.mapping.csv(content, name)
        layout = replace(given.mapping.layout, constants={**given.mapping.layout.constants, **given.constants})
        return payslips_from(table, today, given.mapping.name, layout)
    from storage.imports.csv_table import read_csv
    from storage.imports.json_table import read_json
    from storage.imports.table import decoded

    text = decoded(content, name)
    table = read_json(text, name, "payslips", PAYSLIP_FIELDS) if kind == "json" else read_csv(text, name)
    return payslips_from(table, today, kind, Layout(constants=given.constants))


def kind_of(content: bytes, name: str) -> str:
    """`pdf`, `json` or `csv`, by what the file holds. Raises `BadInput` for a spreadsheet or a picture."""
    start = content[:1024].lstrip()
    if b"%PDF-" in start:
        return "pdf"
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise BadInput(f"{name}: this is a web page, perhaps one that asks to sign in; download the file itself")
    if name.lower().endswith(".pdf") and start:
        raise BadInput(f"{name}: this is not a PDF, whatever its name says; download it again")
    for magic, what in _STRANGERS.items():
        if content.startswith(magic):
            raise BadInput(f"{name}: this is {what}; nothing was imported")
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}:
        return "json"
    return "json" if name.lower().endswith(".json") and start else "csv"


_STRANGERS = {
    b"PK\x03\x04": "a spreadsheet or a ZIP archive; save the sheet as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet or document; save it as CSV (UTF-8)",
    b"\x89PNG": "a picture, and there is no text in it to read; type the figures into a CSV file",
    b"\xff\xd8\xff": "a picture, and there is no text in it to read; type the figures into a CSV file",
    b"\x1f\x8b": "a compressed file; unpack it first",
}


def prepared(readings: Sequence[Reading[Payslip]], stored: Sequence[Payslip]) -> tuple[list[Payslip], list[str]]:
    """The distinct slips of `readings` with their warnings, in the light of what is stored, and notes for the person.

    A slip that is stored already keeps what these files do not say of it.
    """
    slips, notes = joined(readings)
    slips = known_again(slips, stored, figures)
    known = {slip.id: slip for slip in stored}
    for slip in slips:
        if slip.id in known and core(known[slip.id]) != core(slip):
            notes.append(
                f"{slip.source}: the payslip of {slip.pay_date} is stored with other figures; these replace them"
            )
    slips = [_completed(slip, known.get(slip.id)) for slip in slips]
    notes += _doubtful(slips, stored)
    fresh = {slip.id for slip in slips}
    warned = checked([*(slip for slip in stored if slip.id not in fresh), *slips])
    return [slip for slip in warned if slip.id in fresh], [
        *(note for reading in readings for note in reading.notes),
        *notes,
    ]


def _completed(slip: Payslip, known: Payslip | None) -> Payslip:
    if known is None:
        return slip
    missing = {name: getattr(known, name) for name in PAYSLIP_FIELDS if getattr(slip, name) is None}
    return replace(slip, **missing)


def _doubtful(slips: Sequence[Payslip], stored: Sequence[Payslip]) -> list[str]:
    """A note for each new slip that may be a stored one: nothing in the two speaks against it, but their ids differ."""
    known = {slip.id for slip in stored}
    days: dict[object, list[Payslip]] = defaultdict(list)
    for slip in stored:
        days[slip.pay_date, slip.taxable_pay or slip.gross_pay].append(slip)
    notes: list[str] = []
    for slip in slips:
        twins = (each for each in days[slip.pay_date, slip.taxable_pay or slip.gross_pay] if _agree(slip, each))
        if slip.id not in known and (twin := next(twins, None)):
            notes.append(
                f"{slip.source}: the payslip of {slip.pay_date} looks like one that is stored from {twin.source}; "
                f"if it is the same, run: hmrc-tui payslips remove {slip.id}"
            )
    return notes


def _agree(slip: Payslip, other: Payslip) -> bool:
    if not same_employer(slip, other):
        return False
    if slip.source_id and other.source_id and slip.source == other.source:
        return False
    pairs = [(slip.income_tax, other.income_tax), (slip.net_pay, other.net_pay)]
    return all(one is None or two is None or one == two for one, two in pairs)


def store_payslips(ledger: "Ledger", readings: Sequence[Reading[Payslip]], clock: Clock) -> Imported:
    """Stores the slips of `readings`, all or nothing; a slip that is already known changes nothing."""
    stored = ledger.payslips()
    slips, notes = prepared(readings, stored)
    now = clock.now()
    slips = [replace(slip, imported_at=now) for slip in slips]
    import_id = new_import_id(clock, [slip.id for slip in slips])
    added = ledger.add_payslips(slips, import_id=import_id, description=description("payslips", readings))
    known = {slip.id for slip in stored}
    new = tuple(slip for slip in slips if slip.id not in known)
    return Imported(import_id, added.new, added.known, added.changed, tuple(notes), new)


def description(what: str, readings: Sequence[Reading[Record]]) -> str:
    """What an import was, for the list of imports: `payslips from april.csv, may.csv`."""
    names = [reading.name for reading in readings]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{what} from {', '.join(names[:3])}{more}"


def new_import_id(clock: Clock, ids: Sequence[str]) -> str:
    """A name for one import: its day and a few letters, short enough to type."""
    digest = hashlib.sha256("\x1f".join([clock.now().isoformat(), *ids]).encode()).hexdigest()
    return f"{london_date(clock.now()):%Y%m%d}-{digest[:8]}"
