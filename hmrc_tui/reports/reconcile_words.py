"""The words of the reconciliation's reports: statuses, states and differences told in plain English, without colour or glyphs."""

from datetime import date, datetime
from decimal import Decimal

from daemon.reconcile.model import CauseName, Figures, Row, Status, YearReport
from hmrc_tui.words import CAUSE
from storage.clock import LONDON
from storage.money import pounds

STATUS: dict[Status, str] = {
    "match": "match",
    "rounding": "rounding",
    "explained": "explained",
    "unexplained": "UNEXPLAINED",
    "accepted": "accepted",
    "hmrc_only": "HMRC ONLY",
    "payslips_only": "PAYSLIPS ONLY",
    "waiting": "waiting",
}
"""What needs attention is in capitals: a screen reader spells it, and no colour is needed."""


def day(when: date) -> str:
    """A day in full: `26 May 2024`."""
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    """A moment in the United Kingdom in full: `6 June 2024 07:00`."""
    return f"{day(when.astimezone(LONDON).date())} {when.astimezone(LONDON):%H:%M}"


def cause_title(name: CauseName) -> str:
    """A cause in plain words."""
    return CAUSE[name]


def basis(row: Row) -> str:
    """Who is compared with the payslips."""
    return "HMRC" if row.basis == "hmrc" else "The P60"


def direction(gap: Decimal | None, what: str, who: str) -> str:
    """`HMRC has £412.00 more pay`; that both agree; or that it is not known."""
    if gap is None:
        return f"{what} cannot be compared"
    if not gap:
        return f"{what} agrees"
    return f"{who} has {pounds(abs(gap))} {'more' if gap > 0 else 'less'} {what}"


def apart(row: Row) -> str:
    """Both differences of a row in one sentence."""
    pay, tax = direction(row.pay.difference, "pay", basis(row)), direction(row.tax.difference, "tax", basis(row))
    both = (
        f"{pay}; {tax.replace('The ', 'the ', 1)}."
        if not pay.endswith("agrees") or not tax.endswith("agrees")
        else "pay and tax agree."
    )
    return both[0].upper() + both[1:]


def state(year: YearReport) -> str:
    """What HMRC's side of a tax year is, in one sentence."""
    end = year.tax_year.start + 1
    return {
        "available": "HMRC's figures are available.",
        "gone": "HMRC no longer shows this year (it does so once a return is processed). Its last figures are kept here.",
        "current": "The tax year is still running: HMRC gives figures only after 5 April.",
        "not_yet": f"HMRC has no figures yet. They come between June and 30 November {end}.",
        "late": f"HMRC still has no figures, though they were due by 30 November {end}. Ask HMRC, or rely on the P60.",
        "unknown": "HMRC has not been asked about this year.",
    }[year.state]


def verdict(row: Row) -> str:
    """What a row's status means, in one sentence."""
    return {
        "match": apart(row)
        if row.pay.difference is None or row.tax.difference is None
        else f"{basis(row)} and the payslips agree.",
        "rounding": "No more than rounding.",
        "explained": "Explained: the causes below close both differences.",
        "unexplained": "Unexplained: no known cause closes both differences.",
        "accepted": f"Accepted by you: {row.accepted_note or 'no note'}",
        "hmrc_only": "HMRC has this employment and you have no payslips for it.",
        "payslips_only": "You have payslips, and HMRC's figures for the year are without this employer.",
        "waiting": "Waiting for HMRC's figures.",
    }[row.status]


def amount(value: Decimal | None) -> str:
    """A figure for a column: `1,234.50`, `-0.01`, or a dash where it is not known."""
    return "-" if value is None else f"{value:,.2f}"


def signed(value: Decimal | None) -> str:
    """A difference for a column: `+412.00`, `-0.01`, `0.00`."""
    return "-" if value is None else f"{value:+,.2f}" if value else "0.00"


def corners(figures: Figures) -> tuple[str, str, str, str]:
    """HMRC, payslips, P60 and the difference, for the columns of a table."""
    return amount(figures.hmrc), amount(figures.payslips), amount(figures.p60), signed(figures.difference)
