"""Payslips from PDF files: every page that is a payslip, read by the profile that fits."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from storage.imports.checks import misread, with_amounts_behind, with_plain_deductions
from storage.imports.columns import Headings
from storage.imports.document import Document, read_document
from storage.imports.fields import PAYSLIP_FIELDS
from storage.imports.payslip_table import PAY, REQUIRED, build_payslip
from storage.imports.pdf_text import Page, TextMode, pdf_pages, text_pages
from storage.imports.profile import Profile, shipped_profiles
from storage.imports.reading import Found, Reading
from storage.records import Payslip
from storage.troubles import BadInput

_DIGITS = re.compile(r"\d+")
_P45 = re.compile(r"\bP45\b[^\n]*\n?[^\n]*(?:Part 1|leaving work)|(?i:details of employee leaving work)")


class Incomplete(BadInput):
    """A layout of which a profile found something, and not enough. `found` is what it found, `missing` how many fields it lacks."""

    def __init__(self, message: str, found: Sequence[Found], missing: int) -> None:
        super().__init__(message)
        self.found = tuple(found)
        self.missing = missing


def read_pdf_payslips(
    content: bytes,
    name: str,
    today: date,
    profile: Profile | None,
    own: Sequence[Profile],
    constants: Mapping[str, str],
    password: Callable[[str], Iterable[str]],
) -> Reading[Payslip]:
    """The payslips of a PDF: by `profile`, else by the first of the person's `own` that knows the layout, or of the shipped ones.

    `constants` stand in where the PDF does not print a field. Raises `BadInput` where the file is a P60 or P45, a scan, of no
    known layout, or a page of it cannot be read to the end.
    """
    _require_payslips(profile)
    pages = pdf_pages(content, name, password)
    shipped = shipped_profiles()
    certificate = next(each for each in shipped if each.keys.kind == "p60")
    certificates = [page.number for page in pages if certificate.knows(page)]
    slips = [page for page in pages if page.number not in certificates]
    profile = profile or next((each for each in own if any(each.knows(page) for page in pages)), None)
    candidates = [profile] if profile else [each for each in shipped if each.keys.kind == "payslip"]
    try:
        reading = _by_one_of(candidates, slips, name, today, constants, chosen=profile is not None)
    except BadInput:
        if certificates:
            raise BadInput(
                f"{name}: this is a P60, not a payslip; import it with: hmrc-tui p60 import {name}"
            ) from None
        if any(_P45.search(text) for page in pages for text in page.texts):
            raise BadInput(f"{name}: this is a P45, not a payslip; import the payslips of that job instead") from None
        raise
    told = [f"{name}: page {number} is a P60; import it with: hmrc-tui p60 import {name}" for number in certificates]
    return replace(reading, notes=(*reading.notes, *told))


def read_copied_payslips(
    text: str, name: str, today: date, profile: Profile, constants: Mapping[str, str]
) -> Reading[Payslip]:
    """The payslips of a text that was copied out of a document, by `profile`. Raises `BadInput` as a PDF would."""
    _require_payslips(profile)
    return _by_one_of([profile], text_pages(text, name), name, today, constants, chosen=True)


def _require_payslips(profile: Profile | None) -> None:
    if profile and profile.keys.kind != "payslip":
        raise BadInput(f"{profile.name} is a profile for P60s; payslips need another, or none at all")


def _by_one_of(
    candidates: Sequence[Profile],
    pages: Sequence[Page],
    name: str,
    today: date,
    constants: Mapping[str, str],
    *,
    chosen: bool,
) -> Reading[Payslip]:
    """What the first profile that can read the pages makes of them: of its ways to take the text, the one that finds most.

    Raises what the most successful attempt lacked.
    """
    problems: list[BadInput] = []
    for candidate in candidates if pages else ():
        if not chosen and not any(candidate.knows(page) for page in pages):
            continue
        given = candidate.filled(constants)
        readings: list[Reading[Payslip]] = []
        same = all(page.plain == page.layout for page in pages)
        for mode in candidate.keys.text[:1] if same else candidate.keys.text:
            try:
                readings.append(_read(pages, name, today, given, mode, chosen=chosen))
            except BadInput as refusal:
                problems.append(refusal)
        if readings:
            return max(readings, key=lambda reading: len(reading.found))
    if problems:
        raise min(problems, key=lambda problem: problem.missing if isinstance(problem, Incomplete) else 1)
    raise BadInput(
        f"{name}: no profile knows this layout; see its text with: hmrc-tui payslips text {name}, "
        "write a profile (docs/importing.md) and name it with --profile"
    )


def _read(
    pages: Sequence[Page], name: str, today: date, profile: Profile, mode: TextMode, *, chosen: bool
) -> Reading[Payslip]:
    pages = [part for page in pages for part in _slips_of(page, profile)]
    read = [_document(page, name, today, profile, mode) for page in pages]
    together = _going_on(pages, read)
    if len(together) < len(pages):
        pages = [_one_page(each) for each in together]
        read = [_document(page, name, today, profile, mode) for page in pages]
    with_pay = [any(pay in document.values for pay in PAY) for document in read]
    documents = [document for document, pay in zip(read, with_pay, strict=True) if pay]
    left_out = [page.number for page, pay in zip(pages, with_pay, strict=True) if not pay]
    if len(pages) > 1 and all(_missing(document) for document in documents):
        documents, left_out = [_document(_one_page(pages), name, today, profile, mode)], []
    for document in documents or read[:1]:
        if missing := _missing(document):
            raise Incomplete(f"{name}: {_mend(missing, document, profile)}", document.found, len(missing))
    slips = [_built(document, name, profile, chosen=chosen) for document in documents]
    upright = [with_plain_deductions(slip) for slip in slips]
    for slip in upright:
        if not chosen and (contradiction := misread(slip)):
            raise BadInput(
                f"{name}: {slip.pay_date}: {contradiction}; look at it with --dry-run, and if it is right all the same, "
                f"name the profile: --profile {profile.name}"
            )
    notes = [f"{name}: page {number} is not a payslip and was left out" for number in left_out]
    if slips != upright:
        notes.append(f"{name}: deductions are printed with a minus there; they count as deductions, not as refunds")
    found = tuple(each for document in documents for each in document.found)
    return Reading(name, profile.name, tuple(upright), tuple(notes), found)


def _built(document: Document, name: str, profile: Profile, *, chosen: bool) -> Payslip:
    """The payslip of one page. Raises `BadInput` where amounts without a heading may be units or percentages, unless the profile was `chosen`."""
    slip = build_payslip(dict(document.values), name)
    told = with_amounts_behind(slip, document.behind)
    if told is None and not chosen:
        raise BadInput(
            f"{name}: {slip.pay_date}: two amounts each are beside {' and '.join(document.behind)}, no heading tells which is this period's, "
            f"and the payslip does not add up with the first; name the headings in [columns] of a profile (docs/importing.md), "
            f"or if the first are right all the same, name the profile: --profile {profile.name}"
        )
    return told or slip


def _document(page: Page, name: str, today: date, profile: Profile, mode: TextMode) -> Document:
    """One page's fields. Where it has headings for its columns, its text is taken with the columns in their places."""
    headings = Headings(page.layout, profile.keys.columns, profile.labels)
    text = page.layout if headings else page.text(mode)
    return read_document(text, page.number, name, profile, PAYSLIP_FIELDS, today, headings)


def _slips_of(page: Page, profile: Profile) -> list[Page]:
    """The payslips that stand below one another on a page: each begins with a line like the first, and has a pay date of its own."""
    if len(_pay_dates(page, profile)) < 2:
        return [page]
    rows = page.layout.strip("\n").split("\n")
    starts = [number for number, row in enumerate(rows) if _shape(row) == _shape(rows[0])]
    texts = ["\n".join(rows[start:end]) for start, end in pairwise([*starts, len(rows)])]
    parts = [Page(page.number, text, text) for text in texts]
    dates = [_pay_dates(part, profile) for part in parts]
    apart = all(len(each) == 1 for each in dates) and len(set[str]().union(*dates)) == len(parts)
    return parts if apart else [page]


def _shape(row: str) -> str:
    """A line without what differs from one payslip to the next."""
    return " ".join(_DIGITS.sub("0", row).split())


def _pay_dates(page: Page, profile: Profile) -> set[str]:
    """The pay dates on a page as they are printed, at the first place that has any."""
    for place in (place for rule in profile.rules if rule.field == "pay_date" for place in rule.places):
        for occurrences in place.occurrences(page.layout, profile.labels):
            return {each.match["value"] for each in occurrences}
    return set()


def _going_on(pages: Sequence[Page], documents: Sequence[Document]) -> list[list[Page]]:
    """The pages of each payslip: one with amounts and no pay date goes on from a page with one."""
    together: list[list[Page]] = []
    dated = False
    for page, document in zip(pages, documents, strict=True):
        goes_on = "pay_date" not in document.values and any(
            PAYSLIP_FIELDS[each] == "amount" for each in document.values
        )
        if goes_on and dated:
            together[-1].append(page)
        else:
            together.append([page])
            dated = "pay_date" in document.values
    return together


def _one_page(pages: Sequence[Page]) -> Page:
    """A payslip that goes on from page to page, as one."""
    return Page(pages[0].number, "\n".join(page.plain for page in pages), "\n".join(page.layout for page in pages))


def _missing(document: Document) -> list[str]:
    missing = [required for required in REQUIRED if required not in document.values]
    return missing if any(pay in document.values for pay in PAY) else [*missing, "taxable_pay or gross_pay"]


def _mend(missing: Sequence[str], document: Document, profile: Profile) -> str:
    read = f"it found {', '.join(document.values)}" if document.values else "it found nothing"
    lacking = f"the profile {profile.name} found no {' and no '.join(missing)} ({read})"
    if list(missing) == ["employer"]:
        return f"{lacking}; give it with --employer NAME"
    return f"{lacking}; write a profile for this layout (docs/importing.md) and name it with --profile"
