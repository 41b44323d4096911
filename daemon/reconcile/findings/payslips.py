"""What the payslips say of themselves: what the import noted, how they were counted, what their year-to-date figures held at first."""

from collections.abc import Iterator

from daemon.reconcile.candidate import day, payslips, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.model import Finding
from daemon.reconcile.ytd import STEP_TOLERANCE

MOST_WARNINGS = 12


def findings(case: Case) -> Iterator[Finding]:
    """How the slips were counted; then, slip by slip, what the import noted."""
    yield from _counted(case)
    yield from _opening(case)
    week_53 = [slip for slip in case.slips if case.often.beyond_year(slip.record.pay_date)]
    if week_53:
        text = f"The pay day of {day(week_53[-1].record.pay_date)} is one more than the year has weeks (week 53): it is taxed by itself."
        yield Finding(
            "week_53", f"{text} HMRC may ask for a little tax afterwards.", tuple(slip.id for slip in week_53)
        )
    warnings = [(slip, warning) for slip in case.slips for warning in slip.record.warnings]
    for slip, warning in warnings[:MOST_WARNINGS]:
        yield Finding("payslip_warning", f"Payslip of {day(slip.record.pay_date)}: {warning}", (slip.id,))
    if len(warnings) > MOST_WARNINGS:
        rest = warnings[MOST_WARNINGS:]
        yield Finding(
            "payslip_warning",
            f"And {len(rest)} notes more about the payslips.",
            tuple(dict.fromkeys(slip.id for slip, _ in rest)),
        )


def _counted(case: Case) -> Iterator[Finding]:
    derived = [slip.id for slip in case.slips if slip.counted_at == "derived"]
    if derived:
        text = f"{payslips(len(derived), 'prints', 'print')} no taxable pay: it is derived from gross pay and the kind of pension."
        yield Finding("derived_taxable_pay", text, tuple(derived))
    gross = [slip.id for slip in case.slips if slip.counted_at == "gross"]
    if gross:
        text = f"{payslips(len(gross), 'prints', 'print')} no taxable pay and the kind of pension is not known: counted at gross pay."
        yield Finding("counted_at_gross", text, tuple(gross))
    untaxed = [slip.id for slip in case.slips if slip.record.income_tax is None]
    if untaxed:
        nothing = (
            ": tax cannot be compared" if len(untaxed) == len(case.slips) else "; what is not printed counts for none"
        )
        yield Finding(
            "no_income_tax", f"{payslips(len(untaxed), 'prints', 'print')} no income tax{nothing}.", tuple(untaxed)
        )


def _opening(case: Case) -> Iterator[Finding]:
    pay, tax = case.steps.opening
    if pay is None or pay <= STEP_TOLERANCE:
        return
    taxed = f" and tax of {sterling(tax)}" if tax is not None else ""
    first = case.slips[0]
    text = f"The first payslip ({day(first.record.pay_date)}) has year-to-date pay of {sterling(pay)}{taxed} from before it"
    yield Finding("opening_ytd", f"{text}: of a job before (P45), or of a payslip that is missing.", (first.id,))
