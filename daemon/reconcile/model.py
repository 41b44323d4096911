"""What reconciling takes and what it says: the facts of the tax years in, rows with status and causes out. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from storage.records import P60, Acceptance, PayeReference, Payment, Payslip, ReferenceLink, TaxYear

YearState = Literal["current", "not_yet", "late", "available", "gone", "unknown"]
Status = Literal["match", "rounding", "explained", "unexplained", "accepted", "hmrc_only", "payslips_only", "waiting"]
CauseName = Literal[
    "missing_payslip",
    "duplicate_payslip",
    "wrong_tax_year",
    "gross_not_taxable",
    "pension_counted_twice",
    "notional_pay",
    "bonus_missing",
    "ytd_read_as_period",
    "layout_change",
    "late_correction",
    "post_leaving_payment",
    "duplicate_employment",
    "reference_changed",
    "previous_employment",
    "refund_dropped",
    "hmrc_refund",
    "benefits_in_kind",
    "payrolled_benefit",
    "pension_as_employment",
    "rounding",
]


@dataclass(frozen=True, slots=True)
class HmrcEmployment:
    """HMRC's joined figures for one PAYE reference in one tax year; a repeated reference is already summed.

    None means that no answered API has the figure; whether the API was asked at all, its `HmrcYear` tells.
    """

    reference: PayeReference
    name: str | None
    pay: Decimal | None
    tax: Decimal | None
    benefits: Decimal | None = None
    off_payroll: bool | None = None
    entries: int = 1
    """The most times that HMRC's answer on pay, or on tax, listed the reference; the figures above are their sum."""


@dataclass(frozen=True, slots=True)
class HmrcRevision:
    """HMRC's earlier figures for a reference, and from when they were seen: evidence of a correction."""

    reference: PayeReference
    seen_at: datetime
    pay: Decimal | None
    tax: Decimal | None


@dataclass(frozen=True, slots=True)
class HmrcYear:
    """All that HMRC has said about one tax year, its last known figures kept also when it is gone.

    `tax_answered` and `pay_answered` tell whether Individual Tax and Individual Income answered for the year at all, so that an
    employment absent from an answer can be told from an API not asked.
    """

    tax_year: TaxYear
    state: YearState
    employments: tuple[HmrcEmployment, ...] = ()
    tax_answered: bool = False
    pay_answered: bool = False
    as_of: datetime | None = None
    """When HMRC last confirmed these figures."""
    last_asked: datetime | None = None
    nicable_earnings: Decimal | None = None
    """class1.totalNICableEarnings: earnings between PT and UEL, for the person; 0.00 may mean "not ready"."""
    refunds: Decimal | None = None
    pensions: Decimal | None = None
    """otherPensionsAndRetirementAnnuities of Individual Income."""
    revisions: tuple[HmrcRevision, ...] = ()
    state_benefits: Decimal | None = None
    """Incapacity Benefit and ESA, Jobseeker's Allowance and SEISS of Individual Income, together."""

    @property
    def figures_seen(self) -> bool:
        """Whether HMRC ever gave pay or tax for this year."""
        return self.tax_answered or self.pay_answered


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a reconciliation looks at."""

    today: date
    hmrc: Sequence[HmrcYear] = ()
    payslips: Sequence[Payslip] = ()
    p60s: Sequence[P60] = ()
    payments: Sequence[Payment] = ()
    links: Sequence[ReferenceLink] = ()
    acceptances: Sequence[Acceptance] = ()
    tolerance: Decimal = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figures:
    """One amount seen from three corners, and how far apart they are: difference = basis − payslips, None where not comparable."""

    hmrc: Decimal | None
    payslips: Decimal | None
    p60: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class NationalInsurance:
    """National Insurance contributions; HMRC gives none, so only the payslips, the P60 and our computation speak."""

    payslips: Decimal | None
    p60: Decimal | None
    computed: Decimal | None


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a difference: its signed share of pay and tax, and what supports it, in plain words.

    `remedy` says what to do about it; `payslip_ids` are the slips concerned.
    """

    cause: CauseName
    pay: Decimal
    tax: Decimal
    evidence: tuple[str, ...]
    remedy: str = ""
    payslip_ids: tuple[str, ...] = ()
    facts: int = 0
    """How many independent facts agree, beyond the closing itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling that changes no status: a P60 that disagrees, a slip's warning, a hint from recomputing."""

    kind: str
    text: str
    payslip_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One employer in one tax year."""

    tax_year: TaxYear
    employer_paye_ref: PayeReference | None
    employer: str
    status: Status
    pay: Figures
    tax: Figures
    national_insurance: NationalInsurance
    payslip_count: int
    as_of: datetime | None
    basis: Literal["hmrc", "p60"]
    benefits: Decimal | None = None
    accepted_note: str | None = None
    causes: tuple[Cause, ...] = ()
    findings: tuple[Finding, ...] = ()
    payslips: tuple[Payslip, ...] = ()
    """The slips behind the row, by pay date."""
    p60s: tuple[P60, ...] = ()
    payments: tuple[Payment, ...] = ()
    revisions: tuple[HmrcRevision, ...] = ()
    """HMRC's earlier figures for this employer, oldest first."""

    @property
    def key(self) -> str:
        """By what the row is accepted: its PAYE reference, else its employer's name."""
        return self.employer_paye_ref or self.employer


@dataclass(frozen=True, slots=True)
class NicableEarnings:
    """Person-level earnings between PT and UEL: HMRC's (None where zero may mean "not ready"), the payslips', the difference."""

    hmrc: Decimal | None
    payslips: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Person:
    """What HMRC says of the person as a whole in a year: shown, never netted, never added to pay."""

    nicable_earnings: NicableEarnings
    refunds: Decimal | None
    pensions: Decimal | None


@dataclass(frozen=True, slots=True)
class YearReport:
    """One tax year, reconciled."""

    tax_year: TaxYear
    state: YearState
    rows: tuple[Row, ...]
    person: Person
    questions: tuple[str, ...] = ()
    """What must be asked rather than guessed, such as which of two employers a slip belongs to."""
    last_asked: datetime | None = None
    """When HMRC was last asked about this year."""
    findings: tuple[Finding, ...] = ()
    """What is worth telling about the year as a whole."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every tax year that was asked for, newest first."""

    tax_years: tuple[YearReport, ...]

    @property
    def open_differences(self) -> tuple[Row, ...]:
        """The rows that `--check` fails on: unexplained, hmrc_only and payslips_only, not accepted."""
        failing = {"unexplained", "hmrc_only", "payslips_only"}
        return tuple(row for year in self.tax_years for row in year.rows if row.status in failing)
