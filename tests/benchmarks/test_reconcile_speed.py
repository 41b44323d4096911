"""Reconciling 50 years × 4 employers × weekly payslips takes under half a second, where all agrees and where nothing does."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from time import perf_counter, process_time

import pytest

from daemon.reconcile.calendar import WEEKLY
from daemon.reconcile.model import Facts, HmrcYear
from daemon.reconcile.run import reconcile
from storage.records import PayeReference, Payslip, TaxYear
from tests.daemon.reconcile.payroll import Terms, make_year

LIMIT = 0.5
YEARS, EMPLOYERS = 50, 4


def half_a_century(*, lacking: int | None = None) -> Facts:
    """Weekly payslips with everything printed; `lacking`: one payslip of every year and employer is missing."""
    slips: list[Payslip] = []
    years: list[HmrcYear] = []
    template = {
        number: make_year(
            Random(number),
            TaxYear(2022),
            Terms(
                f"Employer {number} Ltd",
                PayeReference(f"{100 + number}/AB{number}"),
                WEEKLY,
                60_000 + number * 1_000,
                "1257L",
                varies=True,
            ),
        )
        for number in range(EMPLOYERS)
    }
    for start in range(1976, 1976 + YEARS):
        employments = []
        for year in template.values():
            moved = [
                replace(slip, id=f"{slip.id}-{start}", pay_date=_moved(slip.pay_date, start)) for slip in year.slips
            ]
            slips += moved if lacking is None else [*moved[:lacking], *moved[lacking + 1 :]]
            employments += year.hmrc().employments
        years.append(HmrcYear(TaxYear(start), "available", tuple(employments), True, True))
    return Facts(today=date(2027, 1, 1), hmrc=years, payslips=slips)


def _moved(day: date, start: int) -> date:
    return date.fromordinal(day.toordinal() - TaxYear(2022).begins.toordinal() + TaxYear(start).begins.toordinal())


def fastest(facts: Facts, limit: float) -> tuple[float, float]:
    """The least wall time and the least processor time, in seconds, of three rounds; of up to twenty while the limit is not kept.

    A core that is shared with other programs makes processor time longer too, now more and now less: the least is the program's own.
    """
    walls: list[float] = []
    processors: list[float] = []
    while len(processors) < 3 or (min(processors) >= limit and len(processors) < 20):
        wall, processor = perf_counter(), process_time()
        reconcile(facts)
        walls.append(perf_counter() - wall)
        processors.append(process_time() - processor)
    return min(walls), min(processors)


@pytest.mark.parametrize("lacking", [None, 20], ids=["all agrees", "a payslip missing in each of 200 rows"])
def test_half_a_century_of_weekly_payslips_reconciles_in_half_a_second(lacking: int | None) -> None:
    facts = half_a_century(lacking=lacking)
    assert len(facts.payslips) >= 10_000
    statuses = {row.status for year in reconcile(facts).tax_years for row in year.rows}
    assert statuses == ({"match"} if lacking is None else {"explained"})
    wall, processor = fastest(facts, LIMIT)
    print(
        f"\n{len(facts.payslips)} payslips, {YEARS * EMPLOYERS} rows: {wall:.3f} s, of it {processor:.3f} s of processor time"
    )
    # Processor time, so that what else the machine does counts less; the wall is printed beside it.
    assert processor < LIMIT


def test_rows_that_nothing_explains_are_given_up_soon() -> None:
    facts = half_a_century(lacking=20)
    off = [
        replace(
            year, employments=tuple(replace(each, pay=(each.pay or 0) + Decimal("123.45")) for each in year.employments)
        )
        for year in facts.hmrc
    ]
    _, processor = fastest(replace(facts, hmrc=off), 4 * LIMIT)
    assert processor < 4 * LIMIT
