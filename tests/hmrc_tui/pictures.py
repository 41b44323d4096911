"""How a test takes a picture of the interface: time stopped, every worker awaited, nothing blinking."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from hmrc_tui.app import HmrcTuiApp
from tests.hmrc_tui.still_desk import StillDesk

SMALL, LARGE = (80, 24), (120, 40)
SIZES = {"80x24": SMALL, "120x40": LARGE}

_LONG = {"sync", "sign-in"}
"""Workers that end when a person or HMRC does something."""

Steps = Callable[[Pilot[Any]], Awaitable[None]]


def an_app(desk: StillDesk, theme: str = "dark", **changes: Any) -> HmrcTuiApp:
    """The interface on `desk`."""
    app = HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock, **changes)
    app.theme = theme
    return app


async def settle(pilot: Pilot[Any]) -> None:
    """Waits until every worker but a sync or a sign-in has ended, and all that they told has been shown: four quiet rounds in a row."""
    quiet = 0
    while quiet < 4:
        working = [worker for worker in pilot.app.workers if worker.group not in _LONG and not worker.is_finished]
        quiet = 0 if working else quiet + 1
        if working:
            await pilot.app.workers.wait_for_complete(working)
        await pilot.pause()


def pressing(*keys: str) -> Steps:
    """Presses the keys one after another, each answered before the next."""

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return steps
