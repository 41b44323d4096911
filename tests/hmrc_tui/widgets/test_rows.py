"""The list: draws only what is seen, keeps the cursor on its row, sorts, filters, and takes the mouse."""

import asyncio
import time
from decimal import Decimal
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from hmrc_tui.views.pieces import Cell, Column, Item, money_cell
from hmrc_tui.widgets.rows import Rows
from tests.hmrc_tui.pictures import settle

COLUMNS = (Column("name", "Name", 6, grow=True), Column("pay", "Pay", 10, right=True))


def items(count: int) -> list[Item]:
    return [
        Item(f"row {number}", {"name": Cell(f"Employer {number}"), "pay": money_cell(Decimal(number * 7919 % 1000))})
        for number in range(count)
    ]


class OneList(App[None]):
    """A list and nothing else."""

    CSS = "Rows { height: 1fr; }"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.drawn = 0
        self.chosen: list[str] = []
        self.animation_level = "none"
        from hmrc_tui.themes import THEMES

        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "dark"

    def compose(self) -> ComposeResult:
        yield Rows(lambda _: COLUMNS, id="rows")

    def on_mount(self) -> None:
        self.rows.show(items(self.count))
        self.rows.focus()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        assert message.item is not None
        self.chosen.append(message.item.key)

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)


def seen(pilot: Pilot[Any]) -> list[str]:
    rows = pilot.app.query_one(Rows)
    return [rows.render_line(y).text.rstrip() for y in range(rows.size.height)]


async def test_five_thousand_rows_cost_no_more_than_what_is_seen() -> None:
    app = OneList(5000)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        assert seen(pilot)[-1].startswith(" Employer 4999")
        await pilot.press("g")
        asked: list[int] = []
        draw = Rows.render_line
        Rows.render_line = lambda self, y: (asked.append(y), draw(self, y))[1]  # type: ignore[method-assign]
        try:
            started = time.process_time()
            for _ in range(60):
                app.rows.action_page_down()
                await pilot.pause()
            spent = time.process_time() - started
        finally:
            Rows.render_line = draw  # type: ignore[method-assign]
        assert app.rows.current is not None
        assert app.rows.current.key == "row 1320"
        assert len(asked) <= 60 * 24 * 3
        assert spent < 10.0


async def test_a_move_draws_two_rows_and_no_more() -> None:
    app = OneList(500)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        asked: list[int] = []
        draw = Rows.render_line
        Rows.render_line = lambda self, y: (asked.append(y), draw(self, y))[1]  # type: ignore[method-assign]
        try:
            await pilot.press("j")
            await pilot.pause()
        finally:
            Rows.render_line = draw  # type: ignore[method-assign]
        assert sorted(set(asked)) == [1, 2]


async def test_the_cursor_stays_on_its_row_when_the_list_is_read_again() -> None:
    app = OneList(50)
    async with app.run_test() as pilot:
        await pilot.press(*"jjjj")
        app.rows.show(list(reversed(items(50))))
        assert app.rows.current is not None
        assert app.rows.current.key == "row 4"


async def test_vim_keys_and_arrows_move_alike() -> None:
    app = OneList(100)
    async with app.run_test(size=(80, 24)) as pilot:
        for keys, expected in (
            ("jj", 2),
            ("k", 1),
            (["down"], 2),
            (["up"], 1),
            ("G", 99),
            ("g", 0),
            (["pagedown"], 22),
            (["ctrl+f"], 44),
            (["ctrl+b"], 22),
            (["end"], 99),
            (["home"], 0),
        ):
            await pilot.press(*keys)
            assert app.rows.current is not None
            assert app.rows.current.key == f"row {expected}", keys


async def test_sorting_by_the_marked_column_turns_round_and_ends() -> None:
    app = OneList(5)
    async with app.run_test() as pilot:
        await pilot.press("l", "o")
        pays = [item.cells["pay"].order for item in app.rows.items]
        assert pays == sorted(pays)  # type: ignore[type-var]
        assert "▲" in seen(pilot)[0]
        await pilot.press("o")
        assert [item.cells["pay"].order for item in app.rows.items] == sorted(pays, reverse=True)  # type: ignore[type-var]
        await pilot.press("o")
        assert [item.key for item in app.rows.items] == [f"row {n}" for n in range(5)]


async def test_the_arrow_of_a_sorted_column_is_seen_where_its_title_fills_it() -> None:
    class Narrow(OneList):
        def compose(self) -> ComposeResult:
            yield Rows(lambda _width: (Column("name", "Tax year", 8), Column("pay", "HMRC tax", 8, right=True)))

    async with Narrow(3).run_test(size=(20, 6)) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.show([Item("row", {"name": Cell("2024-25"), "pay": Cell("0.00")})])
        await pilot.press("o")
        assert rows.render_line(0).text.startswith(" Tax yea▲ HMRC tax")
        await pilot.press("o", "l")
        assert rows.render_line(0).text.startswith(" Tax yea▼ HMRC tax")
        await pilot.press("o")
        assert rows.render_line(0).text.startswith(" Tax year ▲HMRC ta")


async def test_a_filter_finds_caseless_in_any_cell() -> None:
    app = OneList(30)
    async with app.run_test():
        app.rows.narrow("EMPLOYER 1")
        assert [item.key for item in app.rows.items] == ["row 1", *(f"row {n}" for n in range(10, 20))]
        app.rows.narrow("nothing of the kind")
        assert app.rows.current is None
        app.rows.narrow("")
        assert len(app.rows.items) == 30


async def test_the_mouse_moves_opens_and_sorts() -> None:
    app = OneList(30)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(Rows, offset=(4, 5))
        assert app.rows.current is not None
        assert app.rows.current.key == "row 4"
        await pilot.click(Rows, offset=(4, 5), times=2)
        assert app.chosen == ["row 4"]
        await pilot.click(Rows, offset=(76, 0))
        assert "▲" in seen(pilot)[0]


async def test_an_amount_that_needs_more_room_gets_it_and_is_never_cut() -> None:
    app = OneList(3)
    async with app.run_test(size=(40, 10)) as pilot:
        app.rows.show(
            [
                Item(
                    "large",
                    {
                        "name": Cell("A name that is far too long for so few cells"),
                        "pay": money_cell(Decimal("9999999999.99")),
                    },
                )
            ]
        )
        await pilot.pause()
        line = seen(pilot)[1]
        assert line.endswith("9,999,999,999.99")
        assert "…" in line


async def test_the_mark_is_on_a_column_that_is_shown_also_where_the_terminal_became_narrower() -> None:
    app = OneList(3)
    async with app.run_test(size=(120, 10)) as pilot:
        app.rows._columns_for = lambda width: COLUMNS if width >= 100 else COLUMNS[:1]
        app.rows.reshape()
        await pilot.press("right")
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert app.rows.marked is not None
        assert app.rows.marked[0].name == "name"
        await pilot.press("o")
        assert app.rows.items[0].key == "row 0"


async def test_wide_letters_keep_the_columns_straight() -> None:
    app = OneList(3)
    async with app.run_test(size=(40, 10)) as pilot:
        app.rows.show(
            [
                Item("wide", {"name": Cell("株式会社テスト"), "pay": money_cell(Decimal(12))}),
                Item("narrow", {"name": Cell("Example Ltd"), "pay": money_cell(Decimal(12))}),
            ]
        )
        await pilot.pause()
        assert all(app.rows.render_line(y).cell_length == app.rows.size.width for y in range(3))


async def test_rows_that_say_something_else_are_drawn_where_they_are() -> None:
    """The screen is laid out anew only where their number is another."""
    app = OneList(50)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        layouts: list[object] = []
        app.screen.screen_layout_refresh_signal.subscribe(app, layouts.append)
        changed = [Item(item.key, {**item.cells, "name": Cell("Changed Ltd")}) for item in items(50)]
        for shown, laid_out in ((changed, False), (changed[:5], True)):
            layouts.clear()
            app.rows.show(shown)
            await pilot.pause()
            painted = asyncio.Event()
            app.rows.call_after_refresh(painted.set)
            await painted.wait()
            assert [row.startswith(" Changed Ltd") for row in seen(pilot)[1:6]] == [True] * 5
            assert bool(layouts) == laid_out


async def test_a_list_that_is_read_again_while_it_is_hidden_stands_where_it_stood() -> None:
    app = OneList(12)
    async with app.run_test(size=(80, 10)) as pilot:
        await settle(pilot)
        app.rows.go_to("row 5")
        for row, last in (("row 5", " Employer 8"), ("row 11", " Employer 11")):
            app.rows.display = False
            await settle(pilot)
            app.rows.show(items(12))
            app.rows.go_to(row)
            await settle(pilot)
            app.rows.display = True
            await settle(pilot)
            assert seen(pilot)[-1].startswith(f"{last} ")
