"""What holds for any facts: shares add up, order never matters, reconciling is idempotent, and nothing raises."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.reconcile.model import Facts, HmrcEmployment, HmrcRevision, HmrcYear
from daemon.reconcile.run import reconcile
from storage.records import P60, PayeReference, Payment, Payslip, TaxYear
from tests.daemon.reconcile.damages import DAMAGES, patient_for

CAREFULLY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AMOUNTS = st.one_of(st.just(Decimal("0.00")), st.integers(-50_000, 900_000).map(lambda pence: Decimal(pence) / 100))
MAYBE = st.one_of(st.none(), AMOUNTS)
REFERENCES = st.sampled_from([None, PayeReference("1/A"), PayeReference("2/B"), PayeReference("267/LS500")])
NAMES = st.sampled_from(["Example Ltd", "EXAMPLE LIMITED", "Other plc", "Acme Pension Scheme"])
DAYS = st.integers(0, 900).map(lambda days: date(2022, 3, 25) + timedelta(days=days))
YEARS = st.sampled_from([TaxYear(start) for start in (2021, 2022, 2023, 2024)])


@st.composite
def payslips(draw: st.DrawFn) -> Payslip:
    pay = draw(st.sampled_from([Decimal("2850.00"), Decimal("1000.00"), draw(AMOUNTS)]))
    return Payslip(
        id=draw(st.uuids()).hex,
        pay_date=draw(DAYS),
        employer=draw(NAMES),
        employer_paye_ref=draw(REFERENCES),
        tax_code=draw(st.sampled_from([None, "1257L", "BR", "0T M1", "K20", "S1257L", "nonsense"])),
        ni_category=draw(st.sampled_from([None, "A", "C", "V", "?"])),
        taxable_pay=draw(st.sampled_from([None, pay])),
        gross_pay=pay + 150,
        nicable_pay=draw(MAYBE),
        income_tax=draw(MAYBE),
        national_insurance=draw(MAYBE),
        pension_employee=draw(st.sampled_from([None, Decimal("150.00")])),
        pension_kind=draw(st.sampled_from([None, "net_pay", "sacrifice", "relief_at_source"])),
        pension_sacrifice=draw(st.sampled_from([None, Decimal("75.00")])),
        notional_pay=draw(st.sampled_from([None, None, Decimal("500.00")])),
        payrolled_benefits=draw(st.sampled_from([None, None, Decimal("30.00")])),
        bonus=draw(st.sampled_from([None, None, Decimal("800.00")])),
        net_pay=draw(MAYBE),
        ytd_taxable=draw(MAYBE),
        ytd_tax=draw(MAYBE),
    )


@st.composite
def hmrc_years(draw: st.DrawFn) -> tuple[HmrcYear, ...]:
    years = draw(st.lists(YEARS, unique=True, max_size=3))
    found: list[HmrcYear] = []
    for year in years:
        references = draw(st.lists(REFERENCES.filter(bool), unique=True, max_size=3))
        employments = tuple(
            HmrcEmployment(reference, draw(st.one_of(st.none(), NAMES)), draw(MAYBE), draw(MAYBE), draw(MAYBE))
            for reference in references
            if reference
        )
        revisions = tuple(
            HmrcRevision(reference, datetime(2024, 6, 7, 6, tzinfo=UTC), draw(MAYBE), draw(MAYBE))
            for reference in references
            if reference and draw(st.booleans())
        )
        answered = {"tax_answered": draw(st.booleans()), "pay_answered": draw(st.booleans())}
        found.append(
            HmrcYear(
                year,
                "available",
                employments,
                **answered,
                refunds=draw(MAYBE),
                nicable_earnings=draw(MAYBE),
                revisions=revisions,
            )
        )
    return tuple(found)


@st.composite
def anything(draw: st.DrawFn) -> Facts:
    p60s = [
        P60(
            id=draw(st.uuids()).hex,
            tax_year=draw(YEARS),
            employer=draw(NAMES),
            employer_paye_ref=draw(REFERENCES),
            pay=draw(AMOUNTS),
            income_tax=draw(AMOUNTS),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    payments = [
        Payment(
            id=draw(st.uuids()).hex,
            pay_date=draw(DAYS),
            taxable_pay=draw(AMOUNTS),
            income_tax=draw(AMOUNTS),
            employer_paye_ref=draw(REFERENCES),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    slips = draw(st.lists(payslips(), max_size=10))
    return Facts(today=date(2025, 7, 1), hmrc=draw(hmrc_years()), payslips=slips, p60s=p60s, payments=payments)


@given(anything())
@CAREFULLY
def test_causes_always_sum_to_the_difference(facts: Facts) -> None:
    for year in reconcile(facts).tax_years:
        for row in year.rows:
            assert (row.status in {"explained", "rounding"}) == bool(row.causes)
            if row.causes:
                assert sum(cause.pay for cause in row.causes) == (row.pay.difference or 0)
                assert sum(cause.tax for cause in row.causes) == (row.tax.difference or 0)
            assert all(cause.facts or cause.cause == "rounding" for cause in row.causes)


@given(anything(), st.randoms(use_true_random=False))
@CAREFULLY
def test_the_order_of_what_comes_in_never_matters(facts: Facts, rng: Random) -> None:
    def shuffled(things: object) -> list[object]:
        mixed = list(things)  # type: ignore[call-overload]
        rng.shuffle(mixed)
        return mixed

    mixed = replace(
        facts,
        hmrc=[replace(year, employments=tuple(shuffled(year.employments))) for year in shuffled(facts.hmrc)],  # type: ignore[misc, type-var]
        payslips=shuffled(facts.payslips),
        p60s=shuffled(facts.p60s),
        payments=shuffled(facts.payments),
    )
    assert reconcile(mixed) == reconcile(facts)


@given(anything())
@CAREFULLY
def test_reconciling_twice_says_the_same(facts: Facts) -> None:
    assert reconcile(facts) == reconcile(facts)


@given(anything(), st.lists(YEARS, min_size=1, max_size=2, unique=True))
@CAREFULLY
def test_asking_for_some_years_changes_nothing_about_them(facts: Facts, years: list[TaxYear]) -> None:
    everything = {year.tax_year: year for year in reconcile(facts).tax_years}
    some = reconcile(facts, years).tax_years
    assert [year.tax_year for year in some] == sorted(years, reverse=True)
    for year in some:
        assert year.rows == (everything[year.tax_year].rows if year.tax_year in everything else ())


@given(st.integers(0, 10_000), st.sampled_from(sorted(DAMAGES)))
@settings(max_examples=20, deadline=None)
def test_a_damage_is_explained_alike_in_whatever_order_the_payslips_come(seed: int, cause: str) -> None:
    patient = patient_for(Random(seed), cause)  # type: ignore[arg-type]
    DAMAGES[cause](patient)  # type: ignore[index]
    facts = patient.year.facts(*patient.neighbours)
    assert reconcile(replace(facts, payslips=list(reversed(facts.payslips)))) == reconcile(facts)
