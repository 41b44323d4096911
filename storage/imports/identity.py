"""What makes two payslips, P60s or payments the same one: ids made from content, so that importing twice changes nothing.

Where ids cannot tell, because one file prints the PAYE reference and the other the name alone, `known_again` does.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from storage.employers import PayeReference, employer_key
from storage.money import plain
from storage.records import P60, Payment, Payslip
from storage.tax_year import TaxYear

Record = TypeVar("Record", Payslip, P60, Payment)
Figures = Callable[[Record], Hashable]


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


def same_employer(one: Record, other: Record) -> bool:
    """Whether two records may be of one employer: by reference where both have one, else by name where both have one; a payment that has neither may be anybody's."""
    if one.employer_paye_ref and other.employer_paye_ref:
        return one.employer_paye_ref == other.employer_paye_ref
    if one.employer and other.employer:
        return employer_key(one.employer) == employer_key(other.employer)
    return not (one.employer or one.employer_paye_ref) or not (other.employer or other.employer_paye_ref)


def known_again(records: Iterable[Record], stored: Sequence[Record], figures: Figures[Record]) -> list[Record]:
    """`records`, each under the id of the stored one that it is: the same `figures`, and the same employer as far as both say.

    What a record does not say of its employer it takes from the stored one. Where several employers fit, nothing is guessed.
    """
    by_id = {each.id: each for each in stored}
    given = list(records)
    claimed = {each.id for each in given} & by_id.keys()
    free: dict[Hashable, list[Record]] = defaultdict(list)
    for each in stored:
        if each.id not in claimed:
            free[figures(each)].append(each)
    found: list[Record] = []
    for each in given:
        known = by_id.get(each.id)
        if known is None:
            fitting = [other for other in free[figures(each)] if same_employer(each, other)]
            if len({_who(other) for other in fitting}) == 1:
                known = fitting[0]
                free[figures(each)].remove(known)
        found.append(_named_as(each, known) if known else each)
    return found


def _named_as(each: Record, known: Record) -> Record:
    """`each` under the id of `known`. Another spelling of one name changes nothing."""
    same_name = employer_key(each.employer or "") == employer_key(known.employer or "")
    return replace(
        each,
        id=known.id,
        employer=known.employer if same_name or not each.employer else each.employer,
        employer_paye_ref=each.employer_paye_ref or known.employer_paye_ref,
    )


def _who(each: Record) -> str:
    return each.employer_paye_ref or employer_key(each.employer or "")


def _employment(employer: str | None, reference: PayeReference | None) -> str:
    return f"reference {PayeReference(reference)}" if reference else f"name {employer_key(employer or '')}"


def _hash(*parts: str | None) -> str:
    joined = "\x1f".join("" if part is None else part for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:24]
