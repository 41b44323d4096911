"""HMRC's answers read exactly: to the penny or not at all."""

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.hmrc import schemas
from daemon.hmrc.errors import UnreadableAnswer
from daemon.hmrc.schemas import BenefitsSummary, EmploymentHistory, IncomeSummary, NationalInsuranceSummary, TaxSummary
from storage.money import LARGEST
from tests.daemon.hmrc.pretend import INCOME, TAX

HAPPY_PATHS = {
    "tax 2": (
        "individual-tax",
        '{"pensionsAnnuitiesAndOtherStateBenefits":{},"refunds":{},"employments":[{"employerPayeReference":"111/AAA","taxTakenOffPay":3000}]}',
    ),
    "income 2": (
        "individual-income",
        '{"pensionsAnnuitiesAndOtherStateBenefits":{},"employments":[{"employerPayeReference":"123/AB456","payFromEmployment":22500}]}',
    ),
    "employment 2": (
        "individual-employment",
        '{"employments":[{"employerPayeReference":"123/AB456","employerName":"Company XYZ"}]}',
    ),
    "benefits 2": ("individual-benefits", '{"employments":[{"employerPayeReference":"123/AB456"}]}'),
    "insurance 1": (
        "national-insurance",
        '{"class1":{"totalNICableEarnings":10},"class2":{"totalDue":20},"maxNICsReached":false}',
    ),
    "insurance 2": (
        "national-insurance",
        '{"class1":{"totalNICableEarnings":17.00},"class2":{"totalDue":319.57},"maxNICsReached":true}',
    ),
}
BENEFITS = (
    '{"employments":[{"employerPayeReference":"123/AB456","companyCarsAndVansBenefit":44,"fuelForCompanyCarsAndVansBenefit":99,'
    '"privateMedicalDentalInsurance":64,"vouchersCreditCardsExcessMileageAllowance":80,"goodsEtcProvidedByEmployer":125,'
    '"accommodationProvidedByEmployer":375,"otherBenefits":16,"expensesPaymentsReceived":415}]}'
)


def income(amount: str) -> str:
    """An Individual Income answer with one amount, written as it is."""
    return (
        '{"pensionsAnnuitiesAndOtherStateBenefits":{},'
        f'"employments":[{{"employerPayeReference":"123/AB456","payFromEmployment":{amount}}}]}}'
    )


def pay(amount: str) -> Decimal:
    """What is read of that amount."""
    summary = schemas.read("individual-income", income(amount))
    assert isinstance(summary, IncomeSummary)
    return summary.employments[0].pay_from_employment


def test_hmrcs_own_examples_give_exactly_their_figures() -> None:
    tax, earned = schemas.read("individual-tax", TAX), schemas.read("individual-income", INCOME)
    assert isinstance(tax, TaxSummary)
    assert isinstance(earned, IncomeSummary)
    assert [str(each.tax_taken_off_pay) for each in tax.employments] == ["890.35", "224.99"]
    assert tax.refunds.tax_refunded_or_set_off == Decimal("325.00")
    assert str(tax.pensions.other_pensions_and_retirement_annuities) == "36.50"
    assert str(earned.pensions.seiss_net_paid) == "55.55"
    assert [str(each.pay_from_employment) for each in earned.employments] == ["8650.00", "22500.00"]


@pytest.mark.parametrize(("api", "body"), HAPPY_PATHS.values(), ids=HAPPY_PATHS)
def test_answers_with_mandatory_members_only_are_read(api: str, body: str) -> None:
    assert isinstance(schemas.read(api, body), schemas.SCHEMAS[api])


def test_national_insurance_names_are_hmrcs() -> None:
    summary = schemas.read(*HAPPY_PATHS["insurance 2"])
    assert isinstance(summary, NationalInsuranceSummary)
    assert summary.class1 == schemas.Class1(total_nicable_earnings=Decimal("17.00"))
    assert summary.class2 == schemas.Class2(total_due=Decimal("319.57"))
    assert summary.max_nics_reached


def test_all_kinds_of_benefit_are_summed_and_none_is_not_zero() -> None:
    summary, without = schemas.read("individual-benefits", BENEFITS), schemas.read(*HAPPY_PATHS["benefits 2"])
    assert isinstance(summary, BenefitsSummary)
    assert isinstance(without, BenefitsSummary)
    assert summary.employments[0].total == Decimal("1218.00")
    assert without.employments[0].total is None


def test_an_optional_flag_may_be_missing() -> None:
    summary = schemas.read(*HAPPY_PATHS["employment 2"])
    assert isinstance(summary, EmploymentHistory)
    assert summary.employments[0].off_payroll_work_flag is None


def test_members_that_we_do_not_know_are_let_through() -> None:
    body = json.loads(TAX) | {"totalTax": 1.234, "links": [{"rel": "self"}]}
    assert schemas.read("individual-tax", json.dumps(body)) == schemas.read("individual-tax", TAX)


@pytest.mark.parametrize("api", sorted(set(schemas.SCHEMAS) - {"national-insurance"}))
def test_a_required_member_that_is_missing_is_an_unreadable_answer(api: str) -> None:
    with pytest.raises(UnreadableAnswer, match="missing required field"):
        schemas.read(api, "{}")


@pytest.mark.parametrize("missing", ["employerPayeReference", "taxTakenOffPay"])
def test_required_inside_too(missing: str) -> None:
    body = json.loads(TAX)
    del body["employments"][0][missing]
    with pytest.raises(UnreadableAnswer, match=missing):
        schemas.read("individual-tax", json.dumps(body))


@pytest.mark.parametrize(
    ("api", "body"),
    [
        ("individual-tax", {"employments": [{"employerPayeReference": "123/AB456", "taxTakenOffPay": 36.5}]}),
        ("individual-income", {"employments": []}),
        ("individual-employment", {"employments": [{"employerPayeReference": "123/AB456"}]}),
        ("national-insurance", {"class2": {"totalDue": 20}}),
        ("national-insurance", {}),
    ],
)
def test_what_only_stands_beside_the_figures_may_be_missing(api: str, body: dict[str, Any]) -> None:
    assert isinstance(schemas.read(api, json.dumps(body)), schemas.SCHEMAS[api])


@pytest.mark.parametrize("member", ["refunds", "pensionsAnnuitiesAndOtherStateBenefits"])
def test_what_is_null_is_missing(member: str) -> None:
    without = {name: value for name, value in json.loads(TAX).items() if name != member}
    assert schemas.read("individual-tax", json.dumps(without | {member: None})) == schemas.read(
        "individual-tax", json.dumps(without)
    )


@pytest.mark.parametrize("member", ["employerPayeReference", "taxTakenOffPay"])
def test_a_figure_that_is_null_is_missing_too(member: str) -> None:
    body = json.loads(TAX)
    body["employments"][0][member] = None
    with pytest.raises(UnreadableAnswer, match=member):
        schemas.read("individual-tax", json.dumps(body))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("36.5", "36.50"),
        ("325", "325.00"),
        ("0", "0.00"),
        ("-0.0", "0.00"),
        ("-12.34", "-12.34"),
        ("1e3", "1000.00"),
        ("2.50000", "2.50"),
    ],
)
def test_an_amount_is_read_from_its_text(written: str, read: str) -> None:
    assert str(pay(written)) == read


@pytest.mark.parametrize("written", ["0.001", "890.355", "1e-3", "0.1000000000000000055511151231257827"])
def test_more_than_two_decimals_are_refused_and_never_rounded(written: str) -> None:
    with pytest.raises(UnreadableAnswer, match="payFromEmployment has more than two decimals; nothing was rounded"):
        pay(written)


@pytest.mark.parametrize(
    "written",
    [
        '"22500.00"',
        '"NaN"',
        "NaN",
        "Infinity",
        "true",
        "null",
        "[]",
        "{}",
        "1e400",
        "10000000000",
        "1e99999999999999999999",
    ],
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(UnreadableAnswer):
        pay(written)


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "nonsense", TAX[:-1], TAX + "x", "<html></html>", "\ufeff" + TAX, "[" * 100_000, '"\\ud800"'],
)
def test_what_is_no_answer_is_refused_without_a_crash(body: str) -> None:
    with pytest.raises(UnreadableAnswer):
        schemas.read("individual-tax", body)


@pytest.mark.parametrize(
    "body",
    [
        TAX.replace('"taxTakenOffPay":890.35', '"taxTakenOffPay":890.35,"taxTakenOffPay":980.35'),
        TAX.replace('"taxTakenOffPay":890.35', '"taxTakenOffPay":890.35,"taxTakenOffPay":890.35'),
        TAX.replace('{"pensions', '{"employments":[],"pensions'),
    ],
)
def test_a_member_that_stands_twice_is_refused_because_nobody_knows_which_holds(body: str) -> None:
    assert body != TAX
    with pytest.raises(UnreadableAnswer, match="appears twice"):
        schemas.read("individual-tax", body)


def test_half_a_character_is_refused_and_a_whole_one_is_read() -> None:
    with pytest.raises(UnreadableAnswer):
        schemas.read("individual-tax", TAX.replace("123/AB456", "123/\\ud83d"))
    schemas.read("individual-tax", TAX.replace("123/AB456", "123/\\uD83D\\uDE00"))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnreadableAnswer):
        schemas.read("individual-tax", TAX.encode().replace(b"123/", b"\xff\xfe/"))


@settings(deadline=None)
@given(st.integers(-int(LARGEST * 100), int(LARGEST * 100)))
def test_every_amount_of_pence_survives_the_json(pence: int) -> None:
    amount = Decimal(pence).scaleb(-2)
    assert pay(str(amount)) == amount
    assert pay(f"{amount:f}".rstrip("0").rstrip(".") if "." in f"{amount:f}" else f"{amount:f}") == amount


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_at_all_crash_the_reader(body: bytes) -> None:
    for api in schemas.SCHEMAS:
        with contextlib.suppress(UnreadableAnswer):
            schemas.read(api, body)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["employments", "refunds", "employerPayeReference", "taxTakenOffPay", "class1"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_nor_does_any_json(document: Any) -> None:
    for api in schemas.SCHEMAS:
        with contextlib.suppress(UnreadableAnswer):
            schemas.read(api, json.dumps(document))
