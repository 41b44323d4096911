"""What the plots show: each month, the year to date as far as it goes, and the totals that payslips should come to."""

from datetime import date
from decimal import Decimal

from daemon.reconcile.model import Figures
from hmrc_tui.views.pieces import spoken
from hmrc_tui.views.plots import NOTHING, plots
from storage.records import TaxYear
from tests.hmrc_tui.still_desk import a_row
from tests.makers import a_payslip, a_year_of_payslips

ZERO, PAY, TAX = Decimal(0), Decimal("2850.00"), Decimal("360.20")


def totals(hmrc: str | None, p60: str | None) -> Figures:
    return Figures(Decimal(hmrc) if hmrc else None, None, Decimal(p60) if p60 else None, None)


def test_every_month_has_its_pay_and_tax_and_the_year_to_date_ends_with_the_last_payslip() -> None:
    slips = (a_payslip(date(2023, 4, 26)), a_payslip(date(2023, 6, 26)), a_payslip(date(2023, 6, 28)))
    by_month, to_date = plots(a_row(TaxYear(2023), payslips=slips)).plots
    assert by_month.months == ((PAY, TAX), (ZERO, ZERO), (2 * PAY, 2 * TAX), *((ZERO, ZERO),) * 9)
    assert to_date.months == ((PAY, TAX), (PAY, TAX), (3 * PAY, 3 * TAX))


def test_the_p60_has_a_line_of_its_own_only_where_it_says_something_else() -> None:
    slips = tuple(a_year_of_payslips(TaxYear(2023)))
    row = a_row(TaxYear(2023), payslips=slips, pay=totals("34200.00", "34200.00"), tax=totals("4322.40", "4300.00"))
    shown = plots(row)
    marks = shown.plots[1].marks
    assert [(mark.name, mark.total, mark.tone) for mark in marks] == [
        ("HMRC's pay", Decimal("34200.00"), "good"),
        ("HMRC's tax", Decimal("4322.40"), "good"),
        ("P60's tax", Decimal("4300.00"), "bad"),
    ]
    assert shown.plots[0].marks == ()
    assert spoken([shown.legend]).split("  ")[:3] == [
        "─ HMRC's pay £34,200.00", "─ HMRC's tax £4,322.40", "─ P60's tax £4,300.00",
    ]  # fmt: skip


def test_a_total_that_nobody_gave_is_said_to_be_unknown() -> None:
    row = a_row(TaxYear(2023), payslips=(a_payslip(date(2023, 4, 26)),), pay=totals(None, None), tax=totals(None, None))
    assert spoken([plots(row).legend]) == "HMRC's total is not known"


def test_without_payslips_there_is_nothing_to_draw() -> None:
    assert plots(None) == plots(a_row(TaxYear(2023), payslips=())) == NOTHING
