"""The selected row of the Overview told in full: what differs and why, what to do, the figures, the months. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from hmrc_tui import words
from hmrc_tui.views.pieces import BLANK, Line, Piece, keyed, line, quiet, strong
from storage.money import ZERO, pounds
from storage.tax_year import tax_month

if TYPE_CHECKING:
    from daemon.reconcile.model import Cause, Row, Status, YearReport

MONTHS = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
"""The tax months by the month in which most of each lies: month 1 is 6 April to 5 May."""


@dataclass(frozen=True, slots=True)
class Month:
    """Pay and tax of one tax month, and of the year up to its end, in pounds, and of how many payslips they are."""

    name: str
    pay: Decimal
    tax: Decimal
    pay_to_date: Decimal
    tax_to_date: Decimal
    payslips: int


def months(row: Row) -> tuple[Month, ...]:
    """The twelve tax months of the row's payslips."""
    slips = [[slip for slip in row.payslips if tax_month(slip.pay_date) == number] for number in range(1, 13)]
    pay = [
        sum((slip.taxable_pay if slip.taxable_pay is not None else slip.gross_pay or ZERO for slip in month), ZERO)
        for month in slips
    ]
    tax = [sum((slip.income_tax or ZERO for slip in month), ZERO) for month in slips]
    together = zip(MONTHS, pay, tax, accumulate(pay), accumulate(tax), map(len, slips), strict=True)
    return tuple(Month(*month) for month in together)


def title(year: YearReport, row: Row | None) -> str:
    """What the detail is about: employer, reference, tax year."""
    if row is None:
        return f"Tax year {year.tax_year}"
    reference = f" · {row.employer_paye_ref}" if row.employer_paye_ref else ""
    return f"{row.employer}{reference} · {year.tax_year}"


def story(year: YearReport, row: Row | None, *, hmrc_set_up: bool = True) -> tuple[Line, ...]:
    """The row in full, the most important first. For a year without rows, what its state means."""
    waiting = keyed(f": {_waiting(year, hmrc_set_up=hmrc_set_up)}")
    if row is None:
        return tuple(_state(year, waiting))
    parts = (
        chain(_verdict(year, row, waiting), _causes(row.causes)),
        _findings(row),
        _questions(year),
        _figures(row),
        _revisions(row),
        _state(year, waiting),
        _person(year),
    )
    told: list[Line] = []
    for part in parts:
        lines = list(part)
        told += [BLANK, *lines] if told and lines else lines
    return tuple(told)


def apart(row: Row) -> str:
    """`HMRC has £412.00 more pay and £82.40 more tax than your payslips`: what differs, and what does not."""
    basis = "HMRC" if row.basis == "hmrc" else "The P60"
    gaps = [(figures.difference, what) for figures, what in ((row.pay, "pay"), (row.tax, "tax"))]
    differing = [f"{pounds(abs(gap))} {'more' if gap > 0 else 'less'} {what}" for gap, what in gaps if gap]
    if not differing:
        return f"{basis} and your payslips agree"
    same = next((f"; {what} agrees" for gap, what in gaps if gap is not None and not gap), "")
    return f"{basis} has {' and '.join(differing)} than your payslips{same}"


_P60_INSTEAD = "import the P60 ({show_payslips}, then {payslips.import_file}): it is compared instead."
_MENDS: Mapping[Status, str] = {
    "hmrc_only": "Import them ({show_payslips}, then {payslips.import_file}), or accept it ({overview.accept}).",
    "payslips_only": "If its PAYE reference changed, link it ({overview.link}).",
}


def _verdict(year: YearReport, row: Row, waiting: Piece) -> Iterator[Line]:
    basis = "HMRC" if row.basis == "hmrc" else "The P60"
    word = words.STATUS[row.status]
    if row.status == "waiting":
        state = words.STATE[year.state]
        yield line(strong(str(state), state.tone), waiting)
        return
    differences = apart(row)
    meanings = {
        "match": _agreement(basis, row),
        "rounding": f"{differences}, no more than rounding.",
        "explained": f"{differences}. This closes it to the penny:",
        "unexplained": f"{differences}, and no known cause closes both.",
        "accepted": f"{differences}. You accepted it: {row.accepted_note or 'no note'}",
        "hmrc_only": f"{basis} has this employment and there are no payslips for it. ",
        "payslips_only": "There are payslips and HMRC's figures for the year are without this employer. ",
    }
    mend = (keyed(_MENDS[row.status]),) if row.status in _MENDS else ()
    yield line(strong(str(word), word.tone), Piece(f": {meanings[row.status]}"), *mend)


def _agreement(basis: str, row: Row) -> str:
    """What agrees: pay and tax, or the one of them that both sides have."""
    slips = words.plural(row.payslip_count, "payslip")
    sides = {"pay": row.pay.difference, "tax": row.tax.difference}
    unknown = [what for what, gap in sides.items() if gap is None]
    if not unknown:
        return f"{basis} and {slips} agree to the penny in pay and tax."
    agreeing = " and ".join(what for what in sides if what not in unknown)
    return f"{basis} and {slips} agree in {agreeing}; {' and '.join(unknown)} cannot be compared."


def _waiting(year: YearReport, *, hmrc_set_up: bool) -> str:
    """What is waited for; keys by their actions in braces."""
    due = f"{year.tax_year.start + 1}"
    if year.state == "unknown" and not hmrc_set_up:
        return f"HMRC is not set up; {_P60_INSTEAD}"
    return {
        "current": "HMRC never gives figures for the running tax year; payslips are gathered until then.",
        "not_yet": f"HMRC's figures come one night between June and 30 November {due}; each sync asks.",
        "late": "HMRC's figures were due by the end of November and have not come. Ask HMRC, or rely on the P60.",
        "unknown": f"HMRC has not been asked for this year yet: {{sync}} asks. Without Self Assessment, {_P60_INSTEAD}",
    }.get(year.state, "HMRC's figures are missing.")


def _causes(causes: Sequence[Cause]) -> Iterator[Line]:
    for number, cause in enumerate(causes, start=1):
        share = f"  pay {words.difference(cause.pay)}, tax {words.difference(cause.tax)}"
        yield line(strong(f"{number} {words.CAUSE[cause.cause]}", "note"), Piece(share))
        for evidence in cause.evidence:
            yield line(quiet("  · "), Piece(evidence))
        if cause.remedy:
            yield line(quiet("  → "), Piece(cause.remedy))


def _findings(row: Row) -> Iterator[Line]:
    for finding in row.findings:
        yield line(Piece("! ", "warn"), Piece(finding.text))


def _revisions(row: Row) -> Iterator[Line]:
    for earlier in row.revisions:
        figures = f"pay {words.amount(earlier.pay)}, tax {words.amount(earlier.tax)}"
        yield line(quiet(f"HMRC had, from {words.full_moment(earlier.seen_at)}: "), Piece(figures))


def _questions(year: YearReport) -> Iterator[Line]:
    for question in year.questions:
        yield line(Piece("? ", "warn"), Piece(question))


def _figures(row: Row) -> Iterator[Line]:
    yield line(quiet(f"{'':9}{'HMRC':>13}{'payslips':>13}{'P60':>13}{'difference':>13}"))
    for name, figures in (("Pay", row.pay), ("Tax", row.tax)):
        sides = "".join(f"{words.amount(value):>13}" for value in (figures.hmrc, figures.payslips, figures.p60))
        gap = Piece(f"{words.difference(figures.difference):>13}", "warn" if figures.difference else "quiet")
        yield line(f"{name:9}{sides}", gap)
    insurance = row.national_insurance
    if insurance.payslips is not None or insurance.p60 is not None:
        yield line(f"{'Nat. ins.':9}{'–':>13}{words.amount(insurance.payslips):>13}{words.amount(insurance.p60):>13}")
    if insurance.computed is not None:
        yield line(
            quiet("National Insurance computed from the payslips: "),
            Piece(pounds(insurance.computed)),
            quiet("; HMRC gives none"),
        )
    if row.benefits is not None:
        yield line(
            quiet("Benefits in kind at HMRC "), Piece(pounds(row.benefits)), quiet(", beside pay and not part of it")
        )


def _state(year: YearReport, waiting: Piece) -> Iterator[Line]:
    as_of = max((row.as_of for row in year.rows if row.as_of is not None), default=None)
    confirmed = f" HMRC last confirmed these figures on {words.full_moment(as_of)}." if as_of else ""
    if year.state == "gone":
        yield line(
            Piece("† ", "note"),
            Piece(
                f"HMRC no longer shows this year, as it does once a return is processed; its last figures are kept.{confirmed}"
            ),
        )
    elif year.state == "available":
        if confirmed:
            yield line(quiet(confirmed.strip()))
    elif not year.rows:
        state = words.STATE[year.state]
        yield line(strong(str(state), state.tone), waiting)


def _person(year: YearReport) -> Iterator[Line]:
    person = year.person
    if person.refunds:
        yield line(
            quiet("Refunded or set off by HMRC in the year: "), Piece(pounds(person.refunds)), quiet(" (never netted)")
        )
    if person.pensions:
        yield line(quiet("Pensions at HMRC: "), Piece(pounds(person.pensions)))
    earnings = person.nicable_earnings
    if earnings.hmrc is not None or earnings.payslips is not None:
        sides = f"HMRC {_or_none(earnings.hmrc)}, payslips {_or_none(earnings.payslips)}"
        yield line(quiet("Earnings for National Insurance, all jobs: "), Piece(sides))
    yield from (line(quiet("Note: "), Piece(finding.text)) for finding in year.findings)


def _or_none(value: Decimal | None) -> str:
    return "none" if value is None else pounds(value)


def month_table(row: Row) -> Iterator[Line]:
    """The months as figures, for eyes and screen readers that have no use for bars. Those yet to come are left out."""
    yield line(quiet(f"{'':6}{'pay':>12}{'tax':>12}{'pay to date':>14}{'tax to date':>14}"))
    each = months(row)
    last = max((number for number, month in enumerate(each, start=1) if month.payslips), default=0)
    for month in each[: last if row.status == "waiting" else None]:
        to_date = f"{words.amount(month.pay_to_date):>14}{words.amount(month.tax_to_date):>14}"
        if month.payslips:
            yield line(f"{month.name:6}{words.amount(month.pay):>12}{words.amount(month.tax):>12}{to_date}")
        else:
            yield line(quiet(f"{month.name:6}{'no payslip':>12}{'':12}{to_date}"))
