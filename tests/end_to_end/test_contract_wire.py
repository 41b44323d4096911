"""HMRC's answers however they travel: what a gateway may do to them on the way changes nothing in what is kept."""

from pathlib import Path
from typing import Any, Literal

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home


@pytest.mark.parametrize(
    ("manner", "content_type"),
    [
        ("closing", "application/vnd.hmrc.1.1+json; charset=UTF-8"),
        ("chunked", "text/plain"),
    ],
)
def test_a_sign_in_and_a_sync_through_any_gateway(
    home: Path, manner: Literal["closing", "chunked"], content_type: str
) -> None:
    with AnotherHmrc() as hmrc:
        hmrc.manner, hmrc.content_type = manner, content_type
        hmrc.employ("2023-24", ("123/AB456", "Café & Söhne Ltd", 22500.5, -36.5))
        person = Home.at(home, hmrc)
        person.sign_in()
        (year,) = person.json("sync", "--tax-year", "2023-24")["years"]
        assert (year["outcome"], year["apis"]["national-insurance"]["code"]) == ("new", "NOT_FOUND")
        (row,) = person.json("reconcile")["tax_years"][0]["rows"]
    assert (row["employer"], row["pay"]["hmrc"], row["tax"]["hmrc"]) == ("Café & Söhne Ltd", "22500.50", "-36.50")


def test_figures_without_what_only_stands_beside_them_are_figures(home: Path) -> None:
    with AnotherHmrc() as hmrc:
        figures: dict[str, Any] = {"employerPayeReference": "123/AB456"}
        hmrc.figures["individual-tax", "2023-24"] = {"employments": [figures | {"taxTakenOffPay": 890.35}]}
        hmrc.figures["individual-income", "2023-24"] = {"employments": [figures | {"payFromEmployment": 22500}]}
        hmrc.figures["individual-employment", "2023-24"] = {"employments": [figures]}
        hmrc.figures["national-insurance", "2023-24"] = {"class2": {"totalDue": 20}}
        person = Home.at(home, hmrc)
        person.sign_in()
        (year,) = person.json("sync", "--tax-year", "2023-24")["years"]
        assert {call["outcome"] for api, call in year["apis"].items() if api != "individual-benefits"} == {"ok"}
        (row,) = person.json("reconcile")["tax_years"][0]["rows"]
    assert (row["employer"], row["pay"]["hmrc"], row["tax"]["hmrc"]) == ("123/AB456", "22500.00", "890.35")
