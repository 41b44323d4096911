"""The demo's made-up person: seven tax years of work relative to today, as payslips, as HMRC's record, and what is wrong between them.

Tax and National Insurance are computed as payroll software does, so that every payslip is right to the penny.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from daemon.reconcile.calendar import MONTHLY
from daemon.reconcile.national_insurance import band, contribution
from daemon.reconcile.paye import period_tax
from daemon.reconcile.tax_code import TaxCode, parse_tax_code
from daemon.simulator.figures import Employment, WholeYear
from storage.money import ZERO, from_pence, to_pence
from storage.records import P60, PayeReference, Payslip, TaxYear

YEARS_BACK = 5
"""How many ended tax years the story has, beside the current one."""
NOTE = "Their letter of 3 June confirms HMRC's figure: a holiday paid after I had left"


@dataclass(frozen=True, slots=True)
class Job:
    """One employment: what is paid for a month, in pounds, and how the pension comes off before tax."""

    employer: str
    reference: PayeReference
    tax_code: str
    gross: Decimal
    pension_percent: int = 0

    def raised(self, pounds: int) -> "Job":
        """The same job with that much more a month."""
        return replace(self, gross=self.gross + pounds)


BAKERY = Job("Northwind Bakery Ltd", PayeReference("123/AB456"), "1257L", Decimal("2480.00"), 5)
HARBOUR = Job("Harbour & Vale plc", PayeReference("456/CD789"), "1257L", Decimal("3350.00"), 5)
BOOKS = Job("Lantern Books", PayeReference("789/EF012"), "BR", Decimal("420.00"))


@dataclass(frozen=True, slots=True)
class Story:
    """The whole story. `earlier` is what HMRC said at the first sync where it differs from `hmrc`, what it says today."""

    today: date
    current: TaxYear
    payslips: tuple[Payslip, ...]
    p60s: tuple[P60, ...]
    hmrc: Mapping[TaxYear, WholeYear]
    earlier: Mapping[TaxYear, WholeYear]
    withdrawn: TaxYear
    accepted: tuple[TaxYear, str]
    """A difference that the person accepts with `NOTE`: the year and the reference."""

    @property
    def years(self) -> tuple[TaxYear, ...]:
        """Every tax year of the story, oldest first, the current one last."""
        return tuple(TaxYear(start) for start in range(self.current.start - YEARS_BACK, self.current.start + 1))


def story(today: date) -> Story:
    """The story as it stands on `today`: the current year runs, the year before is not at HMRC yet, the oldest is gone again."""
    current = TaxYear.containing(today)
    latest, two, three, four, oldest = (TaxYear(current.start - back) for back in range(1, YEARS_BACK + 1))
    bakery = {
        year: worked(BAKERY.raised(65 * (year.start - oldest.start)), days(year)) for year in (oldest, four, three)
    }
    books = {year: worked(BOOKS, days(year)) for year in (four, three)}
    leaving = worked(BAKERY.raised(195), days(two)[:5])
    joining = worked(HARBOUR, days(two)[5:], before=leaving)
    slips = [
        *bakery[oldest],
        *bakery[four],
        *books[four],
        *(_without_taxable_pay(slip) for slip in bakery[three]),
        *books[three],
        *leaving,
        *(slip for slip in joining if slip.pay_date.month != 1),
        *worked(HARBOUR.raised(110), days(latest)),
        *worked(HARBOUR.raised(190), [day for day in days(current, pay_day(today)) if day <= today]),
    ]
    mistaken = on_record(books[four], pay=Decimal("37.50"), tax=Decimal("7.40"))
    baffling = on_record(books[three], pay=Decimal("61.37"), tax=Decimal("-18.20"))
    insured = on_record(joining, benefits={"privateMedicalDentalInsurance": Decimal("640.00")})
    earnings = nicable_band([*bakery[four], *books[four]])
    late = on_record(bakery[four], pay=Decimal("-250.00"), tax=Decimal("-50.00"))
    return Story(
        today=today,
        current=current,
        payslips=tuple(slips),
        p60s=(certificate(four, bakery[four]), certificate(two, joining)),
        hmrc={
            oldest: WholeYear(employments=(on_record(bakery[oldest]),), refunds=Decimal("86.40")),
            four: WholeYear(employments=(on_record(bakery[four]), mistaken), nicable_earnings=earnings),
            three: WholeYear(employments=(on_record(bakery[three]), baffling)),
            two: WholeYear(employments=(on_record(leaving), insured)),
        },
        earlier={four: WholeYear(employments=(late, mistaken), nicable_earnings=earnings)},
        withdrawn=oldest,
        accepted=(four, BOOKS.reference),
    )


def pay_day(today: date) -> int:
    """The day of the month on which the current job pays: the 28th, or the 6th where no 28th has come in this tax year yet."""
    return 28 if date(TaxYear.containing(today).start, 4, 28) <= today else 6


def days(year: TaxYear, day: int = 28) -> list[date]:
    """The twelve monthly pay days of a tax year."""
    return [date(year.start + (month > 12), (month - 1) % 12 + 1, day) for month in range(4, 16)]


def worked(job: Job, pay_days: Sequence[date], before: Sequence[Payslip] = ()) -> list[Payslip]:
    """The payslips of `pay_days` in one tax year; `before` are those of an earlier job in it, whose P45 was handed over."""
    code = parse_tax_code(job.tax_code)
    if code is None:
        raise ValueError(f"{job.tax_code} is not a tax code")
    carried = (_sum(slip.taxable_pay for slip in before), _sum(slip.income_tax for slip in before))
    slips: list[Payslip] = []
    for pay_date in pay_days:
        slips.append(_month(job, code, pay_date, slips, carried))
    return slips


def _month(
    job: Job, code: TaxCode, pay_date: date, earlier: Sequence[Payslip], carried: tuple[Decimal, Decimal]
) -> Payslip:
    pension = from_pence(to_pence(job.gross) * job.pension_percent // 100)
    taxable = job.gross - pension
    paid, taxed = _sum(slip.taxable_pay for slip in earlier), _sum(slip.income_tax for slip in earlier)
    known = _known(pay_date)
    tax = period_tax(code, known, MONTHLY, to_pence(taxable), to_pence(carried[0] + paid), to_pence(carried[1] + taxed))
    insurance = contribution(to_pence(job.gross), "A", known, MONTHLY)
    if tax is None or insurance is None:
        raise ValueError(f"no tax figures for {pay_date}")
    income_tax, national_insurance = from_pence(tax), from_pence(insurance.amount)
    return Payslip(
        id="",
        pay_date=pay_date,
        employer=job.employer,
        employer_paye_ref=job.reference,
        tax_code=job.tax_code,
        ni_category="A",
        gross_pay=job.gross,
        taxable_pay=taxable,
        nicable_pay=job.gross,
        income_tax=income_tax,
        national_insurance=national_insurance,
        pension_employee=pension or None,
        pension_kind="net_pay" if pension else None,
        net_pay=taxable - income_tax - national_insurance,
        ytd_taxable=paid + taxable,
        ytd_tax=taxed + income_tax,
    )


def _known(pay_date: date) -> date:
    """`pay_date`, or the same day of the last tax year whose figures ship with the program."""
    while contribution(0, "A", pay_date, MONTHLY) is None and pay_date.year > 2020:
        pay_date -= timedelta(days=364 if pay_date.day > 28 else 365)
    return pay_date


def on_record(
    slips: Sequence[Payslip],
    *,
    pay: Decimal = ZERO,
    tax: Decimal = ZERO,
    benefits: dict[str, Decimal] | None = None,
) -> Employment:
    """What HMRC has on record for the job that `slips` are of, with `pay` and `tax` more than they add up to."""
    first = slips[0]
    return Employment(
        reference=str(first.employer_paye_ref),
        name=first.employer,
        pay=_sum(slip.taxable_pay for slip in slips) + pay,
        tax=_sum(slip.income_tax for slip in slips) + tax,
        benefits=benefits,
    )


def nicable_band(slips: Iterable[Payslip]) -> Decimal:
    """Earnings between the Primary Threshold and the Upper Earnings Limit, each payslip by itself."""
    return _sum(
        from_pence(band(to_pence(slip.nicable_pay or ZERO), _known(slip.pay_date), MONTHLY) or 0) for slip in slips
    )


def certificate(year: TaxYear, slips: Sequence[Payslip]) -> P60:
    """The P60 of the year's last job."""
    first = slips[0]
    return P60(
        id="",
        tax_year=year,
        employer=first.employer,
        employer_paye_ref=first.employer_paye_ref,
        pay=_sum(slip.taxable_pay for slip in slips),
        income_tax=_sum(slip.income_tax for slip in slips),
        national_insurance=_sum(slip.national_insurance for slip in slips),
        tax_code=first.tax_code,
    )


def _without_taxable_pay(slip: Payslip) -> Payslip:
    """As a payslip whose layout prints neither taxable pay nor a year to date, nor what kind of pension it is."""
    return replace(slip, taxable_pay=None, pension_kind=None, ytd_taxable=None, ytd_tax=None)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), ZERO)
