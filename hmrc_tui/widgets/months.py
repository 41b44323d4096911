"""The months of a row as bars: one widget that shows a picture which a thread has drawn, so that neither a key nor a layout waits for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from hmrc_tui.ahead import ANSWERING
from hmrc_tui.views.plots import Order, Plots, plots

if TYPE_CHECKING:
    from daemon.reconcile.model import Row

BETWEEN_IMPORTS = 0.1
"""Seconds that each part of the plot library is waited with: at a start the list and the first keys have the processor to themselves."""
_LIBRARY = ("plotext", "textual_plotext", "hmrc_tui.widgets.bars")
_TONES = ("plain", "quiet", "good", "note", "warn", "bad")


class Months(Widget):
    """Two plots and their legend: each month, and the year to date. They stand side by side where the space is low."""

    DEFAULT_CSS: ClassVar[str] = "Months { padding: 0 1; background: $surface; }"

    class Imported(Message):
        """The plot library is there now."""

    class Drawn(Message):
        """A picture was drawn."""

        def __init__(self, order: Order, picture: tuple[Strip, ...]) -> None:
            super().__init__()
            self.order, self.picture = order, picture

    def __init__(self, give_way: Callable[[float], None], *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """`give_way` is called in the thread that draws, before each piece of work, with the seconds to wait at least: a key may have to go first."""
        super().__init__(id=id)
        self._give_way = give_way
        self._plots: Plots | None = None
        self._ordered: Order | None = None
        self._picture: tuple[Strip, ...] = ()

    def on_mount(self) -> None:
        """Other colours are another drawing."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._want())

    def on_resize(self) -> None:
        """Another size is another drawing."""
        self._want()

    def tell(self, row: Row | None) -> None:
        """Shows the months of `row`, once they are drawn."""
        self._plots = plots(row)
        self._want()

    def _want(self) -> None:
        """Has a thread draw what is to be seen, unless that is what was last asked for."""
        if self._plots is None or not self.size:
            return
        variables = self.app.theme_variables
        colours = tuple((tone, variables[f"tone-{tone}"]) for tone in _TONES)
        order = Order(self._plots, *self.size, variables["surface"], colours)
        if order != self._ordered:
            self._ordered = order
            self.run_worker(lambda: self._draw(order), thread=True, group="months")

    def _draw(self, order: Order) -> None:
        self._import_library()
        self._give_way(ANSWERING)
        if order == self._ordered:  # else the cursor has gone on meanwhile
            from hmrc_tui.widgets.bars import draw

            self.post_message(self.Drawn(order, draw(order)))

    def _import_library(self) -> None:
        for module in _LIBRARY:
            if module not in sys.modules:
                self._give_way(BETWEEN_IMPORTS)
                import_module(module)
                if module == _LIBRARY[-1]:
                    self.post_message(self.Imported())

    @on(Drawn)
    def drawn(self, message: Drawn) -> None:
        """Shows a picture, unless another has been asked for meanwhile."""
        if message.order == self._ordered:
            self._picture = message.picture
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the picture that there is, until the one that was asked for is."""
        width = self.size.width
        if y < len(self._picture):
            return self._picture[y].adjust_cell_length(width, self.rich_style)
        return Strip.blank(width, self.rich_style)
