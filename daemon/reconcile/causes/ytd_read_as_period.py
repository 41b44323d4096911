"""A year-to-date column was read as the period's: one payslip, or every one from a day on, holds the year so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from daemon.reconcile.arithmetic import residual, tax_that_adds_up
from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, listed, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import known_pence, pence, taxable_beside
from daemon.reconcile.support import near, tax_code_fits, usual_pay
from storage.money import from_pence

REMEDY = "Import the payslip again with the column of this period, not the year-to-date column (see your mapping file)."
OF_ONE_SIZE = 0.1
"""How far, as a share, they may be from the payslip's own pay where no year-to-date figure is printed."""
MOST_BEFORE = 3
"""How many times its own pay may be missing before a payslip that holds the year so far."""
_MANY_BEFORE = 4
"""Than how many payslips together another cannot be larger by its own pay."""
COLUMNS = ("pay and tax", "pay", "tax")


def candidates(case: Case) -> Iterator[Proposal]:
    """Each payslip that may hold the year so far, in both columns or one; all that print so; and all from one payslip on."""
    if len(case.slips) < 2:
        return
    found: dict[tuple[int, str], Candidate] = {}
    for number in range(1, len(case.slips)):
        for columns in COLUMNS:
            if (candidate := _one(case, number, columns)) is not None:
                found[number, columns] = candidate
                yield candidate
        if case.residuals[number]:
            yield from _beside_gross(case, number)
    numbers = sorted({number for number, _ in found})
    if len(numbers) > 1:
        yield from _printed(case, found)
        yield from _run(case, numbers)
    if not case.steps.known:
        yield from _rising(case)


def _one(case: Case, number: int, columns: str) -> Candidate | None:
    slip = case.slips[number]
    before_pay, before_tax = case.before(number)
    pay = before_pay if "pay" in columns else 0
    tax = before_tax if "tax" in columns else 0
    if (not pay and not tax) or (pay and slip.pay <= pay) or ("tax" in columns and not tax):
        return None
    facts = [*_is_printed(case, number, columns), *_size(case, number, columns, pay)]
    if "pay" in columns:
        facts += tax_code_fits(case, number, -pay, -tax)
    if tax:
        facts += _adds_up(case, number, tax)
    if not facts:
        return None
    told = f"On the payslip of {day(slip.record.pay_date)} the year-to-date {columns} {_were(columns)} read as the period's."
    return Candidate("ytd_read_as_period", -pay, -tax, told, tuple(facts), REMEDY, {slip.id: (-pay, -tax)})


def _beside_gross(case: Case, number: int) -> Iterator[Candidate]:
    """A payslip that does not add up, whose net pay and gross pay (or pay for National Insurance) are the period's own, with more before it than is here."""
    slip, record, (before_pay, before_tax) = case.slips[number], case.slips[number].record, case.before(number)
    bases = [base for base in (record.gross_pay, record.nicable_pay) if base is not None and pence(base) < slip.pay]
    if not bases:
        return
    own_tax = tax_that_adds_up(replace(record, gross_pay=bases[0]))
    printed = _is_printed(case, number, COLUMNS[0])
    if (
        own_tax is None
        or slip.tax - own_tax < before_tax
        or (case.steps.printed[number][0] is not None and not printed)
    ):
        return
    facts = (
        *printed,
        Fact("basis", f"The payslip's own {sterling(pence(bases[0]))} is all that this period was paid."),
        Fact("arithmetic", "The payslip's gross pay less its deductions is its net pay only with this period's tax."),
    )
    told = f"On the payslip of {day(slip.record.pay_date)} the year-to-date pay and tax were read as the period's; they hold pay of which no payslip is here."
    for own in taxable_beside(record, pence(bases[0])):
        pay, tax = slip.pay - own, slip.tax - own_tax
        absent = round((pay - before_pay) / own) if own > 0 else 0
        if 1 <= absent <= MOST_BEFORE and (printed or abs(pay - before_pay - absent * own) <= OF_ONE_SIZE * own):
            yield Candidate("ytd_read_as_period", -pay, -tax, told, facts, REMEDY, {slip.id: (-pay, -tax)})


def _were(columns: str) -> str:
    return "were" if " and " in columns else "was"


def _is_printed(case: Case, number: int, columns: str) -> list[Fact]:
    """Whether the payslip's own year-to-date figure is the one that was read as the period's."""
    slip, (ytd_pay, ytd_tax) = case.slips[number], case.steps.printed[number]
    if ("pay" in columns and ytd_pay is None) or ("tax" in columns and ytd_tax is None):
        return []
    if ("pay" in columns and not near(ytd_pay, slip.pay)) or ("tax" in columns and not near(ytd_tax, slip.tax)):
        return []
    figures = [sterling(amount) for amount, column in ((slip.pay, "pay"), (slip.tax, "tax")) if column in columns]
    return [Fact("ytd", f"The payslip prints {listed(figures)} as its year-to-date {columns} too.")]


def _adds_up(case: Case, number: int, tax: int) -> list[Fact]:
    """Whether the payslip adds up with `tax` pence less, and not as printed."""
    slip = case.slips[number]
    if not case.residuals[number] or residual(replace(slip.record, income_tax=from_pence(slip.tax - tax))) != 0:
        return []
    return [
        Fact("arithmetic", "The payslip's gross pay less its deductions is its net pay only with this period's tax.")
    ]


def _size(case: Case, number: int, columns: str, pay: int) -> list[Fact]:
    """Whether the payslip is about as large as the year so far, and of the usual size without it."""
    slip = case.slips[number]
    if "pay" not in columns:
        return []
    usual, extras = usual_pay(case, [number]), known_pence(slip.record.bonus) + known_pence(slip.record.notional_pay)
    if case.steps.printed[number][0] is None and case.slips[number - 1].pay == slip.pay - pay:
        usual = slip.pay - pay  # where pay days became closer or wider, the usual is that of the payslip before
    if not usual or slip.pay < 1.5 * usual + extras:
        return []
    if not 0.5 * usual <= slip.pay - pay <= 1.6 * usual + extras:
        # Whatever its own pay is, it is as large as the year if it has that of all payslips before it in it.
        text = f"Its pay is {sterling(slip.pay)}, more than that of all {number} payslips before it together."
        return [Fact("size", text)] if number >= _MANY_BEFORE and columns == COLUMNS[0] else []
    return [
        Fact(
            "size",
            f"Its pay is {sterling(slip.pay)}, about the sum of the year so far; the usual is {sterling(usual)}.",
        )
    ]


def _printed(case: Case, found: Mapping[tuple[int, str], Candidate]) -> Iterator[Candidate]:
    """All payslips that print what was read as the period's as their year-to-date figure too, in a row or not."""
    told_so = {place: each for place, each in found.items() if any(fact.kind == "ytd" for fact in each.facts)}
    for columns in COLUMNS:
        each = {number: candidate for (number, which), candidate in told_so.items() if which == columns}
        if columns == COLUMNS[0]:
            # Where the year so far has borne no tax, its pay alone was misread.
            untaxed = {n: one for (n, which), one in told_so.items() if which == "pay" and not case.before(n)[1]}
            each = {**untaxed, **each}
        if len(each) > 1:
            days = listed([day(case.slips[number].record.pay_date) for number in each])
            told = f"On {len(each)} payslips ({days}) the year-to-date {columns} {_were(columns)} read as the period's."
            yield _together(told, list(each.values()))


def _together(told: str, each: Sequence[Candidate]) -> Candidate:
    """Several payslips' candidates as one, with the facts that all have."""
    kinds = [{fact.kind for fact in one.facts} for one in each]
    facts = tuple(fact for fact in each[0].facts if all(fact.kind in kind for kind in kinds))
    changes = {slip: change for one in each for slip, change in one.changes.items()}
    pay, tax = sum(one.pay for one in each), sum(one.tax for one in each)
    return Candidate("ytd_read_as_period", pay, tax, told, facts, REMEDY, changes)


def _run(case: Case, numbers: Sequence[int]) -> Iterator[Candidate]:
    """All payslips from one on to the last, where each holds the year so far."""
    last = len(case.slips) - 1
    start = last
    while start - 1 in numbers:
        start -= 1
    run = range(start, last + 1)
    if len(run) < 2 or last not in numbers:
        return
    for columns in COLUMNS:
        each = [one for number in run if (one := _one(case, number, columns)) is not None]
        if len(each) == len(run):
            told = f"From {day(case.slips[start].record.pay_date)} on the year-to-date {columns} {_were(columns)} read as the period's."
            yield _together(told, each)


def _rising(case: Case) -> Iterator[Candidate]:
    """Without printed year-to-date figures: all payslips from one on rise steadily, each holding the one before."""
    slips = case.slips
    start = len(slips) - 1
    while start and slips[start].pay > slips[start - 1].pay:
        start -= 1
    sums = [0, *accumulate(slip.pay for slip in slips)]
    taxes = [0, *accumulate(slip.tax for slip in slips)]
    for first in {start, start + 1}:
        run = slips[first:]
        if len(run) < 3:
            continue
        pay = run[-1].pay - sums[first] - (sums[-1] - sums[first])
        tax = run[-1].tax - taxes[first] - (taxes[-1] - taxes[first])
        own = [later.pay - earlier.pay for earlier, later in pairwise(run)]
        changes = {later.id: (-earlier.pay, -earlier.tax) for earlier, later in pairwise(run)}
        changes[run[0].id] = (-sums[first], -taxes[first])
        if not min(own) >= 0.5 * max(own) > 0:
            continue
        fact = Fact(
            "size",
            f"From {day(run[0].record.pay_date)} on each payslip's pay exceeds the one before by about {sterling(own[0])}.",
        )
        told = f"From {day(run[0].record.pay_date)} on the year-to-date pay and tax were read as the period's."
        yield Candidate("ytd_read_as_period", pay, tax, told, (fact,), REMEDY, changes)
