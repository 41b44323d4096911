"""Payslips from PDF files: every page that is a payslip, read by the profile that fits."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from storage.imports.document import Document, read_document
from storage.imports.fields import PAYSLIP_FIELDS
from storage.imports.payslip_table import PAY, REQUIRED, build_payslip
from storage.imports.pdf_text import Page, TextMode, pdf_pages
from storage.imports.profile import Profile, shipped_profiles
from storage.imports.reading import Reading
from storage.records import Payslip
from storage.troubles import BadInput


def read_pdf_payslips(
    content: bytes,
    name: str,
    today: date,
    profile: Profile | None,
    constants: Mapping[str, str],
    password: Callable[[str], str | None],
) -> Reading[Payslip]:
    """The payslips of a PDF: by `profile`, else by the first shipped one that knows the layout.

    `constants` stand in where the PDF does not print a field. Raises `BadInput` where the file is a P60, a scan, of no
    known layout, or a page of it cannot be read to the end.
    """
    pages = pdf_pages(content, name, password)
    shipped = shipped_profiles()
    _refuse_p60(pages, shipped, name)
    candidates = [profile] if profile else [each for each in shipped if each.keys.kind == "payslip"]
    if profile and profile.keys.kind != "payslip":
        raise BadInput(f"{profile.name} is a profile for P60s; payslips need another, or none at all")
    problem: BadInput | None = None
    for candidate in candidates:
        if profile is None and not any(candidate.recognises(page.plain) for page in pages):
            continue
        given = candidate.filled(constants)
        for mode in candidate.keys.text:
            try:
                return _read(pages, name, today, given, mode)
            except BadInput as refusal:
                problem = problem or refusal
    raise problem or BadInput(
        f"{name}: no profile knows this layout; write one (docs/importing.md) and name it with --profile"
    )


def _refuse_p60(pages: Sequence[Page], shipped: Sequence[Profile], name: str) -> None:
    p60 = next(each for each in shipped if each.keys.kind == "p60")
    if any(p60.recognises(page.plain) for page in pages):
        raise BadInput(f"{name}: this is a P60, not a payslip; import it with: hmrc-tui p60 import {name}")


def _read(pages: Sequence[Page], name: str, today: date, profile: Profile, mode: TextMode) -> Reading[Payslip]:
    documents: list[Document] = []
    left_out: list[int] = []
    for page in pages:
        document = read_document(page.text(mode), page.number, name, profile, PAYSLIP_FIELDS, today)
        if any(pay in document.values for pay in PAY):
            documents.append(document)
        else:
            left_out.append(page.number)
    if not any(not _missing(document) for document in documents):
        whole = "\n".join(page.text(mode) for page in pages)
        documents, left_out = [read_document(whole, pages[0].number, name, profile, PAYSLIP_FIELDS, today)], []
    for document in documents:
        if missing := _missing(document):
            raise BadInput(f"{name}: {_mend(missing, document, profile)}")
    slips = tuple(build_payslip(dict(document.values), name) for document in documents)
    notes = tuple(f"{name}: page {number} is not a payslip and was left out" for number in left_out)
    return Reading(name, profile.name, slips, notes, tuple(each for document in documents for each in document.found))


def _missing(document: Document) -> list[str]:
    missing = [required for required in REQUIRED if required not in document.values]
    return missing if any(pay in document.values for pay in PAY) else [*missing, "taxable_pay or gross_pay"]


def _mend(missing: Sequence[str], document: Document, profile: Profile) -> str:
    read = f"it found {', '.join(document.values)}" if document.values else "it found nothing"
    lacking = f"the profile {profile.name} found no {' and no '.join(missing)} ({read})"
    if list(missing) == ["employer"]:
        return f"{lacking}; give it with --employer NAME"
    return f"{lacking}; write a profile for this layout (docs/importing.md) and name it with --profile"
