"""The canonical payslip files, CSV and JSON, read and written: what is written reads back equal."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from storage.imports.csv_table import read_csv
from storage.imports.fields import PAYSLIP_FIELDS
from storage.imports.json_table import read_json
from storage.imports.payslip_table import payslips_from
from storage.imports.reading import Reading
from storage.imports.table import decoded
from storage.money import plain
from storage.records import Payslip


def read_canonical_csv(content: bytes, name: str, today: date) -> Reading[Payslip]:
    """The payslips of a canonical CSV file. Raises `BadInput` for anything it cannot read to the last row."""
    return payslips_from(read_csv(decoded(content, name), name), today, "csv")


def read_canonical_json(content: bytes, name: str, today: date) -> Reading[Payslip]:
    """The payslips of a canonical JSON file: a list of objects, or `{"payslips": [...]}`. Raises `BadInput` as above."""
    return payslips_from(read_json(decoded(content, name), name, "payslips"), today, "json")


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


def write_canonical_json(slips: Iterable[Payslip]) -> str:
    """`slips` as a canonical JSON file, without what is not known."""
    rows = [{name: value for name, value in canonical_fields(slip).items() if value is not None} for slip in slips]
    return msgspec.json.format(msgspec.json.encode({"payslips": rows}), indent=2).decode()


def _written(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "amount":
        return plain(value)
    return value.isoformat() if kind == "date" else str(value)
