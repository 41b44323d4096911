"""What the screens say: each status, state and cause with its glyph and its plain words, and money and time as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from storage.clock import LONDON
from storage.money import pounds

if TYPE_CHECKING:
    from daemon.events import GrantState, YearOutcome
    from daemon.reconcile.model import CauseName, Status, YearState
    from storage.records import ApiOutcome

Tone = Literal["plain", "quiet", "good", "note", "warn", "bad"]
"""How a piece of text is coloured; the words say the same without the colour."""


@dataclass(frozen=True, slots=True)
class Word:
    """A meaning as it is shown: a glyph of one cell, a word, and a tone."""

    glyph: str
    word: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


STATUS: Mapping[Status, Word] = {
    "match": Word("✓", "match", "good"),
    "rounding": Word("≈", "rounding", "good"),
    "explained": Word("!", "explained", "note"),
    "unexplained": Word("?", "unexplained", "bad"),
    "accepted": Word("=", "accepted", "good"),
    "hmrc_only": Word("+", "HMRC only", "bad"),
    "payslips_only": Word("-", "payslips only", "bad"),
    "waiting": Word("○", "waiting", "quiet"),
}
STATE: Mapping[YearState, Word] = {
    "current": Word("○", "current", "quiet"),
    "not_yet": Word("○", "not yet", "quiet"),
    "late": Word("!", "late", "warn"),
    "available": Word("●", "available", "good"),
    "gone": Word("†", "gone", "note"),
    "unknown": Word("·", "not asked", "quiet"),
}
OUTCOME: Mapping[YearOutcome, Word] = {
    "new": Word("+", "new figures", "good"),
    "changed": Word("!", "changed", "warn"),
    "unchanged": Word("✓", "unchanged", "good"),
    "not_yet": Word("○", "not yet", "quiet"),
    "late": Word("!", "late", "warn"),
    "gone": Word("†", "gone", "note"),
    "partial": Word("!", "partial", "warn"),
    "failed": Word("✗", "failed", "bad"),
}
API_OUTCOME: Mapping[ApiOutcome, Word] = {
    "ok": Word("✓", "answered", "good"),
    "no_data": Word("○", "no data", "quiet"),
    "not_subscribed": Word("!", "not subscribed", "warn"),
    "unauthorised": Word("✗", "refused", "bad"),
    "failed": Word("✗", "failed", "bad"),
}
GRANT: Mapping[GrantState, Word] = {
    "none": Word("○", "not signed in", "quiet"),
    "ok": Word("✓", "signed in", "good"),
    "expiring": Word("!", "sign-in ends soon", "warn"),
    "expired": Word("✗", "sign-in ended", "bad"),
    "needs_sign_in": Word("✗", "sign in again", "bad"),
}
RUN_OUTCOME: Mapping[str, Word] = {
    "done": Word("✓", "done", "good"),
    "failed": Word("✗", "failed", "bad"),
    "needs_sign_in": Word("✗", "needs sign-in", "bad"),
    "cancelled": Word("-", "cancelled", "quiet"),
}
CAUSE: Mapping[CauseName, str] = {
    "missing_payslip": "A payslip is missing",
    "duplicate_payslip": "A payslip is counted twice",
    "wrong_tax_year": "A payslip belongs to the neighbouring tax year",
    "gross_not_taxable": "Gross pay was counted where HMRC counts taxable pay",
    "pension_counted_twice": "A pension contribution is counted twice",
    "notional_pay": "Notional pay, such as shares, is left out",
    "bonus_missing": "A bonus is left out of a payslip",
    "ytd_read_as_period": "A year-to-date figure was read as one month's",
    "layout_change": "The payslips' layout changed and figures were misread",
    "late_correction": "The employer corrected its figures later",
    "post_leaving_payment": "A payment after leaving has no payslip",
    "duplicate_employment": "HMRC lists this employment twice",
    "reference_changed": "The employer's PAYE reference changed",
    "previous_employment": "Pay of the job before is in the year-to-date figures",
    "refund_dropped": "A tax refund on a payslip was not counted",
    "hmrc_refund": "HMRC refunded tax itself",
    "benefits_in_kind": "Benefits in kind (P11D) are beside pay, not in it",
    "payrolled_benefit": "A benefit is taxed through payroll",
    "pension_as_employment": "A pension is listed as an employment",
    "rounding": "Rounding",
}


def amount(value: Decimal | None) -> str:
    """A figure in a column: `1,234.50`, `−0.01`, or an en dash where it is not known."""
    return "–" if value is None else pounds(value).replace("£", "")


def difference(value: Decimal | None) -> str:
    """A signed difference in a column: `+412.00`, `−0.01`, `0.00`."""
    return "–" if value is None else pounds(value, sign=True).replace("£", "")


def plural(count: int, one: str, many: str = "") -> str:
    """`1 payslip`, `12 payslips`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def local_moment(moment: datetime, now: datetime) -> str:
    """A moment in the United Kingdom, as short as it is clear beside `now`: `today 09:00`, `tomorrow 06:00`, `1 Jul 09:00`, `1 Jul 2024`."""
    there, today = moment.astimezone(LONDON), now.astimezone(LONDON).date()
    days = (there.date() - today).days
    if days in {-1, 0, 1}:
        return f"{('yesterday', 'today', 'tomorrow')[days + 1]} {there:%H:%M}"
    if abs(days) < 180:
        return f"{there.day} {there:%b %H:%M}"
    return f"{there.day} {there:%b %Y}"


def time_of_day(moment: datetime) -> str:
    """The time in the United Kingdom: `07:00`."""
    return f"{moment.astimezone(LONDON):%H:%M}"


def full_moment(moment: datetime) -> str:
    """A moment in the United Kingdom in full: `1 Jul 2025 10:00`."""
    there = moment.astimezone(LONDON)
    return f"{there.day} {there:%b %Y %H:%M}"


def origin(source: str, imported_at: datetime | None) -> str:
    """Where a paper came from, and when: `From payslips.csv, imported 1 Jul 2025 10:00`."""
    imported = f", imported {full_moment(imported_at)}" if imported_at else ""
    return f"From {source or 'an unnamed source'}{imported}"


def months_between(days: Iterable[date]) -> str:
    """From which month to which `days`, of which there is at least one, are: `Apr 2024 to Mar 2025`."""
    known = sorted(days)
    first, last = f"{known[0]:%b %Y}", f"{known[-1]:%b %Y}"
    return first if first == last else f"{first} to {last}"


def countdown(left: timedelta) -> str:
    """How long is left: days from two days up, ten-minute steps above an hour, then minutes, then seconds.

    Coarse where there is much left, so that a screen on which nothing happens is hardly ever written to.
    """
    seconds = int(left.total_seconds())
    if seconds <= 0:
        return "ended"
    if seconds >= 2 * 86400:
        return f"{seconds // 86400} days"
    if seconds >= 3600:
        hours, minutes = divmod(seconds // 60, 60)
        return f"{hours} h {minutes // 10 * 10:02d} min"
    if seconds >= 60:
        return f"{seconds // 60} min"
    return f"{seconds} s"


def next_change(left: timedelta) -> float:
    """After how many seconds `countdown(left)` says something else: at least one, at most an hour."""
    seconds = left.total_seconds()
    if seconds <= 0:
        return 3600.0
    step = 86400 if seconds >= 2 * 86400 else 600 if seconds >= 3600 else 60 if seconds >= 60 else 1
    return max(1.0, min(seconds % step + 0.05, 3600.0))
