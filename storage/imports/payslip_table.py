"""Payslips from rows, whether a CSV or a JSON file holds them."""

from datetime import date
from difflib import get_close_matches
from typing import Any

from storage.imports.excerpt import excerpt
from storage.imports.fields import PAYSLIP_FIELDS, Layout, read_row
from storage.imports.identity import payslip_id
from storage.imports.reading import Reading
from storage.imports.table import Row, Table, folded
from storage.records import Payslip
from storage.troubles import BadInput

REQUIRED = ("pay_date", "employer")
PAY = ("taxable_pay", "gross_pay")
_OURS = {"id", "tax_year", "source", "warnings", "imported_at"}
"""What our own list of payslips prints beside the canonical columns."""
_TOTALS = {"total", "totals", "grand total", "sub-total", "subtotal", "sum"}


def payslips_from(table: Table, today: date, layout_name: str, layout: Layout | None = None) -> Reading[Payslip]:
    """The payslips of `table`. Raises `BadInput` where a column is missing or any row cannot be read."""
    layout = layout or Layout()
    _require_columns(table, layout, layout_name)
    slips = tuple(_payslip(table, row, today, layout) for row in table.rows)
    return Reading(table.name, layout_name, slips, tuple(_notes(table)))


def build_payslip(values: dict[str, Any], source: str) -> Payslip:
    """A payslip from its fields' values, its id made from them."""
    identity = payslip_id(
        source_id=values.get("source_id"),
        employer=values["employer"],
        reference=values.get("employer_paye_ref"),
        pay_date=values["pay_date"],
        taxable_pay=values.get("taxable_pay"),
        gross_pay=values.get("gross_pay"),
        income_tax=values.get("income_tax"),
        net_pay=values.get("net_pay"),
    )
    return Payslip(id=identity, source=source, **values)


def _payslip(table: Table, row: Row, today: date, layout: Layout) -> Payslip:
    if _is_total(row):
        raise BadInput(
            f"{table.name}: {table.row_word} {row.number} is a total and no payslip; remove it, "
            "or leave it out with [[ignore]] in a mapping file"
        )
    values = read_row(table, row, PAYSLIP_FIELDS, layout, today)
    for name in REQUIRED:
        if name not in values:
            raise table.trouble(row, name, "the value is missing; every payslip needs one")
    if not any(name in values for name in PAY):
        raise table.trouble(
            row, "taxable_pay", "neither taxable_pay nor gross_pay is given; every payslip needs one of them"
        )
    return build_payslip(values, table.name)


def _is_total(row: Row) -> bool:
    """Whether a row says that it is a sum, and has no date of its own."""
    texts = {name: folded(cell) for name, cell in row.cells.items() if isinstance(cell, str)}
    return not _TOTALS.isdisjoint(texts.values()) and texts.get("pay_date", "total") in _TOTALS


def _require_columns(table: Table, layout: Layout, layout_name: str) -> None:
    have = table.columns.keys() | layout.constants.keys()
    if {"tax_year", "pay"} <= have and "pay_date" not in have:
        raise BadInput(
            f"{table.name}: these are P60s, not payslips; import them with: hmrc-tui p60 import {table.name}"
        )
    for name in REQUIRED:
        if name not in have:
            raise BadInput(f"{table.name}: the column {name} is missing; {_mend(name, table, layout_name)}")
    if not any(name in have for name in PAY):
        raise BadInput(
            f"{table.name}: a column taxable_pay or gross_pay is missing; {_mend('taxable_pay', table, layout_name)}"
        )


def _mend(name: str, table: Table, layout_name: str) -> str:
    if layout_name not in {"csv", "json"}:
        return f"name it under [columns] or [constants] of {layout_name}"
    strangers = [column for column in table.columns if column not in PAYSLIP_FIELDS]
    similar = get_close_matches(
        name.replace("_", " "), [column.replace("_", " ") for column in strangers], n=1, cutoff=0.7
    )
    if similar:
        spelt = next(table.columns[column] for column in strangers if column.replace("_", " ") == similar[0])
        return f"rename {excerpt(spelt)} to {name}, or name it in a mapping file"
    return "add it, or name the file's own columns in a mapping file (--mapping)"


def _notes(table: Table) -> list[str]:
    strangers = [
        spelt for column, spelt in table.columns.items() if column not in PAYSLIP_FIELDS and column not in _OURS
    ]
    notes: list[str] = []
    for spelt in strangers:
        close = get_close_matches(spelt.casefold().replace(" ", "_"), PAYSLIP_FIELDS, n=1, cutoff=0.75)
        hint = f"; did you mean {close[0]}?" if close else ""
        notes.append(f"{table.name}: the column {excerpt(spelt)} is not one of ours and was left out{hint}")
    return notes
