"""A payroll that makes years of true payslips: random salaries, codes, bonuses, pensions, frequencies; summed as HMRC would sum them."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from daemon.reconcile.calendar import FORTNIGHTLY, FOUR_WEEKLY, MONTHLY, WEEKLY, Frequency
from daemon.reconcile.constants import year_figures
from daemon.reconcile.model import Facts, HmrcEmployment, HmrcRevision, HmrcYear
from daemon.reconcile.national_insurance import contribution
from daemon.reconcile.paye import period_tax
from daemon.reconcile.tax_code import parse_tax_code
from storage.money import from_pence, to_pence
from storage.records import P60, PayeReference, Payslip, TaxYear

NAMES = (
    "Northwind Ltd",
    "Harbour & Sons plc",
    "Blue Kettle Limited",
    "Orchard Software Ltd",
    "Tern Island Foods",
    "Castle Works LLP",
)


@dataclass(frozen=True)
class Terms:
    """What somebody is paid, and how much of it is printed on the payslips."""

    employer: str
    reference: PayeReference
    often: Frequency
    salary: int
    """Pence a pay day."""
    code: str
    category: str = "A"
    varies: bool = False
    pension: str | None = None
    pension_rate: float = 0.05
    bonus: int = 0
    vest: int = 0
    benefit: int = 0
    refund_code: str | None = None
    """A code from the middle of the year on that gives tax back."""
    rich: bool = True
    """Whether year-to-date figures, tax code, net pay and pay for National Insurance are printed."""
    ytd: bool = True
    """Whether a rich payslip prints year-to-date figures too."""
    day: int = 26
    first: int = 0
    last: int = 99
    """The first and the last pay day worked, of those of the year."""


@dataclass
class Year:
    """One job in one tax year: the true payslips, what HMRC holds, and what somebody has in hand after a damage."""

    terms: Terms
    tax_year: TaxYear
    slips: list[Payslip]
    hmrc_pay: int = 0
    hmrc_tax: int = 0
    benefits: int = 0
    others: list[HmrcEmployment] = field(default_factory=list)
    revisions: list[HmrcRevision] = field(default_factory=list)
    refunds: int = 0
    p60: P60 | None = None
    entries: int = 1

    def facts(self, *more: "Year", today: date = date(2027, 7, 1)) -> Facts:
        """Everything as a reconciliation takes it, together with other years."""
        years = (self, *more)
        slips = [slip for year in years for slip in year.slips]
        hmrc = tuple(year.hmrc() for year in years)
        return Facts(today=today, hmrc=hmrc, payslips=slips, p60s=[year.p60 for year in years if year.p60])

    def hmrc(self) -> HmrcYear:
        """HMRC's side."""
        mine = HmrcEmployment(
            self.terms.reference,
            self.terms.employer.upper(),
            from_pence(self.hmrc_pay),
            from_pence(self.hmrc_tax),
            from_pence(self.benefits) if self.benefits else None,
            entries=self.entries,
        )
        refunds = from_pence(self.refunds) if self.refunds else None
        return HmrcYear(
            self.tax_year,
            "available",
            (mine, *self.others),
            True,
            True,
            refunds=refunds,
            revisions=tuple(self.revisions),
        )


def true_sums(slips: list[Payslip]) -> tuple[int, int]:
    """Pay and tax in pence."""
    return sum(to_pence(slip.taxable_pay or Decimal(0)) for slip in slips), sum(
        to_pence(slip.income_tax or Decimal(0)) for slip in slips
    )


def pay_days(tax_year: TaxYear, often: Frequency, day: int) -> list[date]:
    """The pay days of a tax year."""
    if often is MONTHLY:
        return sorted(
            date(year, month, day)
            for year, month in [(tax_year.start + (m > 12), (m - 1) % 12 + 1) for m in range(4, 17)]
            if tax_year.begins <= date(year, month, day) <= tax_year.ends
        )
    first = tax_year.begins + timedelta(days=day % 7)
    return [
        first + timedelta(weeks=often.weeks * n)
        for n in range(53)
        if first + timedelta(weeks=often.weeks * n) <= tax_year.ends
    ]


def random_terms(rng: Random, tax_year: TaxYear, **changes: object) -> Terms:
    """A job as there are many."""
    often = rng.choice((MONTHLY, MONTHLY, MONTHLY, MONTHLY, WEEKLY, FORTNIGHTLY, FOUR_WEEKLY))
    annual = rng.choice((rng.randrange(14_000, 30_000), rng.randrange(28_000, 60_000), rng.randrange(55_000, 140_000)))
    figures = year_figures(tax_year)
    allowance = figures.personal_allowance if figures else 12570
    codes = [f"{allowance // 10}L"] * 6 + [
        f"S{allowance // 10}L",
        f"C{allowance // 10}L",
        f"{rng.randrange(300, 1400)}L",
        f"K{rng.randrange(50, 600)}",
        "BR",
        "0T",
    ]
    if annual > 60_000:
        codes += ["D0", f"{allowance // 10}L M1"]
    terms = Terms(
        employer=rng.choice(NAMES),
        reference=PayeReference(f"{rng.randrange(100, 999)}/{rng.choice('ABCDEFG')}{rng.randrange(100, 9999)}"),
        often=often,
        salary=annual * 100 // often.per_year + rng.randrange(100),
        code=rng.choice(codes),
        category=rng.choice("AAAAAACHJ"),
        varies=rng.random() < 0.3,
        pension=rng.choice((None, "net_pay", "net_pay", "relief_at_source", "sacrifice")),
        pension_rate=rng.choice((0.03, 0.05, 0.08)),
        bonus=rng.choice((0, 0, rng.randrange(50_000, 900_000))),
        vest=rng.choice((0, 0, 0, rng.randrange(100_000, 1_500_000))),
        benefit=rng.choice((0, 0, 0, rng.randrange(2_000, 40_000))),
        rich=rng.random() < 0.65,
        ytd=rng.random() < 0.75,
        day=rng.choice((15, 25, 26, 28)),
    )
    return replace(terms, **changes)  # type: ignore[arg-type]


def make_year(rng: Random, tax_year: TaxYear, terms: Terms) -> Year:
    """The true payslips of a year, and HMRC's sums of them."""
    days = pay_days(tax_year, terms.often, terms.day)[terms.first : terms.last + 1]
    bonus_on = rng.randrange(1, len(days)) if len(days) > 1 else 0
    vest_on = set(rng.sample(range(len(days)), min(2, len(days))))
    slips: list[Payslip] = []
    so_far = {"gross": 0, "taxable": 0, "tax": 0, "ni": 0, "nicable": 0}
    for number, when in enumerate(days):
        slips.append(_slip(rng, terms, when, number, bonus_on, vest_on, len(days), so_far))
    year = Year(terms, tax_year, slips)
    year.hmrc_pay, year.hmrc_tax = true_sums(slips)
    return year


def _slip(
    rng: Random,
    terms: Terms,
    when: date,
    number: int,
    bonus_on: int,
    vest_on: set[int],
    days: int,
    so_far: dict[str, int],
) -> Payslip:
    salary = int(terms.salary * rng.uniform(0.85, 1.15)) if terms.varies else terms.salary
    bonus = terms.bonus if number == bonus_on else 0
    vest = terms.vest if number in vest_on else 0
    contribution_rate = int(salary * terms.pension_rate) if terms.pension else 0
    sacrifice = contribution_rate if terms.pension == "sacrifice" else 0
    gross = salary + bonus + vest - sacrifice
    pension = contribution_rate if terms.pension in {"net_pay", "relief_at_source"} else 0
    taxable = gross - (pension if terms.pension == "net_pay" else 0) + terms.benefit
    text = terms.refund_code if terms.refund_code and number >= days // 2 else terms.code
    code = parse_tax_code(text)
    assert code is not None
    tax = period_tax(code, when, terms.often, taxable, so_far["taxable"], so_far["tax"])
    insured = contribution(gross, terms.category, when, terms.often)
    assert tax is not None
    assert insured is not None
    for key, amount in (
        ("gross", gross),
        ("taxable", taxable),
        ("tax", tax),
        ("ni", insured.amount),
        ("nicable", gross),
    ):
        so_far[key] += amount
    slip = Payslip(
        id=f"{terms.reference}-{when}",
        pay_date=when,
        employer=terms.employer,
        employer_paye_ref=terms.reference,
        gross_pay=from_pence(gross),
        taxable_pay=from_pence(taxable),
        income_tax=from_pence(tax),
        pension_employee=from_pence(pension) if pension else None,
        pension_kind=terms.pension if terms.pension and terms.rich else None,  # type: ignore[arg-type]
        pension_sacrifice=from_pence(sacrifice) if sacrifice else None,
        notional_pay=from_pence(vest) if vest else None,
        payrolled_benefits=from_pence(terms.benefit) if terms.benefit else None,
        bonus=from_pence(bonus) if bonus else None,
        source=f"{when}.pdf",
    )
    if not terms.rich:
        return slip
    return replace(  # type: ignore[arg-type]
        slip,
        tax_code=text,
        ni_category=terms.category,
        nicable_pay=from_pence(gross),
        national_insurance=from_pence(insured.amount),
        net_pay=from_pence(gross - vest - tax - insured.amount - pension),
        **_so_far(so_far) if terms.ytd else {},
    )


def _so_far(so_far: dict[str, int]) -> dict[str, Decimal]:
    """The year-to-date block."""
    return {
        "ytd_gross": from_pence(so_far["gross"]),
        "ytd_taxable": from_pence(so_far["taxable"]),
        "ytd_tax": from_pence(so_far["tax"]),
        "ytd_ni": from_pence(so_far["ni"]),
        "ytd_nicable": from_pence(so_far["nicable"]),
    }


def with_p60(year: Year) -> Year:
    """The year with its true P60."""
    pay, tax = true_sums(year.slips)
    terms = year.terms
    year.p60 = P60(
        id=f"p60-{terms.reference}-{year.tax_year}",
        tax_year=year.tax_year,
        employer=terms.employer,
        employer_paye_ref=terms.reference,
        pay=from_pence(pay),
        income_tax=from_pence(tax),
    )
    return year


def earlier_answer(year: Year, pay: int, tax: int, seen_at: datetime) -> HmrcRevision:
    """What HMRC had said before, in pence."""
    return HmrcRevision(year.terms.reference, seen_at, from_pence(pay), from_pence(tax))
