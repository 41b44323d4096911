"""Makers of files to import: canonical lines by column, everything overridable."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

import pytest
from hypothesis import HealthCheck, settings

from storage.imports.canonical import canonical_fields
from storage.imports.intake import Directions, read_payslips
from storage.records import Payslip
from storage.troubles import BadInput

EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""For hypothesis on a machine that is busy with other tests."""
TODAY = date(2025, 7, 1)
SLIP = {
    "pay_date": "2024-04-26",
    "employer": "Example Ltd",
    "employer_paye_ref": "123/AB456",
    "tax_code": "1257L",
    "ni_category": "A",
    "gross_pay": "3000.00",
    "taxable_pay": "2850.00",
    "nicable_pay": "3000.00",
    "income_tax": "360.20",
    "national_insurance": "156.16",
    "net_pay": "2333.64",
}


def a_csv(*rows: Mapping[str, str | None], separator: str = ",") -> bytes:
    """A canonical CSV file of `SLIP` with each row's changes; a column changed to None is left out of the file."""
    lines = [{**SLIP, **row} for row in (rows or ({},))]
    columns = [
        name for name in dict.fromkeys(name for line in lines for name in line) if lines[0].get(name) is not None
    ]
    table = [columns, *([line.get(name) or "" for name in columns] for line in lines)]
    return "".join(separator.join(cells) + "\n" for cells in table).encode()


def a_json(slips: Iterable[Payslip]) -> bytes:
    """A canonical JSON file of payslips, without what is not known of them."""
    rows = [{name: value for name, value in canonical_fields(slip).items() if value is not None} for slip in slips]
    return json.dumps({"payslips": rows}).encode()


def slips_of(content: bytes, name: str = "payslips.csv", directions: Directions | None = None) -> list[Payslip]:
    """The payslips that `content` holds."""
    return list(read_payslips(content, name, TODAY, directions).records)


def the_slip(content: bytes, name: str = "payslips.csv", directions: Directions | None = None) -> Payslip:
    """The one payslip that `content` holds."""
    (slip,) = slips_of(content, name, directions)
    return slip


def refusal(content: bytes, directions: Directions | None = None) -> str:
    """What the person is told of a PDF that is refused, which is one line."""
    with pytest.raises(BadInput) as refused:
        read_payslips(content, "april.pdf", TODAY, directions)
    message = str(refused.value)
    assert "\n" not in message
    return message
