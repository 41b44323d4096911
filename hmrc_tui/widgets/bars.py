"""Bars of pay and tax, month by month, drawn by the plot library in a thread: the screen never waits for a drawing.

Imports the plot library, so this module is imported only when the first plot is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, cast

from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.message import Message
from textual.visual import VisualType
from textual_plotext import PlotextPlot
from textual_plotext.plot import Plot

from hmrc_tui.views.story import MONTHS

PAY, TAX = "█", "▒"
TONES = ("note", "warn", "good", "bad", "quiet")
_AXIS = 5
"""Cells of the figures at the axis, in every plot the same, so that the months of one stand under those of the next."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A total as a line across a plot."""

    name: str
    total: Decimal
    tone: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plot shows: pay and tax of each month so far in pounds, and totals as lines across."""

    months: tuple[tuple[Decimal, Decimal], ...] = ()
    lines: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A drawing that is wanted: of which figures, how large, on which ground and in which colours."""

    figures: Figures
    width: int
    height: int
    ground: str
    colours: tuple[tuple[str, str], ...]


class Bars(PlotextPlot):
    """Pay and tax as bars that are whole cells wide, so that every month is as wide as the next whatever the size."""

    DEFAULT_CSS: ClassVar[str] = "Bars { width: 1fr; height: 1fr; }"

    class Wanted(Message):
        """What this plot shows is not drawn yet."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._figures = Figures()
        self._drawn: tuple[Order, Content] | None = None

    def show(self, figures: Figures) -> None:
        """Shows these figures, once they are drawn."""
        self._figures = figures
        self._want()
        self.refresh()

    def on_resize(self) -> None:
        """Another size is another drawing."""
        self._want()

    def _register_theme(self, app_theme_name: str) -> None:
        super()._register_theme(app_theme_name)
        self._want()

    def _want(self) -> None:
        if self.order is not None:
            self.post_message(self.Wanted())

    @property
    def order(self) -> Order | None:
        """The drawing that is wanted and not there; None where nothing is to be drawn."""
        if not self._figures.months or self.size.width < _AXIS + len(MONTHS) or self.size.height < 2:
            return None
        variables = self.app.theme_variables
        wanted = Order(
            self._figures,
            *self.size,
            ground=variables["surface"],
            colours=tuple((tone, variables[f"tone-{tone}"]) for tone in (*TONES, "plain")),
        )
        return wanted if self._drawn is None or self._drawn[0] != wanted else None

    def take(self, order: Order, picture: Content) -> None:
        """Shows a drawing."""
        self._drawn = order, picture
        self.refresh()

    def render(self) -> VisualType:
        """The drawing that there is, until the one that was asked for is."""
        return self._drawn[1] if self._drawn is not None and self._figures.months else ""


def draw(order: Order) -> Content:
    """Draws: some hundredths of a second, in any thread."""
    plot = cast("Any", Plot())
    colours = {tone: Color.parse(colour).rgb for tone, colour in order.colours}
    ground = Color.parse(order.ground).rgb
    plot.plotsize(order.width, order.height)
    plot._set_size(order.width, order.height)  # noqa: SLF001 - the library's own widget has to do so too
    plot.canvas_color(ground)
    plot.axes_color(ground)
    plot.ticks_color(colours["plain"])
    plot.frame(False)
    _plot(plot, order, colours)
    return Content.from_rich_text(Text.from_ansi(plot.build()))


def _plot(plot: Any, order: Order, colours: Mapping[str, tuple[int, int, int]]) -> None:
    months, lines = order.figures.months, order.figures.lines
    highest = max([*(pay for pay, _ in months), *(mark.total for mark in lines), Decimal(1)])
    lowest = min([*(min(both) for both in months), Decimal(0)])
    ticks = [lowest, highest] if lowest else [Decimal(0), highest / 2, highest]
    width = order.width - _AXIS
    cells = width // len(MONTHS)
    tax_cells = max(cells // 3, 1)
    pay_cells = max(cells - tax_cells - (cells > 2), 1)
    for which, offset, count, marker, tone in ((0, 0, pay_cells, PAY, "note"), (1, pay_cells, tax_cells, TAX, "warn")):
        bars = [
            (number * cells + offset + cell + 1, float(both[which]))
            for number, both in enumerate(months)
            for cell in range(count)
            if both[which]
        ]
        if bars:
            plot.scatter(*zip(*bars, strict=True), marker=marker, fillx=True, color=colours[tone])
    for mark in lines:
        plot.hline(float(mark.total), color=colours[mark.tone])
    plot.xlim(1, width)
    plot.ylim(float(lowest), float(highest))
    plot.xticks([number * cells + 1 + (cells - 1) // 2 for number in range(len(MONTHS))], [name[0] for name in MONTHS])
    plot.yticks([float(tick) for tick in ticks], [short(tick).rjust(_AXIS - 1) + " " for tick in ticks])


def short(value: Decimal) -> str:
    """An axis's figure in few cells: `850`, `2.9k`, `34k`."""
    if abs(value) < 1000:
        return f"{value:.0f}"
    return f"{value / 1000:.1f}k" if abs(value) < 10_000 else f"{value / 1000:.0f}k"


def of_months(values: Sequence[tuple[Decimal, Decimal]], lines: Sequence[Mark] = ()) -> Figures:
    """The figures of a plot."""
    return Figures(tuple(values), tuple(lines))
