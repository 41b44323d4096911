"""Draws plots as lines of the screen, in any thread, so that the screen never waits for a drawing.

Imports the plot library, so this module is imported only when the first plot is drawn.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain, repeat
from typing import Any, cast

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.strip import Strip
from textual_plotext.plot import Plot as Canvas

from hmrc_tui.views.pieces import Line, wrapped
from hmrc_tui.views.plots import PAY, TAX, Order, Plot
from hmrc_tui.views.story import MONTHS

_AXIS = 5
"""Cells of the figures at the axis, in every plot the same, so that the months of one stand under those of the next."""
_LOW = 16
"""Lines below which the two plots stand side by side."""
_BETWEEN = 2
"""Cells between plots that stand side by side."""
_LEGEND = 2
"""Lines that the legend takes at most."""


class _Easel:
    """What every part of one drawing needs: the colours, and a console that knows how styles are resolved."""

    def __init__(self, order: Order) -> None:
        self.ground = Color.parse(order.ground).rgb
        self.colours = {tone: Color.parse(colour).rgb for tone, colour in order.colours}
        self.blank = Style.parse(f"on {order.ground}")
        self._tones = {tone: Style.parse(f"{colour} on {order.ground}") for tone, colour in order.colours}
        self._console = Console(color_system="truecolor", legacy_windows=False)

    def words(self, told: Line, width: int) -> Strip:
        """A line of text, cut where it is too long."""
        text = Text(no_wrap=True)
        for piece in told:
            text.append(piece.text, self._tones[piece.tone] + Style(bold=piece.bold))
        text.truncate(width, overflow="ellipsis")
        return self.strip(text, width)

    def strip(self, text: Text, width: int) -> Strip:
        """`text` in exactly `width` cells."""
        return Strip(text.render(self._console, end="")).adjust_cell_length(width, self.blank)


def draw(order: Order) -> tuple[Strip, ...]:
    """The plots over their legend, as many lines as `order` is high: some hundredths of a second, in any thread."""
    easel = _Easel(order)
    legend = [easel.words(one, order.width) for one in wrapped([order.plots.legend], order.width)[:_LEGEND]]
    high = order.height - len(legend)
    plots = order.plots.plots
    if order.height < _LOW and plots:
        lines = _side_by_side(plots, order.width, high, easel)
    else:
        lines = _stacked(plots, order.width, high, easel)
    return tuple([*lines, *legend][: order.height])


def _stacked(plots: tuple[Plot, ...], width: int, height: int, easel: _Easel) -> list[Strip]:
    """The plots one below the other; each gets its share of the height."""
    edges = [height * number // len(plots) for number in range(len(plots) + 1)] if plots else [0]
    shares = zip(plots, edges, edges[1:], strict=False)
    return list(chain.from_iterable(_titled(plot, width, below - above, easel) for plot, above, below in shares))


def _side_by_side(plots: tuple[Plot, ...], width: int, height: int, easel: _Easel) -> list[Strip]:
    share = (width - _BETWEEN * (len(plots) - 1)) // len(plots)
    columns = [_titled(plot, share, height, easel) for plot in plots]
    between = Strip([Segment(" " * _BETWEEN, easel.blank)])
    return [_beside(cells, between).adjust_cell_length(width, easel.blank) for cells in zip(*columns, strict=True)]


def _beside(cells: Iterable[Strip], between: Strip) -> Strip:
    return Strip.join(list(chain.from_iterable(zip(cells, repeat(between), strict=False)))[:-1])


def _titled(plot: Plot, width: int, height: int, easel: _Easel) -> list[Strip]:
    """A plot below its title, exactly `height` lines of `width` cells; nothing where there is no room for bars."""
    lines = [easel.words(plot.title, width)]
    if width >= _AXIS + len(MONTHS) and height > 2:
        lines += _bars(plot, width, height - 1, easel)
    blank = Strip.blank(width, easel.blank)
    return [*lines, *repeat(blank, max(height - len(lines), 0))][: max(height, 0)]


def _bars(plot: Plot, width: int, height: int, easel: _Easel) -> Iterator[Strip]:
    canvas = cast("Any", Canvas())
    canvas.plotsize(width, height)
    canvas._set_size(width, height)  # noqa: SLF001 - the library's own widget has to do so too
    canvas.canvas_color(easel.ground)
    canvas.axes_color(easel.ground)
    canvas.ticks_color(easel.colours["plain"])
    canvas.frame(False)
    _plot(canvas, plot, width - _AXIS, easel.colours)
    return (easel.strip(line, width) for line in Text.from_ansi(canvas.build()).split())


def _plot(canvas: Any, plot: Plot, width: int, colours: Mapping[str, tuple[int, int, int]]) -> None:
    """Bars that are whole cells wide, so that every month is as wide as the next whatever the size; and the totals."""
    highest = max([*(max(both) for both in plot.months), *(mark.total for mark in plot.marks), Decimal(1)])
    lowest = min([*(min(both) for both in plot.months), *(mark.total for mark in plot.marks), Decimal(0)])
    ticks = [lowest, highest] if lowest else [Decimal(0), highest / 2, highest]
    cells = width // len(MONTHS)
    tax_cells = max(cells // 3, 1)
    pay_cells = max(cells - tax_cells - (cells > 2), 1)
    for which, offset, count, marker, tone in ((0, 0, pay_cells, PAY, "note"), (1, pay_cells, tax_cells, TAX, "warn")):
        bars = [
            (number * cells + offset + cell + 1, float(both[which]))
            for number, both in enumerate(plot.months)
            for cell in range(count)
            if both[which]
        ]
        if bars:
            canvas.scatter(*zip(*bars, strict=True), marker=marker, fillx=True, color=colours[tone])
    for mark in plot.marks:
        canvas.hline(float(mark.total), color=colours[mark.tone])
    canvas.xlim(1, width)
    canvas.ylim(float(lowest), float(highest))
    canvas.xticks(
        [number * cells + 1 + (cells - 1) // 2 for number in range(len(MONTHS))], [name[0] for name in MONTHS]
    )
    canvas.yticks([float(tick) for tick in ticks], [short(tick).rjust(_AXIS - 1) + " " for tick in ticks])


def short(value: Decimal) -> str:
    """An axis's figure in few cells: `850`, `2.9k`, `34k`."""
    if abs(value) < 1000:
        return f"{value:.0f}"
    return f"{value / 1000:.1f}k" if abs(value) < 10_000 else f"{value / 1000:.0f}k"
