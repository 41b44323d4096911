"""What makes two payslips, P60s or payments the same one: ids made from content, so that importing twice changes nothing."""

import hashlib
from datetime import date
from decimal import Decimal

from storage.employers import PayeReference, employer_key
from storage.money import plain
from storage.tax_year import TaxYear


def payslip_id(
    *,
    source_id: str | None,
    employer: str,
    reference: PayeReference | None,
    pay_date: date,
    taxable_pay: Decimal | None,
    gross_pay: Decimal | None,
    income_tax: Decimal | None,
    net_pay: Decimal | None,
) -> str:
    """A payslip's identity: its `source_id`, else employer or reference, pay date, taxable pay, tax and net pay.

    A slip without taxable pay counts at gross, so gross pay stands in its place, marked as such.
    """
    if source_id:
        return _hash("source", source_id)
    pay = ("taxable", plain(taxable_pay)) if taxable_pay is not None else ("gross", plain(gross_pay))
    return _hash(
        "slip", _employment(employer, reference), pay_date.isoformat(), *pay, plain(income_tax), plain(net_pay)
    )


def p60_id(employer: str, reference: PayeReference | None, tax_year: TaxYear, pay: Decimal, income_tax: Decimal) -> str:
    """A P60's identity: employer or reference, tax year, pay and tax. A corrected P60 is another one."""
    return _hash("p60", _employment(employer, reference), tax_year.hmrc, plain(pay), plain(income_tax))


def payment_id(
    employer: str | None,
    reference: PayeReference | None,
    pay_date: date,
    amounts: tuple[Decimal, Decimal, Decimal | None],
    occurrence: int,
) -> str:
    """A payment's identity: employer or reference, date, its three amounts, and which of several equal lines it is."""
    paid_by = _employment(employer, reference) if employer or reference else ""
    return _hash("payment", paid_by, pay_date.isoformat(), *(plain(amount) for amount in amounts), str(occurrence))


def _employment(employer: str | None, reference: PayeReference | None) -> str:
    return f"reference {PayeReference(reference)}" if reference else f"name {employer_key(employer or '')}"


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join("" if part is None else part for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:24]
