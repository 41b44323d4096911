"""The text of a PDF's pages, opened with its password where it has one. Scans are refused: there is no text to read in them."""

import io
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from storage.imports.page_lines import page_text
from storage.imports.pdf_pieces import page_pieces
from storage.shown_text import printable
from storage.troubles import BadInput

if TYPE_CHECKING:
    from collections.abc import Generator

    from pypdf import PageObject, PdfReader

TextMode = Literal["plain", "layout"]
"""`plain` gives one clean line a field on most payslips; `layout` keeps columns apart by spaces."""
_MOST_PAGES = 400
_LONGEST_PAGE, _LONGEST_LINE = 30_000, 3_000
_WIDEST_GAP = 160
_WIDE_GAP = re.compile(rf" {{{_WIDEST_GAP},}}")
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_BLANK_LINES = re.compile(r"\n{4,}")
"""Gaps are bounded, so that no page can make a pattern slow."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number from 1, and its text in each mode."""

    number: int
    plain: str
    layout: str

    def text(self, mode: TextMode) -> str:
        """The page's text in one mode."""
        return self.plain if mode == "plain" else self.layout

    @property
    def texts(self) -> tuple[str, str]:
        """The page's text in each mode."""
        return self.plain, self.layout


def pdf_pages(content: bytes, name: str, password: Callable[[str], Iterable[str]]) -> list[Page]:
    """The pages of a PDF that hold text. `password` is asked only where the file needs one, for what to try in turn; none is ever shown.

    Raises `BadInput` where the file is damaged, its password is missing or wrong, or there is no text in it.
    """
    with _quiet_pypdf():
        try:
            reader = _opened(content, name, password)
            pages = [_page(number, page) for number, page in enumerate(reader.pages, start=1)]
        except BadInput:
            raise
        except Exception as error:  # noqa: BLE001 - pypdf meets damage with errors of every kind
            raise BadInput(
                f"{name}: the PDF is damaged ({type(error).__name__}); download it again, or print it to a new PDF"
            ) from None
    _require_moderate(pages, name)
    readable = [page for page in pages if page.plain.strip()]
    if not readable:
        raise BadInput(
            f"{name}: no text was found in it: it is a scan or a picture; type its figures into a CSV file instead"
        )
    return readable


def _page(number: int, page: "PageObject") -> Page:
    plain = _clean(page.extract_text())
    return Page(number, plain, _clean(page_text(page_pieces(page))) or plain)


def text_pages(text: str, name: str) -> list[Page]:
    """The pages of a document's text as it was copied from a viewer; a form feed ends a page. Raises `BadInput` for far too long a page."""
    texts = [_clean(page.replace("\t", "    ")) for page in text.split("\f")]
    pages = [Page(number, page, page) for number, page in enumerate(texts, start=1) if page.strip()]
    _require_moderate(pages, name)
    return pages


def _require_moderate(pages: Sequence[Page], name: str) -> None:
    """Bounds the pages and their lines, so that no page can make a pattern slow."""
    texts = [text for page in pages for text in (page.plain, page.layout)]
    if any(len(text) > _LONGEST_PAGE or max(map(len, text.split("\n"))) > _LONGEST_LINE for text in texts):
        raise BadInput(f"{name}: a page has far more text than any payslip; nothing was imported")


def _opened(content: bytes, name: str, password: Callable[[str], Iterable[str]]) -> "PdfReader":
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        _unlock(reader, name, password(name))
    if len(reader.pages) > _MOST_PAGES:
        raise BadInput(f"{name}: the PDF has more than {_MOST_PAGES} pages; split it")
    return reader


def _unlock(reader: "PdfReader", name: str, passwords: Iterable[str]) -> None:
    from pypdf import PasswordType

    tried = False
    for password in passwords:
        if reader.decrypt(password) != PasswordType.NOT_DECRYPTED:
            return
        tried = True
    if tried:
        raise BadInput(f"{name}: that is not the PDF's password; it is often a date of birth or the NI number")
    raise BadInput(
        f"{name}: the PDF is protected by a password; write it into a file and name that with --password-file"
    )


def _clean(text: str) -> str:
    """The text with the line ends and spaces that patterns expect, and without characters that no terminal should get."""
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00ad", "").split("\n")
    shown = (printable(line).rstrip() for line in lines)
    return _BLANK_LINES.sub("\n\n\n", _WIDE_GAP.sub(" " * _WIDEST_GAP, "\n".join(shown)))


@contextmanager
def _quiet_pypdf() -> "Generator[None]":
    """pypdf logs pieces of the pages it stumbles over; nobody's payslip belongs in a log."""
    logger = logging.getLogger("pypdf")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
