"""The months of a row as bars: pay and tax of each, and of the year so far beside HMRC's total and the P60's.

Imports the plot library, so this module is imported only when the first plot is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, cast

from textual.app import ComposeResult, RenderResult
from textual.color import Color
from textual.containers import Container, Vertical
from textual_plotext import PlotextPlot

from daemon.reconcile.model import Row
from hmrc_tui.views.pieces import Line, Piece, line, quiet
from hmrc_tui.views.story import MONTHS, months
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


class Bars(PlotextPlot):
    """Pay and tax as bars that are whole cells wide, so that every month is as wide as the next whatever the size."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._values: Sequence[tuple[Decimal, Decimal]] = ()
        self._lines: Sequence[Mark] = ()

    def show(self, values: Sequence[tuple[Decimal, Decimal]], lines: Sequence[Mark] = ()) -> None:
        """Shows the pay and tax of each month so far, and totals as lines across."""
        self._values, self._lines = values, lines
        self.refresh()

    def render(self) -> RenderResult:
        """The plot at the size that there is."""
        self._draw(cast("Any", self.plt))
        return super().render()

    def _draw(self, plot: Any) -> None:
        plot.clear_figure()
        plot.frame(False)
        highest = max([*(pay for pay, _ in self._values), *(mark.total for mark in self._lines), Decimal(1)])
        lowest = min([*(min(both) for both in self._values), Decimal(0)])
        ticks = [lowest, highest] if lowest else [Decimal(0), highest / 2, highest]
        labels = [_short(tick) for tick in ticks]
        width = max(self.size.width - max(map(len, labels)), 24)
        cells = width // 12
        tax_cells = max(cells // 3, 1)
        pay_cells = max(cells - tax_cells - (cells > 2), 1)
        for which, offset, count, marker, tone in (
            (0, 0, pay_cells, _PAY, "note"),
            (1, pay_cells, tax_cells, _TAX, "warn"),
        ):
            bars = [
                (number * cells + offset + cell + 1, float(both[which]))
                for number, both in enumerate(self._values)
                for cell in range(count)
                if both[which]
            ]
            if bars:
                plot.scatter(*zip(*bars, strict=True), marker=marker, fillx=True, color=self._rgb(tone))
        for mark in self._lines:
            plot.hline(float(mark.total), color=self._rgb(mark.tone))
        plot.xlim(1, width)
        plot.ylim(float(lowest), float(highest))
        plot.xticks([number * cells + 1 + (cells - 1) // 2 for number in range(12)], [name[0] for name in MONTHS])
        plot.yticks([float(tick) for tick in ticks], labels)

    def _rgb(self, tone: str) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables[f"tone-{tone}"]).rgb


class Months(Vertical):
    """Two plots and their legend: by month, and cumulated. They stand side by side where the space is low."""

    DEFAULT_CSS: ClassVar[str] = """
    Months { padding: 0 1; background: $surface; }
    Months #plots { layout: vertical; height: 1fr; }
    Months.-low #plots { layout: horizontal; }
    Months Bars { width: 1fr; height: 1fr; }
    Months.-low #cumulated { margin-left: 2; }
    Months Told { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        self._by_month, self._cumulated = Bars(id="by-month"), Bars(id="cumulated")
        self._plots, self._legend = Container(self._by_month, self._cumulated, id="plots"), Told()

    def compose(self) -> ComposeResult:
        """The plots over their legend."""
        yield self._plots
        yield self._legend

    def on_resize(self) -> None:
        """Side by side where there is no height for two plots."""
        self.fit()

    def fit(self) -> None:
        """The same, for whoever knows that it was mounted: Textual drops what it tells a widget that has only just been."""
        self.set_class(self.size.height < _LOW, "-low")

    def draw(self, row: Row | None) -> None:
        """Shows the months of `row`."""
        self._row = row
        self.fit()
        self._plots.display = row is not None and bool(row.payslips)
        if row is None or not row.payslips:
            self._legend.tell([line(quiet("There are no payslips to draw."))])
            return
        self._by_month.show([(month.pay, month.tax) for month in months(row)])
        self._legend.tell(legend(row))
        # A plot takes as long to draw as all the rest: between the two, keys are answered.
        self.call_after_refresh(self._draw_cumulated, row)

    def _draw_cumulated(self, row: Row) -> None:
        if row is self._row:
            told = months(row)
            latest = max(number for number, month in enumerate(told, start=1) if month.payslips)
            self._cumulated.show([(month.pay_to_date, month.tax_to_date) for month in told[:latest]], marks(row))


def _short(value: Decimal) -> str:
    """An axis's figure in few cells: `850`, `2.9k`, `34k`."""
    if abs(value) < 1000:
        return f"{value:.0f}"
    return f"{value / 1000:.1f}k" if abs(value) < 10_000 else f"{value / 1000:.0f}k"
