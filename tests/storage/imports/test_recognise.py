"""What a file holds is seen from its content."""

from pathlib import Path

import pytest

from storage.imports.intake import no_password
from storage.imports.recognise import recognised
from storage.troubles import BadInput
from tests.storage.imports.pdf_writer import a_pdf, lines, p60_page, sage_page


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("pay_date,employer,taxable_pay\n2024-04-26,Example Ltd,2850.00\n", "payslips"),
        ("pay_date;employer;taxable_pay\n2024-04-26;Example Ltd;2850.00\n", "payslips"),
        ('"Tax_Year","Employer","Pay","Income_Tax"\n2023-24,Example Ltd,34200.00,4322.40\n', "p60s"),
        ("sep=;\r\ntax_year;employer;pay;income_tax\r\n2023-24;Example Ltd;34200.00;4322.40\r\n", "p60s"),
        ('[{"tax_year": "2023-24", "employer": "Example Ltd", "pay": 34200.00, "income_tax": 4322.40}]', "p60s"),
        ('[{"pay_date": "2024-04-26", "employer": "Example Ltd", "taxable_pay": 2850.00}]', "payslips"),
        ("26 April 2024\t£2,850.00\t£360.20\t£156.16\n", "payments"),
        ("Date\tTaxable income\n26/04/2024\n£2,850.00\n£360.20\n", "payments"),
        ("2024-04-26  £2,850.00  £360.20\n", "payments"),
        ("pay_date,taxable_pay,income_tax\n2024-04-26,£2850.00,£360.20\n", "payslips"),
        ("Datum,Firma,Brutto\n2024-04-26,Example Ltd,2850.00\n", "payslips"),
    ],
)
def test_what_a_file_holds(text: str, holds: str) -> None:
    assert recognised(text.encode(), "file", no_password) == holds


def test_an_empty_file_holds_nothing() -> None:
    with pytest.raises(BadInput, match="empty"):
        recognised(b" ", "file", no_password)


def test_the_first_page_that_is_known_says_what_a_pdf_holds() -> None:
    covering_letter = lines("Dear employee,")
    assert recognised(a_pdf(covering_letter, p60_page(), sage_page("26 Apr 2024")), "a.pdf", no_password) == "p60s"
    assert recognised(a_pdf(sage_page("26 Apr 2024"), p60_page()), "a.pdf", no_password) == "payslips"


def test_a_profile_of_ones_own_is_known_by_too(tmp_path: Path) -> None:
    page = a_pdf(lines("Annual statement of Harbour & Vale", "Tax year to 5 April 2025"))
    (tmp_path / "harbour.toml").write_text(
        'title = "Harbour"\nkind = "p60"\n[recognise]\nall = ["Annual statement of Harbour"]\n[[read]]\nfield = "pay"\nlabels = ["Pay"]\n'
    )
    assert recognised(page, "a.pdf", no_password) == "payslips"
    assert recognised(page, "a.pdf", no_password, tmp_path) == "p60s"
