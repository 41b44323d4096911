"""What the plots of a row show: pay and tax of each month, and of the year so far beside HMRC's total and the P60's. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from hmrc_tui.views.pieces import Line, Piece, line, quiet, strong
from hmrc_tui.views.story import months
from hmrc_tui.words import Tone
from storage.money import pounds

if TYPE_CHECKING:
    from daemon.reconcile.model import Row

PAY, TAX = "█", "▒"


@dataclass(frozen=True, slots=True)
class Mark:
    """A total in pounds as a line across a plot."""

    name: str
    total: Decimal
    tone: Tone


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: its title, pay and tax of each month so far in pounds, and totals as lines across."""

    title: Line
    months: tuple[tuple[Decimal, Decimal], ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Plots:
    """The plots of a row, and what stands below them; no plots where there are no payslips."""

    plots: tuple[Plot, ...]
    legend: Line


@dataclass(frozen=True, slots=True)
class Order:
    """A drawing that is wanted: of which plots, in how many cells, on which ground and in the colours of which tones."""

    plots: Plots
    width: int
    height: int
    ground: str
    colours: tuple[tuple[str, str], ...]


NOTHING = Plots((), line(quiet("There are no payslips to draw.")))


def plots(row: Row | None) -> Plots:
    """Each month, and the year to date as far as there are payslips."""
    if row is None or not row.payslips:
        return NOTHING
    each = months(row)
    latest = max(number for number, month in enumerate(each, start=1) if month.payslips)
    by_month = tuple((month.pay, month.tax) for month in each)
    to_date = tuple((month.pay_to_date, month.tax_to_date) for month in each[:latest])
    key = line(strong("Each month  "), Piece(PAY, "note"), quiet(" pay  "), Piece(TAX, "warn"), quiet(" tax"))
    across = tuple(_marks(row))
    return Plots((Plot(key, by_month), Plot(line(strong("Year to date")), to_date, across)), _legend(across))


def _marks(row: Row) -> Iterator[Mark]:
    """HMRC's totals, and the P60's where it says something else."""
    for what, figures in (("pay", row.pay), ("tax", row.tax)):
        if figures.hmrc is not None:
            yield Mark(f"HMRC's {what}", figures.hmrc, "good")
        if figures.p60 is not None and figures.p60 != figures.hmrc:
            yield Mark(f"P60's {what}", figures.p60, "bad")


def _legend(marks: tuple[Mark, ...]) -> Line:
    """What the lines across are; the totals in figures."""
    if not marks:
        return line(quiet("HMRC's total is not known"))
    return tuple(Piece(f"─ {mark.name} {pounds(mark.total)}  ", mark.tone) for mark in marks)
