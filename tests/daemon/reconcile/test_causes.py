"""Each cause by one example from life, told in plain words, its shares adding up to the difference; and what denies it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

from daemon.reconcile.model import CauseName, HmrcRevision
from daemon.reconcile.run import reconcile
from storage.records import PayeReference
from tests.daemon.reconcile.figures import (
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    changed,
    facts,
    reconciled,
    rows_of,
    the_cause,
    the_row,
    under,
    without,
)
from tests.makers import REFERENCE, a_p60


def test_a_payslip_counted_twice_is_told_by_its_twin() -> None:
    slips = a_true_year()
    for days in (0, 1):
        copy = replace(slips[3], id="the-copy", pay_date=slips[3].pay_date + timedelta(days=days), source="other.pdf")
        cause = the_cause(reconciled([*slips, copy]))
        assert (cause.cause, cause.payslip_ids) == ("duplicate_payslip", ("the-copy",))


def test_every_payslip_counted_twice_is_one_cause() -> None:
    slips = a_true_year()
    cause = the_cause(reconciled([*slips, *(replace(slip, id=f"{slip.id}-again") for slip in slips)]))
    assert (cause.cause, cause.pay) == ("duplicate_payslip", Decimal("-34200.00"))
    assert len(cause.payslip_ids) == 12


def test_two_equal_months_are_no_duplicate() -> None:
    assert reconciled(a_bare_year(), "31350.00", "3963.60").status == "unexplained"


def test_gross_pay_counted_for_want_of_taxable_pay_is_told_by_the_basis_that_closes() -> None:
    slips = a_true_year(taxable_pay=None, pension_kind=None, ytd_taxable=None, ytd_tax=None)
    row = reconciled(slips)
    assert row.pay.payslips == Decimal("36000.00")
    assert the_cause(row).cause == "gross_not_taxable"


def test_with_the_kind_of_pension_taxable_pay_is_derived_and_marked_so() -> None:
    row = reconciled(a_true_year(taxable_pay=None))
    assert row.status == "match"
    assert [finding.kind for finding in row.findings] == ["derived_taxable_pay"]


def test_the_wrong_kind_of_pension_is_told_by_the_basis_that_closes() -> None:
    bare = {"taxable_pay": None, "ytd_taxable": None, "net_pay": None}
    assert the_cause(reconciled(a_true_year(**bare, pension_kind="relief_at_source"))).cause == "gross_not_taxable"
    assert the_cause(reconciled(a_true_year(**bare), pay="36000.00")).cause == "gross_not_taxable"


def test_salary_sacrifice_taken_off_twice_is_told_by_gross_pay() -> None:
    sacrificed = {
        "pension_employee": None,
        "pension_kind": None,
        "pension_sacrifice": Decimal("150.00"),
        "ytd_taxable": None,
        "net_pay": None,
    }
    cause = the_cause(reconciled(a_true_year(**sacrificed), pay="36000.00"))
    assert (cause.cause, cause.pay) == ("pension_counted_twice", Decimal("1800.00"))


def test_notional_pay_left_out_or_counted_twice() -> None:
    vest = Decimal("4321.00")
    out = changed(a_bare_year(), 5, notional_pay=vest)
    assert the_cause(reconciled(out, "38521.00")).cause == "notional_pay"
    assert the_cause(reconciled(out, "38521.00", "6052.40")).cause == "notional_pay"
    twice = changed(out, 5, taxable_pay=Decimal("2850.00") + 2 * vest)
    assert the_cause(reconciled(twice, "38521.00")).cause == "notional_pay"


def test_a_bonus_left_out_of_pay_with_nothing_or_its_tax_missing() -> None:
    slips = changed(a_bare_year(), 10, bonus=Decimal("1000.00"))
    for tax in ("4324.00", "4524.00"):
        cause = the_cause(reconciled(slips, "35200.00", tax))
        assert (cause.cause, cause.payslip_ids) == ("bonus_missing", (slips[10].id,))
    assert reconciled(slips, "35200.00", "4400.00").status == "unexplained"


def test_a_bonus_that_is_in_the_year_to_date_is_no_cause() -> None:
    slips = changed(a_true_year(), 10, bonus=Decimal("1000.00"))
    assert reconciled(slips, "35200.00").status == "unexplained"


def test_a_year_to_date_column_read_as_the_periods() -> None:
    for slips in (a_true_year(), a_bare_year()):
        read = changed(slips, 6, taxable_pay=Decimal("19950.00"), income_tax=Decimal("2522.40"))
        cause = the_cause(reconciled(read))
        assert (cause.cause, cause.pay) == ("ytd_read_as_period", Decimal("-17100.00"))


def test_year_to_date_columns_read_throughout() -> None:
    slips = a_true_year()
    read = [replace(slip, taxable_pay=slip.ytd_taxable, income_tax=slip.ytd_tax) for slip in slips]
    assert the_cause(reconciled(read)).cause == "ytd_read_as_period"
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None, gross_pay=None, net_pay=None, tax_code=None) for slip in read]
    assert the_cause(reconciled(bare)).cause == "ytd_read_as_period"


def test_a_layout_that_changed_is_told_by_figures_that_fail_from_one_date_on() -> None:
    lacking = {"taxable_pay": Decimal("2730.00"), "gross_pay": Decimal("2880.00")}
    slips = [*a_true_year()[:7], *(replace(slip, **lacking) for slip in a_true_year()[7:])]
    cause = the_cause(reconciled(slips))
    assert (cause.cause, cause.pay) == ("layout_change", Decimal("600.00"))
    assert cause.evidence[0].startswith("From 26 November 2024 on")
    bare = [replace(slip, ytd_taxable=None, ytd_tax=None) for slip in slips]
    assert the_cause(reconciled(bare)).cause == "layout_change"


def test_a_late_correction_is_told_by_what_hmrc_said_before() -> None:
    before = HmrcRevision(REFERENCE, datetime(2025, 6, 10, tzinfo=UTC), Decimal("34200.00"), Decimal("4324.00"))
    cause = the_cause(reconciled(a_true_year(), "34950.00", "4474.00", revisions=(before,)))
    assert cause.cause == "late_correction"
    assert any("10 June 2025" in text for text in cause.evidence)
    assert reconciled(a_true_year(), "34950.00", "4474.00").status == "unexplained"


def test_a_payment_after_leaving_is_told_by_the_tax_of_0t() -> None:
    left = a_true_year()[:6]
    cause = the_cause(reconciled(left, "18100.00", "2362.00"))
    assert (cause.cause, cause.pay, cause.tax) == ("post_leaving_payment", Decimal("1000.00"), Decimal("200.00"))


def test_a_payment_after_leaving_that_hmrc_does_not_have() -> None:
    after = replace(
        a_true_year()[9],
        taxable_pay=Decimal("1000.00"),
        income_tax=Decimal("200.00"),
        tax_code="0T M1",
        ytd_taxable=None,
        ytd_tax=None,
    )
    cause = the_cause(reconciled([*a_true_year()[:6], after], "17100.00", "2162.00"))
    assert (cause.cause, cause.payslip_ids) == ("post_leaving_payment", (after.id,))


def test_a_payment_after_leaving_may_fall_in_the_next_tax_year() -> None:
    later = an_hmrc_year(an_employment("1000.00", "200.00"), tax_year=YEAR.next)
    given = facts(a_true_year(), an_hmrc_year(an_employment()), later)
    assert causes_of(the_row(given, tax_year=YEAR.next)) == ["post_leaving_payment"]


def test_an_employment_that_hmrc_has_twice() -> None:
    again = PayeReference("123/AB457")
    for pay, tax in (("34200.00", "4324.00"), ("14250.00", "1801.60"), ("34199.00", "4323.80")):
        hmrc = an_hmrc_year(an_employment(), an_employment(pay, tax, reference=again))
        row = the_row(facts(a_true_year(), hmrc), again)
        assert the_cause(row).cause == "duplicate_employment"
    assert the_cause(reconciled(a_true_year(), "68400.00", "8648.00")).cause == "duplicate_employment"


def test_another_job_is_not_the_same_employment_twice() -> None:
    other = an_employment("9000.00", "1800.00", reference=PayeReference("7/OTHER"), name="Elsewhere plc")
    assert the_row(facts(a_true_year(), an_hmrc_year(an_employment(), other)), "7/OTHER").status == "hmrc_only"


def test_a_reference_that_changed_in_the_middle_of_the_year() -> None:
    slips = a_true_year()
    given = facts([*under("1/OLD", slips[:5]), *slips[5:]], an_hmrc_year(an_employment()))
    assert [causes_of(the_row(given, key)) for key in ("1/OLD", REFERENCE)] == [["reference_changed"]] * 2
    with_a_gap = facts([*under("1/OLD", slips[:5]), *slips[5:8], *slips[9:]], an_hmrc_year(an_employment()))
    row = the_row(with_a_gap)
    assert causes_of(row) == ["reference_changed", "missing_payslip"]
    assert sum(cause.tax for cause in row.causes) == row.tax.difference
    assert "hmrc-tui link 1/OLD 123/AB456" in row.causes[0].remedy


def test_the_job_before_is_told_by_what_the_year_to_date_carried_over() -> None:
    slips = [
        replace(slip, ytd_taxable=(slip.ytd_taxable or 0) + 9000, ytd_tax=(slip.ytd_tax or 0) + 1200)
        for slip in a_true_year()
    ]
    before = an_employment("9000.00", "1200.00", reference=PayeReference("8/BEFORE"), name="Earlier Job Ltd")
    given = facts(slips, an_hmrc_year(an_employment(), before))
    assert the_cause(the_row(given, "8/BEFORE")).cause == "previous_employment"
    assert the_row(given).status == "match"


def test_a_p60_that_totals_both_jobs_is_told_by_its_own_line() -> None:
    p60 = a_p60(
        YEAR,
        pay=Decimal("43200.00"),
        income_tax=Decimal("5524.00"),
        previous_pay=Decimal("9000.00"),
        previous_tax=Decimal("1200.00"),
    )
    assert the_cause(the_row(facts(a_bare_year(), p60s=[p60]))).cause == "previous_employment"


def test_a_refund_that_was_dropped_or_lost_its_sign() -> None:
    paid = [Decimal("570.00")] * 6 + [Decimal("-1257.40")] + [Decimal("360.40")] * 5
    ytd = [sum(paid[: number + 1], Decimal(0)) for number in range(12)]
    true = [
        replace(slip, income_tax=tax, ytd_tax=total, tax_code=None)
        for slip, tax, total in zip(a_true_year(), paid, ytd, strict=True)
    ]
    total = str(sum(paid))
    for read in (Decimal("0.00"), Decimal("1257.40"), None):
        cause = the_cause(reconciled(changed(true, 6, income_tax=read), tax=total))
        assert (cause.cause, cause.payslip_ids) == ("refund_dropped", (true[6].id,))
        assert "£1,257.40" in cause.evidence[0]


def test_a_refund_by_hmrc_is_the_whole_difference_in_tax() -> None:
    cause = the_cause(reconciled(a_true_year(), tax="3999.00", refunds=Decimal("325.00")))
    assert cause.cause == "hmrc_refund"
    assert reconciled(a_true_year(), refunds=Decimal("325.00")).status == "match"


def test_benefits_in_kind_that_one_side_has_in_pay() -> None:
    for pay in ("33560.00", "34840.00"):
        hmrc = an_hmrc_year(an_employment(pay, benefits=Decimal("640.00")))
        assert the_cause(the_row(facts(a_true_year(), hmrc))).cause == "benefits_in_kind"


def test_a_payrolled_benefit_left_out_of_taxable_pay() -> None:
    slips = a_true_year(payrolled_benefits=Decimal("55.00"), ytd_taxable=None, ytd_tax=None, tax_code=None)
    cause = the_cause(reconciled(slips, "34860.00"))
    assert (cause.cause, cause.pay) == ("payrolled_benefit", Decimal("660.00"))


def test_a_pension_that_hmrc_lists_as_an_employment() -> None:
    lump = an_employment("5200.00", "1040.00", reference=PayeReference("267/LS500"), name=None)
    scheme = an_employment("8000.00", "0.00", reference=PayeReference("9/PEN"), name="MARINERS PENSION SCHEME")
    given = facts(a_true_year(), an_hmrc_year(an_employment(), lump, scheme))
    for reference in ("267/LS500", "9/PEN"):
        assert the_cause(the_row(given, reference)).cause == "pension_as_employment"
    assert reconcile(given).open_differences == ()


def test_two_causes_at_once_are_told_strongest_first_and_close_exactly() -> None:
    slips = a_true_year(taxable_pay=None, pension_kind=None)
    row = reconciled(without(slips, 4))
    assert set(causes_of(row)) == {"missing_payslip", "gross_not_taxable"}
    assert sum(cause.pay for cause in row.causes) == row.pay.difference
    assert sum(cause.tax for cause in row.causes) == row.tax.difference
    assert row.causes[0].facts >= row.causes[1].facts


def test_what_a_cause_leaves_within_a_pound_is_rounding() -> None:
    slips = a_true_year()
    row = reconciled([*slips, replace(slips[3], id="the-copy", source="other.pdf")], "34200.70")
    assert causes_of(row) == ["duplicate_payslip", "rounding"]
    assert (row.causes[1].pay, row.causes[1].tax) == (Decimal("0.70"), Decimal("0.00"))


def test_what_no_cause_closes_is_unexplained_and_never_spread() -> None:
    for pay, tax in (
        ("34321.09", "4324.00"),
        ("34200.00", "4400.00"),
        ("40000.00", "4000.00"),
        ("36850.00", "4724.00"),
    ):
        row = reconciled(a_true_year(), pay, tax)
        assert (row.status, row.causes) == ("unexplained", ())


def test_no_cause_is_asserted_on_pay_alone() -> None:
    assert reconciled(without(a_bare_year(), 4), tax="3963.60").status == "unexplained"


def test_every_cause_of_the_contract_has_words() -> None:
    from hmrc_tui.words import CAUSE

    assert set(CAUSE) == set(get_args(CauseName))


def test_an_employment_that_hmrc_took_away_is_told() -> None:
    before = HmrcRevision(
        PayeReference("5/X"), datetime(2025, 6, 10, tzinfo=UTC), Decimal("34200.00"), Decimal("4324.00")
    )
    row = the_row(facts(under("5/X", a_true_year()), an_hmrc_year(revisions=(before,))), "5/X")
    assert rows_of(reconcile(facts(under("5/X", a_true_year()), an_hmrc_year()))) == {"2024-25 5/X": "payslips_only"}
    assert [finding.kind for finding in row.findings] == ["employment_gone"]
