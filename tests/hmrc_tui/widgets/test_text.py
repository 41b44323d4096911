"""Toned text: it is drawn again where it changed, and the screen is laid out anew only where its size can have."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult

from hmrc_tui.views.pieces import Line, line
from hmrc_tui.widgets.text import Told


class Page(App[None]):
    """A line of a fixed height, a text that is broken, one that is not, and how often they were laid out."""

    CSS = "Screen { layout: vertical; } #fixed { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.layouts = 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"tone-plain": "#ffffff"}

    def compose(self) -> ComposeResult:
        yield Told(id="fixed")
        yield Told(id="broken", wraps=True)
        yield Told(id="grows")

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def _laid_out(self, _: object) -> None:
        self.layouts += 1


@asynccontextmanager
async def page() -> AsyncGenerator[Page]:
    app = Page()
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.pause()
        yield app


async def layouts_of(app: Page, which: str, *lines: Line) -> tuple[int, int]:
    """How often the screen is laid out when these lines are told, and how high they are then."""
    before, told = app.layouts, app.query_one(which, Told)
    told.tell(lines)
    for _ in range(2):  # the first paint may only find out that it has to be laid out
        painted = asyncio.Event()
        told.call_after_refresh(painted.set)
        await painted.wait()
    return app.layouts - before, told.size.height


async def test_a_line_of_a_fixed_height_moves_nothing() -> None:
    async with page() as app:
        assert await layouts_of(app, "#fixed", line("one")) == (0, 1)
        assert await layouts_of(app, "#fixed", line("two")) == (0, 1)


async def test_a_broken_text_moves_what_is_below_it_only_where_it_takes_other_lines() -> None:
    async with page() as app:
        first, height = await layouts_of(app, "#broken", line("one"), line("two"))
        assert (first > 0, height) == (True, 2)
        assert await layouts_of(app, "#broken", line("three"), line("four")) == (0, 2)
        again, height = await layouts_of(app, "#broken", line("word " * 12))
        assert (again, height) == (0, 2)
        again, height = await layouts_of(app, "#broken", line("word " * 20))
        assert (again > 0, height) == (True, 3)


async def test_a_row_of_figures_too_long_for_the_screen_is_always_laid_out() -> None:
    async with page() as app:
        await layouts_of(app, "#broken", line("one"), line("two"))
        again, height = await layouts_of(app, "#broken", line("April    " + "1,000.00   " * 5), line("May"))
        assert again > 0
        assert height == 3


async def test_a_text_that_is_not_broken_here_is_always_laid_out() -> None:
    async with page() as app:
        first, height = await layouts_of(app, "#grows", line("one"))
        assert (first > 0, height) == (True, 1)
        again, height = await layouts_of(app, "#grows", line("two"), line("three"))
        assert (again > 0, height) == (True, 2)


async def test_a_wider_screen_leaves_no_room_below_a_text_that_takes_fewer_lines() -> None:
    app = Page()
    async with app.run_test(size=(40, 24)) as pilot:
        told = app.query_one("#broken", Told)
        told.tell([line("word " * 20), line("word " * 20)])
        await pilot.pause()
        assert told.size.height == 6
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert told.size.height == 4
