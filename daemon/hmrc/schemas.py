"""The shapes of HMRC's annual summaries, read with every amount exact: `Decimal` from the JSON text, never a float.

From HMRC's OpenAPI documents (Individual Tax 1.1, Individual Income 1.2, Individual Employment 1.2, Individual Benefits 1.1
to 2.1, National Insurance 1.1). The schemas are open: members that we do not know are let through. A missing list, reference or amount is
not; what only stands beside the figures (refunds, pensions, a class of National Insurance, a name) may be missing, whatever the documents say.
Whether HMRC ever writes null is unknown: a member that is null counts as missing.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast

import msgspec

from daemon.hmrc.errors import UnreadableAnswer
from storage.money import ZERO, exact
from storage.shown_text import one_line

_LONGEST_REFERENCE = 40
"""Characters; how long one may be is unknown, and those that HMRC documents have nine."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON object of HMRC's."""


class _Employment(_Part, frozen=True):
    """What an API says of one employment; the employer's PAYE reference joins it to what the other APIs say."""

    employer_paye_reference: str

    def __post_init__(self) -> None:
        # It becomes a row's key in the database and on the screen: NUL is refused by Postgres, an escape obeyed by a terminal.
        if not self.employer_paye_reference.isprintable() or len(self.employer_paye_reference) > _LONGEST_REFERENCE:
            raise ValueError("employerPayeReference has control characters in it or is too long")


class Pensions(_Part, frozen=True):
    """`pensionsAnnuitiesAndOtherStateBenefits`, in Tax (tax taken) and in Income (income): pounds, each may be missing."""

    other_pensions_and_retirement_annuities: Decimal | None = None
    incapacity_benefit: Decimal | None = None
    jobseekers_allowance: Decimal | None = None
    seiss_net_paid: Decimal | None = None


class Refunds(_Part, frozen=True):
    """`refunds`: Income Tax refunded or set off by HMRC or Jobcentre Plus, in pounds."""

    tax_refunded_or_set_off: Decimal | None = None


class EmploymentTax(_Employment, frozen=True):
    """Tax taken off the pay of one employment, in pounds, signed."""

    tax_taken_off_pay: Decimal


class TaxSummary(_Part, frozen=True):
    """Individual Tax."""

    employments: tuple[EmploymentTax, ...]
    pensions: Pensions = msgspec.field(name="pensionsAnnuitiesAndOtherStateBenefits", default=Pensions())
    refunds: Refunds = Refunds()


class EmploymentIncome(_Employment, frozen=True):
    """Taxable pay of one employment as on its P45 or P60, in pounds."""

    pay_from_employment: Decimal


class IncomeSummary(_Part, frozen=True):
    """Individual Income."""

    employments: tuple[EmploymentIncome, ...]
    pensions: Pensions = msgspec.field(name="pensionsAnnuitiesAndOtherStateBenefits", default=Pensions())


class EmployerNamed(_Employment, frozen=True):
    """An employer's name, and whether the work was off-payroll (IR35)."""

    employer_name: str = ""
    off_payroll_work_flag: bool | None = None

    @property
    def name(self) -> str:
        """The employer's name, as it may be shown on a terminal."""
        return one_line(self.employer_name)


class EmploymentHistory(_Part, frozen=True):
    """Individual Employment."""

    employments: tuple[EmployerNamed, ...]


class EmploymentBenefits(_Employment, frozen=True):
    """P11D benefits of one employment, in pounds, each may be missing."""

    company_cars_and_vans_benefit: Decimal | None = None
    fuel_for_company_cars_and_vans_benefit: Decimal | None = None
    private_medical_dental_insurance: Decimal | None = None
    vouchers_credit_cards_excess_mileage_allowance: Decimal | None = None
    goods_etc_provided_by_employer: Decimal | None = None
    accommodation_provided_by_employer: Decimal | None = None
    other_benefits: Decimal | None = None
    expenses_payments_received: Decimal | None = None

    @property
    def total(self) -> Decimal | None:
        """All benefits together, in pounds; None where none is given."""
        given = [value for value in msgspec.structs.asdict(self).values() if isinstance(value, Decimal)]
        return sum(given, ZERO) if given else None


class BenefitsSummary(_Part, frozen=True):
    """Individual Benefits, annual summary."""

    employments: tuple[EmploymentBenefits, ...]


class Class1(_Part, frozen=True):
    """Class 1: earnings between the Primary Threshold and the Upper Earnings Limit, in pounds. 0.00 may mean "not ready"."""

    total_nicable_earnings: Decimal = msgspec.field(name="totalNICableEarnings")


class Class2(_Part, frozen=True):
    """Class 2 contributions due, in pounds."""

    total_due: Decimal


class NationalInsuranceSummary(_Part, frozen=True):
    """National Insurance: no contributions paid in here, only earnings."""

    class1: Class1 | None = None
    class2: Class2 | None = None
    max_nics_reached: bool | None = msgspec.field(name="maxNICsReached", default=None)


Summary = TaxSummary | IncomeSummary | EmploymentHistory | BenefitsSummary | NationalInsuranceSummary
SCHEMAS: Mapping[str, type[Summary]] = MappingProxyType(
    {
        "individual-tax": TaxSummary,
        "individual-income": IncomeSummary,
        "individual-employment": EmploymentHistory,
        "individual-benefits": BenefitsSummary,
        "national-insurance": NationalInsuranceSummary,
    }
)


def document(body: str | bytes) -> Any:
    """`body` as plain JSON values, every number a `Decimal` from its text. Raises `UnreadableAnswer`.

    A member that appears twice in one object is refused: RFC 8259 leaves open which of the two counts, and no amount is guessed. One that is
    null is left out.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
        found = json.loads(
            text, object_pairs_hook=_members, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant
        )
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False, default=str).encode()  # half of a character can be kept nowhere
    except (UnicodeError, ArithmeticError, ValueError, RecursionError):
        raise UnreadableAnswer("the answer is not JSON, or was cut short") from None
    return found


def read(api: str, body: str | bytes) -> Summary:
    """HMRC's answer of one API, with every amount in pounds and two decimals.

    Raises `UnreadableAnswer` where the answer is not what HMRC documents, an amount with more than two decimals included: nothing is rounded.
    """
    try:
        summary = msgspec.convert(document(body), SCHEMAS[api], builtin_types=(Decimal,))
    except msgspec.ValidationError as error:
        raise UnreadableAnswer(f"the answer is not what HMRC documents: {_without_ticks(error)}") from None
    return cast("Summary", _with_exact_amounts(summary))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnreadableAnswer("a member appears twice in the answer, and neither was used")
    return {name: value for name, value in members.items() if value is not None}


def _refuse_constant(name: str) -> None:
    """Python's reader knows NaN and Infinity, JSON does not."""
    raise ValueError(name)


def _with_exact_amounts(value: Any) -> Any:
    """`value` with every amount in it at two decimals."""
    if isinstance(value, tuple):
        return tuple(_with_exact_amounts(member) for member in cast("tuple[Any, ...]", value))
    if not isinstance(value, msgspec.Struct):
        return value
    changed: dict[str, Any] = {}
    for field in msgspec.structs.fields(value):
        member = getattr(value, field.name)
        if isinstance(member, Decimal):
            changed[field.name] = _amount(member, field.encode_name)
        else:
            changed[field.name] = _with_exact_amounts(member)
    return type(value)(**changed)


def _amount(value: Decimal, name: str) -> Decimal:
    try:
        return exact(value)
    except ValueError as error:
        reason = "has more than two decimals" if "decimals" in str(error) else "is not an amount of money"
        raise UnreadableAnswer(f"{name} {reason}; nothing was rounded, and the answer was not used") from None


def _without_ticks(error: msgspec.ValidationError) -> str:
    text = str(error).replace("`", "")
    return text[:1].lower() + text[1:]
