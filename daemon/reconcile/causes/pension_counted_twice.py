"""A pension contribution is taken off twice, or not at all: salary sacrifice is out of gross pay already on many layouts.

Relief at source comes out of net pay: where it is taken off taxable pay, it is taken off twice as well.
"""

from collections.abc import Callable, Iterator, Mapping

from daemon.reconcile.candidate import Candidate, Fact, Proposal, payslips, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.increments import adding_up
from daemon.reconcile.slips import Slip, known_pence, pence
from daemon.reconcile.support import all_steps_fit, most, tax_agrees, whole_year_fits

REMEDY = "Import the payslips with the taxable pay that they print, or with the pension_kind that holds."
AT_SOURCE = "contributions with relief at source"


def candidates(case: Case) -> Iterator[Proposal]:
    """Salary sacrifice taken off once too often, or not at all; a net pay contribution taken off twice; relief at source taken off."""
    for amount_of, name, sign in (
        (_sacrifice, "salary sacrifice", 1),
        (_sacrifice, "salary sacrifice", -1),
        (_net_pay, "pension contributions", 1),
        (_at_source, AT_SOURCE, 1),
    ):
        amounts = {number: amount for number, slip in enumerate(case.slips) if (amount := amount_of(slip))}
        if amounts:
            yield _candidate(case, amounts, sign, name)


def _sacrifice(slip: Slip) -> int:
    record = slip.record
    return known_pence(record.pension_sacrifice) or (
        known_pence(record.pension_employee) if record.pension_kind == "sacrifice" else 0
    )


def _net_pay(slip: Slip) -> int:
    return (
        known_pence(slip.record.pension_employee)
        if slip.record.pension_kind in {"net_pay", None} and slip.counted_at != "gross"
        else 0
    )


def _at_source(slip: Slip) -> int:
    record = slip.record
    if record.pension_kind != "relief_at_source" or slip.counted_at != "taxable":
        return 0
    amount = known_pence(record.pension_employee)
    return amount if record.gross_pay is None or _counted_beside_gross(slip, amount) else 0


def _candidate(case: Case, amounts: Mapping[int, int], sign: int, name: str) -> Candidate:
    total = sign * sum(amounts.values())
    signed = {number: sign * amount for number, amount in amounts.items()}
    slips = {case.slips[number]: amount for number, amount in amounts.items()}
    sound = adding_up(case, amounts)
    facts = [
        *all_steps_fit(case, signed),
        *whole_year_fits(case, total),
        *tax_agrees(case),
        *_columns(sound, sign, name),
    ]
    if name.startswith("salary"):
        facts += _insurance(sound, sign)
    how = "taken off taxable pay twice" if sign > 0 else "not taken off taxable pay"
    if name == AT_SOURCE:
        how = "taken off taxable pay, although they come out of net pay"
    told = f"The {name} of {payslips(len(slips))}, {sterling(abs(total))}, {'was' if name.startswith('salary') else 'were'} {how}."
    return Candidate(
        "pension_counted_twice",
        total,
        0,
        told,
        tuple(facts),
        REMEDY,
        {slip.id: (sign * amount, 0) for slip, amount in slips.items()},
    )


def _columns(slips: Mapping[Slip, int], sign: int, name: str) -> list[Fact]:
    """What gross pay, net pay and the pay as counted say of whether the contribution is in gross pay still."""
    sacrifice = name.startswith("salary")
    if name == AT_SOURCE:
        if _every(slips, _counted_beside_gross):
            return [Fact("basis", f"The pay counted is gross pay less the {name}, which come out of net pay.")]
        return []
    if sign < 0:
        if _every(slips, lambda slip, _: _counted_beside_gross(slip, 0)):
            return [Fact("basis", f"The pay counted is gross pay, although the payslips print {name}.")]
        return []
    if _every(slips, lambda slip, amount: _counted_beside_gross(slip, 2 * amount)):
        return [Fact("basis", f"The pay counted is gross pay less twice the {name}.")]
    if not _every(slips, _counted_beside_gross):
        return []
    if _every(slips, lambda slip, _: _left_for_pension(slip) == 0):
        return [
            Fact(
                "basis",
                f"Gross pay less the other deductions is net pay: the {name} was out of gross pay already, and was taken off again.",
            )
        ]
    if sacrifice and not _every(slips, lambda slip, amount: _left_for_pension(slip) == amount):
        return [
            Fact("basis", f"The pay counted is gross pay less the {name}, which gross pay leaves out on many layouts.")
        ]
    return []


def _counted_beside_gross(slip: Slip, less: int) -> bool:
    """Whether the pay counted is gross pay less `less` pence, payrolled benefits apart."""
    gross = known_pence(slip.record.gross_pay) - less
    return slip.pay in {gross, gross + known_pence(slip.record.payrolled_benefits)}


def _every(slips: Mapping[Slip, int], holds: Callable[[Slip, int], bool]) -> bool:
    return most([slip.record.gross_pay is not None and holds(slip, amount) for slip, amount in slips.items()])


def _left_for_pension(slip: Slip) -> int | None:
    """Gross pay less tax, National Insurance, loans and net pay, in pence: what is left for a pension; None where not printed."""
    record = slip.record
    if record.gross_pay is None or record.net_pay is None or record.income_tax is None:
        return None
    taken = (record.income_tax, record.national_insurance, record.student_loan, record.postgrad_loan, record.net_pay)
    return pence(record.gross_pay) - sum(known_pence(amount) for amount in taken)


def _insurance(slips: Mapping[Slip, int], sign: int) -> list[Fact]:
    """Whether the pay for National Insurance, from which salary sacrifice is out once, is the figure that HMRC has."""
    printed = all(slip.record.nicable_pay is not None for slip in slips)
    if not printed or not most(
        [known_pence(slip.record.nicable_pay) == slip.pay + sign * amount for slip, amount in slips.items()]
    ):
        return []
    return [Fact("insurance", "The pay for National Insurance on each payslip is HMRC's figure.")]
