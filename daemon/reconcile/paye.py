"""Income tax under PAYE, recomputed exactly (HMRC, "Specification for PAYE Tax Table Routines"). Amounts are whole pence.

A recomputed figure is a hint and never a verdict: codes change, week 1 bases begin and end, P45s arrive late.
"""

from datetime import date
from functools import lru_cache

from daemon.reconcile.calendar import Frequency
from daemon.reconcile.constants import BASIS_POINTS, Band, income_tax_bands
from daemon.reconcile.tax_code import TaxCode

_FLAT_BAND_FROM_TOP = {"D0": -2, "D1": -1}
_BLOCK = 500
"""Free pay is tabulated for codes up to 500; every further 500 adds a fixed amount."""
_BLOCK_PENCE = {12: 416_67, 52: 96_16}


@lru_cache(maxsize=4096)
def free_pay(number: int, periods: int) -> int:
    """Free pay in pence of a code's number for one month (`periods` 12) or one week (52); for a K code, what is added to pay."""
    if not number:
        return 0
    blocks, rest = divmod(number - 1, _BLOCK)
    annual = (rest + 1) * 10 + 9
    return blocks * _BLOCK_PENCE[periods] + -(-annual * 100 // periods)


def flat_rate(code: TaxCode, pay_date: date) -> int | None:
    """The rate of BR and the D codes in basis points on `pay_date`."""
    bands = income_tax_bands(pay_date, scottish=code.scottish)
    if bands is None:
        return None
    if code.kind == "BR":
        return 2000
    if not code.scottish:
        return bands[_FLAT_BAND_FROM_TOP[code.kind]].rate
    # Scotland's D codes name the bands above basic in order: intermediate, higher, then advanced (or top), top.
    above_basic = [band.rate for band in bands if band.rate > 2000]
    place = int(code.kind[1])
    return above_basic[place] if place < len(above_basic) else None


@lru_cache(maxsize=8192)
def _limits(bands: tuple[Band, ...], period: int, periods: int) -> tuple[tuple[int, int, int, int], ...]:
    """Per band: the limit in pence rounded up to the pound (for choosing), and for computing, in units of a pound over `periods`:
    the tax on the full bands below in basis points, the lower limit, and the rate.
    """
    chosen: list[tuple[int, int, int, int]] = []
    below = lower = 0
    for band in bands:
        upper = None if band.up_to is None else band.up_to * period
        ceiling = -(-upper // periods) * 100 if upper is not None else 1 << 62
        chosen.append((ceiling, below, lower, band.rate))
        if upper is not None:
            below += (upper - lower) * band.rate
            lower = upper
    return tuple(chosen)


def banded_tax(bands: tuple[Band, ...], taxable: int, period: int, periods: int) -> int:
    """Tax in pence on `taxable` pence of pay after free pay, up to `period` of `periods` in the year."""
    if taxable <= 0:
        return 0
    pounds = taxable // 100
    for ceiling, below, lower, rate in _limits(bands, period, periods):
        if taxable <= ceiling:
            return (below + (pounds * periods - lower) * rate) * 100 // (periods * BASIS_POINTS)
    raise AssertionError("the last band has no end")


def tax_to_date(code: TaxCode, pay_date: date, often: Frequency, pay: int, *, alone: bool = False) -> int | None:
    """Tax in pence due on `pay` pence of pay to date; with `alone`, on the pay of this one period (week 1, month 1). None: unknown."""
    if code.kind == "NT":
        return 0
    if code.kind in {"BR", "D0", "D1", "D2", "D3"}:
        rate = flat_rate(code, pay_date)
        return None if rate is None else max(0, pay // 100) * rate // 100
    bands = income_tax_bands(pay_date, scottish=code.scottish)
    if bands is None:
        return None
    periods = 52 if often.weeks else 12
    period = (often.weeks or often.months) if alone else often.period(pay_date)
    free = free_pay(code.number, periods) * period
    return banded_tax(bands, pay + free if code.kind == "K" else pay - free, period, periods)


def period_tax(
    code: TaxCode, pay_date: date, often: Frequency, pay: int, pay_before: int, tax_before: int
) -> int | None:
    """Tax in pence to take from `pay` pence on `pay_date`, after `pay_before` and `tax_before` earlier in the year.

    Negative is a refund. None where the year's figures are not known. A K code takes at most half of the pay (the regulatory limit).
    """
    alone = not code.cumulative or often.beyond_year(pay_date)
    due = tax_to_date(code, pay_date, often, pay if alone else pay_before + pay, alone=alone)
    if due is None:
        return None
    tax = due if alone else due - tax_before
    return min(tax, pay // 2) if code.kind == "K" and pay >= 0 else tax
