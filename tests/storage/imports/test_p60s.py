"""P60s from CSV, JSON, PDF and options: this employment's pay and tax, a refund negative."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.imports.intake import Directions
from storage.imports.p60s import p60_fields, p60_from_options, read_p60s
from storage.records import P60, PayeReference, TaxYear
from storage.troubles import BadInput
from tests.storage.imports.makers import EXAMPLES, TODAY
from tests.storage.imports.pdf_writer import LEFT, MIDDLE, Text, a_pdf, a_scan, p60_page, row, sage_page

HEADER = "tax_year,employer,employer_paye_ref,pay,income_tax,national_insurance\n"
LINE = "2024-25,Example Ltd,123/AB456,34200.00,4324.00,1873.92\n"


def the_p60(content: bytes, name: str = "p60.csv", directions: Directions | None = None) -> P60:
    (p60,) = read_p60s(content, name, TODAY, directions).records
    return p60


def refusal(content: bytes, directions: Directions | None = None) -> str:
    with pytest.raises(BadInput) as refused:
        read_p60s(content, "p60.csv", TODAY, directions)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_csv_line_is_a_p60() -> None:
    p60 = the_p60((HEADER + LINE).encode())
    assert (p60.tax_year, p60.employer, p60.employer_paye_ref) == (
        TaxYear(2024),
        "Example Ltd",
        PayeReference("123/AB456"),
    )
    assert (p60.pay, p60.income_tax, p60.national_insurance) == (
        Decimal("34200.00"),
        Decimal("4324.00"),
        Decimal("1873.92"),
    )


@pytest.mark.parametrize("year", ["2024-25", "2024/25", "24-25", "Tax year to 5 April 2025"])
def test_every_spelling_of_a_tax_year_is_the_same_p60(year: str) -> None:
    assert the_p60((HEADER + LINE.replace("2024-25", year)).encode()).id == the_p60((HEADER + LINE).encode()).id


@pytest.mark.parametrize("tax", ["-324.00", "324.00 R", "324.00R"])
def test_a_refund_is_negative_however_it_is_marked(tax: str) -> None:
    assert the_p60((HEADER + LINE.replace("4324.00", tax)).encode()).income_tax == Decimal("-324.00")


def test_json_and_what_the_list_prints_read_back() -> None:
    p60 = the_p60((HEADER + LINE).encode())
    import msgspec

    again = the_p60(msgspec.json.encode({"p60s": [{**p60_fields(p60), "id": p60.id, "source": "x"}]}), "p60.csv")
    assert again == p60


@pytest.mark.parametrize("tax", ["324.00 R", "R 324.00", "324.00R"])
def test_a_pdf_p60_gives_this_employments_figures_and_sums_its_letters(tax: str) -> None:
    p60 = the_p60(a_pdf(p60_page(tax)), "p60.pdf")
    assert (p60.tax_year, p60.employer, p60.employer_paye_ref) == (
        TaxYear(2024),
        "Example Ltd",
        PayeReference("123/AB456"),
    )
    assert (p60.pay, p60.income_tax) == (Decimal("34200.00"), Decimal("-324.00"))
    assert (p60.previous_pay, p60.previous_tax) == (Decimal("1000.00"), Decimal("50.00"))
    assert (p60.national_insurance, p60.nicable_band) == (Decimal("1873.92"), Decimal("23424.00"))
    assert (p60.tax_code, p60.student_loan) == ("1257L", Decimal("120.00"))


def test_the_statutory_words_on_one_line_and_pence_in_a_box_of_their_own() -> None:
    worded = [
        Text(LEFT, 780, "P60  Tax year to 5 April 2025   PAYE reference 123/AB456"),
        Text(LEFT, 760, "Employer: Example Ltd"),
        Text(LEFT, 740, "In this employment   34200.00   4324.00"),
        Text(
            LEFT,
            720,
            "NI letter A  earnings at LEL 6396 | above LEL to PT 6180 | above PT to UEL 23424 | contributions 1873.92",
        ),
    ]
    p60 = the_p60(a_pdf(worded))
    assert (p60.pay, p60.income_tax) == (Decimal("34200.00"), Decimal("4324.00"))
    assert (p60.nicable_band, p60.national_insurance) == (Decimal("23424.00"), Decimal("1873.92"))
    boxed = [*worded[:2], Text(LEFT, 740, "In this employment   34,200 05   4,324 10")]
    p60 = the_p60(a_pdf(boxed))
    assert (p60.pay, p60.income_tax) == (Decimal("34200.05"), Decimal("4324.10"))


@pytest.mark.parametrize(
    "words",
    [
        "Employer's name, address and postcode",
        "Employer’s full name and address (including postcode)",
        "Employer's name and address",
        "Employer's full name, address and postcode:",
    ],
)
def test_the_employer_stands_below_its_words(words: str) -> None:
    page = [Text(each.x, each.y, words) if "full name" in each.text else each for each in p60_page()]
    assert the_p60(a_pdf(page)).employer == "Example Ltd"


@pytest.mark.parametrize(
    ("lines", "tax"),
    [
        (("In this employment   34200 00   324 00 R",), "-324.00"),
        (("Pay in this employment: £34,200.00", "Tax deducted in this employment: £4,324.00"), "4324.00"),
        (("In this   34,200.00   4,324.00", "employment"), "4324.00"),
        (("Student Loan deductions in this employment £120.00", "In this employment 34200.00 -4.00"), "-4.00"),
    ],
)
def test_this_employments_pay_and_tax_however_they_are_set(lines: tuple[str, ...], tax: str) -> None:
    page = [each for each in p60_page() if "In this" not in each.text and each.y != 686]
    p60 = the_p60(a_pdf([*page, *(Text(LEFT, 400 - 14 * n, line) for n, line in enumerate(lines))]))
    assert (p60.pay, p60.income_tax) == (Decimal("34200.00"), Decimal(tax))


def test_the_employer_and_the_reference_may_stand_below_headings_beside_one_another() -> None:
    page = [text for text in p60_page() if not text.text.startswith(("Employer", "Example", "1 High"))]
    page += row(560, (LEFT, "Employer's full name and address"), (MIDDLE, "Employer PAYE reference"))
    page += [*row(548, (LEFT, "Example Ltd"), (MIDDLE, "123/AB456")), Text(LEFT, 536, "1 High Street")]
    p60 = the_p60(a_pdf(page))
    assert (p60.employer, p60.employer_paye_ref) == ("Example Ltd", "123/AB456")


def test_the_year_may_stand_below_its_words() -> None:
    page = [Text(text.x, text.y, text.text.removesuffix(" 2025")) for text in p60_page()]
    page += row(830, (LEFT, "Tax year to 5 April"), (MIDDLE, "Final tax code")) + row(
        818, (LEFT, "2025"), (MIDDLE, "1257L")
    )
    page = [text for text in page if (text.text, text.y) != ("Tax year to 5 April", 766)]
    assert str(the_p60(a_pdf(page)).tax_year) == "2024-25"


def test_a_p60_may_be_pasted_as_text() -> None:
    text = (
        "P60\nTax year to 5 April 2025\nPAYE reference 123/AB456\nEmployer: Example Ltd\n"
        "In this employment\t34200.00\t4324.00\n"
    )
    p60 = the_p60(text.encode(), "the pasted text")
    assert (p60.id, p60.employer) == (the_p60((HEADER + LINE).encode()).id, "Example Ltd")
    assert "gives no employer; give it with --employer NAME" in refusal(text.replace("Employer:", "").encode())
    given = Directions(constants={"employer": "Example Ltd"})
    assert the_p60(text.replace("Employer:", "").encode(), "p", given).employer == "Example Ltd"


def test_a_csv_file_may_say_in_this_employment_too() -> None:
    table = HEADER.replace("\n", ",note\n") + LINE.replace("\n", ",pay in this employment\n")
    assert the_p60(table.encode()).pay == Decimal("34200.00")


def test_a_csv_and_a_pdf_of_one_p60_are_one() -> None:
    assert the_p60(a_pdf(p60_page())).id == the_p60((HEADER + LINE).encode()).id


def test_options_make_a_p60_and_name_what_is_wrong() -> None:
    p60 = p60_from_options(
        {"tax_year": "2024-25", "employer": "Example Ltd", "pay": "1000", "income_tax": "5.00 R"}, TODAY
    )
    assert (p60.income_tax, p60.national_insurance, p60.source) == (Decimal("-5.00"), None, "typed")
    printed = {"tax_year": "2024-25", "employer": "E", "pay": "£34,200.00", "income_tax": "(5.00)"}
    p60 = p60_from_options(printed, TODAY)
    assert (p60.pay, p60.income_tax) == (Decimal("34200.00"), Decimal("-5.00"))
    with pytest.raises(BadInput, match="pay: ‘1,00’ is not an amount"):
        p60_from_options({**printed, "pay": "1,00"}, TODAY)
    with pytest.raises(BadInput, match="--pay: ‘much’ is not an amount"):
        p60_from_options({**printed, "pay": "much"}, TODAY, {"pay": "--pay"})


def test_what_is_not_a_p60_is_refused_with_the_way_on() -> None:
    assert "hmrc-tui payslips import p60.csv" in refusal(a_pdf(sage_page()))
    assert "hmrc-tui payslips import p60.csv" in refusal(b"pay_date,employer,taxable_pay\n2024-04-26,E,1\n")
    assert "it is a scan" in refusal(a_scan())
    assert "the column income_tax is missing" in refusal(b"tax_year,employer,pay\n2024-25,E,1\n")
    assert "row 2, column pay: the value is missing" in refusal(b"tax_year,employer,pay,income_tax\n2024-25,E,,1\n")
    assert "second year must follow" in refusal((HEADER + LINE.replace("2024-25", "2024-26")).encode())
    assert "has not ended" in refusal((HEADER + LINE.replace("2024-25", "2025-26")).encode())
    page = [text for text in p60_page() if "In this employment" not in text.text]
    assert "gives no pay and no income_tax; type its figures with: hmrc-tui p60 add" in refusal(a_pdf(page))


@EXAMPLES
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: HEADER.encode() + LINE.encode() + tail))
def test_no_bytes_make_the_reader_fail_with_anything_but_bad_input(content: bytes) -> None:
    with suppress(BadInput):
        read_p60s(content, "any", TODAY)
