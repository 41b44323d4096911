"""What looks wrong about a payslip that could be read."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from storage.imports.checks import checked, with_plain_deductions
from storage.imports.tax_codes import is_tax_code
from storage.records import PayeReference, Payslip
from storage.tax_year import TaxYear
from tests.makers import a_payslip, a_year_of_payslips


def warnings(**changes: Any) -> tuple[str, ...]:
    (slip,) = checked([a_payslip(**changes)])
    return slip.warnings


def test_a_sound_slip_has_no_warnings() -> None:
    assert warnings(tax_code="1257L", ni_category="A", period="Month 1", pension_employee=Decimal("150.00")) == ()
    assert warnings() == ()


def test_arithmetic_is_exact() -> None:
    (warning,) = warnings(pension_employee=Decimal("150.00"), net_pay=Decimal("2333.63"))
    assert warning == (
        "gross pay less the deductions is £2,333.64 and net pay is £2,333.63: £0.01 is not accounted for "
        "(a deduction without a column, or a figure misread)"
    )


@pytest.mark.parametrize("missing", ["gross_pay", "income_tax", "national_insurance", "net_pay"])
def test_arithmetic_is_silent_where_a_part_is_missing(missing: str) -> None:
    assert not [text for text in warnings(**{"net_pay": Decimal("1.00"), missing: None}) if "accounted" in text]


@pytest.mark.parametrize(
    "changes",
    [
        {"pension_employee": Decimal("150.00"), "pension_kind": "sacrifice", "net_pay": Decimal("2483.64")},
        {"pension_employee": Decimal("150.00"), "pension_kind": "sacrifice", "net_pay": Decimal("2333.64")},
        {"pension_sacrifice": Decimal("150.00"), "pension_employee": Decimal("0.00"), "net_pay": Decimal("2333.64")},
        {"notional_pay": Decimal("1000.00"), "pension_employee": Decimal("150.00"), "net_pay": Decimal("1333.64")},
        {"payrolled_benefits": Decimal("80.00"), "pension_employee": Decimal("150.00"), "net_pay": Decimal("2333.64")},
        {"student_loan": Decimal("33.00"), "pension_employee": Decimal("150.00"), "net_pay": Decimal("2300.64")},
    ],
)
def test_arithmetic_knows_that_layouts_print_sacrifice_notional_pay_and_benefits_differently(
    changes: dict[str, Any],
) -> None:
    assert not [text for text in warnings(**changes) if "accounted" in text]


def test_deductions_printed_with_a_minus_are_no_refunds() -> None:
    printed: dict[str, Any] = {"income_tax": Decimal("-360.20"), "national_insurance": Decimal("-156.16")}
    slip = a_payslip(**printed, pension_employee=Decimal("-150.00"), net_pay=Decimal("2333.64"))
    turned = with_plain_deductions(slip)
    assert (turned.income_tax, turned.national_insurance) == (Decimal("360.20"), Decimal("156.16"))
    assert turned.pension_employee == Decimal("150.00")
    refunded = a_payslip(**printed, pension_employee=Decimal("150.00"), net_pay=Decimal("3366.36"))
    assert with_plain_deductions(refunded) is refunded
    refund_of_tax = a_payslip(income_tax=Decimal("-360.20"), net_pay=Decimal("1.00"))
    assert with_plain_deductions(refund_of_tax) is refund_of_tax
    (warning,) = warnings(**printed, net_pay=Decimal("2321.64"))
    assert "negate them in the profile or mapping file" in warning


def deducted(tax: str, national_insurance: str, net: str) -> Payslip:
    """A payslip whose deductions are printed so, a pension of £150.00 with a minus."""
    return a_payslip(
        income_tax=Decimal(tax),
        national_insurance=Decimal(national_insurance),
        pension_employee=Decimal("-150.00"),
        net_pay=Decimal(net),
    )


def test_a_minus_is_no_refund_beside_a_deduction_without_a_column_or_a_refund_without_a_minus() -> None:
    assert with_plain_deductions(deducted("-360.20", "-156.16", "2321.14")).income_tax == Decimal("360.20")
    turned = with_plain_deductions(deducted("40.00", "-156.16", "2733.84"))
    assert (turned.income_tax, turned.national_insurance) == (Decimal("-40.00"), Decimal("156.16"))
    both_refunded = deducted("-360.20", "-156.16", "3600.00")
    assert with_plain_deductions(both_refunded) is both_refunded


def test_year_to_date_must_move_by_the_slips_own_amounts() -> None:
    april = a_payslip(ytd_taxable=Decimal("2850.00"), ytd_tax=Decimal("360.20"))
    may = a_payslip(date(2024, 5, 26), ytd_taxable=Decimal("8550.00"), ytd_tax=Decimal("720.42"))
    first, second = checked([may, april])
    assert second.warnings == ()
    assert first.warnings == (
        "taxable pay to date moved by £5,700.00 since the slip of 26 April 2024, and this slip has £2,850.00: £2,850.00 apart",
    )


def test_year_to_date_starts_anew_each_tax_year_and_at_each_employer() -> None:
    march = a_payslip(date(2025, 3, 26), ytd_tax=Decimal("4322.40"))
    april = a_payslip(date(2025, 4, 26), ytd_tax=Decimal("360.20"))
    elsewhere = a_payslip(date(2025, 3, 27), ytd_tax=Decimal("1.00"), employer_paye_ref=PayeReference("999/Z"))
    assert [slip.warnings for slip in checked([march, april, elsewhere])] == [(), (), ()]


def test_two_pence_of_rounding_in_a_year_to_date_are_fine() -> None:
    april = a_payslip(ytd_tax=Decimal("360.20"))
    may = a_payslip(date(2024, 5, 26), ytd_tax=Decimal("720.42"))
    assert [slip.warnings for slip in checked([april, may])] == [(), ()]


@pytest.mark.parametrize(("day", "flagged"), [(31, False), (1, True), (5, True), (6, True), (10, True), (11, False)])
def test_slips_from_1_to_10_april_are_flagged(day: int, flagged: bool) -> None:
    pay_date = date(2024, 3, 31) if day == 31 else date(2024, 4, day)
    found = warnings(pay_date=pay_date)
    assert bool(found) is flagged
    if flagged:
        counted, other = ("2023-24", "2024-25") if day < 6 else ("2024-25", "2023-24")
        assert found == (f"paid within days of the year's end: it counts in {counted}, and may be reported in {other}",)


@pytest.mark.parametrize(
    ("period", "warned"),
    [
        ("Month 1", False),
        ("m2", True),
        ("Week 3", False),
        ("wk 4", False),
        ("wk 2", True),
        ("wk 5", True),
        ("April 2024", False),
        ("1", False),
        ("Tax Month 12", True),
    ],
)
def test_a_printed_tax_period_must_fit_the_date(period: str, warned: bool) -> None:
    assert bool(warnings(period=period)) is warned


@pytest.mark.parametrize(("week", "warned"), [(53, False), (54, False), (56, False), (52, True), (55, True)])
def test_a_pay_day_too_many_is_numbered_by_the_length_of_its_period(week: int, warned: bool) -> None:
    found = warnings(pay_date=date(2024, 4, 5), period=f"Week {week}")
    assert any(f"Week {week}" in text for text in found) is warned


def test_an_empty_slip_and_one_like_a_p60_are_flagged() -> None:
    nothing = {"gross_pay": None, "taxable_pay": Decimal("0.00"), "income_tax": Decimal("0.00"), "net_pay": None}
    assert warnings(**nothing) == ("every amount is zero or missing: is this a payslip?",)
    assert "P60" in "".join(warnings(pay_date=date(2025, 4, 5), net_pay=None))


def test_odd_codes_categories_and_references_are_warned_about() -> None:
    assert warnings(tax_code="HELLO") == ("HELLO is not a tax code",)
    assert warnings(ni_category="Q") == ("Q is not a National Insurance category in use",)
    assert warnings(employer_paye_ref=PayeReference("AB456")) == (
        "AB456 is not written like an employer PAYE reference (123/AB456)",
    )


@pytest.mark.parametrize(
    "code",
    [
        "1257L",
        "S1257L",
        "C1257L",
        "K475",
        "SK475",
        "BR",
        "CBR",
        "D0",
        "SD2",
        "NT",
        "0T",
        "S0T",
        "1257L W1",
        "1257LX",
        "BR M1",
        "45N",
        "1383M",
        "1257L NONCUM",
        "500T/1",
    ],
)
def test_tax_codes(code: str) -> None:
    assert is_tax_code(code)


@pytest.mark.parametrize("code", ["L1257", "12577L5", "SNT", "1257", "", "W1", "BRR", "1257 L"])
def test_what_is_not_a_tax_code(code: str) -> None:
    assert not is_tax_code(code)


def test_a_whole_year_keeps_its_order_and_ids() -> None:
    year = a_year_of_payslips(TaxYear(2024))
    assert [slip.id for slip in checked(year)] == [slip.id for slip in year]
