"""A payment after leaving, where its tax alone could be chance: round amounts want one fact more."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from daemon.reconcile.model import HmrcRevision
from storage.records import PayeReference, Payslip
from tests.daemon.reconcile.figures import (
    YEAR,
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    facts,
    the_row,
    under,
)
from tests.makers import REFERENCE

LEFT = Decimal("17100.00"), Decimal("2162.00")
"""Six months of the true year."""


def after_leaving(slips: list[Payslip], pay: str, tax: str, *others: Payslip) -> list[str]:
    mine = an_employment(f"{LEFT[0] + Decimal(pay)}", f"{LEFT[1] + Decimal(tax)}")
    there = sum((slip.taxable_pay or 0 for slip in others), Decimal()), sum(slip.income_tax or 0 for slip in others)
    new = [an_employment(*map(str, there), reference=PayeReference("9/NEW"), name="NEW LTD")] if others else []
    return causes_of(the_row(facts([*slips, *others], an_hmrc_year(mine, *new))))


def the_next_job(*, carried: tuple[Decimal, Decimal]) -> list[Payslip]:
    """From October on, its year to date beginning with what the P45 said."""
    pay, tax = carried
    slips: list[Payslip] = []
    for slip in under("9/NEW", a_true_year()[6:], employer="New Ltd"):
        pay, tax = pay + (slip.taxable_pay or 0), tax + (slip.income_tax or 0)
        slips.append(replace(slip, ytd_taxable=pay, ytd_tax=tax))
    return slips


def test_round_amounts_are_believed_after_payslips_that_follow_from_one_another() -> None:
    follow, by_code = a_true_year()[:6], a_bare_year(tax_code="1257L")[:6]
    assert after_leaving(follow, "1600.00", "320.00") == ["post_leaving_payment"]
    assert after_leaving(by_code, "1600.00", "320.00") == ["post_leaving_payment"]


def test_a_fifth_of_a_round_amount_may_be_chance() -> None:
    assert after_leaving(a_bare_year()[:6], "1600.00", "320.00") == []
    assert after_leaving(a_bare_year()[:6], "4600.00", "1211.66") == ["post_leaving_payment"], "two rates are no chance"
    assert after_leaving(a_bare_year()[:6], "1603.00", "320.60") == ["post_leaving_payment"]


def test_the_tax_of_a_few_pounds_may_be_chance() -> None:
    assert after_leaving(a_bare_year()[:6], "4.28", "0.80") == []
    assert after_leaving(a_bare_year()[:6], "54.28", "10.80") == ["post_leaving_payment"]


def test_the_next_jobs_year_to_date_says_that_the_p45_was_made_without_it() -> None:
    bare = a_bare_year()[:6]
    assert after_leaving(bare, "1600.00", "320.00", *the_next_job(carried=LEFT)) == ["post_leaving_payment"]
    of_a_month = after_leaving(bare, "2850.00", "570.00", *the_next_job(carried=LEFT))
    assert of_a_month == ["post_leaving_payment"], "a month before the P45 would be in it"


def test_what_hmrc_corrected_later_is_no_part_of_it() -> None:
    had = LEFT[0] + Decimal("1603.40"), LEFT[1] + Decimal("320.60")
    before = HmrcRevision(REFERENCE, datetime(2025, 6, 10, tzinfo=UTC), *had)
    now = an_employment(str(had[0] + Decimal("411.07")), str(had[1] + Decimal("97.13")))
    row = the_row(facts(a_true_year()[:6], an_hmrc_year(now, revisions=(before,))))
    assert {cause.cause: cause.pay for cause in row.causes} == {
        "post_leaving_payment": Decimal("1603.40"),
        "late_correction": Decimal("411.07"),
    }


def test_a_code_without_free_pay_goes_on_in_the_next_tax_year() -> None:
    later = an_hmrc_year(an_employment("1000.00", "200.00"), tax_year=YEAR.next)
    given = facts(a_true_year(tax_code="BR"), an_hmrc_year(an_employment()), later)
    assert causes_of(the_row(given, tax_year=YEAR.next)) == []
