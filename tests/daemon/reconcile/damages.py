"""Damages: each does to a true year what one cause does in life, and says whether anything in hand can tell it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from random import Random

from daemon.reconcile.calendar import MONTHLY
from daemon.reconcile.model import CauseName, HmrcEmployment
from daemon.reconcile.paye import period_tax
from daemon.reconcile.tax_code import parse_tax_code
from storage.money import from_pence, to_pence
from storage.records import PayeReference, TaxYear
from tests.daemon.reconcile.payroll import Terms, Year, earlier_answer, make_year, random_terms, true_sums


@dataclass
class Patient:
    """A year about to be damaged, with its neighbours; `touched` slips are not damaged again."""

    rng: Random
    year: Year
    neighbours: list[Year]
    touched: set[str]
    tellable: bool = True
    hidden_before: int = 0
    row: str | None = None
    """The reference of the row in which the cause shows, where it is not the year's own."""

    def pick(self, within: bool = True) -> int:
        """The number of a slip not touched yet; neither the first nor the last where `within`."""
        slips = self.year.slips
        edge = 1 if within else 0
        free = [n for n in range(edge, len(slips) - edge) if slips[n].id not in self.touched]
        number = self.rng.choice(free)
        self.tellable = self.tellable and number >= self.hidden_before
        self.touched.add(slips[number].id)
        return number

    def change(self, number: int, **values: object) -> None:
        """Changes what is in hand of one slip."""
        self.year.slips[number] = replace(self.year.slips[number], **values)  # type: ignore[arg-type]


def prints_ytd(patient: Patient) -> bool:
    """Whether the payslips print year-to-date figures."""
    return patient.year.terms.rich and patient.year.terms.ytd


Damage = Callable[[Patient], None]


def less(amount: Decimal | None, pence: int) -> Decimal:
    """An amount less some pence."""
    return (amount or Decimal("0.00")) - from_pence(pence)


def missing_payslip(patient: Patient) -> None:
    """A payslip between others; sometimes the first of all, which year-to-date figures tell."""
    first = patient.year.slips[0]
    telling = prints_ytd(patient) and bool(first.income_tax) and not first.bonus and not first.notional_pay
    takes_the_first = telling and first.id not in patient.touched and patient.rng.random() < 0.25
    slip = patient.year.slips.pop(0 if takes_the_first else patient.pick())
    ordinary = not slip.bonus and not slip.notional_pay
    patient.tellable = patient.tellable and (prints_ytd(patient) or ordinary)


def duplicate_payslip(patient: Patient) -> None:
    number = patient.pick(within=False)
    slip = patient.year.slips[number]
    days = patient.rng.choice((0, 0, 1))
    copy = replace(slip, id=f"{slip.id}-again", pay_date=slip.pay_date + timedelta(days=days), source="scan 2.pdf")
    patient.touched.add(copy.id)
    patient.tellable = patient.tellable and slip.tax_year == copy.tax_year
    patient.year.slips.append(copy)
    patient.year.slips.sort(key=lambda each: each.pay_date)


def gross_not_taxable(patient: Patient) -> None:
    kept = patient.rng.random() < 0.5
    for number, slip in enumerate(patient.year.slips):
        patient.change(number, taxable_pay=slip.gross_pay if kept else None, pension_kind=None, payrolled_benefits=None)


def pension_counted_twice(patient: Patient) -> None:
    for number, slip in enumerate(patient.year.slips):
        patient.change(number, taxable_pay=(slip.taxable_pay or 0) - (slip.pension_sacrifice or 0))


def notional_pay(patient: Patient) -> None:
    sign = patient.rng.choice((1, 1, -1))
    if not patient.year.terms.rich:
        sign = 1
    for number, slip in enumerate(patient.year.slips):
        if slip.notional_pay:
            patient.tellable = patient.tellable and slip.id not in patient.touched
            patient.touched.add(slip.id)
            patient.change(number, taxable_pay=(slip.taxable_pay or 0) - sign * slip.notional_pay)
    hidden = any(slip.notional_pay for slip in patient.year.slips[: patient.hidden_before])
    patient.tellable = patient.tellable and not hidden and (patient.year.terms.rich or not patient.year.terms.varies)


def bonus_missing(patient: Patient) -> None:
    number = next(n for n, slip in enumerate(patient.year.slips) if slip.bonus)
    slip = patient.year.slips[number]
    patient.tellable = patient.tellable and slip.id not in patient.touched and number >= patient.hidden_before
    patient.touched.add(slip.id)
    bonus = to_pence(slip.bonus or Decimal(0))
    tax = patient.rng.choice((0, bonus // 5, _tax_of(patient.year, number, bonus)))
    if tax > to_pence(slip.income_tax or Decimal(0)):
        tax = 0
    patient.change(
        number,
        gross_pay=less(slip.gross_pay, bonus),
        taxable_pay=less(slip.taxable_pay, bonus),
        income_tax=less(slip.income_tax, tax),
    )
    patient.tellable = patient.tellable and (patient.year.terms.rich or not patient.year.terms.varies)


def _tax_of(year: Year, number: int, bonus: int) -> int:
    """The tax that a bonus bore on a slip, in pence."""
    terms, slip = year.terms, year.slips[number]
    code = parse_tax_code(terms.code)
    assert code is not None
    pay, tax = true_sums(year.slips[:number])
    own = to_pence(slip.taxable_pay or Decimal(0))
    with_it, without = (period_tax(code, slip.pay_date, terms.often, amount, pay, tax) for amount in (own, own - bonus))
    return (with_it or 0) - (without or 0)


def ytd_read_as_period(patient: Patient) -> None:
    slips = patient.year.slips
    number = patient.rng.choice([n for n in range(2, len(slips)) if slips[n].id not in patient.touched])
    pay, tax = true_sums(slips[: number + 1])
    patient.touched.add(slips[number].id)
    patient.change(number, taxable_pay=from_pence(pay), income_tax=from_pence(tax))
    # Without printed year-to-date figures the year so far is what the payslips in hand add up to: what an earlier one lacks is hidden in it.
    patient.hidden_before = 0 if prints_ytd(patient) else number


def layout_change(patient: Patient) -> None:
    slips = patient.year.slips
    start = patient.rng.randrange(2, len(slips) - 2)
    patient.tellable = patient.tellable and patient.year.terms.rich
    wrong_column = patient.rng.choice((None, "net_pay", "national_insurance"))
    if wrong_column and patient.year.terms.rich:
        into = "taxable_pay" if wrong_column == "net_pay" else "income_tax"
        # Of pay without tax or National Insurance the wrong column may well be another one, or the right one.
        deducted = all((slip.income_tax or 0) > 0 and slip.national_insurance for slip in slips[start:])
        patient.tellable = deducted and not any(slip.notional_pay for slip in slips)
        for number in range(start, len(slips)):
            patient.change(number, **{into: getattr(slips[number], wrong_column)})
        return
    allowance = patient.rng.randrange(1_000, 30_000)
    for number in range(start, len(slips)):
        slip = slips[number]
        patient.change(number, gross_pay=less(slip.gross_pay, allowance), taxable_pay=less(slip.taxable_pay, allowance))


def late_correction(patient: Patient) -> None:
    year = patient.year
    year.revisions.append(earlier_answer(year, year.hmrc_pay, year.hmrc_tax, datetime(2026, 6, 20, tzinfo=UTC)))
    year.hmrc_pay += patient.rng.randrange(-80_000, 120_000)
    year.hmrc_tax += patient.rng.randrange(-20_000, 30_000)


def post_leaving_payment(patient: Patient) -> None:
    year = patient.year
    pay = patient.rng.randrange(30_000, 250_000)
    region = year.terms.code[0] if year.terms.code[0] in "SC" and year.terms.rich else ""
    code = parse_tax_code(f"{region}0T M1")
    assert code is not None
    tax = period_tax(code, year.tax_year.ends, year.terms.often, pay, 0, 0)
    year.hmrc_pay += pay
    year.hmrc_tax += tax or 0
    patient.tellable = patient.tellable and (year.terms.rich or year.terms.code[0] != "S")


def duplicate_employment(patient: Patient) -> None:
    year = patient.year
    part = patient.rng.randrange(3, len(year.slips)) if patient.rng.random() < 0.5 else len(year.slips)
    pay, tax = true_sums(year.slips[:part])
    patient.row = "999/ZZ9"
    year.others.append(
        HmrcEmployment(PayeReference(patient.row), year.terms.employer.upper(), from_pence(pay), from_pence(tax))
    )


def reference_changed(patient: Patient) -> None:
    year = patient.year
    half = patient.rng.randrange(2, len(year.slips))
    patient.row = "111/OLD1"
    for number in range(half):
        patient.change(number, employer_paye_ref=PayeReference(patient.row))


def previous_employment(patient: Patient) -> None:
    year = patient.year
    pay, tax = patient.rng.randrange(200_000, 2_000_000), patient.rng.randrange(10_000, 300_000)
    patient.row = "222/PREV"
    year.others.append(HmrcEmployment(PayeReference(patient.row), "EARLIER JOB LTD", from_pence(pay), from_pence(tax)))
    for number, slip in enumerate(year.slips):
        patient.change(number, ytd_taxable=less(slip.ytd_taxable, -pay), ytd_tax=less(slip.ytd_tax, -tax))


def refund_dropped(patient: Patient) -> None:
    refunds = [n for n, slip in enumerate(patient.year.slips) if (slip.income_tax or 0) < 0]
    if not refunds:
        patient.tellable = False
        return
    number = patient.rng.choice(refunds)
    slip = patient.year.slips[number]
    patient.touched.add(slip.id)
    patient.change(number, income_tax=patient.rng.choice((Decimal("0.00"), None, -(slip.income_tax or Decimal(0)))))


def hmrc_refund(patient: Patient) -> None:
    patient.year.refunds = patient.rng.randrange(2_000, 90_000)
    patient.year.hmrc_tax -= patient.year.refunds


def benefits_in_kind(patient: Patient) -> None:
    patient.year.benefits = patient.rng.randrange(10_000, 600_000)
    patient.year.hmrc_pay -= patient.year.benefits


def payrolled_benefit(patient: Patient) -> None:
    for number, slip in enumerate(patient.year.slips):
        patient.change(number, taxable_pay=(slip.taxable_pay or 0) - (slip.payrolled_benefits or 0))


def pension_as_employment(patient: Patient) -> None:
    patient.row = "267/LS500" if patient.rng.random() < 0.3 else "333/PEN1"
    name = None if patient.row == "267/LS500" else "MARINERS PENSION SCHEME"
    pay = Decimal(patient.rng.randrange(100_000, 900_000)) / 100
    patient.year.others.append(HmrcEmployment(PayeReference(patient.row), name, pay, Decimal("312.40")))


def wrong_tax_year(patient: Patient) -> None:
    """The slip nearest the border, printed on the other side of it: HMRC counts it where it belongs."""
    year, after = patient.year, patient.neighbours[0]
    slip = year.slips.pop()
    after.slips.insert(0, replace(slip, pay_date=date(slip.pay_date.year, 4, patient.rng.randrange(6, 9))))
    patient.touched.add(slip.id)


DAMAGES: dict[CauseName, Damage] = {
    "missing_payslip": missing_payslip,
    "duplicate_payslip": duplicate_payslip,
    "wrong_tax_year": wrong_tax_year,
    "gross_not_taxable": gross_not_taxable,
    "pension_counted_twice": pension_counted_twice,
    "notional_pay": notional_pay,
    "bonus_missing": bonus_missing,
    "ytd_read_as_period": ytd_read_as_period,
    "layout_change": layout_change,
    "late_correction": late_correction,
    "post_leaving_payment": post_leaving_payment,
    "duplicate_employment": duplicate_employment,
    "reference_changed": reference_changed,
    "previous_employment": previous_employment,
    "refund_dropped": refund_dropped,
    "hmrc_refund": hmrc_refund,
    "benefits_in_kind": benefits_in_kind,
    "payrolled_benefit": payrolled_benefit,
    "pension_as_employment": pension_as_employment,
}
NEEDS: dict[CauseName, dict[str, object]] = {
    "wrong_tax_year": {"often": MONTHLY, "day": 5},
    "gross_not_taxable": {"pension": "net_pay", "benefit": 0},
    "pension_counted_twice": {"pension": "sacrifice"},
    "notional_pay": {"vest": 432_100},
    "bonus_missing": {"bonus": 250_000},
    "layout_change": {"often": MONTHLY},
    "post_leaving_payment": {"often": MONTHLY, "last": 6, "code": "1257L"},
    "previous_employment": {"rich": True, "ytd": True},
    "refund_dropped": {"rich": True, "code": "BR", "refund_code": "1257L"},
    "payrolled_benefit": {"benefit": 15_075},
}
"""What a job must have for a cause to be possible in it."""
IN_ORDER: tuple[CauseName, ...] = (
    "ytd_read_as_period",
    "bonus_missing",
    "notional_pay",
    "payrolled_benefit",
    "pension_counted_twice",
    "gross_not_taxable",
    "missing_payslip",
    "duplicate_payslip",
    "late_correction",
    "hmrc_refund",
    "benefits_in_kind",
)
"""Causes of which two can meet in one row, in the order in which they happen: what was read wrongly, then what was lost or doubled."""
NOT_TOGETHER = (
    {"gross_not_taxable", "pension_counted_twice"},
    {"gross_not_taxable", "payrolled_benefit"},
    {"gross_not_taxable", "notional_pay"},
    {"gross_not_taxable", "ytd_read_as_period"},
    {"late_correction", "hmrc_refund"},
    {"late_correction", "benefits_in_kind"},
)
"""Two that cannot be: gross pay in place of taxable pay hides the other, or HMRC's change has the other in it."""
TWO_AT_ONCE = tuple(pair for pair in combinations(IN_ORDER, 2) if set(pair) not in NOT_TOGETHER)


def patient_for(rng: Random, *causes: CauseName) -> Patient:
    """A true year in which these causes are possible, with the year after it."""
    needs: dict[str, object] = {}
    for cause in causes:
        needs |= NEEDS.get(cause, {})
    tax_year = TaxYear(rng.randrange(2017, 2025))
    terms: Terms = random_terms(rng, tax_year, **needs)
    year = make_year(rng, tax_year, terms)
    after = make_year(rng, tax_year.next, replace(terms, vest=0, first=0, last=99)) if terms.last == 99 else None
    return Patient(rng, year, [after] if after else [], set())
