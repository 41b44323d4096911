"""The examples of docs/importing.md are what the program reads."""

import re
from pathlib import Path

from storage.imports.fields import P60_FIELDS, PAYSLIP_FIELDS
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
