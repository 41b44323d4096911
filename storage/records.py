"""What is known, as frozen records: HMRC's answers, payslips, P60s, payments, and what the person decided about them.

Every amount is in pounds with two decimals, every moment is aware and in UTC, and None means "not known", never zero.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from storage.employers import PayeReference
from storage.tax_year import TaxYear

__all__ = [
    "P60",
    "Acceptance",
    "Answer",
    "ApiOutcome",
    "Observation",
    "PayeReference",
    "Payment",
    "Payslip",
    "PensionKind",
    "ReferenceLink",
    "Snapshot",
    "SyncRun",
    "TaxYear",
    "ValidatorVerdict",
]

ApiOutcome = Literal["ok", "no_data", "not_subscribed", "unauthorised", "failed"]
PensionKind = Literal["net_pay", "sacrifice", "relief_at_source"]
RunOutcome = Literal["done", "failed", "needs_sign_in", "cancelled"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One distinct body that HMRC sent, kept once: `answer_hash` is the SHA-256 of its bytes, in hex."""

    answer_hash: str
    api: str
    body: str
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Observation:
    """One call to HMRC and what came of it: a row of the fetch log. A 404 is an observation, never a figure."""

    id: str
    run_id: str
    asked_at: datetime
    tax_year: TaxYear
    api: str
    """The API's name, such as `individual-tax`."""
    api_version: str
    outcome: ApiOutcome
    status: int | None
    """HTTP status; None where no answer came."""
    code: str | None
    """HMRC's error code; None where the answer was good or carried none."""
    answer_hash: str | None
    """The answer's hash where the outcome is ok."""
    duration_ms: int
    attempts: int = 1
    note: str | None = None
    """Why a call failed, in plain words, without personal data."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """HMRC's joined figures for one employer in one tax year, from the moment they first were so.

    `id` is a hash of `previous_id` and the content, so that figures going A, B, A leave three rows.
    """

    id: str
    previous_id: str | None
    tax_year: TaxYear
    employer_paye_ref: PayeReference
    snapshot_date: datetime
    gross_pay: Decimal | None
    """HMRC's payFromEmployment: taxable pay."""
    income_tax: Decimal | None
    """HMRC's taxTakenOffPay, signed."""
    employer_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payslip:
    """One payslip. `id` is its identity: its `source_id`, else a hash of employer or reference, pay date, taxable pay, tax and net pay."""

    id: str
    pay_date: date
    employer: str
    employer_paye_ref: PayeReference | None = None
    tax_code: str | None = None
    ni_category: str | None = None
    period: str | None = None
    gross_pay: Decimal | None = None
    taxable_pay: Decimal | None = None
    nicable_pay: Decimal | None = None
    income_tax: Decimal | None = None
    national_insurance: Decimal | None = None
    student_loan: Decimal | None = None
    postgrad_loan: Decimal | None = None
    pension_employee: Decimal | None = None
    pension_kind: PensionKind | None = None
    pension_sacrifice: Decimal | None = None
    notional_pay: Decimal | None = None
    payrolled_benefits: Decimal | None = None
    bonus: Decimal | None = None
    net_pay: Decimal | None = None
    ytd_gross: Decimal | None = None
    ytd_taxable: Decimal | None = None
    ytd_tax: Decimal | None = None
    ytd_ni: Decimal | None = None
    ytd_nicable: Decimal | None = None
    source_id: str | None = None
    source: str = ""
    """Where it was read: a file's name, or `payslip_ingest`."""
    warnings: tuple[str, ...] = ()
    imported_at: datetime | None = None

    @property
    def tax_year(self) -> TaxYear:
        """The tax year of its pay date."""
        return TaxYear.containing(self.pay_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class P60:
    """An end-of-year certificate: pay and tax *in this employment*, National Insurance contributions, earnings PT to UEL."""

    id: str
    tax_year: TaxYear
    employer: str
    employer_paye_ref: PayeReference | None = None
    pay: Decimal
    income_tax: Decimal
    """Signed: negative where the P60 prints R."""
    national_insurance: Decimal | None = None
    nicable_band: Decimal | None = None
    """Earnings above the Primary Threshold up to the Upper Earnings Limit, whole pounds."""
    student_loan: Decimal | None = None
    postgrad_loan: Decimal | None = None
    previous_pay: Decimal | None = None
    previous_tax: Decimal | None = None
    tax_code: str | None = None
    source: str = ""
    imported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One line of HMRC's payment table in the tax account: taxable income, tax and National Insurance on a date."""

    id: str
    pay_date: date
    taxable_pay: Decimal
    income_tax: Decimal
    national_insurance: Decimal | None = None
    employer: str | None = None
    employer_paye_ref: PayeReference | None = None
    source: str = ""
    imported_at: datetime | None = None

    @property
    def tax_year(self) -> TaxYear:
        """The tax year of its date."""
        return TaxYear.containing(self.pay_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The person's word that a difference is all right, with a note. It holds for exactly these two differences."""

    tax_year: TaxYear
    employer: str
    """The row's key: its PAYE reference, else its employer's key."""
    note: str
    pay_difference: Decimal | None
    tax_difference: Decimal | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLink:
    """The person's word that one employer's reference became another: both are one row, under the newer."""

    old: PayeReference
    new: PayeReference
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One run of the sync, for the schedule and the Activity screen."""

    id: str
    business_date: date
    """The day in UTC for which an unattended run stands."""
    started_at: datetime
    finished_at: datetime | None
    outcome: RunOutcome
    unattended: bool
    host: str
    summary: str = ""
    """One line without personal data, such as `3 years unchanged, 1 new`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorVerdict:
    """What HMRC's fraud-prevention header validator last said about a connection method."""

    connection_method: str
    asked_at: datetime
    code: str
    body: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
