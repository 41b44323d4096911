"""Writes payslips as the canonical files have them: what is written here, `storage.imports.intake` reads back equal."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from storage.imports.fields import PAYSLIP_FIELDS
from storage.money import plain
from storage.records import Payslip


def canonical_fields(slip: Payslip) -> dict[str, str | None]:
    """A payslip by canonical column, each value as the files have it; None where it is not known."""
    return {name: _written(getattr(slip, name), kind) for name, kind in PAYSLIP_FIELDS.items()}


def write_canonical_csv(slips: Iterable[Payslip]) -> str:
    """`slips` as a canonical CSV file with every column."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, PAYSLIP_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(canonical_fields(slip) for slip in slips)
    return text.getvalue()


def _written(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "amount":
        return plain(value)
    return value.isoformat() if kind == "date" else str(value)
