"""Whatever stands on the screen can be read: the contrast of every letter drawn, on every tab and in all that opens over one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from textual.geometry import Region
from textual.pilot import Pilot

from hmrc_tui import themes
from tests.hmrc_tui.everywhere import OVER, PLACES, an_app_with_everything
from tests.hmrc_tui.pictures import SMALL, pressing
from tests.hmrc_tui.test_themes import AA, AAA, contrast


def _looked_at(pilot: Pilot[Any], place: str) -> Region:
    """The part of the screen that is in front: what opened over a tab, else all of it."""
    screen = pilot.app.screen
    parts = [widget.region for widget in screen.query("#sheet, #--input, CommandList") if widget.region]
    return Region.from_union(parts) if place in OVER else screen.region


def _drawn(pilot: Pilot[Any], within: Region) -> Iterator[Segment]:
    for strip in pilot.app.screen._compositor.render_strips(pilot.app.size)[within.y : within.bottom]:
        yield from strip.crop(within.x, within.right)


def _contrast(segment: Segment) -> float:
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    letters, ground = (colour.get_truecolor().hex for colour in (style.color, style.bgcolor))
    return contrast(letters, ground)


@pytest.mark.parametrize("theme", [theme.name for theme in themes.THEMES])
async def test_every_letter_can_be_read(home: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    wanted = AAA if theme == "high-contrast" else AA
    unreadable: dict[str, float] = {}
    app = an_app_with_everything(home, theme, monkeypatch)
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        for place, keys in PLACES.items():
            await pressing(*keys)(pilot)
            for segment in _drawn(pilot, _looked_at(pilot, place)):
                if any(letter.isalnum() for letter in segment.text) and (found := _contrast(segment)) < wanted:
                    unreadable[f"{place}: {segment.text.strip()}"] = round(found, 1)
    assert unreadable == {}
