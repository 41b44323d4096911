"""National Insurance of a row: what its payslips and its P60 say, and what the category letters give. HMRC gives none."""

from decimal import Decimal

from daemon.reconcile.case import Case, money
from daemon.reconcile.model import NationalInsurance
from daemon.reconcile.national_insurance import band, director_contribution
from daemon.reconcile.slips import known_pence, nicable, pence


def national_insurance(case: Case) -> NationalInsurance:
    """The row's contributions, in pounds. `computed` is None unless every payslip's category letter and year are known."""
    printed = [slip.record.national_insurance for slip in case.slips]
    paid = (
        sum((each for each in printed if each is not None), Decimal("0.00"))
        if any(each is not None for each in printed)
        else None
    )
    p60 = case.group.p60.national_insurance if case.group.p60 else None
    return NationalInsurance(paid, p60, _computed(case, paid))


def _computed(case: Case, paid: Decimal | None) -> Decimal | None:
    amounts = case.contributions
    if not amounts or None in amounts:
        return None
    total = sum(amount for amount in amounts if amount is not None)
    annual = director_total(case)
    is_director = (
        paid is not None
        and annual is not None
        and abs(annual - pence(paid)) <= 2
        and abs(total - pence(paid)) > 2 * len(case.slips)
    )
    return money(annual if is_director and annual is not None else total)


def director_total(case: Case) -> int | None:
    """The year's contribution by a director's annual method, in pence, where all payslips have one category letter."""
    letters = {slip.record.ni_category for slip in case.slips}
    letter = next(iter(letters)) if len(letters) == 1 else None
    if not letter:
        return None
    given = director_contribution(sum(nicable(slip.record)[0] for slip in case.slips), letter, case.tax_year)
    return None if given is None else given.amount


def band_total(case: Case) -> tuple[int, bool] | None:
    """Earnings between the Primary Threshold and the Upper Earnings Limit, in pence, and whether every payslip prints its pay for
    National Insurance. Letter X pays none. None where there are no payslips or the year's thresholds are not known.
    """
    if not case.slips:
        return None
    total, all_printed = 0, True
    for slip in case.slips:
        earnings, printed = nicable(slip.record)
        if (slip.record.ni_category or "").strip().upper() == "X":
            continue
        within = band(earnings, slip.record.pay_date, case.often)
        if within is None:
            return None
        total += within
        all_printed = all_printed and (printed or not known_pence(slip.record.gross_pay))
    return total, all_printed
