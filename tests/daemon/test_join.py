"""Joining: by PAYE reference, whatever the order and the spelling, and never more than HMRC said."""

import json
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.hmrc import schemas
from daemon.join import amounts, joined, new_snapshots
from daemon.reconcile.model import HmrcEmployment
from storage.records import PayeReference, Snapshot
from tests.daemon.answers import (
    BENEFITS,
    EMPLOYMENT,
    INCOME,
    INSURANCE,
    NOW,
    TAX,
    YEAR,
    benefits_answer,
    employment_answer,
    income_answer,
    insurance_answer,
    tax_answer,
)
from tests.daemon.hmrc import pretend
from tests.makers import REFERENCE

OTHER = PayeReference("456/AB456")


def join(**bodies: str) -> dict[str, HmrcEmployment]:
    """The joined employments of these answers, by reference; `individual_tax="…"`."""
    answers = {api.replace("_", "-"): schemas.read(api.replace("_", "-"), body) for api, body in bodies.items()}
    return {str(employment.reference): employment for employment in joined(answers)}


class TestTheJoin:
    def test_hmrcs_own_example_joins_whatever_the_order(self) -> None:
        found = join(individual_tax=pretend.TAX, individual_income=pretend.INCOME)
        assert {ref: (each.pay, each.tax) for ref, each in found.items()} == {
            "123/AB456": (Decimal("22500.00"), Decimal("890.35")),
            "456/AB456": (Decimal("8650.00"), Decimal("224.99")),
        }

    def test_the_minimal_example_does_not_join_its_two_references(self) -> None:
        found = join(
            individual_tax=tax_answer({"111/AAA": "3000"}), individual_income=income_answer({REFERENCE: "22500"})
        )
        assert (found["111/AAA"].pay, found["111/AAA"].tax) == (None, Decimal("3000.00"))
        assert (found[REFERENCE].pay, found[REFERENCE].tax) == (Decimal("22500.00"), None)

    def test_references_compare_trimmed_and_in_upper_case(self) -> None:
        found = join(individual_tax=tax_answer({" 123/ab456 ": "1"}), individual_income=income_answer({REFERENCE: "2"}))
        assert list(found) == [REFERENCE]
        assert found[REFERENCE].tax == Decimal("1.00")

    def test_a_repeated_reference_is_summed(self) -> None:
        twice = income_answer().replace("]}", ',{"employerPayeReference":"123/ab456","payFromEmployment":0.05}]}')
        assert join(individual_income=twice)[REFERENCE].pay == Decimal("34200.05")

    def test_how_often_pay_or_tax_lists_a_reference_is_kept_and_two_spells_there_are_no_repetition(self) -> None:
        twice = tax_answer().replace("]}", ',{"employerPayeReference":"123/ab456","taxTakenOffPay":0.05}]}')
        spell = '{"employerPayeReference":"123/AB456"}'
        spells = f'{{"employments":[{spell},{spell},{spell}]}}'
        assert join(individual_income=income_answer(), individual_tax=twice)[REFERENCE].entries == 2
        assert join(individual_tax=tax_answer(), individual_employment=spells)[REFERENCE].entries == 1

    def test_names_and_the_off_payroll_flag_come_from_employment(self) -> None:
        body = '{"employments":[{"employerPayeReference":"123/AB456","employerName":" Company XYZ ","offPayrollWorkFlag":true}]}'
        found = join(individual_income=income_answer(), individual_employment=body)[REFERENCE]
        assert (found.name, found.off_payroll) == ("Company XYZ", True)

    def test_a_name_holds_nothing_that_a_terminal_would_obey(self) -> None:
        body = (
            '{"employments":[{"employerPayeReference":"123/AB456","employerName":"Ex\\u001b[2Jample\\n Ltd\\u202e"}]}'
        )
        found = join(individual_income=income_answer(), individual_employment=body)[REFERENCE]
        assert found.name == "Ex [2Jample Ltd"

    def test_benefits_stand_beside_the_pay_and_are_not_added_to_it(self) -> None:
        found = join(
            individual_income=income_answer(),
            individual_benefits=benefits_answer(otherBenefits="16", companyCarsAndVansBenefit="44"),
        )[REFERENCE]
        assert (found.pay, found.benefits) == (Decimal("34200.00"), Decimal("60.00"))

    def test_refunds_and_insurance_leave_every_employment_as_it_is(self) -> None:
        plain = join(individual_tax=tax_answer())
        assert join(individual_tax=tax_answer(refund="325"), national_insurance=insurance_answer()) == plain

    def test_an_employer_that_is_only_named_has_no_row(self) -> None:
        assert join(individual_employment=employment_answer(), individual_benefits=benefits_answer()) == {}

    def test_a_refund_through_payroll_stays_negative(self) -> None:
        assert join(individual_tax=tax_answer({REFERENCE: "-12.30"}))[REFERENCE].tax == Decimal("-12.30")


class TestWhatCountsAsAChange:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (tax_answer(pension="36.5"), tax_answer(pension="36.50")),
            (tax_answer({REFERENCE: "1", OTHER: "2"}), tax_answer({OTHER: "2", REFERENCE: "1"})),
            (tax_answer({REFERENCE: "1"}), tax_answer({" 123/ab456": "1.0"})),
            (employment_answer(), employment_answer({REFERENCE: "Another Name"})),
            (insurance_answer(), insurance_answer().replace("false", "true")),
            (tax_answer(), json.dumps(json.loads(tax_answer()), indent=2)),
        ],
    )
    def test_order_spelling_names_and_flags_do_not(self, before: str, after: str) -> None:
        assert amounts(before) == amounts(after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (tax_answer({REFERENCE: "1"}), tax_answer({REFERENCE: "1.01"})),
            (tax_answer({REFERENCE: "1"}), tax_answer({OTHER: "1"})),
            (tax_answer({REFERENCE: "1"}), tax_answer({REFERENCE: "1", OTHER: "0"})),
            (tax_answer(), tax_answer(refund="325")),
            (tax_answer({REFERENCE: "1", OTHER: "2"}), tax_answer({REFERENCE: "2", OTHER: "1"})),
            (benefits_answer(otherBenefits="16"), benefits_answer(otherBenefits="17")),
            (benefits_answer(otherBenefits="16"), benefits_answer(companyCarsAndVansBenefit="16")),
            (insurance_answer("0.00"), insurance_answer("1.00")),
            (tax_answer(), tax_answer().replace('"refunds": {}', '"refunds": {"somethingNew": 5}')),
        ],
    )
    def test_any_amount_does(self, before: str, after: str) -> None:
        assert amounts(before) != amounts(after)

    @settings(deadline=None)
    @given(
        st.dictionaries(st.sampled_from([f"{n}/A{n}" for n in range(9)]), st.integers(-(10**9), 10**9), min_size=1),
        st.randoms(),
    )
    def test_no_shuffling_is_a_change(self, pence: dict[str, int], order: random.Random) -> None:
        employers = [(ref, str(Decimal(amount).scaleb(-2))) for ref, amount in pence.items()]
        shuffled = order.sample(employers, len(employers))
        assert amounts(tax_answer(dict(employers))) == amounts(tax_answer({r.lower(): a for r, a in shuffled}))


def employment(pay: str | None = "34200.00", tax: str | None = "4324.00", reference: str = REFERENCE) -> HmrcEmployment:
    """One joined employment."""
    return HmrcEmployment(
        PayeReference(reference), "Example Ltd", Decimal(pay) if pay else None, Decimal(tax) if tax else None
    )


def append(known: list[Snapshot], *employments: HmrcEmployment) -> int:
    """Appends what is new to `known`; returns how many rows that were."""
    rows = new_snapshots(YEAR, employments, known, NOW + timedelta(days=len(known)))
    known += rows
    return len(rows)


class TestSnapshots:
    def test_the_same_figures_again_append_nothing(self) -> None:
        known: list[Snapshot] = []
        assert [append(known, employment()) for _ in range(3)] == [1, 0, 0]

    def test_there_and_back_again_are_three_rows_with_three_ids(self) -> None:
        known: list[Snapshot] = []
        for pay in ("1.00", "2.00", "1.00"):
            append(known, employment(pay))
        assert [str(row.gross_pay) for row in known] == ["1.00", "2.00", "1.00"]
        assert len({row.id for row in known}) == 3
        assert [row.previous_id for row in known] == [None, known[0].id, known[1].id]

    def test_two_machines_that_see_the_same_make_the_same_row(self) -> None:
        here, there = list[Snapshot](), list[Snapshot]()
        append(here, employment())
        there += new_snapshots(YEAR, [employment()], [], NOW + timedelta(hours=5))
        assert here[0].id == there[0].id

    def test_another_year_or_reference_is_another_row(self) -> None:
        rows = [
            *new_snapshots(YEAR, [employment(), employment(reference=OTHER)], [], NOW),
            *new_snapshots(YEAR.next, [employment()], [], NOW),
        ]
        assert len({row.id for row in rows}) == 3

    def test_a_reference_that_vanishes_writes_nothing_and_its_return_neither(self) -> None:
        known: list[Snapshot] = []
        append(known, employment(), employment(reference=OTHER))
        assert append(known, employment()) == 0
        assert append(known, employment(), employment(reference=OTHER)) == 0

    def test_a_year_that_vanishes_writes_nothing(self) -> None:
        known: list[Snapshot] = []
        append(known, employment())
        assert append(known) == 0

    def test_a_missing_side_is_null_and_never_zero(self) -> None:
        known: list[Snapshot] = []
        append(known, employment(tax=None))
        assert (known[0].gross_pay, known[0].income_tax) == (Decimal("34200.00"), None)
        append(known, employment())
        assert known[1].income_tax == Decimal("4324.00")

    def test_an_employment_without_any_figure_has_no_row(self) -> None:
        assert new_snapshots(YEAR, [employment(None, None)], [], NOW) == []

    def test_a_new_name_alone_is_no_new_row(self) -> None:
        known: list[Snapshot] = []
        append(known, employment())
        renamed = HmrcEmployment(REFERENCE, "Example Group plc", known[0].gross_pay, known[0].income_tax)
        assert append(known, renamed) == 0


def test_every_api_has_its_place() -> None:
    assert {TAX, INCOME, EMPLOYMENT, BENEFITS, INSURANCE} == set(schemas.SCHEMAS)
