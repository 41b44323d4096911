"""A page's lines as a reader sees them, however a program sets its letters and in whatever order it draws them."""

import io
import random
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from storage.imports.page_lines import page_text
from storage.imports.pdf_pieces import Piece, page_pieces
from storage.imports.pdf_text import pdf_pages
from tests.storage.imports.makers import EXAMPLES, the_slip
from tests.storage.imports.pdf_writer import a_pdf, two_column_page

WIDE, HIGH = 5.0, 9.0


def piece(x: float, y: float, text: str) -> Piece:
    return Piece(x, x + WIDE * len(text), y, HIGH, text)


def whole(x: float, y: float, text: str) -> list[Piece]:
    return [piece(x, y, text)]


def letters(x: float, y: float, text: str) -> list[Piece]:
    return [piece(x + WIDE * place, y, letter) for place, letter in enumerate(text) if letter != " "]


def words(x: float, y: float, text: str) -> list[Piece]:
    places = [place for place in range(len(text)) if not text[:place].strip() or text[place - 1] == " "]
    return [piece(x + WIDE * place, y, text[place:].split(" ")[0]) for place in places]


TABLE = [(40, 700, "Gross Pay"), (200, 700, "3,000.00"), (40, 686, "PAYE Tax"), (215, 686, "360.20")]


@pytest.mark.parametrize("drawn", [whole, letters, words])
def test_words_are_whole_and_columns_apart_however_they_are_set(
    drawn: Callable[[float, float, str], list[Piece]],
) -> None:
    text = page_text([part for cell in TABLE for part in drawn(*cell)])
    assert text == "Gross Pay                       3,000.00\nPAYE Tax                           360.20"


@EXAMPLES
@given(st.randoms(use_true_random=False))
def test_the_order_of_drawing_does_not_matter(chance: random.Random) -> None:
    pieces = [part for cell in TABLE for part in letters(*cell)]
    shuffled = chance.sample(pieces, len(pieces))
    assert page_text(shuffled) == page_text(pieces)


def test_a_line_that_keeps_its_columns_apart_by_spaces_is_cells_in_their_places() -> None:
    lines = page_text(
        [piece(40, 700, "Gross Pay       3,000.00"), *letters(40, 686, "PAYE Tax"), piece(135, 686, "360.20")]
    )
    assert lines == "Gross Pay       3,000.00\nPAYE Tax           360.20"


def test_what_is_drawn_twice_to_look_bold_is_there_once() -> None:
    assert (
        page_text([piece(40, 700, "Net Pay"), piece(40.3, 700, "Net Pay"), piece(120, 700, "1.00")])
        == "Net Pay         1.00"
    )


def test_letters_that_dance_a_little_are_on_one_line_and_a_wide_gap_is_one_blank_line_at_least() -> None:
    assert page_text([piece(40, 700.6, "Net"), piece(60, 699.8, "Pay"), piece(40, 660, "Tax")]) == "Net Pay\n\n\nTax"


def test_a_page_without_text_has_no_lines() -> None:
    assert page_text([]) == ""


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("shown", [True, False])
def test_a_page_that_is_drawn_turned_is_read_as_if_it_were_upright(angle: int, shown: bool) -> None:
    """`shown`: whether the page says by how much a viewer should turn it back."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(a_pdf(two_column_page()))))
    (page,) = writer.pages
    page.add_transformation(Transformation().translate(-300, -400).rotate(angle).translate(400, 400))
    if shown:
        page.rotate(angle)
    turned = io.BytesIO()
    writer.write(turned)
    slip, upright = the_slip(turned.getvalue()), the_slip(a_pdf(two_column_page()))
    assert (slip.employer, slip.pay_date, slip.net_pay) == (upright.employer, upright.pay_date, upright.net_pay)
    assert (slip.income_tax, slip.ytd_taxable) == (upright.income_tax, upright.ytd_taxable)


def with_a_form(drawing: bytes, own: bytes = b"") -> bytes:
    """The two-column payslip as a form, drawn by `drawing`; the form itself draws `own` too, and may draw itself."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(a_pdf(two_column_page()))))
    (page,) = writer.pages
    form, content = DecodedStreamObject(), DecodedStreamObject()
    form.set_data(page["/Contents"].get_data() + own)  # type: ignore[union-attr]
    form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
    drawn = DictionaryObject({NameObject("/F"): writer._add_object(form)})
    fonts = page["/Resources"]["/Font"]  # type: ignore[index]
    form[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): drawn, NameObject("/Font"): fonts})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): drawn})
    content.set_data(drawing)
    page[NameObject("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "strings",
    [
        b"(Oak) Tj (fi) Tj (eld Mills) Tj",
        b"[(Oak) (fi)] TJ [(eld) 0 0 ( Mills)] TJ",
        b"(Oak) Tj [(fi) -2 2] TJ (eld Mills) Tj",
    ],
)
def test_strings_that_are_shown_one_after_the_other_stand_beside_one_another(strings: bytes) -> None:
    """As browsers draw a ligature."""
    content = with_a_form(b"/F Do", b" BT /F1 9 Tf 40 20 Td " + strings + b" ET")
    (read,) = pdf_pages(content, "ligature.pdf", lambda _: ())
    assert "Oakfield Mills" in read.layout.splitlines()


@pytest.mark.parametrize(
    ("string", "times", "end"),
    [(b"(a) Tj ", 10_000, b""), (b"(a) -1 ", 10_000, b"] TJ"), (b"[(a) (b)] TJ ", 5_000, b"")],
    ids=["shown one by one", "in one list", "in many lists"],
)
def test_strings_without_end_keep_nobody_waiting(string: bytes, times: int, end: bytes) -> None:
    strings = (b"[" if end else b"") + string * times + end
    (page,) = PdfReader(io.BytesIO(with_a_form(b"/F Do", b" BT /F1 9 Tf 40 20 Td " + strings + b" ET"))).pages
    started = time.process_time()
    assert page_pieces(page)
    assert time.process_time() - started < 30


def test_a_form_on_the_page_is_read_with_its_own_fonts_where_it_is_drawn() -> None:
    content = with_a_form(b"q 1 0 0 1 20 -30 cm /F Do Q Q")  # and one end too many
    assert the_slip(content).income_tax == Decimal("-189.90")
    (moved,), (still,) = (
        page_pieces(PdfReader(io.BytesIO(source)).pages[0])[:1] for source in (content, a_pdf(two_column_page()))
    )
    assert (round(moved.x - still.x), round(moved.y - still.y), moved.text) == (20, -30, still.text)
    (read,) = pdf_pages(content, "form.pdf", lambda _: ())
    assert "Employer: Example Ltd" in read.layout


def test_forms_that_draw_themselves_over_and_over_keep_nobody_waiting() -> None:
    (page,) = PdfReader(io.BytesIO(with_a_form(b"/F Do " * 50, b" /F Do" * 50))).pages
    started = time.process_time()
    assert page_pieces(page)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("damage", [b"/F Do /F /F Do Do 5 Do", b"BT 3 Tf ET /None Do /F Do", b"Q Q Q /F Do ET"])
def test_a_damaged_drawing_costs_no_more_than_what_is_damaged(damage: bytes) -> None:
    assert any("Example" in piece.text for piece in page_pieces(PdfReader(io.BytesIO(with_a_form(damage))).pages[0]))
