"""Files that cannot be imported: one clear line that says what, where, and the mend."""

import pytest

from storage.imports.intake import read_payslips
from storage.troubles import BadInput
from tests.storage.imports.makers import TODAY, a_csv


def refusal(content: bytes, name: str = "april.csv") -> str:
    with pytest.raises(BadInput) as refused:
        read_payslips(content, name, TODAY)
    message = str(refused.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"pay_date": "26/04/2024"}, "row 2, column pay_date: ‘26/04/2024’ is not a date; write it as 2024-04-26"),
        ({"pay_date": "2024-04-31"}, "row 2, column pay_date: ‘2024-04-31’ is not a day of the calendar"),
        ({"pay_date": "1900-01-01"}, "row 2, column pay_date: 1900-01-01 is before PAYE began"),
        ({"pay_date": "2026-07-03"}, "row 2, column pay_date: 2026-07-03 is more than a year ahead"),
        ({"pay_date": ""}, "row 2, column pay_date: the value is missing"),
        ({"employer": " "}, "row 2, column employer: the value is missing"),
        ({"employer": "Ex\x1bample"}, "row 2, column employer: ‘Ex ample’ has control characters"),
        ({"employer": "x" * 201}, "row 2, column employer:"),
        ({"income_tax": "360.205"}, "row 2, column income_tax: ‘360.205’ has more than two decimals"),
        ({"income_tax": "360.200"}, "row 2, column income_tax: ‘360.200’ has more than two decimals"),
        ({"income_tax": "£360.20"}, "row 2, column income_tax: ‘£360.20’ is not an amount; write it as 1234.50"),
        ({"income_tax": "1 360.20"}, "is not an amount"),
        ({"income_tax": "360.20-"}, "is not an amount"),
        ({"income_tax": "(360.20)"}, "is not an amount"),
        ({"income_tax": "1e3"}, "is not an amount"),
        ({"income_tax": "NaN"}, "is not an amount"),
        ({"income_tax": "٣"}, "is not an amount"),
        ({"income_tax": "99999999999.00"}, "too large"),
        ({"income_tax": "9" * 5000}, "999… is too large"),
        ({"pension_kind": "final salary"}, "write net_pay, sacrifice or relief_at_source"),
        ({"ni_category": "AA"}, "is not a National Insurance category; write its one letter"),
        ({"taxable_pay": "", "gross_pay": ""}, "row 2, column taxable_pay: neither taxable_pay nor gross_pay is given"),
    ],
)
def test_a_cell_that_cannot_be_read_names_its_row_and_column(change: dict[str, str], problem: str) -> None:
    assert problem in refusal(a_csv(change))


def test_the_row_number_is_the_spreadsheets_own() -> None:
    content = a_csv() + b"\n" + a_csv({"income_tax": "1.234"}).splitlines()[1]
    assert "row 4, column income_tax" in refusal(content)


@pytest.mark.parametrize("column", ["pay_date", "employer"])
def test_a_missing_required_column_is_named(column: str) -> None:
    assert f"the column {column} is missing" in refusal(a_csv({column: None}))


def test_a_missing_pay_column_is_named_and_a_similar_one_suggested() -> None:
    assert "a column taxable_pay or gross_pay is missing; add it" in refusal(
        a_csv({"gross_pay": None, "taxable_pay": None})
    )
    assert "rename ‘Pay Date’ to pay_date" in refusal(b"Pay Date,employer,taxable_pay\n2024-04-26,Example,1\n")


@pytest.mark.parametrize("content", [b"", b"  \n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\n"])
def test_an_empty_file_says_so(content: bytes) -> None:
    assert "the file is empty; nothing was imported" in refusal(content)


def test_a_file_of_separators_alone_says_so() -> None:
    assert "not one value in the file" in refusal(b",,,\n,,\n")


def test_a_header_alone_says_so() -> None:
    assert "a header and no rows" in refusal(a_csv().splitlines()[0])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (a_csv().decode().encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        (a_csv().decode().encode("utf-16-le"), "NUL bytes"),
        (a_csv({"employer": "Café"}).decode().encode("latin-1"), "line 2: byte 0xE9 is not UTF-8 text"),
        (a_csv({"employer": "Exam\0ple"}), "NUL bytes"),
    ],
)
def test_a_wrong_encoding_says_how_to_save_the_file(content: bytes, problem: str) -> None:
    message = refusal(content)
    assert problem in message
    assert "save it as UTF-8" in message


def test_a_ragged_row_is_counted() -> None:
    assert "row 3 has 1 value and the header has 11 columns" in refusal(a_csv() + b"2024-05-26\n")


def test_a_column_twice_an_open_quote_and_a_huge_field_are_refused() -> None:
    assert "two columns are called ‘Employer’" in refusal(b"pay_date,employer,Employer\n1,2,3\n")
    assert "not readable as CSV" in refusal(a_csv({"employer": '"Example'}))
    assert "not readable as CSV" in refusal(a_csv({"employer": "x" * 140_000}))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[", "not valid JSON"),
        (
            b'[{"pay_date": "2024-04-26", "employer": "E", "taxable_pay": 1.005}]',
            "payslip 1, column taxable_pay: 1.005",
        ),
        (
            b'[{"pay_date": "2024-04-26", "employer": "E", "taxable_pay": 1e999999999999}]',
            "payslip 1, column taxable_pay",
        ),
        (b'[{"pay_date": "2024-04-26", "employer": "E", "taxable_pay": true}]', "payslip 1, taxable_pay: expected"),
        (b'[{"pay_date": "2024-04-26", "employer": ["E"], "taxable_pay": 1}]', "payslip 1, employer: expected"),
        (b'[{"employer": "E", "Employer": "F"}]', "payslip 1: two keys are called ‘Employer’"),
        (b'[{"employer": "E", "taxable_pay": 1, "taxable_pay": 2}]', "payslip 1: two keys are called ‘taxable_pay’"),
        (b'{"payslips": [], "payslips": []}', "'payslips' more than once"),
        (b'[{"taxable_pay": NaN}]', "NaN is not a number; leave out what is not known"),
        (b'[{"taxable_pay": -Infinity}]', "-Infinity is not a number"),
        (b'[{"employer": "E"\n', "not valid JSON: Expecting ',' delimiter (line 2, column 1)"),
        (b'{"employer": "E"}\n5', "not a list of payslips"),
        (b"[]", "no payslips in it"),
        (b'{"slips": []}', "no 'payslips' in the object"),
        (b'{"payslips": 5}', "not a list of payslips"),
        (b"[5]", "not a list of payslips"),
        (b"null", "not a list of payslips"),
        (b"pay_date", "not valid JSON"),
        (b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "lists within lists"),
    ],
)
def test_json_that_is_not_a_list_of_payslips_says_why(content: bytes, problem: str) -> None:
    assert problem in refusal(content, "april.json")


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"PK\x03\x04rest", "a spreadsheet or a ZIP archive; save the sheet as CSV"), (b"\x89PNG\r\n", "a picture")],
)
def test_a_spreadsheet_or_picture_is_named_for_what_it_is(content: bytes, what: str) -> None:
    assert what in refusal(content)


def test_a_web_page_and_what_is_only_called_pdf_are_named_for_what_they_are() -> None:
    assert "this is a web page" in refusal(b"<!DOCTYPE html><html>Sign in</html>", "april.pdf")
    assert "this is not a PDF, whatever its name says" in refusal(b"hello", "april.PDF")


@pytest.mark.parametrize("cell", ["Total", "TOTALS", "Grand total"])
def test_a_row_of_totals_is_named_for_what_it_is(cell: str) -> None:
    content = a_csv() + f"{cell}{',' * 10}\n".encode()
    assert "row 3 is a total and no payslip; remove it, or leave it out with [[ignore]]" in refusal(content)


def test_p60s_given_as_payslips_name_the_right_command() -> None:
    assert "import them with: hmrc-tui p60 import april.csv" in refusal(
        b"tax_year,employer,pay,income_tax\n2024-25,E,1,1\n"
    )


def test_no_message_shows_a_national_insurance_number_or_utr() -> None:
    assert "AA000000A" not in refusal(a_csv({"income_tax": "AA000000A"}))
    for spelt in ("2234567890", "2234567890.", "UTR 2234567890, of 2024", "1,2234567890,3"):
        assert "2234567890" not in refusal(a_csv({"pay_date": f'"{spelt}"'}))
