"""Income tax recomputed: payslips whose tax is not what their code gives, and which code would give it. A hint, never a verdict."""

from collections.abc import Iterator

from daemon.reconcile.candidate import day, more_differ, sterling
from daemon.reconcile.case import TAX_HINT, Case
from daemon.reconcile.constants import year_figures
from daemon.reconcile.model import Finding
from daemon.reconcile.tax_code import TaxCode
from daemon.reconcile.ytd import follows


def findings(case: Case) -> Iterator[Finding]:
    """One finding a row: how many payslips are off, the first of them, and the code that it follows.

    Said only where the year so far is known at each payslip: by year-to-date figures that follow from the payslip before, or because no pay
    day is missing before it.
    """
    off = [
        (number, expected) for number, expected in _expected(case) if abs(expected - case.slips[number].tax) > TAX_HINT
    ]
    if not off:
        return
    number, expected = off[0]
    slip = case.slips[number]
    gap = slip.tax - expected
    told = f"The tax of {day(slip.record.pay_date)} is {sterling(slip.tax)}, {sterling(abs(gap))} {'more' if gap > 0 else 'less'} than"
    told = f"{told} code {slip.record.tax_code} gives."
    used = _code_that_gives(case, number)
    if used is not None:
        told += f" It is what code {used} gives: the employer seems to have used that."
    if len(off) > 1:
        told += f" {more_differ(len(off) - 1)} from the code."
    yield Finding("tax_code", told, tuple(case.slips[each].id for each, _ in off))


def _expected(case: Case) -> Iterator[tuple[int, int]]:
    first_gap = min((slot.day for slot in case.slots), default=None)
    # A job begun within the year may follow a P45 whose pay its payslips do not print.
    begun_late = first_gap is not None and bool(case.slips) and first_gap < case.slips[0].record.pay_date
    for number, slip in enumerate(case.slips):
        code = case.codes[number]
        if code is None or slip.record.income_tax is None or slip.counted_at == "gross":
            continue
        step = case.steps.pay[number]
        # A jump says that something just before it is missing, and with that what the tax was reckoned on.
        told = step is not None and (number == 0 or follows(step))
        so_far = first_gap is None or slip.record.pay_date < first_gap or told
        carried = not begun_late or (case.steps.opening[0] or 0) > 0
        if (so_far and carried) or not code.cumulative:
            expected = case.expected_tax(number, slip.pay)
            if expected is not None:
                yield number, expected


def _code_that_gives(case: Case, number: int) -> TaxCode | None:
    """The emergency or flat code that gives a payslip's tax, if just one does."""
    slip, printed = case.slips[number], case.codes[number]
    region = printed.region if printed else ""
    figures = year_figures(case.tax_year)
    standard = figures.personal_allowance // 10 if figures else 0
    tried = [TaxCode(region, kind, 0, cumulative) for kind in ("BR", "0T", "D0", "D1") for cumulative in (True, False)]
    tried += [TaxCode(region, "number", standard, cumulative) for cumulative in (True, False)]
    if printed is not None and printed.kind in {"number", "K"}:
        tried.append(TaxCode(region, printed.kind, printed.number, not printed.cumulative))
    fitting: dict[int, TaxCode] = {}
    for code in tried:
        tax = case.expected_tax_on(slip.record.pay_date, slip.pay, code) if code != printed else None
        if tax is not None and abs(tax - slip.tax) <= TAX_HINT:
            fitting.setdefault(tax, code)
    return next(iter(fitting.values())) if len(fitting) == 1 else None
