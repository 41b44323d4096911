"""Payslips from PDFs: what each profile reads, from where, and which files are refused."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from storage.imports.intake import Directions, read_payslips
from storage.imports.places import AMOUNT
from storage.imports.profile import read_profile, shipped_profiles
from storage.records import PayeReference, Payslip
from storage.troubles import BadInput
from tests.storage.imports.makers import TODAY, refusal, the_slip
from tests.storage.imports.pdf_writer import (
    LEFT,
    Text,
    a_pdf,
    a_scan,
    lines,
    p60_page,
    row,
    sage_page,
    two_column_page,
)

SAGE = Payslip(
    id="",
    pay_date=date(2024, 4, 26),
    employer="Example Ltd",
    tax_code="1257L",
    period="Month 1",
    gross_pay=Decimal("3000.00"),
    taxable_pay=Decimal("2850.00"),
    nicable_pay=Decimal("3000.00"),
    income_tax=Decimal("360.20"),
    national_insurance=Decimal("156.16"),
    pension_employee=Decimal("150.00"),
    net_pay=Decimal("2333.64"),
    ytd_gross=Decimal("3000.00"),
    ytd_taxable=Decimal("2850.00"),
    ytd_tax=Decimal("360.20"),
    ytd_ni=Decimal("156.16"),
    ytd_nicable=Decimal("3000.00"),
    source="april.pdf",
)


@pytest.mark.parametrize("date_text", ["26 Apr 2024", "26 Apr2024", "26 Apr  2024"])
def test_a_sage_payslip_is_read_to_the_penny_though_its_texts_run_together(date_text: str) -> None:
    slip = the_slip(a_pdf(sage_page(date_text)), "april.pdf")
    assert slip == replace(SAGE, id=slip.id)


def test_a_sage_refund_is_negative() -> None:
    assert the_slip(a_pdf(sage_page(**{"PAYE Tax": "-189.90"}))).income_tax == Decimal("-189.90")


def test_labels_and_values_in_two_columns_are_read_without_a_profile_of_their_own() -> None:
    slip = the_slip(a_pdf(two_column_page()))
    assert (slip.employer, slip.employer_paye_ref) == ("Example Ltd", PayeReference("123/AB456"))
    assert (slip.pay_date, slip.tax_code, slip.ni_category) == (date(2024, 4, 26), "1257L M1", "A")
    assert (slip.gross_pay, slip.taxable_pay, slip.net_pay) == (
        Decimal("3000.00"),
        Decimal("2850.00"),
        Decimal("2883.74"),
    )
    assert slip.income_tax == Decimal("-189.90"), "a trailing minus is a refund"
    assert (slip.ytd_taxable, slip.ytd_tax) == (Decimal("5700.00"), Decimal("170.30"))
    assert (slip.national_insurance, slip.pension_employee) == (Decimal("156.16"), Decimal("150.00"))


def test_deductions_that_are_all_printed_with_a_minus_are_deductions_where_only_so_they_add_up() -> None:
    texts = {
        "PAYE Tax": "360.20-",
        "National Insurance": "156.16-",
        "Employee Pension": "150.00-",
        "Net Pay": "£2,333.64",
    }
    page = [
        *(each for each in two_column_page() if each.x < 400),
        *(Text(470, 720 - 14 * n, texts[label]) for n, label in enumerate(list(texts)[:3])),
        Text(470, 650, texts["Net Pay"]),
        Text(470, 678, "530.50"),
    ]
    reading = read_payslips(a_pdf(page), "april.pdf", TODAY)
    (slip,) = reading.records
    assert (slip.income_tax, slip.national_insurance, slip.pension_employee) == (
        Decimal("360.20"),
        Decimal("156.16"),
        Decimal("150.00"),
    )
    assert reading.notes == (
        "april.pdf: deductions are printed with a minus there; they count as deductions, not as refunds",
    )


@pytest.mark.parametrize("nil_tax", [False, True])
def test_the_year_to_dates_of_deductions_printed_with_a_minus_are_turned_with_them(nil_tax: bool) -> None:
    tax, net = ("0.00", "£2,843.84") if nil_tax else ("-£360.20", "£2,483.64")
    page = [
        *lines("Example Ltd", "Paid on 26 April 2024", top=800),
        *row(760, (200, "This month"), (300, "This tax year")),
        *row(746, (LEFT, "Gross pay"), (200, "£3,000.00"), (300, "£6,000.00")),
        *row(732, (LEFT, "PAYE tax"), (200, tax), (300, tax)),
        *row(718, (LEFT, "National Insurance"), (200, "-£156.16"), (300, "-£312.32")),
        *row(704, (LEFT, "Net pay"), (200, net)),
    ]
    slip = the_slip(a_pdf(page))
    paid = Decimal("0.00") if nil_tax else Decimal("360.20")
    assert (slip.income_tax, slip.ytd_tax) == (paid, paid)
    assert (slip.national_insurance, slip.ytd_ni) == (Decimal("156.16"), Decimal("312.32"))


def test_what_was_read_from_where_is_told_without_the_persons_numbers() -> None:
    reading = read_payslips(a_pdf(sage_page(), sage_page("24 May 2024", 2)), "april.pdf", TODAY)
    tax = next(found for found in reading.found if found.field == "income_tax")
    assert (tax.value, tax.label, tax.page, tax.text) == (
        "360.20",
        "PAYE Tax",
        1,
        "Basic Pay 1.00 3000.00 3000.00 PAYE Tax 360.20",
    )
    assert {found.page for found in reading.found} == {1, 2}
    assert not any("AA000000A" in found.text or "AA000000A" in found.label for found in reading.found)
    assert reading.layout == "sage-uk"


def test_figures_under_their_labels_need_a_profile_and_a_profile_is_data() -> None:
    page = [
        Text(LEFT, 790, "Example Ltd"),
        *lines("Paid on", "26.04.2024", "Taxable this month", "2,850.00 34,200.00", "Tax credit", "189.90 CR", top=760),
    ]
    profile = b"""
        title = "Made up"
        [amounts]
        signs = ["cr"]
        [constants]
        employer_paye_ref = "123/AB456"
        [[read]]
        field = "employer"
        patterns = ['\\A(?P<value>[^\\n]+)']
        [[read]]
        field = "pay_date"
        labels = ["Paid on"]
        below = true
        [[read]]
        field = "taxable_pay"
        labels = ["Taxable this month"]
        below = true
        [[read]]
        field = "ytd_taxable"
        labels = ["Taxable this month"]
        below = true
        nth = 2
        [[read]]
        field = "income_tax"
        labels = ["Tax credit"]
        below = true
    """
    assert "hmrc-tui payslips text april.pdf" in refusal(a_pdf(page))
    directions = Directions(profile=read_profile(profile, "mine.toml"))
    slip = the_slip(a_pdf(page), "april.pdf", directions)
    assert (slip.employer, slip.pay_date) == ("Example Ltd", date(2024, 4, 26))
    assert (slip.taxable_pay, slip.ytd_taxable, slip.income_tax) == (
        Decimal("2850.00"),
        Decimal("34200.00"),
        Decimal("-189.90"),
    )
    assert slip.employer_paye_ref == PayeReference("123/AB456")


def test_a_figure_that_stands_there_twice_with_different_amounts_is_not_guessed() -> None:
    page = [*two_column_page(), *row(600, (LEFT, "Taxable Pay"), (180, "£2,900.00"))]
    assert "taxable_pay: ‘Taxable Pay’ appears there with 2850.00 and with 2900.00" in refusal(a_pdf(page))


def test_a_scan_is_refused_plainly() -> None:
    assert "april.pdf: no text was found in it: it is a scan or a picture" in refusal(a_scan())


def test_a_p60_is_sent_to_its_own_command() -> None:
    sage = next(profile for profile in shipped_profiles() if profile.name == "sage-uk")
    for directions in (None, Directions(profile=sage)):
        refused = refusal(a_pdf(p60_page()), directions)
        assert "this is a P60, not a payslip; import it with: hmrc-tui p60 import april.pdf" in refused


def test_a_payslip_that_mentions_a_p60_is_a_payslip() -> None:
    page = [*sage_page(), *lines("Your P60 for the tax year to 5 April 2024 will be posted in May", top=340)]
    assert the_slip(a_pdf(page)).taxable_pay == Decimal("2850.00")


def test_a_p60_among_payslips_is_left_out_and_sent_to_its_own_command() -> None:
    reading = read_payslips(a_pdf(sage_page(), p60_page()), "year.pdf", TODAY)
    assert len(reading.records) == 1
    assert reading.notes == ("year.pdf: page 2 is a P60; import it with: hmrc-tui p60 import year.pdf",)


def test_a_letter_that_speaks_of_pay_is_no_payslip() -> None:
    letter = lines("Employer: Example Ltd", "Date: 1 May 2024", "Gross pay: £36,000.00 a year")
    assert "no tax, National Insurance or net pay with it: this may be no payslip" in refusal(a_pdf(letter))


def test_a_p45_is_named_for_what_it_is() -> None:
    page = lines("P45 Part 1A", "Details of employee leaving work", "Total pay to date 12,345.00", "Tax Code 1257L")
    assert "this is a P45, not a payslip" in refusal(a_pdf(page))


@pytest.mark.parametrize(
    "written",
    [
        "26 Apr 2024",
        "26/04/2024",
        "2024-04-26",
        "26.04.24",
        "26-Apr-2024",
        "26-Apr-24",
        "Fri 26 April 2024",
        "26/04/24",
    ],
)
def test_a_pay_date_is_read_as_payslips_print_it(written: str) -> None:
    page = [
        Text(LEFT, 770, f"Pay Date: {written}"),
        *(each for each in two_column_page() if "Pay Date" not in each.text),
    ]
    assert the_slip(a_pdf(page)).pay_date == date(2024, 4, 26)


def test_the_text_of_a_payslip_is_read_by_a_profile_that_is_named() -> None:
    sage = next(profile for profile in shipped_profiles() if profile.name == "sage-uk")
    text = (
        "0005 Jo Sample 26 Apr 2024 AA000000A\nPAYE Tax 360.20\nGross for Tax 2850.00\nTotal Gross Pay 3000.00\n"
        "Example Ltd\n2333.64Pay Run: Month 1 Tax Code: 1257L\n"
    )
    slip = the_slip(text.encode(), "april.txt", Directions(profile=sage))
    assert (slip.employer, slip.taxable_pay, slip.net_pay) == ("Example Ltd", Decimal("2850.00"), Decimal("2333.64"))


@pytest.mark.parametrize("content", [b"%PDF-1.4\n%%EOF", b"%PDF-1.7 nonsense", a_pdf(sage_page())[:900]])
def test_a_damaged_pdf_is_refused(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    message = refusal(content)
    assert "damaged" in message or "no text" in message
    assert capfd.readouterr().err == ""


def test_a_password_is_asked_for_and_never_shown() -> None:
    content = a_pdf(sage_page(), password="hunter-2")
    asked: list[str] = []

    def answer(name: str) -> Iterator[str]:
        asked.append(name)
        yield "hunter-1"
        yield "hunter-2"

    assert the_slip(content, "april.pdf", Directions(password=answer)).net_pay == Decimal("2333.64")
    assert asked == ["april.pdf"]
    assert "protected by a password; write it into a file and name that with --password-file" in refusal(content)
    wrong = refusal(content, Directions(password=lambda name: ["hunter-3"]))
    assert "that is not the PDF's password" in wrong
    assert "hunter" not in wrong


def test_a_mapping_is_not_for_pdfs_nor_a_p60_profile_for_payslips() -> None:
    p60 = next(profile for profile in shipped_profiles() if profile.name == "p60")
    assert "is a profile for P60s" in refusal(a_pdf(sage_page()), Directions(profile=p60))


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("title = 'x'\nread = []\nkinds = 'payslip'", "unknown key 'kinds'; did you mean 'kind'?"),
        (
            "title = 'x'\n[[read]]\nfield = 'taxable'\nlabels = ['T']",
            "unknown field 'taxable'; did you mean 'ytd_taxable'?",
        ),
        ("title = 'x'\n[[read]]\nfield = 'taxable_pay'", "needs labels or patterns"),
        ("title = 'x'\n[[read]]\nfield = 'taxable_pay'\npatterns = ['(']", "is not a pattern"),
        ("title = 'x'\n[[read]]\nfield = 'taxable_pay'\npatterns = ['Tax']", "has no {amount}"),
        ("title = 'x'\n[[read]]\nfield = 'employer'\nlabels = ['E']\nrepeat = 'sum'", "only amounts can be summed"),
        (
            "title = 'x'\n[[read]]\nfield = 'taxable_pay'\nlabel = 'T'",
            "unknown key 'label' in [read]; did you mean 'labels'?",
        ),
        ("title = ", "not valid TOML"),
        ("", "the file is empty"),
    ],
)
def test_a_profile_that_cannot_work_says_why(profile: str, problem: str) -> None:
    with pytest.raises(BadInput, match=r"^mine\.toml: ") as refused:
        read_profile(profile.encode(), "mine.toml")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("1367.1561.47", ["1367.15", "61.47"]),
        ("189.90- 5.00", ["189.90-", "5.00"]),
        ("£1,189.90 CR", ["£1,189.90 CR"]),
        ("34200.00 R 324.00", ["34200.00", "324.00"]),
        ("(12.34) -5.00", ["(12.34)", "-5.00"]),
        ("£ 1,000.00 (£ 5.00) £12.00", ["£ 1,000.00", "(£ 5.00)", "£12.00"]),
        ("1.234", []),
        ("12", []),
    ],
)
def test_amounts_are_found_in_running_text(text: str, amounts: list[str]) -> None:
    import re

    assert re.findall(AMOUNT, text) == amounts


def test_no_page_makes_a_profile_slow() -> None:
    gaps = [Text(LEFT, 780 - n, " " * 3000 + "Tax" + "1" * 3000) for n in range(4)]
    started = time.process_time()
    refusal(a_pdf([*gaps, Text(LEFT, 300, "Net Pay")]))
    assert time.process_time() - started < 6


@pytest.mark.parametrize("piece", [" " * 160 + "x", "Tax  1,000.00  ", "YTD Tax ", "|Tax ", "1.00 "])
def test_the_fullest_page_is_read_within_seconds(piece: str) -> None:
    line = (piece * 3000)[:2999]
    generic = next(profile for profile in shipped_profiles() if profile.name == "label-value")
    started = time.process_time()
    with suppress(BadInput):
        read_payslips("\n".join([line] * 9).encode(), "full.txt", TODAY, Directions(profile=generic))
    assert time.process_time() - started < 40
    with pytest.raises(BadInput, match="far more text than any payslip"):
        read_payslips((line * 2).encode(), "full.txt", TODAY, Directions(profile=generic))


def test_a_year_of_pdfs_is_read_within_three_seconds() -> None:
    contents = [
        a_pdf(sage_page(f"26 {month} 2024", number)) for number, month in enumerate(("Apr", "May", "Jun") * 4, 1)
    ]
    started = time.process_time()
    for content in contents:
        the_slip(content)
    assert time.process_time() - started < 3
