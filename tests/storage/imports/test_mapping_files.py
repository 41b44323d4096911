"""Mapping files: other people's columns, dates, signs and separators."""

from datetime import date
from decimal import Decimal

import pytest

from storage.imports.intake import Directions, read_payslips
from storage.imports.mapping import read_mapping
from storage.records import Payslip
from storage.troubles import BadInput
from tests.storage.imports.makers import TODAY

CONTINENTAL = """
[file]
separator = ";"
encoding = "windows-1252"
skip_lines = 2

[columns]
pay_date = "Paid on"
taxable_pay = "Taxable Gross"
income_tax = "PAYE"
pension_employee = "Pension"

[constants]
employer = "Café Example Ltd"
employer_paye_ref = "123/AB456"
pension_kind = "net_pay"

[dates]
format = ["%d/%m/%Y", "%d %b %Y"]

[amounts]
decimal = ","
thousands = "."
currency = "£"
signs = ["minus", "trailing-minus", "brackets", "cr"]
negate = ["pension_employee"]

[[ignore]]
column = "Paid on"
equals = ["Total", ""]
empty = true

[[ignore]]
column = "Note"
matches = "(?i)carried forward"
"""
FILE = """Payroll export
Café Example

Paid on;Taxable Gross;PAYE;Pension;Note
26/04/2024;£2.850,00;360,20;-150,00;
24 May 2024;2.850,00;(189,90);-150,00;refund
26/06/2024;2850;189,90-;-150;
26/07/2024;2.850,5;189,90 CR;-150,00;
26/08/2024;1,00;1,00;1,00;Carried forward
Total;11.400,50;0,00;-600,00;
;11.400,50;;;
"""


def mapped(mapping: str, content: bytes, name: str = "export.csv") -> list[Payslip]:
    return list(
        read_payslips(content, name, TODAY, Directions(mapping=read_mapping(mapping.encode(), "map.toml"))).records
    )


def test_a_mapping_names_columns_dates_signs_separators_constants_and_rows_to_leave_out() -> None:
    slips = mapped(CONTINENTAL, FILE.encode("cp1252"))
    assert [slip.pay_date for slip in slips] == [
        date(2024, 4, 26),
        date(2024, 5, 24),
        date(2024, 6, 26),
        date(2024, 7, 26),
    ]
    assert [slip.taxable_pay for slip in slips] == [*[Decimal("2850.00")] * 3, Decimal("2850.50")]
    assert [slip.income_tax for slip in slips] == [Decimal("360.20"), *[Decimal("-189.90")] * 3]
    assert {slip.pension_employee for slip in slips} == {Decimal("150.00")}
    assert {(slip.employer, slip.employer_paye_ref, slip.pension_kind) for slip in slips} == {
        ("Café Example Ltd", "123/AB456", "net_pay")
    }


def test_a_mapping_serves_json_too_and_its_numbers_stay_exact() -> None:
    mapping = (
        '[columns]\npay_date = "when"\nemployer = "who"\ntaxable_pay = "pay"\n[amounts]\ndecimal = ","\nthousands = "."'
    )
    (slip,) = mapped(
        mapping,
        b'[{"When": "2024-04-26", "who": "Example", "pay": 2850.5, "other": [1][0]}]'.replace(b"[1][0]", b"1"),
        "a.json",
    )
    assert slip.taxable_pay == Decimal("2850.50")


def test_a_dash_may_say_nothing() -> None:
    mapping = CONTINENTAL.replace("skip_lines = 2", 'skip_lines = 2\nempty = ["-", "n/a"]')
    (slip, *_) = mapped(mapping, FILE.replace("360,20", " - ").encode("cp1252"))
    assert (slip.taxable_pay, slip.income_tax) == (Decimal("2850.00"), None)
    with pytest.raises(BadInput, match="‘-’ is not an amount"):
        mapped(CONTINENTAL, FILE.replace("360,20", "-").encode("cp1252"))


def test_an_error_names_their_column_and_ours() -> None:
    content = FILE.replace("360,20", "360,205").encode("cp1252")
    with pytest.raises(BadInput, match=r"export\.csv: row 5, column PAYE \(income_tax\): ‘360,205’ has more than two"):
        mapped(CONTINENTAL, content)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("[columns]", "[columms]"), "unknown key 'columms'; did you mean 'columns'?"),
        (("skip_lines = 2", "skip_line = 2"), "unknown key 'skip_line' in [file]; did you mean 'skip_lines'?"),
        (("skip_lines = 2", "skip_lines = '2'"), "file.skip_lines: expected int, got str"),
        (("skip_lines = 2", "skip_lines = -1"), "skip_lines must be from 0 to 1000"),
        (
            ('income_tax = "PAYE"', 'incom_tax = "PAYE"'),
            "unknown field 'incom_tax' in [columns]; did you mean 'income_tax'?",
        ),
        (('pension_kind = "net_pay"', 'pensionkind = "net_pay"'), "unknown field 'pensionkind' in [constants]"),
        (('"pension_employee"]', '"pension"]'), "unknown field 'pension' in [amounts]"),
        (('pension_kind = "net_pay"', 'income_tax = "0"'), "income_tax is both in [columns] and in [constants]"),
        (('thousands = "."', 'thousands = ","'), "decimal and thousands are the same"),
        (('"%d/%m/%Y"', '"%d/%m"'), "format '%d/%m' does not name day, month and year"),
        (('"%d/%m/%Y"', '"%Q"'), "format '%Q' does not name day, month and year"),
        (('"cr"]', '"credit"]'), "amounts.signs[3]: 'credit' is none of 'brackets', 'cr', 'dr', 'minus'"),
        (('separator = ";"', 'separator = ":"'), "file.separator: ':' is none of ',', ';', 'tab', '|'"),
        (
            ('pension_kind = "net_pay"', 'pension_kind = "net"'),
            "[constants]: pension_kind: ‘net’ is not a kind of pension",
        ),
        (('pension_kind = "net_pay"', "notional_pay = 1.005"), "[constants]: notional_pay: ‘1.005’ has more than two"),
        (("[columns]", "[[columns]]"), "columns: expected object, got array"),
        (('matches = "(?i)carried forward"', 'matches = "("'), "is not a regular expression"),
        (('matches = "(?i)carried forward"', ""), "needs equals, matches or empty"),
        (("[file]", "[file"), "not valid TOML"),
    ],
)
def test_a_mapping_that_cannot_work_says_why(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(BadInput, match=r"^map\.toml: ") as refused:
        read_mapping(CONTINENTAL.replace(*change).encode(), "map.toml")
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_column_that_the_file_lacks_is_named_with_its_nearest() -> None:
    content = FILE.replace("Taxable Gross", "Taxable gros").encode("cp1252")
    with pytest.raises(
        BadInput, match=r"the column ‘Taxable Gross’ that map\.toml names is not in the file; did you mean"
    ):
        mapped(CONTINENTAL, content)


def test_a_missing_table_and_a_wrong_separator_are_told() -> None:
    with pytest.raises(BadInput, match=r"map\.toml: 'columns' is missing; add it"):
        read_mapping(b"[file]\nskip_lines = 2", "map.toml")
    with pytest.raises(BadInput, match=r"the file has one column only: correct separator or skip_lines in \[file\]"):
        mapped(CONTINENTAL.replace('separator = ";"', 'separator = "|"'), FILE.encode("cp1252"))


def test_a_constant_amount_may_be_a_number() -> None:
    (slip, *_) = mapped(
        CONTINENTAL.replace('"net_pay"', '"net_pay"\nbonus = 12.50\nstudent_loan = 5'), FILE.encode("cp1252")
    )
    assert (slip.bonus, slip.student_loan) == (Decimal("12.50"), Decimal("5.00"))


def test_a_required_field_that_is_not_mapped_is_named() -> None:
    with pytest.raises(BadInput, match=r"export\.csv: the column employer is missing; name it under \[columns\]"):
        mapped(CONTINENTAL.replace('employer = "Café Example Ltd"', ""), FILE.encode("cp1252"))


def test_a_mapping_that_ignores_every_row_says_so() -> None:
    mapping = CONTINENTAL + '\n[[ignore]]\ncolumn = "PAYE"\nmatches = "."\n'
    with pytest.raises(BadInput, match="every row is left out"):
        mapped(mapping, FILE.encode("cp1252"))


def test_mapping_and_profile_are_for_their_own_kinds_of_file() -> None:
    directions = Directions(mapping=read_mapping(CONTINENTAL.encode(), "map.toml"))
    with pytest.raises(BadInput, match="--mapping is for CSV and JSON"):
        read_payslips(b"%PDF-1.4", "april.pdf", TODAY, directions)
