"""What HMRC says of the person as a whole in a tax year: earnings for National Insurance, refunds, pensions. Shown, never netted."""

from collections.abc import Sequence
from datetime import date

from daemon.reconcile.case import Case, money
from daemon.reconcile.insurance import band_total
from daemon.reconcile.model import Finding, HmrcYear, NicableEarnings, Person
from storage.money import pounds
from storage.records import TaxYear


def person(
    tax_year: TaxYear, year: HmrcYear | None, cases: Sequence[Case], today: date
) -> tuple[Person, tuple[Finding, ...]]:
    """The person's figures, in pounds, and what must be known to read them."""
    bands = [each for case in cases if (each := band_total(case)) is not None]
    ours = sum(total for total, _ in bands) if bands else None
    theirs = year.nicable_earnings if year else None
    if theirs is not None and not theirs and (ours or not _class_1_done(tax_year, today)):
        theirs = None
    payslips = None if ours is None else money(ours)
    difference = None if theirs is None or payslips is None else theirs - payslips
    findings: list[Finding] = []
    if theirs is not None and bands and not all(printed for _, printed in bands):
        text = "Earnings for National Insurance are estimated from gross pay: not every payslip prints its pay for National Insurance."
        findings.append(Finding("nicable_estimated", text))
    if year and year.state_benefits:
        text = f"State benefits at HMRC (Incapacity Benefit, ESA, Jobseeker's Allowance, SEISS): {pounds(year.state_benefits)}, not added to the pay."
        findings.append(Finding("state_benefits", text))
    earnings = NicableEarnings(theirs, payslips, difference)
    return Person(earnings, year.refunds if year else None, year.pensions if year else None), tuple(findings)


def _class_1_done(tax_year: TaxYear, today: date) -> bool:
    """Whether HMRC has filled in Class 1 earnings by now: it does between May and the end of August after the year's end."""
    return today > date(tax_year.start + 1, 8, 31)
