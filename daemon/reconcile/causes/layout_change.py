"""The payslips' layout changed and figures were misread from then on (or until then): their sums and steps fail from one date."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from daemon.reconcile.candidate import Candidate, Fact, Proposal, day, sterling
from daemon.reconcile.case import Case
from daemon.reconcile.slips import Slip, known_pence, pence
from daemon.reconcile.support import near
from daemon.reconcile.ytd import follows

REMEDY = "Write a mapping or a profile for the other layout and import those payslips again."
LEAST = 2
"""How many payslips must fail for the rest from the first of them on to be of the same layout."""
DEDUCTIONS = (
    ("national_insurance", "National Insurance"),
    ("student_loan", "student loan"),
    ("pension_employee", "pension"),
)
"""What is read into the tax by mistake: the payslip's columns."""
_COLUMNS = ("net_pay", "gross_pay", "nicable_pay", *(column for column, _ in DEDUCTIONS))
"""What is read in place of taxable pay or tax."""
_SHARE = 0.002
"""How far apart the shares of pay may be by which payslips were misread in one way."""


def candidates(case: Case) -> Iterator[Proposal]:
    """A run of payslips, from one date to the year's end or from its start to one date, whose figures fail throughout."""
    yield from _by_steps(case)
    yield from _by_column(case)
    yield from _by_arithmetic(case)
    yield from _by_own_figures(case)


def _by_steps(case: Case) -> Iterator[Candidate]:
    """By year-to-date figures: what each payslip of the run lacks or has too much; of one after a gap its own sums may say it."""
    gaps = _after_gaps(case)
    pay, tax = list(case.steps.pay), list(case.steps.tax)
    by_sums = {number: -off for number in gaps if (off := case.residuals[number])}
    for read in ({}, by_sums) if by_sums else ({},):
        lacks = [(read[n], 0) if n in read else (pay[n] or 0, tax[n] or 0) for n in range(len(pay))]
        known = [step is not None for step in pay]
        for run in _runs([not (follows(p) and follows(t)) for p, t in lacks], known, gaps - read.keys()):
            changes = {number: lacks[number] for number in run}
            alike = all(case.residuals[number] == t - p for number, (p, t) in changes.items())
            if read and not (alike and read.keys() & changes.keys()):
                continue
            sums = _sums(case, changes)
            if len(run) == LEAST and not sums and not alike and not _one_way(case, changes):
                continue  # two payslips misread by any amounts are no layout
            text = f"The year-to-date figures of {len(run)} payslips step by other amounts than the payslips have; all others follow."
            yield _candidate(case, changes, Fact("ytd", text), sums)


def _one_way(case: Case, changes: Mapping[int, tuple[int, int]]) -> bool:
    """Whether payslips were misread in one way: by the same amounts, by the same share of pay, or from the same other column."""
    slips = [(case.slips[number], change) for number, change in changes.items()]
    if len({change for _, change in slips}) == 1:
        return True
    shares = [(pay / slip.pay, tax / slip.pay) for slip, (pay, tax) in slips if slip.pay > 0]
    if len(shares) == len(slips) and all(max(each) - min(each) < _SHARE for each in zip(*shares, strict=True)):
        return True
    return any(
        all(
            slip.tax == read[column] if tax else slip.pay == read[column]
            for slip, (_, tax) in slips
            for read in [_read(slip)]
        )
        for column in _COLUMNS
    )


def _read(slip: Slip) -> dict[str, int]:
    return {column: known_pence(getattr(slip.record, column)) for column in _COLUMNS}


def _by_column(case: Case) -> Iterator[Candidate]:
    """By year-to-date tax: from one date on another deduction was read into the tax, and is nought on some of those payslips."""
    apart, (pay, tax) = _after_gaps(case), (case.steps.pay, case.steps.tax)
    failing = [n for n, step in enumerate(tax) if n not in apart and step is not None and not follows(step)]
    if len(failing) < LEAST or any(step is None or not follows(step) for n, step in enumerate(pay) if n not in apart):
        return
    run = range(failing[0], len(case.slips))
    for column, name in DEDUCTIONS:
        read = {number: known_pence(getattr(case.slips[number].record, column)) for number in run}
        if all(near(tax[number], -amount) for number, amount in read.items() if number not in apart):
            changes = {number: (0, -amount) for number, amount in read.items() if amount}
            text = f"The year-to-date tax of {len(changes)} payslips steps by less than was read, each time by just the {name}; the rest from then on have none."
            yield _candidate(case, changes, Fact("ytd", text), _sums(case, changes))


def _sums(case: Case, changes: Mapping[int, tuple[int, int]]) -> list[Fact]:
    """Whether the payslips fail to add up by just the tax that each has too much."""
    if not all(tax and case.residuals[number] == tax for number, (_, tax) in changes.items()):
        return []
    return [Fact("arithmetic", "Gross pay less deductions is net pay on these payslips only with the other tax.")]


def _by_arithmetic(case: Case) -> Iterator[Candidate]:
    """By the payslips' own sums, where no year-to-date figure is printed: an amount is not in gross pay, nor in taxable pay."""
    if case.steps.known:
        return
    left = case.residuals
    for run in _runs([amount != 0 for amount in left], [amount is not None for amount in left], set()):
        changes = {number: (-(left[number] or 0), 0) for number in run}
        text = f"Gross pay less deductions is not net pay on {len(run)} payslips, and is on all others."
        yield _candidate(case, changes, Fact("arithmetic", text))


def _by_own_figures(case: Case) -> Iterator[Candidate]:
    """By what gross, net and taxable pay are to one another on the other payslips, where no year-to-date figure is printed."""
    if case.steps.known or any(slip.counted_at != "taxable" for slip in case.slips):
        return
    for name, relation in _RELATIONS:
        own = [relation(slip) for slip in case.slips]
        amiss = [
            (0 if pay is None else pay - slip.pay, off or 0)
            for slip, pay, off in zip(case.slips, own, case.residuals, strict=True)
        ]
        known = [pay is not None for pay in own]
        for run in _runs([any(each) for each in amiss], known, set()):
            if len(case.slips) - len(run) < LEAST:
                continue
            changes = {number: amiss[number] for number in run}
            text = f"Taxable pay is {name} and the payslip adds up on all other payslips, and not on these {len(run)}."
            yield _candidate(case, changes, Fact("basis", text))


def _less_pension(slip: Slip) -> int | None:
    gross = slip.record.gross_pay
    return None if gross is None else pence(gross) - known_pence(slip.record.pension_employee)


def _with_benefits(of: Callable[[Slip], int | None]) -> Callable[[Slip], int | None]:
    def relation(slip: Slip) -> int | None:
        base = of(slip)
        return None if base is None else base + known_pence(slip.record.payrolled_benefits)

    return relation


def _gross(slip: Slip) -> int | None:
    return None if slip.record.gross_pay is None else pence(slip.record.gross_pay)


_RELATIONS: tuple[tuple[str, Callable[[Slip], int | None]], ...] = (
    ("gross pay with the payrolled benefits", _with_benefits(_gross)),
    ("gross pay less the pension, with the payrolled benefits", _with_benefits(_less_pension)),
)
"""What taxable pay is beside gross pay, by the kind of pension."""


def _runs(fails: Sequence[bool], known: Sequence[bool], apart: set[int]) -> Iterator[list[int]]:
    """The run of failing payslips at the end of the year, or at its start, if all others hold; at least two. `apart` count for neither."""
    numbers = [number for number in range(len(fails)) if number not in apart]
    if not numbers or not all(known[number] for number in numbers):
        return
    failing = [number for number in numbers if fails[number]]
    holding = [number for number in numbers if not fails[number]]
    if len(failing) > 1 and holding and (min(failing) > max(holding) or max(failing) < min(holding)):
        yield failing


def _after_gaps(case: Case) -> set[int]:
    """The payslips that stand after a pay day without one, or as copies, and whose steps tell of that; not those that lack
    nothing, nor those that fail to add up by just what they lack themselves.
    """
    days = [slip.record.pay_date for slip in case.slips]
    after = {next((number for number, when in enumerate(days) if when > slot.day), -1) for slot in case.slots}
    copies = {
        number for number in range(1, len(days)) if (days[number] - days[number - 1]).days <= 0.4 * case.often.days
    }
    return {number for number in after - {-1} if not _its_own(case, number)} | copies


def _its_own(case: Case, number: int) -> bool:
    pay, tax, off = case.steps.pay[number], case.steps.tax[number], case.residuals[number]
    if pay is None or tax is None:
        return False
    return (follows(pay) and follows(tax)) or (bool(off) and (off or 0) + pay - tax == 0)


def _candidate(
    case: Case, changes: Mapping[int, tuple[int, int]], fact: Fact, beside: Sequence[Fact] = ()
) -> Candidate:
    run = list(changes)
    lacks = sum(pay for pay, _ in changes.values()), sum(tax for _, tax in changes.values())
    slips = [case.slips[number] for number in run]
    to_the_end = run[-1] == len(case.slips) - 1 or run[0] > 0
    when = f"From {day(slips[0].record.pay_date)} on" if to_the_end else f"Until {day(slips[-1].record.pay_date)}"
    told = f"{when} the payslips were read wrongly: together they {_amiss(*lacks)}."
    facts = [fact, *beside, *_layout(case, slips)]
    same = len({case.residuals[number] for number in run}) == 1 and case.residuals[run[0]]
    if fact.kind == "ytd" and same and not beside:
        facts.append(
            Fact(
                "arithmetic", "Gross pay less deductions is not net pay on these payslips, by the same amount on each."
            )
        )
    return Candidate(
        "layout_change",
        lacks[0],
        lacks[1],
        told,
        tuple(facts),
        REMEDY,
        {case.slips[n].id: change for n, change in changes.items()},
    )


def _amiss(pay: int, tax: int) -> str:
    """What payslips lack, and what they have too much of: `lack £600.00 of pay and have £20.00 of tax too much`."""
    words = [
        f"lack {sterling(amount)} of {name}" if amount > 0 else f"have {sterling(-amount)} of {name} too much"
        for amount, name in ((pay, "pay"), (tax, "tax"))
        if amount
    ]
    return " and ".join(words)


def _layout(case: Case, run: Sequence[Slip]) -> list[Fact]:
    """Whether the figures that the payslips print change with the run."""
    concerned = {slip.id for slip in run}
    ours, others = (
        {_fingerprint(slip) for slip in run},
        {_fingerprint(slip) for slip in case.slips if slip.id not in concerned},
    )
    if ours & others or not others:
        return []
    return [Fact("layout", "These payslips print other figures than the rest of the year: the layout changed.")]


def _fingerprint(slip: Slip) -> tuple[bool, ...]:
    record = slip.record
    printed = (
        record.gross_pay,
        record.taxable_pay,
        record.nicable_pay,
        record.net_pay,
        record.ytd_gross,
        record.ytd_taxable,
        record.period,
    )
    return tuple(figure is not None for figure in printed)
