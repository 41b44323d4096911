"""Whether amounts are like those of a year's payslips: the same, of their size, or as the tax code has it where they would stand."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from math import sqrt

from daemon.reconcile.candidate import Fact, day, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.constants import BASIS_POINTS, income_tax_bands
from daemon.reconcile.paye import period_tax
from daemon.reconcile.slips import Slip
from daemon.reconcile.support import most, near, usual_pay

ALIKE = 0.1
"""How far, as a share, a missing payslip's pay may be outside of what the others pay (half as far again as they are apart)."""
RATE_ALIKE = 0.05
"""How far its tax, as a share of its pay, may be outside of theirs."""
EXACT = 1
"""Within how many pence a recomputed tax is the very tax, and no coincidence."""
_LINE = 5
"""How many payslips must be there to tell how tax goes with pay."""
WITH_EXTRAS = 4
"""Up to how many times the usual pay a payslip with a bonus has."""


def alike(case: Case, days: Sequence[date], pay: int, tax: int) -> list[Fact]:
    """What pay and tax of payslips on `days` have in common with the others."""
    return _like_others(case, days[0], pay, tax) if len(days) == 1 else sizes(case, days, pay, tax)


def surely_alike(facts: Sequence[Fact], tax: int) -> bool:
    """Whether amounts are so like the others' that a pay day before the first payslip, or after the last, can be believed.

    Without tax only the very same amounts can: that a code gives none on little pay is no evidence.
    """
    kinds = {fact.kind for fact in facts}
    return "same" in kinds or (bool(tax) and "paye" in kinds and bool(kinds & {"size", "extra"}))


def _like_others(case: Case, when: date, pay: int, tax: int) -> list[Fact]:
    """What one missing payslip's amounts have in common with the others: the same, or alike, or as the tax code has it.

    Nothing at all where the tax code, which the payslips before it follow, says otherwise.
    """
    facts: list[Fact] = []
    same = next((slip for slip in case.slips if slip.pay == pay and abs(slip.tax - tax) <= TAX_HINT), None)
    expected = case.expected_tax_on(when, pay)
    if same is not None:
        facts.append(Fact("same", f"The amounts are those of {day(same.record.pay_date)}."))
    else:
        facts += sizes(case, [when], pay, tax) or _with_extras(case, when, pay, tax, expected)
    if expected is not None and near(expected, tax, TAX_HINT):
        if expected:  # that a code gives no tax on little pay is no evidence
            kind = "paye" if near(expected, tax, EXACT) else "paye_about"
            text = f"The tax is what the tax code gives on that pay at that point of the year ({sterling(expected)})."
            facts.append(Fact(kind, text))
    elif expected is not None and case.codes_hold_before(when):
        return []
    return facts


def ordinary(case: Case) -> list[Slip]:
    """The payslips of about the usual pay; where there are none, all with pay."""
    usual = usual_pay(case) or 0
    return [slip for slip in case.slips if usual < 2 * slip.pay < 3 * usual] or [
        slip for slip in case.slips if slip.pay > 0
    ]


def sizes(case: Case, days: Sequence[date], pay: int, tax: int) -> list[Fact]:
    """Whether pay and tax, by pay day, are of the size of the year's other payslips; no pay, or pay taken back, never is."""
    others = ordinary(case)
    if not others or pay <= 0:
        return []
    each_pay, rate = pay / max(1, len(days)), tax / pay
    pays, rates = sorted(slip.pay for slip in others), [slip.tax / slip.pay for slip in others]
    reach = 0.5 * (pays[-1] - pays[0])
    least = max(pays[0] * (1 - ALIKE) - reach, pays[0] / 2)
    if not least <= each_pay <= pays[-1] * (1 + ALIKE) + reach:
        return []
    if rate < 0 or not min(rates) - RATE_ALIKE <= rate <= max(rates) + RATE_ALIKE:
        return []
    if (lines := tax_lines(case)) and not any(_on(line, len(days), pay, tax) for line in lines):
        return []
    spread = f"{sterling(pays[0])} to {sterling(pays[-1])}" if pays[0] != pays[-1] else sterling(pays[0])
    near_to = "about" if not pays[0] <= each_pay <= pays[-1] else "within"
    a_pay_day = f"Pay of {sterling(round(each_pay))}{' a pay day' if len(days) > 1 else ''}"
    return [
        Fact("size", f"{a_pay_day} is {near_to} what the other payslips have ({spread}), and its tax goes with it.")
    ]


def tax_lines(case: Case) -> list[tuple[int, int]]:
    """How the tax of the year's payslips goes with their pay, if it does on nearly all: a rate in basis points, and tax at no pay in pence.

    Cumulative codes take a rate of each pound beyond the same free pay. Payslips of one pay only allow more than one.
    """
    others = [slip for slip in ordinary(case) if slip.tax >= 0]
    if len(others) < _LINE:
        return []
    when = others[-1].record.pay_date
    rates = {0} | {band.rate for region in (False, True) for band in income_tax_bands(when, scottish=region) or ()}
    found: list[tuple[int, int]] = []
    for rate in sorted(rates):
        at_nought = sorted(slip.tax - slip.pay * rate // BASIS_POINTS for slip in others)
        middle = at_nought[len(at_nought) // 2]
        if most([abs(each - middle) <= TAX_HINT for each in at_nought]):
            found.append((rate, middle))
    return found


def _on(line: tuple[int, int], count: int, pay: int, tax: int) -> bool:
    """Whether the pay and tax of `count` payslips together go with each other as on the others."""
    rate, at_nought = line
    if abs(2 * tax - pay) <= EXACT:
        return True  # the most that a K code takes
    return abs(tax - pay * rate // BASIS_POINTS - count * at_nought) <= 2 * TAX_HINT * count


def as_many(case: Case, count: int, pay: int, tax: int) -> bool:
    """Whether pay and tax are those of `count` payslips together: as near to so many usual ones as the others' spread lets expect."""
    others = ordinary(case)
    if not others or pay <= 0:
        return False
    mean = sum(slip.pay for slip in others) / len(others)
    spread = sqrt(sum((slip.pay - mean) ** 2 for slip in others) / len(others))
    rates = [slip.tax / slip.pay for slip in others]
    if not min(rates) - RATE_ALIKE <= tax / pay <= max(rates) + RATE_ALIKE:
        return False
    return abs(pay - count * mean) <= 100 + spread * sqrt(count)


def _with_extras(case: Case, when: date, pay: int, tax: int, expected: int | None) -> list[Fact]:
    """Whether a payslip of more than the usual pay, as with a bonus, bears the tax of its code to the penny.

    Without a code: whether the usual part bears the usual tax and what is beyond it a rate of the tax year. Codes of one flat
    rate tell nothing of how much pay there was.
    """
    usual = usual_pay(case) or 0
    if not usual < pay <= WITH_EXTRAS * usual or tax <= 0:
        return []
    told = Fact("extra", f"It is more than the usual {sterling(usual)}, as with a bonus, and the tax goes with it.")
    number = bisect_left([slip.record.pay_date for slip in case.slips], when)
    codes = [code for code in case.codes[max(0, number - 1) : number + 1] if code is not None]
    if expected is not None:
        allowed = bool(codes) and codes[0].number > 0
        return [told] if allowed and near(expected, tax, EXACT) else []
    bands = income_tax_bands(when, scottish=False)
    plain = [slip.tax for slip in case.slips if abs(slip.pay - usual) * 100 <= usual]
    if bands is None or not plain:
        return []
    beyond, taxed = pay - usual, tax - sorted(plain)[len(plain) // 2]
    least, most = bands[0].rate - 100, bands[-1].rate + 300
    return (
        [told] if beyond * least // BASIS_POINTS - TAX_HINT <= taxed <= beyond * most // BASIS_POINTS + TAX_HINT else []
    )


def later_payslip(case: Case, days: Sequence[date], pay: int, tax: int) -> bool | None:
    """Whether the first payslip after `days` bears the tax of its cumulative code only with `pay` and `tax` before it.

    False where it does only without them: then nothing is missing. None where it does not tell.
    """
    number = bisect_left([slip.record.pay_date for slip in case.slips], days[-1])
    if not 0 < number < len(case.slips):
        return None
    slip, code, (ytd, _) = case.slips[number], case.codes[number], case.steps.printed[number]
    if code is None or not code.cumulative or case.steps.printed[number - 1][0] is not None or ytd is not None:
        return None
    before, taken = case.before(number)
    lacking = period_tax(code, slip.record.pay_date, case.often, slip.pay, before, taken)
    whole = period_tax(code, slip.record.pay_date, case.often, slip.pay, before + pay, taken + tax)
    if near(whole, slip.tax, EXACT) == near(lacking, slip.tax, EXACT):
        return None
    return near(whole, slip.tax, EXACT)
