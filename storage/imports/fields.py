"""The columns of the canonical files, and how one cell becomes a value. The columns' names are a contract."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from storage.employers import PayeReference
from storage.imports.conventions import CANONICAL, Conventions, plausible_pay_date, read_amount, read_date
from storage.imports.excerpt import excerpt
from storage.imports.table import Cell, Row, Table
from storage.imports.tax_codes import written_tax_code
from storage.money import exact
from storage.records import PensionKind
from storage.tax_year import TaxYear
from storage.troubles import BadInput

Kind = Literal["date", "amount", "text", "reference", "pension_kind", "ni_category", "tax_code", "tax_year"]

PAYSLIP_FIELDS: Mapping[str, Kind] = {
    "pay_date": "date",
    "employer": "text",
    "employer_paye_ref": "reference",
    "tax_code": "tax_code",
    "ni_category": "ni_category",
    "period": "text",
    "gross_pay": "amount",
    "taxable_pay": "amount",
    "nicable_pay": "amount",
    "income_tax": "amount",
    "national_insurance": "amount",
    "student_loan": "amount",
    "postgrad_loan": "amount",
    "pension_employee": "amount",
    "pension_kind": "pension_kind",
    "pension_sacrifice": "amount",
    "notional_pay": "amount",
    "payrolled_benefits": "amount",
    "bonus": "amount",
    "net_pay": "amount",
    "ytd_gross": "amount",
    "ytd_taxable": "amount",
    "ytd_tax": "amount",
    "ytd_ni": "amount",
    "ytd_nicable": "amount",
    "source_id": "text",
}
P60_FIELDS: Mapping[str, Kind] = {
    "tax_year": "tax_year",
    "employer": "text",
    "employer_paye_ref": "reference",
    "pay": "amount",
    "income_tax": "amount",
    "national_insurance": "amount",
    "nicable_band": "amount",
    "student_loan": "amount",
    "postgrad_loan": "amount",
    "previous_pay": "amount",
    "previous_tax": "amount",
    "tax_code": "tax_code",
}
_PENSION_KINDS: tuple[PensionKind, ...] = get_args(PensionKind)
_TAX_YEAR_TO = re.compile(r"(?:tax year )?to 5 april (?P<end>\d{4})", re.IGNORECASE)
_LONGEST_TEXT = 200


Constants = dict[str, str | int]
"""Values that a file itself does not have, as TOML writes them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is needed to read a file's cells: its conventions, values it does not hold itself, and columns to negate."""

    conventions: Conventions = CANONICAL
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    negated: frozenset[str] = frozenset()


def constant_texts(constants: Mapping[str, str | int], kinds: Mapping[str, Kind], where: str) -> dict[str, str]:
    """`[constants]` as cells of a canonical file. Raises `BadInput` where one is not a value of its field."""
    texts = {ours: str(value) for ours, value in constants.items()}
    for ours, text in texts.items():
        try:
            read_cell(text, kinds[ours], CANONICAL, date.max)
        except ValueError as problem:
            raise BadInput(f"{where}: {ours}: {problem}") from None
    return texts


def read_row(table: Table, row: Row, fields: Mapping[str, Kind], layout: Layout, today: date) -> dict[str, Any]:
    """The values of one row by field; what the row does not hold is absent. Raises `BadInput` naming row and column."""
    values: dict[str, Any] = {}
    for name, kind in fields.items():
        cell = row.cells.get(name)
        try:
            if cell is not None:
                values[name] = read_cell(cell, kind, layout.conventions, today)
                if kind == "amount" and name in layout.negated:
                    values[name] = exact(-values[name])
            elif name in layout.constants:
                values[name] = read_cell(layout.constants[name], kind, CANONICAL, today)
        except ValueError as problem:
            raise table.trouble(row, name, problem) from None
    return values


def read_cell(cell: Cell, kind: Kind, conventions: Conventions, today: date) -> Any:
    """One cell as its field's kind. Raises `ValueError` with what is wrong and the mend."""
    if kind == "amount":
        return _exact_number(cell) if isinstance(cell, Decimal) else read_amount(cell, conventions)
    text = f"{cell:f}" if isinstance(cell, Decimal) else " ".join(cell.split())
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"{excerpt(text)} is too long; at most {_LONGEST_TEXT} characters")
    if not text.isprintable():
        raise ValueError(f"{excerpt(text)} has control characters in it; remove them")
    match kind:
        case "date":
            return plausible_pay_date(read_date(text, conventions), today)
        case "tax_year":
            return _tax_year(text)
        case "reference":
            return PayeReference(text)
        case "pension_kind":
            return _pension_kind(text)
        case "ni_category":
            return _ni_category(text)
        case "tax_code":
            return written_tax_code(text)
        case "text":
            return text


def _exact_number(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise ValueError(f"{number} has more than two decimals; write pounds and pence, as in 1234.50")
    return exact(number)


def _tax_year(text: str) -> TaxYear:
    match = _TAX_YEAR_TO.search(text)
    return TaxYear.parse(f"{int(match['end']) - 1}-{match['end']}") if match else TaxYear.parse(text)


def _pension_kind(text: str) -> PensionKind:
    for kind in _PENSION_KINDS:
        if text.casefold() == kind:
            return kind
    raise ValueError(
        f"{excerpt(text)} is not a kind of pension; write {', '.join(_PENSION_KINDS[:-1])} or relief_at_source"
    )


def _ni_category(text: str) -> str:
    if len(text) == 1 and text.isascii() and text.isalpha():
        return text.upper()
    raise ValueError(f"{excerpt(text)} is not a National Insurance category; write its one letter, as in A")
