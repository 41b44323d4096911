"""One employer in one tax year, made ready to be explained: how far apart the sides are, and what its payslips show of themselves."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Literal

from daemon.reconcile.arithmetic import residual
from daemon.reconcile.calendar import Frequency, Slot, empty_slots, frequency
from daemon.reconcile.match import Group
from daemon.reconcile.model import Figures, HmrcYear
from daemon.reconcile.national_insurance import contribution
from daemon.reconcile.paye import period_tax
from daemon.reconcile.slips import Slip, in_order, known_pence, nicable, pence
from daemon.reconcile.tax_code import TaxCode, parse_tax_code
from daemon.reconcile.ytd import STEP_TOLERANCE, Steps, steps
from storage.money import ZERO, from_pence
from storage.records import TaxYear

Basis = Literal["hmrc", "p60"]
TAX_HINT = 100
"""How far, in pence, a recomputed tax may be from the printed one and still support it (rounding within the routine)."""

MOST_GAPS = 3
"""How many gaps in its pay days, of few, a calendar may have and be one all the same."""


def weigh(group: Group, year: HmrcYear | None) -> tuple[Basis, Figures, Figures]:
    """The basis of comparison, then pay and tax from three corners with their difference.

    Where HMRC's answers are in, an employment that is not in one counts as nought; where an API never answered for the year
    its difference is None. Without HMRC's figures the P60 is the basis, if there are payslips to set beside it.
    """
    slips, hmrc, p60 = group.slips, group.hmrc, group.p60
    sums = (
        from_pence(sum(slip.pay for slip in slips)) if slips else None,
        from_pence(sum(slip.tax for slip in slips))
        if any(slip.record.income_tax is not None for slip in slips)
        else None,
    )
    theirs = (hmrc.pay, hmrc.tax) if hmrc else (None, None)
    certified = (p60.pay, p60.income_tax) if p60 else (None, None)
    if year is not None and year.figures_seen:
        basis: Basis = "hmrc"
        answered, against = (year.pay_answered, year.tax_answered), theirs
        compared = hmrc is not None or bool(slips)
    else:
        basis = "p60" if p60 else "hmrc"
        answered, against = (p60 is not None,) * 2, certified
        compared = bool(slips)

    def side(number: int) -> Figures:
        ours = sums[number]
        known = compared and answered[number] and (ours is not None or not slips)
        gap = (against[number] or ZERO) - (ours or ZERO) if known else None
        return Figures(theirs[number], ours, certified[number], gap)

    return basis, side(0), side(1)


@dataclass(frozen=True, eq=False)
class Case:
    """One employer in one tax year with a basis of comparison. Gaps are basis − payslips, in pence; None where not comparable."""

    group: Group
    year: HmrcYear | None
    basis: Basis
    pay: Figures
    tax: Figures
    today: date
    tolerance: int
    book: "Book"
    keys: tuple[str, ...] = ()
    """The keys of the employers that are looked at as one, where that is tried."""

    @property
    def slips(self) -> tuple[Slip, ...]:
        """The payslips that count for this row, in order."""
        return self.group.slips

    @property
    def tax_year(self) -> TaxYear:
        """The tax year of the row."""
        return self.group.tax_year

    @cached_property
    def gap(self) -> tuple[int, int] | None:
        """Basis − payslips in pay and tax, in pence; None unless both are known: no cause is ever asserted on one alone."""
        if self.pay.difference is None or self.tax.difference is None:
            return None
        return pence(self.pay.difference), pence(self.tax.difference)

    @cached_property
    def basis_totals(self) -> tuple[int, int]:
        """Pay and tax of the basis, in pence; what an answer does not list counts as nought."""
        if self.basis == "hmrc":
            return known_pence(self.pay.hmrc), known_pence(self.tax.hmrc)
        return known_pence(self.pay.p60), known_pence(self.tax.p60)

    @cached_property
    def totals(self) -> tuple[int, int]:
        """Pay and tax of the payslips, in pence."""
        return sum(slip.pay for slip in self.slips), sum(slip.tax for slip in self.slips)

    @cached_property
    def p60_totals(self) -> tuple[int, int] | None:
        """Pay and tax of the P60, in pence."""
        p60 = self.group.p60
        return (pence(p60.pay), pence(p60.income_tax)) if p60 else None

    @cached_property
    def timeline(self) -> tuple[Slip, ...]:
        """The employer's payslips of this tax year and its neighbours, in order."""
        return self.book.slips(self._keys, self.tax_year.previous, self.tax_year, self.tax_year.next)

    @cached_property
    def pay_dates(self) -> list[date]:
        """The pay dates of those payslips, in order."""
        return [slip.record.pay_date for slip in self.timeline]

    def slips_of(self, tax_year: TaxYear) -> tuple[Slip, ...]:
        """The employer's payslips of another tax year, in order."""
        return self.book.slips(self._keys, tax_year)

    @property
    def _keys(self) -> tuple[str, ...]:
        return self.keys or (self.group.key,)

    @cached_property
    def sorted_pays(self) -> list[int]:
        """What the payslips pay, in pence, least first."""
        return sorted(slip.pay for slip in self.slips)

    @cached_property
    def often(self) -> Frequency:
        """How often this employer pays."""
        return self.book.often(self)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The pay days of the year that the calendar expects and no payslip fills."""
        return empty_slots(self.pay_dates, self.tax_year, self.often, self.today)

    @cached_property
    def regular(self) -> bool:
        """Whether pay days follow a calendar, so that an empty one tells something: gaps here and there do, gaps all over do not."""
        days, paid = self.often.days, [slip.record.pay_date for slip in self.slips]
        before_gaps = {bisect_left(self.pay_dates, slot.day) for slot in self.slots if slot.within}
        too_soon = sum(0.4 * days < (later - earlier).days < 0.75 * days for earlier, later in pairwise(paid))
        return len(before_gaps) + too_soon <= max(MOST_GAPS, len(paid) // 5)

    @cached_property
    def steps(self) -> Steps:
        """What the year-to-date figures of the payslips say of each other."""
        return steps(self.slips)

    @cached_property
    def codes(self) -> tuple[TaxCode | None, ...]:
        """The tax code of each payslip."""
        return tuple(parse_tax_code(slip.record.tax_code) for slip in self.slips)

    @cached_property
    def residuals(self) -> tuple[int | None, ...]:
        """By how much each payslip's gross pay less its deductions is above its net pay, in pence; None where too little is printed."""
        return tuple(residual(slip.record) for slip in self.slips)

    @cached_property
    def contributions(self) -> tuple[int | None, ...]:
        """Each payslip's National Insurance by its category letter, in pence; None where the letter or the year is not known."""
        found: list[int | None] = []
        for slip in self.slips:
            letter, paid = slip.record.ni_category, slip.record.pay_date
            given = contribution(nicable(slip.record)[0], letter, paid, self.often) if letter else None
            found.append(None if given is None else given.amount)
        return tuple(found)

    @cached_property
    def _before(self) -> tuple[tuple[int, int], ...]:
        """Pay and tax of the year before each payslip, that of a job before included: by year-to-date figures, else by adding up."""
        found: list[tuple[int, int]] = []
        opening_pay, opening_tax = self.steps.opening
        carried = opening_pay is not None and opening_tax is not None and opening_pay > STEP_TOLERANCE
        pay, tax = (opening_pay or 0, opening_tax or 0) if carried else (0, 0)
        for number, slip in enumerate(self.slips):
            found.append((pay, tax))
            ytd_pay, ytd_tax = self.steps.printed[number]
            pay = pay + slip.pay if ytd_pay is None else ytd_pay
            tax = tax + slip.tax if ytd_tax is None else ytd_tax
        return (*found, (pay, tax))

    def before(self, number: int) -> tuple[int, int]:
        """Pay and tax of the year before payslip `number`, in pence."""
        return self._before[number]

    def expected_tax(self, number: int, pay: int) -> int | None:
        """The tax in pence that the code of payslip `number` gives if its pay were `pay`; None where code or year is unknown."""
        code = self.codes[number]
        if code is None:
            return None
        return period_tax(code, self.slips[number].record.pay_date, self.often, pay, *self._before[number])

    def expected_tax_on(self, day: date, pay: int, code: TaxCode | None = None) -> int | None:
        """The tax in pence that a payslip of `pay` on `day` would bear, with the code of the payslip before it (or after)."""
        number = bisect_left([slip.record.pay_date for slip in self.slips], day)
        nearby = (*self.codes[max(0, number - 1) : number + 1], None)
        used = code or nearby[0]
        # What the year-to-date figures held before the first payslip may be this very payment: the year begins with nothing.
        before = self._before[number] if number else (0, 0)
        return None if used is None else period_tax(used, day, self.often, pay, *before)

    def codes_hold_before(self, when: date) -> bool:
        """Whether all payslips before `when`, and at least one, bear the tax that their codes give."""
        numbers = range(bisect_left([slip.record.pay_date for slip in self.slips], when))
        expected = [self.expected_tax(number, self.slips[number].pay) for number in numbers]
        near = [
            tax is not None and abs(tax - self.slips[number].tax) <= TAX_HINT
            for number, tax in zip(numbers, expected, strict=True)
        ]
        return bool(near) and all(near)

    def neighbour(self, years: int) -> "Case | None":
        """The same employer in the tax year before (−1) or after (1)."""
        return self.book.cases.get((TaxYear(self.tax_year.start + years), self.group.key))

    @property
    def siblings(self) -> "Sequence[Case]":
        """The other employers of the same tax year; of a row as a cause would leave it, or of several looked at as one, too."""
        return [case for case in self.book.years.get(self.tax_year, ()) if case.group.key not in self._keys]


class Book:
    """Every case of every tax year, so that one can be looked at beside its neighbours."""

    def __init__(self) -> None:
        self.cases: dict[tuple[TaxYear, str], Case] = {}
        self.years: dict[TaxYear, list[Case]] = {}
        self._slips: dict[str, dict[TaxYear, tuple[Slip, ...]]] = {}

    def add(self, case: Case) -> None:
        """Enters a case."""
        self.cases[case.tax_year, case.group.key] = case
        self.years.setdefault(case.tax_year, []).append(case)
        if case.slips:
            self._slips.setdefault(case.group.key, {})[case.tax_year] = case.slips

    def slips(self, keys: Sequence[str], *years: TaxYear) -> tuple[Slip, ...]:
        """The payslips of these employers in these tax years, in order."""
        found = [slip for key in keys for year in years for slip in self._slips.get(key, {}).get(year, ())]
        return tuple(found) if len(keys) == 1 else in_order(found)

    def often(self, case: Case) -> Frequency:
        """How often an employer pays, by the payslips of the year itself, else by those around it."""
        slips = case.slips if len(case.slips) > 2 else case.timeline
        return frequency([slip.record.pay_date for slip in slips], [slip.record.period for slip in slips])


def money(amount: int) -> Decimal:
    """Pence as pounds."""
    return from_pence(amount)
