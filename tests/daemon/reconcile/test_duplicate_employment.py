"""Duplicate employment: a second record of HMRC's is told as such also where the payslips beside the first one have a cause of their own."""

from decimal import Decimal

import pytest

from storage.records import PayeReference
from tests.daemon.reconcile.figures import a_true_year, an_employment, an_hmrc_year, causes_of, facts, the_row, without

TWIN = PayeReference("123/TWIN")


def told(slips: list, **twin: object) -> tuple[list[str], list[str]]:
    hmrc = an_hmrc_year(an_employment(), an_employment(reference=TWIN, **twin))
    given = facts(slips, hmrc)
    return causes_of(the_row(given)), causes_of(the_row(given, TWIN))


@pytest.mark.parametrize("name", ["EXAMPLE LIMITED", "ANOTHER NAME"])
def test_a_missing_payslip_beside_the_first_record_hides_nothing(name: str) -> None:
    assert told(without(a_true_year(), 4), name=name) == (["missing_payslip"], ["duplicate_employment"])


def test_records_that_are_nearly_alike_want_one_name_there() -> None:
    slips = without(a_true_year(), 4)
    pay, tax = Decimal("34175.00"), Decimal("4319.00")
    assert told(slips, pay=pay, tax=tax)[1] == ["duplicate_employment"]
    assert told(slips, pay=pay, tax=tax, name="ANOTHER NAME")[1] == []


def test_a_second_record_is_not_told_where_the_payslips_fit_neither_for_no_known_cause() -> None:
    slips = [*a_true_year()]
    hmrc = [an_employment("34311.17", "4390.03", reference=each) for each in (PayeReference("123/AB456"), TWIN)]
    given = facts(slips, an_hmrc_year(*hmrc))
    assert [causes_of(the_row(given, each.reference)) for each in hmrc] == [[], []]


def test_little_tax_may_be_as_far_apart_as_the_pay() -> None:
    slips = a_true_year(income_tax=Decimal("0.30"), tax_code=None, ytd_tax=None)
    hmrc = an_hmrc_year(
        an_employment(tax="3.60"), an_employment("34212.00", "6.00", reference=TWIN, name="EXAMPLE LIMITED")
    )
    assert causes_of(the_row(facts(slips, hmrc), TWIN)) == ["duplicate_employment"]
