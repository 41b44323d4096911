"""The drawing of the months: it fills exactly the cells it has, whatever their number and whatever the figures."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hmrc_tui.views.pieces import line
from hmrc_tui.views.plots import NOTHING, PAY, TAX, Mark, Order, Plot, Plots
from hmrc_tui.widgets.bars import draw, short

GROUND = "#171d24"
COLOURS = tuple((tone, "#e4e8ec") for tone in ("plain", "quiet", "good", "note", "warn", "bad"))
amounts = st.decimals(-99_999, 9_999_999, places=2)
months = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=12).map(tuple)


def two_plots(
    each: tuple[tuple[Decimal, Decimal], ...], to_date: tuple[tuple[Decimal, Decimal], ...], *totals: Decimal
) -> Plots:
    marks = tuple(Mark("HMRC's pay", total, "good") for total in totals)
    return Plots((Plot(line("Each month"), each), Plot(line("Year to date"), to_date, marks)), line("─ HMRC's pay"))


def drawn(plots: Plots, width: int, height: int) -> list[str]:
    strips = draw(Order(plots, width, height, GROUND, COLOURS))
    assert [strip.cell_length for strip in strips] == [width] * len(strips)
    return [strip.text for strip in strips]


@given(
    each=months,
    to_date=months,
    totals=st.lists(amounts, max_size=4),
    width=st.integers(1, 130),
    height=st.integers(1, 45),
)
@settings(max_examples=60, deadline=None)
def test_it_fills_every_line_of_any_size(
    each: tuple[tuple[Decimal, Decimal], ...],
    to_date: tuple[tuple[Decimal, Decimal], ...],
    totals: list[Decimal],
    width: int,
    height: int,
) -> None:
    assert len(drawn(two_plots(each, to_date, *totals), width, height)) == height


def test_the_plots_stand_side_by_side_where_the_space_is_low() -> None:
    year = ((Decimal(2850), Decimal(360)),) * 12
    low, high = drawn(two_plots(year, year), 80, 15), drawn(two_plots(year, year), 80, 16)
    assert low[0].split("  ")[0] == "Each month"
    assert "Year to date" in low[0]
    assert "Year to date" not in high[0]
    assert any(text.startswith("Year to date") for text in high)


def test_every_month_is_as_wide_as_the_next_and_a_month_without_pay_is_empty() -> None:
    year = ((Decimal(2850), Decimal(2850)),) * 4 + ((Decimal(0), Decimal(0)),) + ((Decimal(2850), Decimal(2850)),) * 7
    bars = drawn(two_plots(year, year), 53, 20)[1][5:]
    assert bars == (PAY * 2 + TAX + " ") * 4 + "    " + (PAY * 2 + TAX + " ") * 7


def test_tax_beyond_all_pay_has_its_room_too() -> None:
    """The library draws every cell of a bar, those above the plot as well: a million of them took minutes."""
    year = ((Decimal("0.01"), Decimal(3_000_000)),) * 12
    assert TAX in drawn(two_plots(year, year), 53, 20)[1]


def test_what_there_is_no_room_for_is_left_out_and_nothing_is_said_to_be_nothing() -> None:
    year = ((Decimal(2850), Decimal(360)),) * 12
    assert PAY not in "".join(drawn(two_plots(year, year), 16, 20))
    assert drawn(NOTHING, 40, 5) == ["There are no payslips to draw.".ljust(40)]


def test_the_figures_at_the_axis_take_few_cells() -> None:
    assert [short(Decimal(value)) for value in ("0", "850", "2850", "34200", "-1200.50")] == [
        "0", "850", "2.8k", "34k", "-1.2k",
    ]  # fmt: skip
