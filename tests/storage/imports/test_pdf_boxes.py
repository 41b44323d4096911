"""Payslips whose boxes and columns are told by titles, payers, words and sums, where no heading stands right above an amount."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from storage.imports.intake import Directions
from storage.imports.profile import named_profile
from storage.records import Payslip
from storage.troubles import BadInput
from tests.storage.imports.makers import the_slip
from tests.storage.imports.pdf_writer import LEFT, Text, a_pdf, lines, row

HEAD = lines("Employer: Example Ltd", "Pay Date: 24 May 2024", top=800)
RIGHT = 340.0


def beside(*pairs: tuple[tuple[str, ...], tuple[str, ...]]) -> list[Text]:
    """Two boxes beside one another, line by line: labels to the left of each, with an amount or two."""
    texts: list[Text] = []
    for number, (left, right) in enumerate(pairs):
        for start, cells in ((LEFT, left), (RIGHT, right)):
            texts += [
                text
                for column, cell in enumerate(cells)
                if cell
                for text in row(740 - 14 * number, (start + (0, 130, 190)[column], cell))
            ]
    return texts


def read(*texts: Text, named: bool = False) -> Payslip:
    return the_slip(
        a_pdf([*HEAD, *texts]),
        "may.pdf",
        Directions(profile=named_profile("label-value", Path())) if named else Directions(),
    )


def plain(*labelled: Sequence[str]) -> list[Text]:
    """Lines of a label and what stands beside it, below a head without any heading."""
    places = (LEFT, 260.0, 360.0)
    return [text for n, cells in enumerate(labelled) for text in row(740 - 14 * n, *zip(places, cells, strict=False))]


def test_an_amount_in_brackets_with_its_pound_sign_is_negative() -> None:
    slip = read(
        *plain(("Gross Pay", "£800.00"), ("PAYE Tax", "(£81.17)"), ("Employee NI", "£0.00"), ("Net Pay", "£881.17"))
    )
    assert (slip.income_tax, slip.net_pay) == (Decimal("-81.17"), Decimal("881.17"))


def test_a_title_serves_every_label_of_its_box_not_only_those_right_below_it() -> None:
    slip = read(
        *beside(
            (("Year to Date Balances", "", ""), ("This Period Summary", "", "")),
            (("Gross Pay", "6,000.00"), ("Gross Pay", "3,000.00")),
        ),
        *row(712, (LEFT, "Tax Paid"), (LEFT + 60, "720.40"), (LEFT + 140, "NI Conts"), (LEFT + 235, "312.32")),
        *row(712, (RIGHT, "PAYE Tax"), (RIGHT + 130, "360.20")),
        *row(698, (RIGHT, "Employee NI"), (RIGHT + 130, "156.16")),
        *row(684, (RIGHT, "Net Pay"), (RIGHT + 130, "2,483.64")),
    )
    assert (slip.national_insurance, slip.ytd_ni) == (Decimal("156.16"), Decimal("312.32"))
    assert (slip.income_tax, slip.ytd_tax, slip.gross_pay) == (Decimal("360.20"), Decimal("720.40"), Decimal("3000.00"))


def test_amounts_below_the_word_amount_of_the_years_box_are_the_years() -> None:
    slip = read(
        *beside(
            (("Deductions", "Amount"), ("Year to Date", "Amount")),
            (("Income Tax", "360.20"), ("Gross Pay", "6,000.00")),
            (("Employee NI", "156.16"), ("Income Tax", "720.40")),
            (("Total Pay", "3,000.00"), ("Employee NI", "312.32")),
        ),
        *row(640, (LEFT, "Net Pay"), (LEFT + 130, "2,483.64")),
    )
    assert (slip.income_tax, slip.ytd_tax) == (Decimal("360.20"), Decimal("720.40"))
    assert (slip.national_insurance, slip.ytd_ni) == (Decimal("156.16"), Decimal("312.32"))


def test_a_title_of_the_year_may_share_its_line_with_an_amount() -> None:
    slip = read(
        *beside(
            (("Basic Pay", "3,000.00"), ("This Year", "")),
            (("Total Gross Pay", "3,000.00"), ("Gross for tax", "6,000.00")),
            (("PAYE Tax", "360.20"), ("Tax paid", "720.40")),
            (("Employee NI", "156.16"), ("NI paid", "312.32")),
            (("Net Pay", "2,483.64"), ("", "")),
        )
    )
    assert (slip.taxable_pay, slip.ytd_taxable) == (None, Decimal("6000.00"))
    assert (slip.income_tax, slip.ytd_tax) == (Decimal("360.20"), Decimal("720.40"))


@pytest.mark.parametrize(("first", "second"), [("Employer", "Employee"), ("Employee", "Employer")])
def test_the_employers_column_is_nobodys(first: str, second: str) -> None:
    employee, employer = ("156.16", "269.38") if first == "Employee" else ("269.38", "156.16")
    places = (LEFT, 300.0, 400.0)
    amounts = (300.0, 400.0) if first == "Employee" else (400.0, 300.0)
    slip = read(
        *row(740, *zip(places[1:], (first, second), strict=True)),
        *row(726, (LEFT, "Gross Pay"), (amounts[0], "3,000.00")),
        *row(712, (LEFT, "Income Tax"), (amounts[0], "360.20")),
        *row(698, *zip(places, ("National Insurance", employee, employer), strict=True)),
        *row(684, (LEFT, "Net Pay"), (amounts[0], "2,483.64")),
    )
    assert (slip.national_insurance, slip.ytd_ni, slip.net_pay) == (Decimal("156.16"), None, Decimal("2483.64"))


def test_the_employers_year_to_date_is_nobodys_either() -> None:
    places = (LEFT, 200.0, 280.0, 360.0, 460.0)
    slip = read(
        *row(740, *zip(places[1:], ("Employee", "Employer", "Employee YTD", "Employer YTD"), strict=True)),
        *row(726, (LEFT, "Gross Pay"), (200, "3,000.00"), (360, "6,000.00")),
        *row(712, (LEFT, "Income Tax"), (200, "360.20"), (360, "720.40")),
        *row(698, *zip(places, ("National Insurance", "156.16", "269.38", "312.32", "538.76"), strict=True)),
        *row(684, (LEFT, "Net Pay"), (200, "2,483.64"), (360, "4,967.28")),
    )
    assert (slip.employer, slip.national_insurance, slip.ytd_ni) == (
        "Example Ltd",
        Decimal("156.16"),
        Decimal("312.32"),
    )


def test_a_heading_of_two_known_words_is_one() -> None:
    slip = read(
        *row(740, (LEFT, "Balances"), (260, "Current Amount"), (400, "Year to Date Amount")),
        *row(726, (LEFT, "Gross Pay"), (300, "3,000.00"), (450, "6,000.00")),
        *row(712, (LEFT, "PAYE"), (300, "360.20"), (450, "720.40")),
        *row(698, (LEFT, "Net Pay"), (300, "2,483.64"), (450, "4,967.28")),
    )
    assert (slip.gross_pay, slip.ytd_gross) == (Decimal("3000.00"), Decimal("6000.00"))
    assert (slip.income_tax, slip.ytd_tax, slip.net_pay) == (Decimal("360.20"), Decimal("720.40"), Decimal("2483.64"))


PERCENTAGES = [
    ("Gross Pay", "3,000.00"),
    ("Income Tax", "20.00", "360.20"),
    ("National Insurance", "8.00", "156.16"),
]


def test_units_and_percentages_without_a_heading_are_told_by_the_sum() -> None:
    slip = read(*plain(*PERCENTAGES, ("Net Pay", "2,483.64")))
    assert (slip.income_tax, slip.national_insurance, slip.ytd_tax) == (Decimal("360.20"), Decimal("156.16"), None)


def test_units_beside_gross_pay_alone_are_told_by_the_sum() -> None:
    slip = read(
        *plain(
            ("Gross Pay", "412.38", "3,000.00"),
            ("Taxable Pay", "", "3,000.00"),
            ("Income Tax", "", "360.20"),
            ("National Insurance", "", "156.16"),
            ("Net Pay", "", "2,483.64"),
        )
    )
    assert (slip.gross_pay, slip.ytd_gross) == (Decimal("3000.00"), None)


def test_units_and_percentages_without_a_heading_are_refused_where_the_sum_does_not_tell() -> None:
    doubtful = plain(*PERCENTAGES, ("Net Pay", "2,470.00"))
    with pytest.raises(
        BadInput, match="no heading tells which is this period's, and the payslip does not add up with the first"
    ):
        read(*doubtful)
    assert read(*doubtful, named=True).income_tax == Decimal("20.00")


def test_this_period_and_the_year_without_a_heading_stay_so_with_a_deduction_that_is_not_read() -> None:
    slip = read(
        *plain(
            ("Gross Pay", "3,000.00", "6,000.00"),
            ("Income Tax", "360.20", "720.40"),
            ("National Insurance", "156.16", "312.32"),
            ("Net Pay", "2,470.00"),
        )
    )
    assert (slip.gross_pay, slip.income_tax) == (Decimal("3000.00"), Decimal("360.20"))


def test_a_label_may_say_itself_that_it_is_this_periods() -> None:
    slip = read(
        *plain(
            ("Taxable Pay This Period", "2,850.00"),
            ("Taxable Pay to Date", "5,700.00"),
            ("Income Tax", "360.20"),
            ("Net Pay", "2,333.64"),
        )
    )
    assert (slip.taxable_pay, slip.ytd_taxable) == (Decimal("2850.00"), Decimal("5700.00"))


def test_a_row_of_dots_leads_to_a_text() -> None:
    page = lines(
        "Employer ........ Sample Ltd",
        "Pay Date ........ 24 May 2024",
        "Gross Pay ....... 3,000.00",
        "Tax ....... 360.20",
    )
    assert the_slip(a_pdf(page), "may.pdf").employer == "Sample Ltd"


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("BR Week 1", "BR W1"),
        ("1257L Month 1", "1257L M1"),
        ("S1257L (M1)", "S1257L M1"),
        ("K475 Non-Cumulative", "K475 NONCUM"),
    ],
)
def test_a_tax_code_keeps_its_basis_however_it_is_printed(printed: str, kept: str) -> None:
    slip = read(
        *plain(("Gross Pay", "3,000.00"), ("PAYE Tax", "360.20"), ("Net Pay", "2,483.64"), (f"Tax Code: {printed}",))
    )
    assert (slip.tax_code, slip.warnings) == (kept, ())
