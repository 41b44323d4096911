"""One employment under two references, with something amiss besides: it is told as such, and not as a job before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from daemon.reconcile.model import HmrcRevision
from storage.records import PayeReference, Payslip
from tests.daemon.reconcile.figures import (
    a_bare_year,
    a_true_year,
    an_employment,
    an_hmrc_year,
    causes_of,
    facts,
    the_cause,
    the_row,
    under,
)
from tests.makers import REFERENCE

OLD = "111/OLD1"


def under_two(slips: Sequence[Payslip], last_of_old: int = 5) -> list[Payslip]:
    return [*under(OLD, slips[: last_of_old + 1]), *slips[last_of_old + 1 :]]


def told(slips: Sequence[Payslip], pay: str = "34200.00", tax: str = "4324.00", **hmrc: object) -> set[str]:
    given = facts(slips, an_hmrc_year(an_employment(pay, tax), **hmrc))
    rows = [the_row(given, reference) for reference in (OLD, REFERENCE)]
    assert {row.status for row in rows} == {"explained"}
    for row in rows:
        assert sum(cause.pay for cause in row.causes) == row.pay.difference
        assert sum(cause.tax for cause in row.causes) == row.tax.difference
    return {cause for row in rows for cause in causes_of(row)}


def test_a_later_correction_is_told_beside_it() -> None:
    before = HmrcRevision(REFERENCE, datetime(2025, 6, 10, tzinfo=UTC), Decimal("34200.00"), Decimal("4324.00"))
    for year in (a_true_year(), a_bare_year()):
        assert told(under_two(year), "34950.00", "4474.00", revisions=(before,)) == {
            "reference_changed",
            "late_correction",
        }


def test_a_correction_of_one_of_hmrcs_two_records_is_told_beside_it() -> None:
    old = an_employment("12000.00", "1500.00", reference=PayeReference(OLD))
    new = an_employment("22950.00", "2974.00")
    before = HmrcRevision(REFERENCE, datetime(2025, 6, 10, tzinfo=UTC), Decimal("22200.00"), Decimal("2824.00"))
    given = facts(under(OLD, a_true_year()), an_hmrc_year(old, new, revisions=(before,)))
    causes = {cause for reference in (OLD, REFERENCE) for cause in causes_of(the_row(given, reference))}
    assert causes == {"reference_changed", "late_correction"}


def test_the_last_payslip_of_the_old_reference_may_stand_under_both() -> None:
    slips = a_bare_year()
    again = replace(slips[5], id="again", source="scan.pdf")
    assert told([*under_two(slips), again]) == {"reference_changed", "duplicate_payslip"}


def test_the_new_reference_may_have_too_much_already() -> None:
    slips = a_bare_year()
    slips[8] = replace(slips[8], taxable_pay=Decimal("20000.00"), income_tax=Decimal("7000.00"))
    again = replace(slips[8], id="again", source="scan.pdf")
    more = Decimal("20000.00") - Decimal("2850.00"), Decimal("7000.00") - Decimal("360.40")
    assert told([*under_two(slips, 3), again], str(34200 + more[0]), str(4324 + more[1])) == {
        "reference_changed",
        "duplicate_payslip",
    }


@pytest.mark.parametrize("year", [a_true_year(), a_bare_year()])
def test_hmrc_may_keep_the_old_reference_alone_though_the_name_changed_too(year: list[Payslip]) -> None:
    slips = [*under(OLD, year[:5]), *(replace(slip, employer="Newco") for slip in year[5:])]
    given = facts(slips, an_hmrc_year(an_employment(reference=PayeReference(OLD))))
    rows = [the_row(given, reference) for reference in (OLD, REFERENCE)]
    assert [causes_of(row) for row in rows] == [["reference_changed"]] * 2
    assert [the_cause(row).remedy.endswith(f"link {OLD} {REFERENCE}") for row in rows] == [True, True]
