"""Whatever is written reads back equal, and no bytes at all make the readers fail with anything but `BadInput`."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage.employers import PayeReference
from storage.imports.canonical import write_canonical_csv
from storage.imports.columns import Headings
from storage.imports.conventions import PRINTED, read_amount, read_date
from storage.imports.document import read_document
from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS
from storage.imports.intake import read_payslips
from storage.imports.payslip_table import build_payslip
from storage.imports.profile import shipped_profiles
from storage.records import Payslip
from storage.troubles import BadInput
from tests.storage.imports.makers import EXAMPLES, TODAY, a_csv, a_json
from tests.storage.imports.pdf_writer import a_pdf, sage_page

AMOUNTS = st.integers(-999_999_999_999, 999_999_999_999).map(lambda pence: Decimal(pence).scaleb(-2))
WORDS = (
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=" "), min_size=1, max_size=12)
    .filter(str.isprintable)
    .map(lambda word: " ".join(word.split()))
    .filter(bool)
)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "date": st.integers(0, 29_000).map(lambda days: date(1945, 4, 6) + timedelta(days)),
    "amount": AMOUNTS,
    "text": NAMES,
    "reference": WORDS.map(PayeReference),
    "pension_kind": st.sampled_from(("net_pay", "sacrifice", "relief_at_source")),
    "ni_category": st.sampled_from("ABCFHJMVXZ"),
    "tax_code": st.sampled_from(("1257L", "K475", "BR M1", "SD0")),
}


@st.composite
def payslips(draw: st.DrawFn) -> Payslip:
    values = {name: draw(VALUES[kind]) for name, kind in PAYSLIP_FIELDS.items() if draw(st.booleans())}
    for name in ("pay_date", "employer", "taxable_pay"):
        values.setdefault(name, draw(VALUES[PAYSLIP_FIELDS[name]]))
    return build_payslip(values, "written")


@EXAMPLES
@given(st.lists(payslips(), min_size=1, max_size=4))
def test_what_the_writers_write_reads_back_equal(slips: list[Payslip]) -> None:
    for content in (write_canonical_csv(slips).encode(), a_json(slips)):
        assert list(read_payslips(content, "written", TODAY).records) == slips


@EXAMPLES
@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: a_csv() + tail))
def test_no_bytes_make_the_readers_fail_with_anything_but_bad_input(content: bytes) -> None:
    with suppress(BadInput):
        read_payslips(content, "any", TODAY)


@EXAMPLES
@given(st.text(max_size=200))
def test_no_text_in_a_json_file_does_either(text: str) -> None:
    for content in (text, f"[{text}]", '[{"pay_date": "2024-04-26", "employer": "E", "taxable_pay": ' + text + "}]"):
        with suppress(BadInput):
            read_payslips(content.encode("utf-8", "surrogatepass"), "any.json", TODAY)


@EXAMPLES
@given(AMOUNTS)
def test_printed_amounts_read_back_to_the_penny(amount: Decimal) -> None:
    bracketed = f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"
    trailing = f"{-amount:.2f}-" if amount < 0 else f"£ {amount:.2f}"
    for written in (f"{amount:,.2f}", f"£{amount:,.2f}", f"{amount:.2f}".replace("-", "−"), bracketed, trailing):
        assert read_amount(written, PRINTED) == amount


@EXAMPLES
@given(AMOUNTS, AMOUNTS, st.booleans(), st.booleans())
def test_a_column_is_read_to_the_penny_wherever_it_stands(
    now: Decimal, year: Decimal, swapped: bool, to_the_right: bool
) -> None:
    pairs = [("This Period", f"{now:,.2f}"), ("Year to Date", f"£{year:,.2f}")]
    cells = pairs[::-1] if swapped else pairs
    rows = [("", *(heading for heading, _ in cells)), ("Taxable Pay", *(amount for _, amount in cells))]
    align = str.rjust if to_the_right else str.ljust
    text = "\n".join("".join([f"{label:<30}", *(align(cell, 30) for cell in rest)]) for label, *rest in rows)
    profile = next(each for each in shipped_profiles() if each.name == "label-value")
    headings = Headings(text, profile.keys.columns)
    values = read_document(text, 1, "page", profile, PAYSLIP_FIELDS, TODAY, headings).values
    assert (values["taxable_pay"], values["ytd_taxable"]) == (now, year)


@EXAMPLES
@given(st.dates(date(1945, 4, 6), date(2099, 12, 31)), st.sampled_from(PRINTED.date_formats[:6]))
def test_printed_dates_read_back(day: date, date_format: str) -> None:
    assert read_date(day.strftime(date_format), PRINTED) == day


@EXAMPLES
@given(st.text(max_size=30))
def test_no_text_makes_an_amount_or_a_date_fail_otherwise(text: str) -> None:
    for read in (read_amount, read_date):
        with suppress(ValueError):
            read(text, PRINTED)


PIECES = st.sampled_from(
    [
        "Taxable Pay",
        "Net Pay",
        "Tax",
        "PAYE",
        "Employer:",
        "Pay Date",
        "26/04/2024",
        "31/02/2024",
        "£1,234.50",
        "1.00-",
        "YTD",
        "This Period",
        "   Year to Date",
        "R",
        "(",
        " ",
        "  ",
        "\n",
    ]
)


@EXAMPLES
@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_no_text_on_a_page_makes_a_profile_fail_with_anything_but_bad_input(text: str) -> None:
    for profile in shipped_profiles():
        kinds = PAYSLIP_FIELDS if profile.keys.kind == "payslip" else P60_FIELDS
        with suppress(BadInput):
            read_document(text, 1, "any.pdf", profile, kinds, TODAY, Headings(text, profile.keys.columns))


@EXAMPLES
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_no_damage_to_a_pdf_makes_the_reader_fail_with_anything_but_bad_input(place: int, damage: bytes) -> None:
    whole = SAGE_PDF
    place %= len(whole)
    with suppress(BadInput):
        read_payslips(whole[:place] + damage + whole[place + len(damage) :], "any.pdf", TODAY)


SAGE_PDF = a_pdf(sage_page())
