"""Takes the README's pictures from the interface itself, on the demo, at a moment that stands still: `make pictures`."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.demo import demonstration
from hmrc_tui.desk import Desk
from hmrc_tui.themes import THEMES

HERE = Path(__file__).parent
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class OneMorning:
    """A clock that stands still."""

    def now(self) -> datetime:
        """A November morning: last year's figures are due, and not here yet."""
        return datetime(2025, 11, 20, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Picture:
    """What is on a picture: the keys to get there, the terminal's size, the theme."""

    name: str
    keys: Sequence[str] = ()
    size: tuple[int, int] = (120, 40)
    theme: str = "dark"


PICTURES = (
    Picture("overview", ("k", "k")),
    Picture("overview-80x24", ("k", "k"), size=(80, 24)),
    Picture("overview-light", ("j", "j", "j"), theme="light"),
    Picture("payslips", ("2",), size=(100, 30)),
    Picture("history", ("3", *"jjjjj"), size=(100, 30)),
    Picture("first-start", ("ctrl+g",), size=(80, 24)),
)


async def settle(pilot: Pilot[Any]) -> None:
    """Waits until nothing is read or drawn any more."""
    for _ in range(6):
        await pilot.app.workers.wait_for_complete([worker for worker in pilot.app.workers if not worker.is_finished])
        await pilot.pause(0.05)


class Resting(HmrcTuiApp):
    """The interface without the demo's timer: nothing happens while its picture is taken."""

    async def _start(self) -> None:
        self.desk.next_run = lambda: datetime(2025, 11, 21, 6, tzinfo=UTC)  # type: ignore[method-assign]
        self.reread()


async def take(desk: Desk, picture: Picture) -> str:
    """The picture as SVG; the fonts that Rich would have fetched from elsewhere are left out."""
    app = Resting(lambda: desk, desk.settings, desk.places, desk.clock)
    app.theme = picture.theme
    async with app.run_test(size=picture.size) as pilot:
        await settle(pilot)
        for key in picture.keys:
            await pilot.press(key)
            await settle(pilot)
        svg = app.export_screenshot(title="hmrc-tui")
    return _FONT_FACES.sub("", re.sub(r"\bterminal-\d+-", f"{picture.name}-", svg))


def main() -> None:
    """Takes every picture."""
    assert {picture.theme for picture in PICTURES} <= {theme.name for theme in THEMES}  # noqa: S101 - a script's own check
    with demonstration(OneMorning()) as engine:
        for picture in PICTURES:
            (HERE / f"{picture.name}.svg").write_text(asyncio.run(take(engine, picture)), encoding="utf-8")
            print(f"docs/pictures/{picture.name}.svg")


if __name__ == "__main__":
    main()
