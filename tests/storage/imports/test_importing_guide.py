"""The examples of docs/importing.md are what the program reads."""

import re
from datetime import date
from pathlib import Path

from storage.imports.checks import checked
from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS
from storage.imports.intake import read_payslips
from storage.imports.mapping import read_mapping
from storage.imports.profile import read_profile

GUIDE = (Path(__file__).parents[3] / "docs" / "importing.md").read_text("utf-8")


def test_the_mapping_and_the_profile_in_the_guide_are_valid() -> None:
    mapping, profile = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert read_mapping(mapping.encode(), "guide").layout.constants["employer"] == "Example Ltd"
    assert {rule.field for rule in read_profile(profile.encode(), "guide").rules} >= {"taxable_pay", "employer"}


def test_the_guide_names_every_column() -> None:
    named = set(re.findall(r"[a-z_]+", GUIDE))
    assert named >= PAYSLIP_FIELDS.keys() | P60_FIELDS.keys()


def test_the_payslips_in_the_guide_are_read_and_add_up() -> None:
    examples = re.findall(r"(?m)^    (pay_date,.+)\n    (2024.+)$", GUIDE)
    assert len(examples) == 2
    for header, row in examples:
        reading = read_payslips(f"{header}\n{row}\n".encode(), "guide.csv", date(2025, 1, 1))
        (slip,) = checked(reading.records)
        assert (str(slip.taxable_pay), slip.warnings) == ("2850.00", ())
