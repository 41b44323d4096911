"""Who is who: by reference alone, else by name within the year, and never by guessing."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from daemon.reconcile.run import reconcile
from storage.records import Acceptance, PayeReference, Payment, ReferenceLink, TaxYear
from tests.daemon.reconcile.figures import (
    TODAY,
    YEAR,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    facts,
    rows_of,
    the_row,
    the_year,
    under,
)
from tests.makers import REFERENCE, a_p60

OLD, NEW = PayeReference("123/AB456"), PayeReference("987/ZZ1")
WHEN = datetime(2025, 6, 30, tzinfo=UTC)
LINK = ReferenceLink(old=OLD, new=NEW, decided_at=WHEN)


def nameless(employer: str = "Example Ltd") -> list:
    return a_true_year(employer_paye_ref=None, employer=employer)


def test_a_reference_is_compared_trimmed_and_in_upper_case() -> None:
    slips = [replace(slip, employer_paye_ref=PayeReference(" 123/ab456 ")) for slip in a_true_year()]
    assert the_row(facts(slips, an_hmrc_year(an_employment()))).status == "match"


def test_payslips_without_a_reference_are_matched_by_the_employers_name() -> None:
    for name in ("Example Ltd", "example limited.", "EXAMPLE PLC", "Example"):
        assert the_row(facts(nameless(name), an_hmrc_year(an_employment()))).status == "match"


def test_a_p60_names_an_employment_too() -> None:
    given = facts(
        nameless("Trading Name"), an_hmrc_year(an_employment()), p60s=[a_p60(YEAR, employer="Trading Name Ltd")]
    )
    assert the_row(given).payslip_count == 12


def test_a_row_holds_every_p60_of_its_employer() -> None:
    first, second = a_p60(YEAR, id="p60-a"), a_p60(YEAR, id="p60-b", employer_paye_ref=None)
    given = facts(a_true_year(), an_hmrc_year(an_employment()), p60s=[second, first])
    assert the_row(given).p60s == (first, second)


def test_a_name_that_hmrc_gave_in_another_year_serves_where_it_gives_none() -> None:
    before = an_hmrc_year(an_employment(), tax_year=YEAR.previous)
    given = facts(nameless(), an_hmrc_year(an_employment(name=None)), before)
    assert the_row(given).status == "match"


def test_two_candidates_are_asked_about_and_never_guessed() -> None:
    twins = an_hmrc_year(an_employment(), an_employment(reference=NEW, pay="1.00", tax="2.00"))
    year = the_year(facts(nameless(), twins))
    assert {(row.employer_paye_ref, row.status) for row in year.rows} == {
        (OLD, "hmrc_only"),
        (NEW, "hmrc_only"),
        (None, "payslips_only"),
    }
    (question,) = year.questions
    assert "123/AB456 or 987/ZZ1" in question


def test_linking_the_two_answers_the_question() -> None:
    twins = an_hmrc_year(an_employment("10000.00", "1000.00"), an_employment("24200.00", "3324.00", reference=NEW))
    year = the_year(facts(nameless(), twins, links=[LINK]))
    assert [(row.employer_paye_ref, row.status) for row in year.rows] == [(NEW, "match")]
    assert not year.questions


def test_an_employment_without_any_name_is_asked_about() -> None:
    year = the_year(facts(nameless(), an_hmrc_year(an_employment(name=None))))
    assert {row.status for row in year.rows} == {"hmrc_only", "payslips_only"}
    assert "gave 123/AB456 no name" in year.questions[0]


def test_a_reference_that_hmrc_lacks_stays_a_row_of_its_own_whatever_its_name() -> None:
    given = facts(under("555/A1", a_true_year()[:3]), an_hmrc_year(an_employment()))
    assert rows_of(reconcile(given)) == {"2024-25 123/AB456": "hmrc_only", "2024-25 555/A1": "payslips_only"}


def test_before_linking_both_rows_are_explained_each_naming_the_other() -> None:
    given = facts(under("987/ZZ1", a_true_year()), an_hmrc_year(an_employment()))
    old, new = the_row(given, "987/ZZ1"), the_row(given)
    assert [causes_of(old), causes_of(new)] == [["reference_changed"]] * 2
    assert "123/AB456" in old.causes[0].evidence[0]
    assert "987/ZZ1" in new.causes[0].evidence[0]
    assert (old.pay.difference, new.pay.difference) == (Decimal("-34200.00"), Decimal("34200.00"))
    assert old.pay.hmrc is None
    assert new.pay.payslips is None


def test_linked_references_are_one_row_under_the_newer() -> None:
    given = facts(a_true_year(), an_hmrc_year(an_employment(reference=NEW)), links=[LINK])
    (row,) = the_year(given).rows
    assert (row.employer_paye_ref, row.status) == (NEW, "match")


def test_links_chain_and_a_ring_of_links_ends() -> None:
    further = ReferenceLink(old=NEW, new=PayeReference("1/END"), decided_at=WHEN)
    ring = ReferenceLink(old=PayeReference("1/END"), new=OLD, decided_at=WHEN)
    assert the_row(facts(a_true_year(), links=[LINK, further]), "1/END").payslip_count == 12
    assert len(the_year(facts(a_true_year(), links=[LINK, further, ring])).rows) == 1


def test_the_p60s_of_linked_references_count_together_with_their_loans() -> None:
    loan = Decimal("30.00")
    before, after = a_true_year(student_loan=loan)[:6], under(NEW, a_true_year(student_loan=loan)[6:])
    half = Decimal("17100.00"), Decimal("2162.00"), Decimal("180.00")
    p60s = [
        a_p60(YEAR, id=ref, employer_paye_ref=ref, pay=half[0], income_tax=half[1], student_loan=half[2])
        for ref in (OLD, NEW)
    ]
    row = the_row(facts([*before, *after], p60s=p60s, links=[LINK]), NEW)
    assert "p60_student_loan" not in [finding.kind for finding in row.findings]


def test_an_acceptance_follows_the_link() -> None:
    accepted = Acceptance(
        tax_year=YEAR,
        employer=OLD,
        note="settled",
        pay_difference=Decimal("12.00"),
        tax_difference=Decimal("0.00"),
        decided_at=WHEN,
    )
    given = facts(
        a_true_year(), an_hmrc_year(an_employment("34212.00", reference=NEW)), links=[LINK], acceptances=[accepted]
    )
    assert the_row(given, NEW).status == "accepted"


def test_two_employers_are_joined_whatever_their_order_and_two_half_employments_are_not() -> None:
    first = an_employment("890.00", "890.35", reference=PayeReference("123/AB456"), name="A")
    second = an_employment("5000.00", "224.99", reference=PayeReference("456/AB456"), name="B")
    one = the_year(facts([], an_hmrc_year(first, second)))
    other = the_year(facts([], an_hmrc_year(second, first)))
    assert one == other
    assert [row.tax.hmrc for row in one.rows] == [Decimal("890.35"), Decimal("224.99")]
    halves = an_hmrc_year(
        an_employment(None, "3000.00", reference=PayeReference("111/AAA")), an_employment("22500.00", None)
    )
    rows = the_year(facts([], halves)).rows
    assert {(row.employer_paye_ref, row.pay.hmrc, row.tax.hmrc, row.status) for row in rows} == {
        ("111/AAA", None, Decimal("3000.00"), "hmrc_only"),
        ("123/AB456", Decimal("22500.00"), None, "hmrc_only"),
    }


def test_a_payment_table_without_an_employer_belongs_to_the_only_one_there_is() -> None:
    payment = Payment(id="p", pay_date=YEAR.begins, taxable_pay=Decimal("1.00"), income_tax=Decimal("0.00"))
    assert the_row(facts(a_true_year(), payments=[payment])).payments == (payment,)
    two = facts([*a_true_year(), *under("9/X", a_true_year())], payments=[payment])
    assert "names no employer" in the_year(two).questions[0]


def test_every_year_with_a_figure_a_slip_or_a_p60_is_told_newest_first() -> None:
    given = facts(
        a_true_year(),
        an_hmrc_year(an_employment(), tax_year=TaxYear(2021)),
        an_hmrc_year(tax_year=TaxYear(2020), state="late", tax_answered=False, pay_answered=False),
        p60s=[a_p60(TaxYear(2022))],
    )
    assert [year.tax_year.start for year in reconcile(given).tax_years] == [2024, 2022, 2021]
    asked = reconcile(given, [TaxYear(2020), TaxYear(2019)]).tax_years
    assert [(year.state, year.rows) for year in asked] == [("late", ()), ("unknown", ())]
    assert the_year(facts([], today=TODAY), TaxYear(2025)).state == "current"


def test_a_row_is_named_as_hmrc_names_it_else_as_the_payslips_do() -> None:
    assert the_row(facts(a_true_year(), an_hmrc_year(an_employment()))).employer == "EXAMPLE LIMITED"
    assert the_row(facts(a_true_year())).employer == "Example Ltd"
    nameless = the_row(facts([], an_hmrc_year(an_employment(name=None)))).employer
    assert (nameless, type(nameless)) == (REFERENCE, str)
