"""A list of rows and columns that draws only what is visible, so that five thousand payslips scroll as twenty do."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from hmrc_tui.keys import bindings
from hmrc_tui.views.pieces import Cell, Column, Item
from hmrc_tui.words import Tone

_TONES: tuple[Tone, ...] = ("plain", "quiet", "good", "note", "warn", "bad")
_EMPTY = Cell()
_MARGIN = 1
"""Cells left of the first column, as every text of a page has them."""


class Rows(ScrollView, can_focus=True):
    """A list with a heading, a cursor on one row and one column, a filter and an order. Scrolls without drawing what is hidden."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--heading",
        "rows--cursor",
        "rows--blurred",
        "rows--mark",
        *(f"rows--{tone}" for tone in _TONES),
    }
    DEFAULT_CSS = """
    Rows { height: auto; scrollbar-size-vertical: 1; overflow-x: hidden; background: $background; }
    Rows > .rows--heading { color: $tone-quiet; text-style: bold; background: $panel; }
    Rows > .rows--cursor { color: $cursor-text; background: $cursor-ground; }
    Rows > .rows--blurred { background: $panel; text-style: bold; }
    Rows > .rows--mark { text-style: underline bold; }
    Rows > .rows--plain { color: $tone-plain; }
    Rows > .rows--quiet { color: $tone-quiet; }
    Rows > .rows--good { color: $tone-good; }
    Rows > .rows--note { color: $tone-note; }
    Rows > .rows--warn { color: $tone-warn; }
    Rows > .rows--bad { color: $tone-bad; }
    Rows:nocolor > .rows--cursor { text-style: reverse; }
    Rows:nocolor > .rows--blurred { text-style: bold underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("rows"))

    class Moved(Message):
        """The cursor is on another row, or on none."""

        def __init__(self, rows: "Rows", item: Item | None) -> None:
            super().__init__()
            self.rows = rows
            self.item = item

        @property
        def control(self) -> "Rows":
            """The list, so that a handler can choose by its id."""
            return self.rows

    class Chosen(Moved):
        """A row was chosen by Enter or a second click."""

    def __init__(self, columns: Callable[[int], Sequence[Column]], *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._columns_for = columns
        self._items: Sequence[Item] = ()
        self._shown: Sequence[Item] = ()
        self._fitted: list[tuple[Column, int]] = []
        self._fitted_to = 0
        self._widest: dict[str, int] = {}
        self._haystacks: dict[str, str] = {}
        self._filter = ""
        self._order: tuple[str, bool] | None = None
        self._cursor = 0
        self._mark = 0

    # What it shows

    def show(self, items: Sequence[Item]) -> None:
        """Shows `items`; the cursor stays on the row it was on, where that is still there."""
        self._items = items
        self._widest, self._haystacks = {}, {}
        self._put_in_order()

    def narrow(self, text: str) -> None:
        """Shows only the rows that hold `text`; all for an empty text."""
        self._filter = text.strip().casefold()
        self._put_in_order()

    def reshape(self) -> None:
        """Asks for the columns again: what they show has changed."""
        self._measure()
        self.refresh()

    @property
    def narrowed(self) -> str:
        """The filter in force."""
        return self._filter

    @property
    def items(self) -> Sequence[Item]:
        """The rows shown, in their order."""
        return self._shown

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns shown."""
        return tuple(column for column, _ in self._fitted)

    @property
    def current(self) -> Item | None:
        """The row under the cursor."""
        return self._shown[self._cursor] if self._cursor < len(self._shown) else None

    @property
    def marked(self) -> tuple[Column, Cell] | None:
        """The column and cell under the mark."""
        if self.current is None or not self._fitted:
            return None
        column = self._fitted[self._mark][0]
        return column, self.current.cells.get(column.name, _EMPTY)

    def go_to(self, key: str) -> bool:
        """Puts the cursor on the row of that key; False where it is not shown."""
        for index, item in enumerate(self._shown):
            if item.key == key:
                self._go(index)
                return True
        return False

    # How it is drawn

    def _put_in_order(self) -> None:
        before = self.current.key if self.current else None
        shown = [item for item in self._items if not self._filter or self._filter in self._hay(item)]
        if self._order is not None:
            name, descending = self._order
            shown.sort(key=lambda item: _order_of(item.cells.get(name, _EMPTY)), reverse=descending)
        height, self._shown = len(self._shown), shown
        kept = next((index for index, item in enumerate(shown) if item.key == before), None)
        self._cursor = kept if kept is not None else min(self._cursor, max(len(shown) - 1, 0))
        self._measure()
        self.refresh(layout=len(shown) != height)
        self._show_cursor()
        self.post_message(self.Moved(self, self.current))

    def _measure(self) -> None:
        self._fit_columns()
        self.virtual_size = Size(0, len(self._shown) + 1)  # a width that changed would have the whole screen laid out

    def _fit_columns(self) -> None:
        """Gives every column its width; growing ones share what is left over."""
        width = self._fitted_to = max(self.scrollable_content_region.width, 1)
        columns = self._columns_for(self.size.width)
        widths = {column.name: max(column.width, len(column.title), self._widest_of(column)) for column in columns}
        spare = width - _MARGIN - sum(widths.values()) - len(columns) + 1
        growing = [column for column in columns if column.grow]
        for column in growing:
            widths[column.name] = max(widths[column.name] + spare // len(growing), 6)
        self._fitted = [(column, widths[column.name]) for column in columns]
        self._mark = min(self._mark, max(len(columns) - 1, 0))

    def _widest_of(self, column: Column) -> int:
        if column.name not in self._widest:
            texts = (item.cells.get(column.name, _EMPTY).text for item in self._items)
            self._widest[column.name] = max(map(_cells, texts), default=0)
        return self._widest[column.name]

    def _hay(self, item: Item) -> str:
        """Everything in which a filter looks, put together once."""
        if item.key not in self._haystacks:
            texts = (item.search, *(cell.text for cell in item.cells.values()))
            self._haystacks[item.key] = "\n".join(texts).casefold()
        return self._haystacks[item.key]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """As high as its rows and their heading."""
        return len(self._shown) + 1

    def on_resize(self) -> None:
        """Fits the columns to the new width."""
        self._measure()
        self._show_cursor()

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the heading stays, the rows scroll under it."""
        width = self.scrollable_content_region.width
        if width != self._fitted_to:
            self._fit_columns()  # the first paint comes before the first resize is told
        base = self.rich_style
        if y == 0:
            heading = self.get_component_rich_style("rows--heading")
            strip = self._line(
                {column.name: Cell(self._titled(column, room)) for column, room in self._fitted},
                heading,
                {},
                mark=False,
            )
            return strip.adjust_cell_length(width, heading)
        index = self.scroll_offset.y + y - 1
        if index >= len(self._shown):
            return Strip.blank(width, base)
        if index == self._cursor and self.has_focus:
            cursor = self.get_component_rich_style("rows--cursor")
            return self._line(self._shown[index].cells, cursor, {}, mark=True).adjust_cell_length(width, cursor)
        tones: dict[Tone, Style] = {
            tone: self.get_component_rich_style(f"rows--{tone}", partial=True) for tone in _TONES
        }
        if index == self._cursor:
            base = self.get_component_rich_style("rows--blurred")
        return self._line(self._shown[index].cells, base, tones, mark=False).adjust_cell_length(width, base)

    def _titled(self, column: Column, width: int) -> str:
        """The column's title; where it is sorted, with an arrow, which is seen even where the title must give way to it."""
        if self._order is None or self._order[0] != column.name:
            return column.title
        arrow, title = "▼" if self._order[1] else "▲", column.title[: width - 1]
        return f"{arrow}{title}" if column.right else f"{title}{arrow}"

    def _line(self, cells: Mapping[str, Cell], base: Style, tones: Mapping[Tone, Style], *, mark: bool) -> Strip:
        segments = [Segment(" " * _MARGIN, base)]
        for number, (column, width) in enumerate(self._fitted):
            cell = cells.get(column.name, _EMPTY)
            style = base + tones[cell.tone] if tones else base
            if mark and number == self._mark:
                style += self.get_component_rich_style("rows--mark", partial=True)
            text = _fit(cell.text, width, right=column.right)
            segments.append(Segment(text, style))
            if number + 1 < len(self._fitted):
                segments.append(Segment(" ", base))
        return Strip(segments)

    # How it is moved

    def _go(self, index: int) -> None:
        index = max(0, min(index, len(self._shown) - 1))
        if index == self._cursor:
            return
        before, self._cursor = self._cursor, index
        for row in (before, index):
            self._refresh_row(row)
        self._show_cursor()
        self.post_message(self.Moved(self, self.current))

    def _refresh_row(self, row: int) -> None:
        """Draws one row again; a move over the screen writes two lines and no more."""
        self.refresh(Region(0, row - self.scroll_offset.y + 1, self.size.width, 1))

    def _show_cursor(self) -> None:
        """Scrolls so far that the cursor's row is seen below the heading; on a tab that is not open, once it is laid out again."""
        if not self.size.height:
            return
        visible = max(self.size.height - 1, 1)
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + visible:
            self.scroll_to(y=self._cursor - visible + 1, animate=False)

    def action_cursor_down(self) -> None:
        """One row down."""
        self._go(self._cursor + 1)

    def action_cursor_up(self) -> None:
        """One row up."""
        self._go(self._cursor - 1)

    def action_page_down(self) -> None:
        """One page down."""
        self._go(self._cursor + max(self.size.height - 2, 1))

    def action_page_up(self) -> None:
        """One page up."""
        self._go(self._cursor - max(self.size.height - 2, 1))

    def action_first(self) -> None:
        """To the first row."""
        self._go(0)

    def action_last(self) -> None:
        """To the last row."""
        self._go(len(self._shown) - 1)

    def action_cursor_left(self) -> None:
        """The mark one column to the left."""
        self._move_mark(-1)

    def action_cursor_right(self) -> None:
        """The mark one column to the right."""
        self._move_mark(1)

    def _move_mark(self, by: int) -> None:
        self._mark = max(0, min(self._mark + by, len(self._fitted) - 1))
        self._refresh_row(self._cursor)

    def action_choose(self) -> None:
        """Opens the row in full."""
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def action_sort(self) -> None:
        """Sorts by the marked column; again turns the order round, a third time leaves it."""
        if self._fitted:
            self._sort_by(self._fitted[self._mark][0].name)

    def _sort_by(self, name: str) -> None:
        if self._order is None or self._order[0] != name:
            self._order = (name, False)
        else:
            self._order = None if self._order[1] else (name, True)
        self._put_in_order()

    def on_click(self, event: events.Click) -> None:
        """Puts cursor and mark where the mouse is; on the heading it sorts, twice on a row opens it."""
        at, number = _MARGIN, 0
        for number, (_, width) in enumerate(self._fitted):  # noqa: B007 - the number is what is looked for
            at += width + 1
            if event.x < at:
                break
        self._mark = number
        if event.y == 0:
            self.action_sort()
            return
        index = self.scroll_offset.y + event.y - 1
        if index < len(self._shown):
            again = index == self._cursor and event.chain > 1
            self._go(index)
            self.refresh()
            if again:
                self.action_choose()

    def watch_has_focus(self, focused: bool) -> None:
        """Draws the cursor as it is with or without the focus."""
        super().watch_has_focus(focused)
        self.refresh(Region(0, 0, *self.size))


def _cells(text: str) -> int:
    """How many cells `text` takes; plain ASCII, which most is, without a look at each letter."""
    return len(text) if text.isascii() else cell_len(text)


def _fit(text: str, width: int, *, right: bool) -> str:
    """`text` in exactly `width` cells; what does not fit ends in an ellipsis."""
    wide = _cells(text)
    if wide > width:
        return set_cell_size(text, width - 1) + "…"
    return f"{' ' * (width - wide)}{text}" if right else f"{text}{' ' * (width - wide)}"


def _order_of(cell: Cell) -> tuple[int, object]:
    """Numbers among themselves, then words caseless."""
    order = cell.text if cell.order is None else cell.order
    return (1, order.casefold()) if isinstance(order, str) else (0, order)
