"""The months of a row as bars: pay and tax of each, and of the year so far beside HMRC's total and the P60's.

Imports the plot library, so this module is imported only when the first plot is drawn.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message

from daemon.reconcile.model import Row
from hmrc_tui.views.pieces import Line, Piece, line, quiet, strong
from hmrc_tui.views.story import months
from hmrc_tui.widgets.bars import PAY, TAX, Bars, Mark, Order, draw, of_months
from hmrc_tui.widgets.text import Told
from storage.money import pounds

_LOW = 16
"""Lines below which the two plots stand side by side."""


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
    """What the lines across are; the totals in figures."""
    parts = [
        Piece(f"─ {mark.name} {pounds(mark.total)}  ", "bad" if mark.tone == "bad" else "good") for mark in marks(row)
    ]
    yield tuple(parts) if parts else line(quiet("HMRC's total is not known"))


_TITLES: tuple[Line, Line] = (
    line(strong("Each month  "), Piece(PAY, "note"), quiet(" pay  "), Piece(TAX, "warn"), quiet(" tax")),
    line(strong("Year to date")),
)


class Months(Vertical):
    """Two plots and their legend: each month, and the year to date. They stand side by side where the space is low."""

    DEFAULT_CSS: ClassVar[str] = """
    Months { padding: 0 1; background: $surface; }
    Months #plots { layout: vertical; height: 1fr; }
    Months.-low #plots { layout: horizontal; }
    Months .plot { width: 1fr; height: 1fr; }
    Months.-low #second { margin-left: 2; }
    Months Told { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Months #legend { height: auto; max-height: 2; text-wrap: wrap; }
    """

    class Drawn(Message):
        """A plot was drawn."""

        def __init__(self, bars: Bars, order: Order, picture: Content) -> None:
            super().__init__()
            self.bars, self.order, self.picture = bars, order, picture

    def __init__(self, give_way: Callable[[], None] = lambda: None) -> None:
        """`give_way` is called in the thread that draws, before each plot: a key may have to go first."""
        super().__init__()
        self._give_way = give_way
        self._bars = Bars(id="by-month"), Bars(id="to-date")
        self._titles = Told(), Told()
        self._plots = Container(
            Vertical(self._titles[0], self._bars[0], classes="plot"),
            Vertical(self._titles[1], self._bars[1], classes="plot", id="second"),
            id="plots",
        )
        self._legend = Told(id="legend")

    def compose(self) -> ComposeResult:
        """The plots over their legend."""
        yield self._plots
        yield self._legend

    def on_resize(self) -> None:
        """Side by side where there is no height for two plots."""
        self.fit()

    def fit(self) -> None:
        """The same, for whoever knows that it was mounted: Textual drops what it tells a widget that has only just been."""
        if self.size.height:
            self.set_class(self.size.height < _LOW, "-low")

    def tell(self, row: Row | None) -> None:
        """Shows the months of `row`; the plots follow when they are drawn."""
        self.fit()
        self._plots.display = row is not None and bool(row.payslips)
        if row is None or not row.payslips:
            self._legend.tell([line(quiet("There are no payslips to draw."))])
            return
        for told, title in zip(self._titles, _TITLES, strict=True):
            told.tell([title])
        self._legend.tell(legend(row))
        each = months(row)
        latest = max(number for number, month in enumerate(each, start=1) if month.payslips)
        self._bars[0].show(of_months([(month.pay, month.tax) for month in each]))
        self._bars[1].show(of_months([(month.pay_to_date, month.tax_to_date) for month in each[:latest]], marks(row)))

    @on(Bars.Wanted)
    def draw_wanted(self) -> None:
        """Draws what is wanted in a thread, one plot after the other."""
        orders = [(bars, order) for bars in self._bars if (order := bars.order) is not None]
        if orders:
            self.run_worker(lambda: self._draw(orders), thread=True, group="bars")

    def _draw(self, orders: list[tuple[Bars, Order]]) -> None:
        for bars, order in orders:
            self._give_way()
            if bars.order == order:  # else the cursor has gone on meanwhile
                self.post_message(self.Drawn(bars, order, draw(order)))

    @on(Drawn)
    def drawn(self, message: Drawn) -> None:
        """Shows a plot, unless another has been asked for meanwhile."""
        if message.bars.order == message.order:
            message.bars.take(message.order, message.picture)
