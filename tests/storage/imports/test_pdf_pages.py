"""Whose payslip a page of a PDF is, where on it one begins and goes on, and how its values may be set."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from storage.imports.intake import Directions, read_payslips
from storage.imports.profile import shipped_profiles
from storage.imports.reading import joined
from tests.storage.imports.makers import TODAY, refusal, the_slip
from tests.storage.imports.pdf_writer import LEFT, MIDDLE, RIGHT, Text, a_pdf, lines, row, sage_page, two_column_page


def test_leaders_ligatures_and_a_pound_sign_in_a_column_of_its_own() -> None:
    pairs = [("Gross pay", "3,000.00"), ("Taxable pay", "2,850.00"), ("Income tax", "360.20"), ("Net pay", "2,333.64")]
    page = [
        *lines("Example", "Pay date ......... 26 April 2024", "Tax code ......... 1257L", top=800)[1:],
        *[
            text
            for n, (label, amount) in enumerate(pairs)
            for text in row(700 - 14 * n, (LEFT, f"{label} ........"), (200, "£"), (260, amount))
        ],
    ]
    slip = the_slip(a_pdf(page), directions=Directions(constants={"employer": "Example Ltd"}))
    assert (slip.pay_date, slip.tax_code, slip.income_tax) == (date(2024, 4, 26), "1257L", Decimal("360.20"))
    assert (slip.gross_pay, slip.net_pay) == (Decimal("3000.00"), Decimal("2333.64"))


def test_ligatures_are_the_letters_that_they_join() -> None:
    generic = next(profile for profile in shipped_profiles() if profile.name == "label-value")
    text = "Employer: Example O\ufb03ce Ltd\nPay date: 26 April 2024\nTaxable pay: 1.00\n"
    assert the_slip(text.encode(), "text.txt", Directions(profile=generic)).employer == "Example Office Ltd"


def test_every_page_is_a_payslip_and_a_page_without_one_is_noted() -> None:
    terms = lines("Notes about your pension", "Contributions are invested.")
    reading = read_payslips(a_pdf(sage_page(), sage_page("24 May 2024", 2), terms), "year.pdf", TODAY)
    assert [slip.pay_date for slip in reading.records] == [date(2024, 4, 26), date(2024, 5, 24)]
    assert reading.notes == ("year.pdf: page 3 is not a payslip and was left out",)


def test_the_employees_and_the_employers_copy_are_one_slip() -> None:
    slips, notes = joined([read_payslips(a_pdf(sage_page(), sage_page()), "copies.pdf", TODAY)])
    assert len(slips) == len(notes) == 1


def test_a_payslip_over_two_pages_is_one_slip() -> None:
    page = two_column_page()
    assert the_slip(a_pdf(page[:5], page[5:])).net_pay == Decimal("2883.74")


def test_payslips_may_stand_below_one_another_on_a_page() -> None:
    def stub(week: int, y: float) -> list[Text]:
        return [
            *row(y, (LEFT, "Example Ltd"), (MIDDLE, f"Tax week {week}")),
            *row(y - 14, (LEFT, f"Pay date: {5 + 7 * week:02}/04/2024"), (MIDDLE, "Tax code: 1257L")),
            *row(
                y - 28,
                (LEFT, "Taxable pay"),
                (180, f"£{600 + week}.00"),
                (MIDDLE, "Net pay"),
                (RIGHT, f"£{500 + week}.00"),
            ),
        ]

    slips = read_payslips(a_pdf([*stub(1, 780), *stub(2, 600), *stub(3, 420)]), "april.pdf", TODAY).records
    assert [(slip.pay_date.day, str(slip.taxable_pay), str(slip.net_pay)) for slip in slips] == [
        (12, "601.00", "501.00"),
        (19, "602.00", "502.00"),
        (26, "603.00", "503.00"),
    ]
    assert "with 2024-04-12 and with 2024-04-19" in refusal(a_pdf([*stub(1, 780), *stub(2, 600)[1:]]))


def test_amounts_on_a_page_without_a_date_go_on_from_the_page_before() -> None:
    page = two_column_page()
    last = [text for text in page if text.y < 700]
    terms = lines("How to read your payslip", "Your tax code is explained at GOV.UK.")
    reading = read_payslips(a_pdf([text for text in page if text not in last], last, terms), "april.pdf", TODAY)
    (slip,) = reading.records
    assert replace(slip, source="") == replace(the_slip(a_pdf(page)), source="")
    assert reading.notes == ("april.pdf: page 3 is not a payslip and was left out",)
    other = [*row(780, (LEFT, "Net Pay"), (180, "9.99"))]
    assert "‘Net Pay’ appears there with 2883.74 and with 9.99" in refusal(a_pdf(page, other))


def test_a_column_of_dates_holds_no_pay_date_and_a_deduction_marked_r_is_a_refund() -> None:
    page = [text for text in two_column_page() if "Pay Date" not in text.text and text.text != "189.90-"]
    page += [*row(600, (LEFT, "Date"), (180, "Hours")), *row(588, (LEFT, "12/04/2024"), (180, "7.50"))]
    page += row(720, (RIGHT, "189.90 R"))
    assert "found no pay_date" in refusal(a_pdf(page))
    slip = the_slip(a_pdf([*page, *row(570, (LEFT, "Payable on"), (180, "26 April 2024"))]))
    assert (slip.pay_date, slip.income_tax) == (date(2024, 4, 26), Decimal("-189.90"))


@pytest.mark.parametrize(
    ("page", "employer"),
    [
        (row(800, (LEFT, "Example Foods plc"), (400, "Payslip")), "Example Foods plc"),
        (row(800, (LEFT, "Payslip"), (400, "Example County Council")), "Example County Council"),
        (
            [
                *row(800, (LEFT, "Employer"), (200, "PAYE reference"), (330, "Shift pattern")),
                *row(788, (LEFT, "Example & Co"), (200, "123/AB456"), (330, "Nights")),
            ],
            "Example & Co",
        ),
        (
            [
                *row(800, (LEFT, "Company Name"), (200, "Department")),
                *row(788, (LEFT, "Tesco"), (200, "0100")),
            ],
            "Tesco",
        ),
        (
            [
                *row(800, (LEFT, "Employer"), (200, "Example Retail")),
                *row(788, (LEFT, "Employee"), (200, "Jo Sample")),
            ],
            "Example Retail",
        ),
        (
            lines("Example Ltd", "Pension provider  Another Ltd", "Produced by Some Software Ltd", top=800),
            "Example Ltd",
        ),
    ],
)
def test_the_employer_is_read_beside_or_below_its_label_or_is_the_one_organisation(
    page: list[Text], employer: str
) -> None:
    assert the_slip(a_pdf([*page, *two_column_page()[1:]])).employer == employer


@pytest.mark.parametrize(
    "page",
    [
        lines("Example Ltd", "Another Example Ltd", top=800),
        [Text(LEFT, 800, "Tesco"), *lines("Your scheme is with", "Example Assurance Limited", top=600)],
        lines("© Example Payroll Ltd", "Jo Sample", top=800),
        [*row(800, (LEFT, "Employer"), (200, "Shift")), *row(788, (LEFT, "Tesco"), (200, "Nights"))],
        [*row(800, (LEFT, "Employer"), (200, "NI number")), *row(788, (LEFT, "Tax Code"), (200, "Pay Date"))],
    ],
)
def test_an_employer_that_the_page_does_not_tell_is_never_guessed(page: list[Text]) -> None:
    assert "found no employer" in refusal(a_pdf([*page, *two_column_page()[1:]]))


def test_an_employer_that_is_not_printed_is_asked_for() -> None:
    page = [text for text in two_column_page() if "Employer:" not in text.text]
    assert "found no employer" in refusal(a_pdf(page))
    assert "--employer NAME" in refusal(a_pdf(page))
    assert the_slip(a_pdf(page), "a.pdf", Directions(constants={"employer": "Example Ltd"})).employer == "Example Ltd"
