"""Small makers of a reconciliation's facts: HMRC's year of one employer beside some payslips."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from daemon.reconcile.model import Cause, Facts, HmrcEmployment, HmrcYear, Reconciliation, Row, YearReport
from daemon.reconcile.run import reconcile
from storage.records import PayeReference, Payslip, TaxYear
from tests.makers import REFERENCE, a_payslip, pay_dates

YEAR = TaxYear(2024)
TODAY = date(2025, 7, 1)
CONFIRMED = datetime(2025, 6, 20, 6, tzinfo=UTC)
MONTHLY_TAX = [Decimal(360) + Decimal(pence) / 100 for pence in (20, 40, 40, 20, 40, 40, 40, 20, 40, 40, 40, 20)]
"""The tax of twelve months of £2,850.00 on 1257L, as the cumulative routine gives it: £4,324.00 together."""


def an_employment(pay: str | None = "34200.00", tax: str | None = "4324.00", **changes: Any) -> HmrcEmployment:
    """HMRC's figures for Example Ltd, as its Employment API spells it."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "name": "EXAMPLE LIMITED",
        "pay": None if pay is None else Decimal(pay),
        "tax": None if tax is None else Decimal(tax),
    }
    return HmrcEmployment(**{**values, **changes})


def an_hmrc_year(*employments: HmrcEmployment, **changes: Any) -> HmrcYear:
    """A tax year of which HMRC gave pay and tax."""
    values: dict[str, Any] = {
        "tax_year": YEAR,
        "state": "available",
        "employments": employments,
        "tax_answered": True,
        "pay_answered": True,
        "as_of": CONFIRMED,
    }
    return HmrcYear(**{**values, **changes})


def a_true_year(tax_year: TaxYear = YEAR, **changes: Any) -> list[Payslip]:
    """Twelve months at Example Ltd with the tax and the year-to-date figures that a real payroll prints."""
    pay = tax = Decimal(0)
    slips: list[Payslip] = []
    for day, month_tax in zip(pay_dates(tax_year), MONTHLY_TAX, strict=True):
        pay, tax = pay + Decimal("2850.00"), tax + month_tax
        values: dict[str, Any] = {
            "income_tax": month_tax,
            "tax_code": "1257L",
            "ni_category": "A",
            "nicable_pay": Decimal("3000.00"),
            "pension_employee": Decimal("150.00"),
            "pension_kind": "net_pay",
            "net_pay": Decimal("2693.84") - month_tax,
            "ytd_taxable": pay,
            "ytd_tax": tax,
        }
        slips.append(a_payslip(day, **{**values, **changes}))
    return slips


def a_bare_year(tax_year: TaxYear = YEAR, **changes: Any) -> list[Payslip]:
    """The same months as a poor layout prints them: date, employer, taxable pay and tax, nothing to check them by."""
    nothing = {"gross_pay": None, "national_insurance": None, "net_pay": None}
    months = zip(pay_dates(tax_year), MONTHLY_TAX, strict=True)
    return [a_payslip(day, income_tax=tax, **{**nothing, **changes}) for day, tax in months]


def facts(slips: Sequence[Payslip], *years: HmrcYear, today: date = TODAY, **more: Any) -> Facts:
    """HMRC's years beside payslips."""
    return Facts(today=today, hmrc=years, payslips=slips, **more)


def the_year(given: Facts, tax_year: TaxYear = YEAR) -> YearReport:
    """One tax year, reconciled."""
    (year,) = reconcile(given, [tax_year]).tax_years
    return year


def the_row(given: Facts, reference: str | None = REFERENCE, tax_year: TaxYear = YEAR) -> Row:
    """One employer's row."""
    (row,) = (row for row in the_year(given, tax_year).rows if row.employer_paye_ref == reference)
    return row


def rows_of(reconciliation: Reconciliation) -> dict[str, str]:
    """Status by the row's key."""
    return {f"{row.tax_year} {row.key}": row.status for year in reconciliation.tax_years for row in year.rows}


def causes_of(row: Row) -> list[str]:
    """The names of a row's causes."""
    return [cause.cause for cause in row.causes]


def changed(slips: Sequence[Payslip], number: int, **values: Any) -> list[Payslip]:
    """The payslips with one of them changed."""
    return [replace(slip, **values) if place == number else slip for place, slip in enumerate(slips)]


def under(reference: str, slips: Sequence[Payslip], **values: Any) -> list[Payslip]:
    """The payslips under another employer PAYE reference."""
    moved = PayeReference(reference)
    return [replace(slip, id=f"{slip.id}-{moved}", employer_paye_ref=moved, **values) for slip in slips]


def reconciled(slips: Sequence[Payslip], pay: str = "34200.00", tax: str = "4324.00", **hmrc: object) -> Row:
    """The row of these payslips beside HMRC's figures for Example Ltd."""
    return the_row(facts(slips, an_hmrc_year(an_employment(pay, tax), **hmrc)))


def the_cause(row: Row) -> Cause:
    """A row's only cause, which closes the difference exactly and says what happened, why, and what to do."""
    (cause,) = row.causes
    assert row.status == "explained"
    assert (cause.pay, cause.tax) == (row.pay.difference, row.tax.difference)
    assert cause.facts >= 1
    assert len(cause.evidence) >= 2
    assert all(text.endswith(".") and text[0] == text[0].upper() for text in cause.evidence)
    assert cause.remedy
    return cause


def without(slips: Sequence[Payslip], number: int) -> list[Payslip]:
    """The payslips but one."""
    return [slip for place, slip in enumerate(slips) if place != number]
