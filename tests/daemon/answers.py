"""Makers of HMRC's answers, observations and kept years for the tests of syncing."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from storage.ledger import Ledger
from storage.records import Answer, ApiOutcome, Observation, TaxYear
from tests.makers import REFERENCE, StoppedClock

YEAR = TaxYear(2023)
NOW = StoppedClock().moment
TAX, INCOME, EMPLOYMENT, BENEFITS, INSURANCE = (
    "individual-tax",
    "individual-income",
    "individual-employment",
    "individual-benefits",
    "national-insurance",
)


def written(document: Any) -> str:
    """JSON with every `Decimal` written as a number, its digits as they are."""
    marked = json.dumps(document, default=lambda amount: f"@{amount}@")
    return marked.replace('"@', "").replace('@"', "")


def tax_answer(
    employers: Mapping[str, str] | None = None, refund: str | None = None, pension: str | None = None
) -> str:
    """Individual Tax: tax by reference, as the amounts are written."""
    return written(
        {
            "pensionsAnnuitiesAndOtherStateBenefits": (
                {"otherPensionsAndRetirementAnnuities": Decimal(pension)} if pension else {}
            ),
            "refunds": {"taxRefundedOrSetOff": Decimal(refund)} if refund else {},
            "employments": _employments(employers or {REFERENCE: "4324.00"}, "taxTakenOffPay"),
        }
    )


def income_answer(employers: Mapping[str, str] | None = None, pension: str | None = None) -> str:
    """Individual Income: taxable pay by reference."""
    return written(
        {
            "pensionsAnnuitiesAndOtherStateBenefits": (
                {"otherPensionsAndRetirementAnnuities": Decimal(pension)} if pension else {}
            ),
            "employments": _employments(employers or {REFERENCE: "34200.00"}, "payFromEmployment"),
        }
    )


def employment_answer(names: Mapping[str, str] | None = None) -> str:
    """Individual Employment: names by reference."""
    named = names or {REFERENCE: "Example Ltd"}
    return written(
        {"employments": [{"employerPayeReference": ref, "employerName": name} for ref, name in named.items()]}
    )


def benefits_answer(**benefits: str) -> str:
    """Individual Benefits of one employer."""
    amounts = {name: Decimal(amount) for name, amount in benefits.items()}
    return written({"employments": [{"employerPayeReference": REFERENCE, **amounts}]})


def insurance_answer(earnings: str = "23424.00") -> str:
    """National Insurance."""
    return written(
        {
            "class1": {"totalNICableEarnings": Decimal(earnings)},
            "class2": {"totalDue": Decimal("0.00")},
            "maxNICsReached": False,
        }
    )


def _employments(employers: Mapping[str, str], member: str) -> list[dict[str, Any]]:
    return [{"employerPayeReference": ref, member: Decimal(amount)} for ref, amount in employers.items()]


def seen(
    api: str = TAX, outcome: ApiOutcome = "ok", at: datetime = NOW, body: str = "{}", **changes: Any
) -> Observation:
    """One call; an ok one carries the hash of `body`."""
    values: dict[str, Any] = {
        "id": hashlib.sha256(f"{api}{outcome}{at}{changes}{body}".encode()).hexdigest()[:32],
        "run_id": "run",
        "asked_at": at,
        "tax_year": YEAR,
        "api": api,
        "api_version": "1.1",
        "outcome": outcome,
        "status": 200 if outcome == "ok" else 404,
        "code": None if outcome == "ok" else "NOT_FOUND",
        "answer_hash": hashlib.sha256(body.encode()).hexdigest() if outcome == "ok" else None,
        "duration_ms": 100,
    }
    return Observation(**{**values, **changes})


def keep(ledger: Ledger, api: str, body: str | None, at: datetime = NOW, tax_year: TaxYear = YEAR) -> None:
    """Keeps an answer as a sync would; without a body, a 404."""
    observation = seen(api, "ok" if body else "no_data", at, body or "", tax_year=tax_year)
    answer = Answer(observation.answer_hash or "", api, body, at) if body else None
    ledger.add_observation(observation, answer)
