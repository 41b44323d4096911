"""The months of a row as bars: pay and tax of each, and of the year so far beside HMRC's total and the P60's.

Imports the plot library, so this module is imported only when the first plot is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Container, Vertical
from textual_plotext import PlotextPlot

from daemon.reconcile.model import Row
from hmrc_tui.pieces import Line, Piece, line, quiet
from hmrc_tui.story import MONTHS, months
from hmrc_tui.widgets.text import Told
from storage.money import pounds

_PAY, _TAX = "█", "▒"
_LOW = 16
"""Lines below which the two plots stand side by side."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A total as a line across a plot."""

    name: str
    total: Decimal
    tone: str


def marks(row: Row) -> tuple[Mark, ...]:
    """HMRC's totals, and the P60's where it says something else."""
    found: list[Mark] = []
    for what, figures in (("pay", row.pay), ("tax", row.tax)):
        if figures.hmrc is not None:
            found.append(Mark(f"HMRC's {what}", figures.hmrc, "good"))
        if figures.p60 is not None and figures.p60 != figures.hmrc:
            found.append(Mark(f"P60's {what}", figures.p60, "bad"))
    return tuple(found)


def legend(row: Row) -> Iterator[Line]:
    """What the bars and the lines are; the totals in figures."""
    yield line(Piece(_PAY, "note"), quiet(" pay  "), Piece(_TAX, "warn"), quiet(" tax: by month, then cumulated"))
    parts = [
        Piece(f"─ {mark.name} {pounds(mark.total)}  ", "good" if mark.tone == "good" else "bad") for mark in marks(row)
    ]
    yield tuple(parts) if parts else line(quiet("HMRC's total is not known"))


class Months(Vertical):
    """Two plots and their legend: by month, and cumulated. They stand side by side where the space is low."""

    DEFAULT_CSS: ClassVar[str] = """
    Months { padding: 0 1; background: $surface; }
    Months #plots { layout: vertical; height: 1fr; }
    Months.-low #plots { layout: horizontal; }
    Months PlotextPlot { width: 1fr; height: 1fr; }
    Months.-low #cumulated { margin-left: 2; }
    Months Told { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        self._asked = False
        self._by_month, self._cumulated = PlotextPlot(id="by-month"), PlotextPlot(id="cumulated")
        self._plots, self._legend = Container(self._by_month, self._cumulated, id="plots"), Told()

    def compose(self) -> ComposeResult:
        """The plots over their legend."""
        yield self._plots
        yield self._legend

    def on_resize(self) -> None:
        """The bars fit the new width."""
        self.call_after_refresh(self._draw_again)

    def _draw_again(self) -> None:
        if self._asked:
            self.draw(self._row)

    def draw(self, row: Row | None) -> None:
        """Shows the months of `row`, side by side where there is no height for two plots."""
        self._row, self._asked = row, True
        low = self.size.height < _LOW
        if low != self.has_class("-low"):
            # Here, and not only when told of a new size: Textual drops what it tells a widget that has only just been mounted.
            self.set_class(low, "-low")
            self.call_after_refresh(self._draw_again)
            return
        if row is None or not row.payslips:
            self._plots.display = False
            self._legend.tell([line(quiet("There are no payslips to draw."))])
            return
        if not self._plots.display:
            self._plots.display = True
            self.call_after_refresh(self._draw_again)  # only then is it known how wide they are
            return
        told = months(row)
        self._bars(self._by_month, [(month.pay, month.tax) for month in told], ())
        self._legend.tell(legend(row))
        # A plot takes as long to draw as all the rest: between the two, keys are answered.
        self.call_after_refresh(self._draw_cumulated, row)

    def _draw_cumulated(self, row: Row) -> None:
        if row is not self._row:
            return
        told = months(row)
        latest = max(number for number, month in enumerate(told, start=1) if month.payslips)
        cumulated = [(month.pay_to_date, month.tax_to_date) for month in told[:latest]]
        self._bars(self._cumulated, cumulated, marks(row))

    def _bars(self, widget: PlotextPlot, values: Sequence[tuple[Decimal, Decimal]], lines: Sequence[Mark]) -> None:
        """Draws bars that are whole cells wide, so that every month is as wide as the next."""
        plot = cast("Any", widget.plt)
        plot.clear_figure()
        plot.frame(False)
        highest = max([*(pay for pay, _ in values), *(mark.total for mark in lines), Decimal(1)])
        lowest = min([*(min(both) for both in values), Decimal(0)])
        ticks = [lowest, highest] if lowest else [Decimal(0), highest / 2, highest]
        labels = [_short(tick) for tick in ticks]
        width = max(widget.size.width - max(map(len, labels)), 24)
        cells = width // 12
        tax_cells = max(cells // 3, 1)
        pay_cells = max(cells - tax_cells - (cells > 2), 1)
        for which, offset, count, marker, tone in (
            (0, 0, pay_cells, _PAY, "note"),
            (1, pay_cells, tax_cells, _TAX, "warn"),
        ):
            bars = [
                (number * cells + offset + cell + 1, both[which])
                for number, both in enumerate(values)
                for cell in range(count)
            ]
            shown = [(place, float(height)) for place, height in bars if height]
            if shown:
                plot.scatter(*zip(*shown, strict=True), marker=marker, fillx=True, color=self._rgb(tone))
        for mark in lines:
            plot.hline(float(mark.total), color=self._rgb(mark.tone))
        plot.xlim(1, width)
        plot.ylim(float(lowest), float(highest))
        plot.xticks([number * cells + 1 + (cells - 1) // 2 for number in range(12)], [name[0] for name in MONTHS])
        plot.yticks([float(tick) for tick in ticks], labels)
        widget.refresh()

    def _rgb(self, tone: str) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables[f"tone-{tone}"]).rgb


def _short(value: Decimal) -> str:
    """An axis's figure in few cells: `850`, `2.9k`, `34k`."""
    if abs(value) < 1000:
        return f"{value:.0f}"
    return f"{value / 1000:.1f}k" if abs(value) < 10_000 else f"{value / 1000:.0f}k"
