"""Joins what HMRC's separate APIs say about one tax year, by employer PAYE reference. Pure functions over kept answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from daemon.hmrc import schemas
from daemon.hmrc.schemas import BenefitsSummary, EmploymentHistory, IncomeSummary, Summary, TaxSummary
from daemon.reconcile.model import HmrcEmployment
from storage.money import ZERO, plain
from storage.records import PayeReference, Snapshot, TaxYear
from storage.rows import content_id

_REFERENCE = "employerPayeReference"

Amounts = Counter[tuple[str, PayeReference | None, Decimal]]
"""Every amount of an answer: where it stands, whose it is, and how much. Order and spelling leave no trace in it."""


def amounts(body: str) -> Amounts:
    """Every number of an answer, members that we do not know included; names and flags are no amounts.

    Two answers with equal amounts are the same answer however they are ordered or spelt: `36.5` and `36.50`, `123/ab1` and `123/AB1 `.
    """
    found: Amounts = Counter()
    _collect(schemas.document(body), "", None, found)
    return found


def _collect(value: Any, path: str, reference: PayeReference | None, found: Amounts) -> None:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        named = members.get(_REFERENCE)
        whose = PayeReference(named) if isinstance(named, str) else reference
        for name, member in members.items():
            _collect(member, f"{path}.{name}", whose, found)
    elif isinstance(value, list):
        for member in cast("list[Any]", value):
            _collect(member, path, reference, found)
    elif isinstance(value, Decimal):
        found[path, reference, value] += 1


def joined(answers: Mapping[str, Summary]) -> tuple[HmrcEmployment, ...]:
    """The employments of a year from the latest answer of each API, by reference.

    Pay comes from Income, tax from Tax, names from Employment, benefits (pounds, all kinds together) from Benefits. A repeated
    reference is summed; a side that no answer has is None. An employer that only Employment names has no figure and no row.
    """
    pay: dict[PayeReference, Decimal] = {}
    tax: dict[PayeReference, Decimal] = {}
    benefits: dict[PayeReference, Decimal] = {}
    names: dict[PayeReference, str] = {}
    off_payroll: dict[PayeReference, bool] = {}
    listed: Counter[PayeReference] = Counter()
    for answer in answers.values():
        listed |= _listed(answer)
        match answer:
            case IncomeSummary():
                for employment in answer.employments:
                    _add(pay, employment.employer_paye_reference, employment.pay_from_employment)
            case TaxSummary():
                for employment in answer.employments:
                    _add(tax, employment.employer_paye_reference, employment.tax_taken_off_pay)
            case BenefitsSummary():
                for employment in answer.employments:
                    _add(benefits, employment.employer_paye_reference, employment.total)
            case EmploymentHistory():
                for employment in answer.employments:
                    reference = PayeReference(employment.employer_paye_reference)
                    names.setdefault(reference, employment.name)
                    if employment.off_payroll_work_flag is not None:
                        off_payroll[reference] = off_payroll.get(reference, False) or employment.off_payroll_work_flag
            case _:
                pass
    return tuple(
        HmrcEmployment(
            reference,
            names.get(reference) or None,
            pay.get(reference),
            tax.get(reference),
            benefits.get(reference),
            off_payroll.get(reference),
            entries=max(1, listed[reference]),
        )
        for reference in sorted({*pay, *tax, *benefits})
    )


def _listed(answer: Summary) -> Counter[PayeReference]:
    """How many amounts of pay or tax an answer has for each reference; Employment may well list two spells at one employer."""
    match answer:
        case IncomeSummary() | TaxSummary():
            return Counter(PayeReference(employment.employer_paye_reference) for employment in answer.employments)
        case _:
            return Counter()


def _add(totals: dict[PayeReference, Decimal], text: str, amount: Decimal | None) -> None:
    if amount is not None:
        reference = PayeReference(text)
        totals[reference] = totals.get(reference, ZERO) + amount


def new_snapshots(
    tax_year: TaxYear, employments: Sequence[HmrcEmployment], known: Sequence[Snapshot], seen_at: datetime
) -> list[Snapshot]:
    """The rows to append: one for each reference whose joined pay or tax is not that of its latest row.

    `known` are the year's rows, oldest first. A reference that is no longer named, or has no figure any more, gets no row: what HMRC
    once said stays its last word.
    """
    latest = {snapshot.employer_paye_ref: snapshot for snapshot in known}
    appended: list[Snapshot] = []
    for employment in employments:
        if employment.pay is None and employment.tax is None:
            continue
        previous = latest.get(employment.reference)
        if previous and (previous.gross_pay, previous.income_tax) == (employment.pay, employment.tax):
            continue
        before = previous.id if previous else None
        appended.append(
            Snapshot(
                snapshot_id(before, tax_year, employment),
                before,
                tax_year,
                employment.reference,
                seen_at,
                employment.pay,
                employment.tax,
                employment.name,
            )
        )
    return appended


def snapshot_id(previous_id: str | None, tax_year: TaxYear, employment: HmrcEmployment) -> str:
    """A hash of the row before and of this row's figures: A, B, A are three rows, and two machines that see the same make one."""
    figures = plain(employment.pay), plain(employment.tax)
    return content_id("snapshot", previous_id, tax_year.hmrc, employment.reference, *figures)
