"""HMRC's payment table, as it comes out of a browser."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.imports.payment_table import read_payment_table
from storage.records import PayeReference, Payment
from storage.troubles import BadInput
from tests.storage.imports.makers import EXAMPLES, TODAY

LINE = "26 April 2024   £2,850.00   £360.20   £156.16"
PAGE = """Payments from Example Ltd
Employer PAYE reference: 123/AB456
6 April 2024 to 5 April 2025

Date\tTaxable income\tIncome Tax paid\tNational Insurance paid
26 April 2024\t£2,850.00\t£360.20\t£156.16
24 May 2024\t£2,850.00\t−£189.90\t£156.16
24 May 2024\t£2,850.00\t−£189.90\t£156.16
Total\t£8,550.00\t−£19.60\t£468.48
"""


def payments_of(text: str, **constants: str) -> tuple[Payment, ...]:
    return read_payment_table(text.encode(), "table.txt", TODAY, constants).records


def figures(payment: Payment) -> tuple[date, Decimal, Decimal, Decimal | None]:
    return (payment.pay_date, payment.taxable_pay, payment.income_tax, payment.national_insurance)


APRIL = (date(2024, 4, 26), Decimal("2850.00"), Decimal("360.20"), Decimal("156.16"))


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINE.replace("   ", "\t"),
        LINE.replace("£", ""),
        "26 April 2024\n£2,850.00\n£360.20\n£156.16\n",
        "26 Apr 2024, £2,850.00, £360.20, £156.16",
        "26/04/2024,2850.00,360.20,156.16",
        "2024-04-26 | £2850.00 | £360.20 | £156.16 |",
        "  26th April 2024 - £2,850.00  £360.20  £156.16  ",
        "Friday 26 April 2024\t£2,850.00\t£360.20\t£156.16",
        "26 Apr 24\t£2,850.00\t£360.20\t£156.16",
        "26.04.2024;2850.00;360.20;156.16",
        '26 April 2024,"£2,850.00",£360.20,£156.16',
        "26\u00a0April\u00a02024\u00a0£2,850.00\u00a0£360.20\u00a0£156.16",
        "Date\tNational Insurance paid\tIncome Tax paid\tTaxable income\n26 April 2024\t£156.16\t£360.20\t£2,850.00",
        "income_tax,date,taxable_pay,national_insurance\n\n2024-04-26,360.20,2850.00,156.16",
        "Date\nIncome Tax paid\nTaxable income\nNational Insurance paid\n26 April 2024\n£360.20\n£2,850.00\n£156.16",
        "Date\n26 April 2024\nIncome Tax paid\n£360.20\nTaxable income\n£2,850.00\nNational Insurance paid\n£156.16",
        "Check your Income Tax\n26 April 2024\n£2,850.00\n£360.20\n£156.16\nTotal\n£2,850.00\n£360.20\n£156.16",
    ],
)
def test_a_line_is_read_however_the_browser_laid_it_out(text: str) -> None:
    (payment,) = payments_of(text)
    assert figures(payment) == APRIL


def test_headings_and_totals_are_passed_over_and_give_the_employer() -> None:
    april, may, again = payments_of(PAGE)
    assert figures(april) == APRIL
    assert may.income_tax == Decimal("-189.90")
    assert (april.employer, april.employer_paye_ref) == ("Example Ltd", PayeReference("123/AB456"))
    assert may.id != again.id, "two equal payments on one day are two payments"


def test_a_page_with_two_employers_gives_each_its_own_payments() -> None:
    other = PAGE.replace("Example Ltd", "Other Ltd").replace("123/AB456", "999/ZZ1").replace("2,850.00", "100.00")
    by_reference = {payment.employer_paye_ref: payment.employer for payment in payments_of(PAGE + other)}
    assert by_reference == {"123/AB456": "Example Ltd", "999/ZZ1": "Other Ltd"}
    assert len(payments_of(PAGE + other)) == 6
    with pytest.raises(BadInput, match="payments of 123/AB456 and 999/ZZ1 are in it; leave out --employer"):
        payments_of(PAGE + other, employer="Example Ltd")


@pytest.mark.parametrize("cell", ["", "-", "n/a"])
def test_an_empty_cell_moves_no_amount_into_another_column(cell: str) -> None:
    with pytest.raises(BadInput, match=r"line 1: 2024-04-26 has no Income Tax; write 0.00 if that is so"):
        payments_of(f"26 April 2024\t£2,850.00\t{cell}\t£156.16")


def test_the_name_of_one_column_further_down_does_not_undo_what_the_heading_said_of_their_order() -> None:
    text = "Date\tIncome Tax\tTaxable income\nDate\n26 April 2024\n£360.20\n£2,850.00\n"
    assert [figures(payment)[1:3] for payment in payments_of(text)] == [APRIL[1:3]]


def test_the_same_table_pasted_twice_is_the_same_payments() -> None:
    assert payments_of(PAGE) == payments_of(PAGE)


def test_options_win_over_headings() -> None:
    payment = payments_of(PAGE, employer="Other Ltd", employer_paye_ref="999/Z1")[0]
    assert (payment.employer, payment.employer_paye_ref) == ("Other Ltd", PayeReference("999/Z1"))
    assert payments_of(LINE)[0].employer is None


@pytest.mark.parametrize("missing", ["", "   -", "   n/a"])
def test_national_insurance_may_be_missing(missing: str) -> None:
    (payment,) = payments_of(LINE.replace("   £156.16", missing))
    assert payment.national_insurance is None


@pytest.mark.parametrize("sign", ["-£189.90", "−£189.90", "£-189.90", "£189.90-", "(£189.90)", "(189.90)"])
def test_every_minus_is_a_refund(sign: str) -> None:
    assert payments_of(LINE.replace("£360.20", sign))[0].income_tax == Decimal("-189.90")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("Date  Taxable income  Income Tax paid", "no payment was found; paste the table's lines"),
        ("26 April 2024   £2,850.00", "line 1: one amount is beside 2024-04-26"),
        ("26 April 2024\n24 May 2024 £1.00 £1.00", "line 1: no amounts are beside 2024-04-26"),
        (LINE + "  £1.00", "line 1: 4 amounts"),
        (
            "Date\tNational Insurance\tIncome Tax\tPay\n26 April 2024\t£156.16\t£360.20",
            "line 2: 2 amounts are beside 2024-04-26; its heading names 3 columns",
        ),
        ("31 April 2024 £1.00 £1.00", "line 1: ‘31 April 2024’ is not a date"),
        ("26 April 1900 £1.00 £1.00", "line 1: 1900-04-26 is before PAYE began"),
        ("26 April 2024  £2,850.001 £1.00", "line 1: ‘£2,850.001’ has more than two decimals"),
        ("26 April 2024  £2,850.00  3x6.20  £156.16", "line 1: ‘3x6.20’ is not an amount"),
        ("26 April 2024  £2,85.00  £3.20  £156.16", "line 1: ‘£2,85.00’ is not an amount"),
        ("£2,850.00 £360.20 £156.16", "line 1: ‘£2,850.00 £360.20 £156.16’ has amounts and no date"),
    ],
)
def test_a_payment_that_cannot_be_read_whole_names_its_line(text: str, problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        payments_of(text)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


@EXAMPLES
@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda tail: f"{LINE}{tail}\n{tail}{LINE}".encode()))
def test_no_bytes_make_the_reader_fail_with_anything_but_bad_input(content: bytes) -> None:
    with suppress(BadInput):
        read_payment_table(content, "any", TODAY, {})
