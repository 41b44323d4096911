"""What looks wrong about a payslip that could be read: its arithmetic, its year-to-date steps, its date. Warnings, never refusals."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, product

from storage.employers import employer_key
from storage.imports.tax_codes import NI_CATEGORIES, is_tax_code
from storage.money import ZERO, pounds
from storage.records import Payslip
from storage.tax_year import TaxYear, tax_month, tax_week

YTD_TOLERANCE = Decimal("0.02")
_YTD = (
    ("taxable pay", "ytd_taxable", "taxable_pay"),
    ("tax", "ytd_tax", "income_tax"),
    ("gross pay", "ytd_gross", "gross_pay"),
    ("National Insurance", "ytd_ni", "national_insurance"),
    ("NICable pay", "ytd_nicable", "nicable_pay"),
)
_PAYS = ("taxable_pay", "gross_pay", "nicable_pay")
_SWAPPED = Decimal("1.5")
"""How many times the year to date a period's pay is where their columns were taken for one another."""
_DEDUCTIONS = ("income_tax", "national_insurance", "student_loan", "postgrad_loan", "pension_employee")
_PERIOD = re.compile(r"(?:tax\s+)?(?P<unit>month|mth|m|week|wk|w)\.?\s*(?:no\.?\s*)?(?P<number>\d{1,2})", re.IGNORECASE)
_REFERENCE = re.compile(r"\d{3}/[A-Z0-9]{1,10}", re.ASCII)


def checked(slips: Iterable[Payslip]) -> list[Payslip]:
    """`slips` with the warnings that their own figures and their neighbours' give; earlier warnings are replaced.

    A warning that begins with the slip's source is the source's own and stays.
    """
    known = list(slips)
    warnings = {slip.id: _alone(slip) for slip in known}
    for previous, slip in _neighbours(known):
        warnings[slip.id] = [*warnings[slip.id], *_ytd_steps(previous, slip)]
    return [replace(slip, warnings=tuple(warnings[slip.id])) for slip in known]


def _alone(slip: Payslip) -> list[str]:
    found = (
        _zero(slip),
        _arithmetic(slip),
        _near_year_end(slip),
        _period(slip),
        _like_a_p60(slip),
        _tax_code(slip),
        _category(slip),
        _reference(slip),
    )
    own = [warning for warning in slip.warnings if slip.source and warning.startswith(f"{slip.source}: ")]
    return [*own, *(warning for warning in found if warning)]


def _zero(slip: Payslip) -> str | None:
    amounts = (slip.gross_pay, slip.taxable_pay, slip.income_tax, slip.net_pay)
    return None if any(amounts) else "every amount is zero or missing: is this a payslip?"


def _arithmetic(slip: Payslip) -> str | None:
    """Gross less deductions is net, to the penny, wherever enough is printed to say so."""
    if slip.source == "payslip_ingest" or _adds_up(slip) in {True, None}:
        return None  # payslip_ingest knows deductions that have no column here, and says itself whether a slip adds up
    net = slip.net_pay or ZERO
    if (slip.income_tax or ZERO) < 0 and (slip.national_insurance or ZERO) < 0 and net < (slip.gross_pay or ZERO):
        return (
            "tax and National Insurance are both negative, and still net pay is less than gross pay: "
            "if they are deductions printed with a minus, negate them in the profile or mapping file"
        )
    expected = _before_pension(slip) - (slip.pension_employee or ZERO)
    return (
        f"gross pay less the deductions is {pounds(expected)} and net pay is {pounds(net)}: "
        f"{pounds(abs(expected - net))} is not accounted for (a deduction without a column, or a figure misread)"
    )


def with_plain_deductions(slip: Payslip) -> Payslip:
    """`slip` with its deductions positive, where they are printed with a minus: only so it adds up, and to the penny.

    A refund adds up as it is printed, and where tax alone is negative, it is a refund. With all of them negative, or National
    Insurance, which is seldom refunded, they are turned too where what is left over is a deduction without a column.
    """
    taken = {name: value for name in _DEDUCTIONS if (value := getattr(slip, name))}
    negative = {name: -value for name, value in taken.items()}
    if not taken or _adds_up(slip) is not False:
        return slip
    totals = {
        name: -value for name in ("ytd_tax", "ytd_ni") if (value := getattr(slip, name)) is not None and value < 0
    }
    turned = replace(slip, **negative, **totals)
    marked = taken.get("national_insurance", ZERO) < 0 or (len(taken) > 1 and max(taken.values()) < 0)
    nearer = 0 <= _unaccounted(turned) < _unaccounted(slip)
    return turned if _adds_up(turned) or (marked and nearer) else slip


def with_amounts_behind(slip: Payslip, behind: Mapping[str, Decimal]) -> Payslip | None:
    """`slip` as it adds up, where of two amounts beside a label the first was taken for the period's: None where it is doubtful.

    Where the first are units or percentages, gross less deductions is net only with the second ones. It is doubtful where they do
    not add up either, and still come nearer than the first.
    """
    adds_up = _adds_up(slip)
    if not behind or adds_up is None or (adds_up and _unaccounted(slip) >= 0):
        return slip
    other = replace(slip, **behind)
    if abs(_unaccounted(other)) >= abs(_unaccounted(slip)):
        return slip
    return other if _adds_up(other) else None


def misread(slip: Payslip) -> str | None:
    """What speaks so loudly against the figures found on a page that they must be others: another period's, the year's, or no payslip's."""
    if slip.income_tax is None and slip.national_insurance is None and slip.net_pay is None:
        return "pay was found, and no tax, National Insurance or net pay with it: this may be no payslip"
    for name, total, own in _YTD:
        year, period = getattr(slip, total), getattr(slip, own)
        if own in _PAYS and year is not None and period is not None and year > 0 and period > year * _SWAPPED:
            return f"{name} of {pounds(period)} was read for the period, and {pounds(year)} for the year to date"
    if _adds_up(slip) is not False or not slip.gross_pay or slip.gross_pay < 0:
        return None
    net = slip.net_pay or ZERO
    left = _before_pension(slip) - (slip.pension_employee or ZERO)
    if net > 0 and abs(left - net) > slip.gross_pay / 2:
        return (
            f"gross pay was read as {pounds(slip.gross_pay)} and net pay as {pounds(net)}, "
            f"and {pounds(abs(left - net))} between them is no deduction that was found"
        )
    return None


def _before_pension(slip: Payslip) -> Decimal:
    taken = (slip.income_tax, slip.national_insurance, slip.student_loan, slip.postgrad_loan)
    return (slip.gross_pay or ZERO) - sum((each or ZERO for each in taken), ZERO)


def _unaccounted(slip: Payslip) -> Decimal:
    """What gross less the known deductions is above net pay."""
    return _before_pension(slip) - (slip.pension_employee or ZERO) - (slip.net_pay or ZERO)


def _adds_up(slip: Payslip) -> bool | None:
    """Whether gross less deductions is net; None where too little is known to say so.

    Sacrifice, notional pay and payrolled benefits stand in gross on some layouts and not on others, so each is tried
    both ways; a pension that is not given may be what gross and taxable pay differ by.
    """
    if None in (slip.gross_pay, slip.net_pay, slip.income_tax, slip.national_insurance):
        return None
    gross, pension = slip.gross_pay or ZERO, slip.pension_employee or ZERO
    options: list[Sequence[Decimal]] = [(ZERO, pension) if slip.pension_kind == "sacrifice" else (pension,)]
    if slip.pension_employee is None and slip.taxable_pay is not None:
        options[0] = (ZERO, gross - slip.taxable_pay)
    options += [
        (ZERO, amount) for amount in (slip.pension_sacrifice, slip.notional_pay, slip.payrolled_benefits) if amount
    ]
    left = _before_pension(slip)
    return any(left - sum(choice, ZERO) == slip.net_pay for choice in product(*options))


def _near_year_end(slip: Payslip) -> str | None:
    day = slip.pay_date
    if day.month != 4 or day.day > 10:
        return None
    other = slip.tax_year.previous if day.day >= 6 else slip.tax_year.next
    return f"paid within days of the year's end: it counts in {slip.tax_year}, and may be reported in {other}"


def _period(slip: Payslip) -> str | None:
    """A period that is not the date's. Two- and four-weekly payrolls number a payment by the last week of its pay period: 2, 4, … 54, 56."""
    match = _PERIOD.fullmatch(slip.period.strip()) if slip.period else None
    if not match or not slip.period:
        return None
    monthly = match["unit"].casefold().startswith("m")
    expected = tax_month(slip.pay_date) if monthly else tax_week(slip.pay_date)
    usual = {expected} if monthly else {-(-expected // weeks) * weeks for weeks in (1, 2, 4)}
    if int(match["number"]) in usual:
        return None
    unit = "month" if monthly else "week"
    return f"the slip says {slip.period} and its date is in tax {unit} {expected} of {slip.tax_year}"


def _like_a_p60(slip: Payslip) -> str | None:
    whole_year = slip.pay_date == TaxYear.containing(slip.pay_date).ends and not slip.net_pay
    named = "p60" in f"{slip.period or ''} {slip.source_id or ''}".casefold()
    return (
        "this looks like a P60's total for the year, not a payslip: see hmrc-tui p60" if whole_year or named else None
    )


def _tax_code(slip: Payslip) -> str | None:
    return f"{slip.tax_code} is not a tax code" if slip.tax_code and not is_tax_code(slip.tax_code) else None


def _category(slip: Payslip) -> str | None:
    if slip.ni_category and slip.ni_category not in NI_CATEGORIES:
        return f"{slip.ni_category} is not a National Insurance category in use"
    return None


def _reference(slip: Payslip) -> str | None:
    reference = slip.employer_paye_ref
    if reference and not _REFERENCE.fullmatch(reference):
        return f"{reference} is not written like an employer PAYE reference (123/AB456)"
    return None


def _neighbours(slips: Sequence[Payslip]) -> Iterable[tuple[Payslip, Payslip]]:
    """Each slip with the one before it at the same employer in the same tax year."""
    years: dict[tuple[str, TaxYear], list[Payslip]] = defaultdict(list)
    for slip in slips:
        years[slip.employer_paye_ref or employer_key(slip.employer), slip.tax_year].append(slip)
    for year in years.values():
        yield from pairwise(sorted(year, key=lambda slip: (slip.pay_date, slip.ytd_taxable or ZERO, slip.id)))


def _ytd_steps(previous: Payslip, slip: Payslip) -> list[str]:
    """Where the year to date moved by something else than the slip's own amount, by more than £0.02."""
    found: list[str] = []
    for name, total, own in _YTD:
        before: Decimal | None = getattr(previous, total)
        after: Decimal | None = getattr(slip, total)
        amount: Decimal | None = getattr(slip, own)
        if before is None or after is None or amount is None or abs(after - before - amount) <= YTD_TOLERANCE:
            continue
        found.append(
            f"{name} to date moved by {pounds(after - before)} since the slip of {previous.pay_date.day} {previous.pay_date:%B %Y}, "
            f"and this slip has {pounds(amount)}: {pounds(abs(after - before - amount))} apart"
        )
    return found
