"""Small makers of test data: made-up people, round figures, everything overridable."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from storage.records import P60, PayeReference, Payment, Payslip, TaxYear

UTR = "2234567890"
EMPLOYER = "Example Ltd"
REFERENCE = PayeReference("123/AB456")


class StoppedClock:
    """A clock that stands still until it is set."""

    def __init__(self, moment: datetime = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def pay_dates(tax_year: TaxYear, day: int = 26) -> list[date]:
    """Twelve monthly pay dates of a tax year, on the same day of each month."""
    return [date(tax_year.start + (month > 12), (month - 1) % 12 + 1, day) for month in range(4, 16)]


def a_payslip(pay_date: date = date(2024, 4, 26), **changes: Any) -> Payslip:
    """A month at Example Ltd: £3,000 gross, £150 pension from taxable pay, tax code 1257L."""
    values: dict[str, Any] = {
        "id": f"slip-{changes.get('employer_paye_ref', REFERENCE)}-{pay_date}",
        "pay_date": pay_date,
        "employer": EMPLOYER,
        "employer_paye_ref": REFERENCE,
        "gross_pay": Decimal("3000.00"),
        "taxable_pay": Decimal("2850.00"),
        "income_tax": Decimal("360.20"),
        "national_insurance": Decimal("156.16"),
        "net_pay": Decimal("2333.64"),
    }
    return Payslip(**{**values, **changes})


def a_year_of_payslips(tax_year: TaxYear, **changes: Any) -> list[Payslip]:
    """Twelve equal months; the tax of a real year would differ by pennies between months."""
    return [a_payslip(day, **changes) for day in pay_dates(tax_year)]


def a_p60(tax_year: TaxYear, **changes: Any) -> P60:
    """The P60 of `a_year_of_payslips`."""
    values: dict[str, Any] = {
        "id": f"p60-{tax_year}",
        "tax_year": tax_year,
        "employer": EMPLOYER,
        "employer_paye_ref": REFERENCE,
        "pay": Decimal("34200.00"),
        "income_tax": Decimal("4322.40"),
        "national_insurance": Decimal("1873.92"),
    }
    return P60(**{**values, **changes})


def a_payment(on: date, **changes: Any) -> Payment:
    """A line of HMRC's payment table that says the same as `a_payslip`."""
    values: dict[str, Any] = {
        "id": f"payment-{on}",
        "pay_date": on,
        "employer": EMPLOYER,
        "employer_paye_ref": REFERENCE,
        "taxable_pay": Decimal("2850.00"),
        "income_tax": Decimal("360.20"),
        "national_insurance": Decimal("156.16"),
    }
    return Payment(**{**values, **changes})
