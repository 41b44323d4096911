"""What the simulated HMRC has on record: for each API, taxpayer and tax year a document, which may appear, change and go with time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

CHILD_BENEFIT = "child-benefit-entitlement"
WINTER_FUEL = "winter-fuel-payment-amount"
SUMMARIES = (
    "individual-tax",
    "individual-income",
    "individual-employment",
    "individual-benefits",
    "national-insurance",
)
APIS = (*SUMMARIES, CHILD_BENEFIT, WINTER_FUEL)
"""Whatever a document can be kept for: the five yearly summaries by their API, and two more of Individual Benefits."""


@dataclass(frozen=True, slots=True)
class Document:
    """One answer, to the byte: JSON normally, but any text can be scripted (cut JSON, HTML, three decimals)."""

    body: str
    status: int = 200
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class _Change:
    since: datetime | None
    document: Document | None


class Figures:
    """Documents by (API, UTR, tax year), each a timeline: what stands from when on. Nothing there is 404 `NOT_FOUND`."""

    def __init__(self) -> None:
        self._timelines: dict[tuple[str, str, str], list[_Change]] = {}

    def keep(self, api: str, utr: str, tax_year: str, document: Document, *, since: datetime | None = None) -> None:
        """Keeps `document`; with `since` it appears (or changes) at that moment, without it stands at once and for all time."""
        self._change(api, utr, tax_year, _Change(since, document))

    def withdraw(self, api: str, utr: str, tax_year: str, *, since: datetime | None = None) -> None:
        """Takes the document away, at once and for all time, or from `since` on."""
        self._change(api, utr, tax_year, _Change(since, None))

    def _change(self, api: str, utr: str, tax_year: str, change: _Change) -> None:
        if change.since is None:
            self._timelines[api, utr, tax_year] = [change]
        else:
            self._timelines.setdefault((api, utr, tax_year), []).append(change)

    def at(self, moment: datetime, api: str, utr: str, tax_year: str) -> Document | None:
        """What HMRC answers at `moment`; None is 404."""
        standing = [c for c in self._timelines.get((api, utr, tax_year), ()) if c.since is None or c.since <= moment]
        timed = [change for change in standing if change.since is not None]
        latest = max(enumerate(timed), key=lambda each: (each[1].since, each[0]), default=None)
        chosen = latest[1] if latest else (standing[0] if standing else None)
        return chosen.document if chosen else None

    def listing(self, moment: datetime) -> list[dict[str, str]]:
        """Every document that stands at `moment`, for the control address."""
        return [
            {"api": api, "utr": utr, "tax_year": year, "body": document.body}
            for api, utr, year in sorted(self._timelines)
            if (document := self.at(moment, api, utr, year)) is not None
        ]


class Employment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One employer in a whole year's figures; a figure that is None is left out of the API that would carry it. Pounds."""

    reference: str
    name: str | None = None
    pay: Decimal | None = None
    tax: Decimal | None = None
    off_payroll: bool | None = None
    benefits: dict[str, Decimal] | None = None


class WholeYear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole tax year in one piece, from which the five APIs' documents are made. Pounds."""

    employments: tuple[Employment, ...] = ()
    refunds: Decimal | None = None
    pensions: Decimal | None = None
    pensions_tax: Decimal | None = None
    nicable_earnings: Decimal | None = None


def documents(year: WholeYear) -> dict[str, Document]:
    """The documents of the five APIs for `year`; an API that has nothing to say is left out, and so answers 404."""
    employments = year.employments
    made: dict[str, Mapping[str, object] | None] = {
        "individual-tax": {
            "pensionsAnnuitiesAndOtherStateBenefits": _present(otherPensionsAndRetirementAnnuities=year.pensions_tax),
            "refunds": _present(taxRefundedOrSetOff=year.refunds),
            "employments": _each(employments, "taxTakenOffPay", [e.tax for e in employments]),
        },
        "individual-income": {
            "pensionsAnnuitiesAndOtherStateBenefits": _present(otherPensionsAndRetirementAnnuities=year.pensions),
            "employments": _each(employments, "payFromEmployment", [e.pay for e in employments]),
        },
        "individual-employment": _unless_empty(_names(employments)),
        "individual-benefits": _unless_empty(
            [_reference(e) | {k: _number(v) for k, v in e.benefits.items()} for e in employments if e.benefits]
        ),
        "national-insurance": _national_insurance(year.nicable_earnings),
    }
    return {
        api: Document(msgspec.json.encode(content).decode()) for api, content in made.items() if content is not None
    }


def _number(amount: Decimal) -> msgspec.Raw:
    """`amount` as a JSON number, digit for digit."""
    return msgspec.Raw(f"{amount:f}".encode())


def _present(**amounts: Decimal | None) -> dict[str, msgspec.Raw]:
    return {name: _number(amount) for name, amount in amounts.items() if amount is not None}


def _reference(employment: Employment) -> dict[str, object]:
    return {"employerPayeReference": employment.reference}


def _each(employments: Sequence[Employment], field: str, amounts: Sequence[Decimal | None]) -> list[dict[str, object]]:
    return [
        _reference(employment) | {field: _number(amount)}
        for employment, amount in zip(employments, amounts, strict=True)
        if amount is not None
    ]


def _names(employments: Sequence[Employment]) -> list[dict[str, object]]:
    return [
        _reference(e)
        | {"employerName": e.name}
        | ({} if e.off_payroll is None else {"offPayrollWorkFlag": e.off_payroll})
        for e in employments
        if e.name is not None
    ]


def _unless_empty(employments: list[dict[str, object]]) -> dict[str, object] | None:
    return {"employments": employments} if employments else None


def _national_insurance(earnings: Decimal | None) -> dict[str, object] | None:
    if earnings is None:
        return None
    return {
        "class1": {"totalNICableEarnings": _number(earnings)},
        "class2": {"totalDue": 0},
        "maxNICsReached": False,
    }
