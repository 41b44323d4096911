"""The papers that the Payslips tab lists are those of the open kind that are behind the row, and have the warning, that was asked for."""

from dataclasses import replace

from hmrc_tui.views.listed_papers import ALL, Behind, Narrowing, PapersRead
from storage.records import TaxYear
from tests.makers import a_p60, a_payslip

GOOD = a_payslip()
WRONG = replace(a_payslip(employer="Another Ltd"), id="another", warnings=("the net pay does not add up",))
P60 = a_p60(TaxYear(2024))
READ = PapersRead.of({"payslips": [GOOD, WRONG], "p60s": [P60], "payments": []})
BEHIND = Behind(
    "Another Ltd, 2024-25", {"payslips": frozenset({WRONG.id}), "p60s": frozenset(), "payments": frozenset()}
)


def keys(narrowing: Narrowing) -> set[str]:
    return {item.key for item in READ.listed("payslips", narrowing)}


def test_without_a_narrowing_all_are_listed() -> None:
    assert keys(ALL) == {GOOD.id, WRONG.id}
    assert READ.counts(ALL) == {"payslips": 2, "p60s": 1, "payments": 0}
    assert ALL.said == ""


def test_those_behind_a_row_are_listed_and_counted_of_each_kind() -> None:
    assert keys(Narrowing(BEHIND)) == {WRONG.id}
    assert READ.counts(Narrowing(BEHIND)) == {"payslips": 1, "p60s": 0, "payments": 0}
    assert Narrowing(BEHIND).said == "of Another Ltd, 2024-25"


def test_a_warning_narrows_payslips_alone() -> None:
    warned = Narrowing(warned=True)
    assert keys(warned) == {WRONG.id}
    assert READ.listed("p60s", warned) == []
    assert warned.said == "with a warning"
    assert keys(warned.without_warned()) == keys(ALL)


def test_both_hold_together_and_the_row_is_named() -> None:
    other = Behind("Example Ltd, 2024-25", {**BEHIND.ids, "payslips": frozenset({GOOD.id})})
    assert keys(Narrowing(other, warned=True)) == set()
    assert Narrowing(other, warned=True).said == "of Example Ltd, 2024-25"
