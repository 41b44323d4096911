"""How a test takes pictures of the interface: time stopped, every worker awaited, nothing blinking; both sizes and both themes of one app."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.pilot import Pilot

from hmrc_tui.app import HmrcTuiApp
from tests.hmrc_tui.still_desk import StillDesk

SMALL, LARGE = (80, 24), (120, 40)
SIZES = {"80x24": SMALL, "120x40": LARGE}
THEMES = ("dark", "light")

_LONG = {"sync", "sign-in"}
"""Workers that end when a person or HMRC does something."""
_MOST_ROUNDS = 100

Steps = Callable[[Pilot[Any]], Awaitable[None]]
Scene = Callable[[Path], tuple[HmrcTuiApp, Steps]]
"""Makes an app in a home, and the steps that lead to what is looked at."""


def an_app(desk: StillDesk, theme: str = "dark", **changes: Any) -> HmrcTuiApp:
    """The interface on `desk`."""
    app = HmrcTuiApp(lambda: desk, desk.settings, desk.places, desk.clock, **changes)
    app.theme = theme
    return app


def never_opened(desk: StillDesk) -> HmrcTuiApp:
    """The interface while its ledger is being opened, for as long as the test looks at it."""
    app = an_app(desk)
    app._begin = lambda: None  # type: ignore[method-assign]
    return app


async def settle(pilot: Pilot[Any]) -> None:
    """Waits until every worker but a sync or a sign-in has ended, and all that they told is on the screen: four rounds in a row."""
    quiet, rounds = 0, 0
    while quiet < 4 and rounds < _MOST_ROUNDS:
        working = [worker for worker in pilot.app.workers if worker.group not in _LONG and not worker.is_finished]
        if working:
            await pilot.app.workers.wait_for_complete(working)
        await pilot.pause()
        quiet = 0 if working or _busy(pilot.app) else quiet + 1
        rounds = 0 if working else rounds + 1


def _busy(app: App[Any]) -> bool:
    """Whether a message is still to come, or the screen to be laid out: Textual's own wait goes by processor time, of which a busy machine gives none."""
    screen = app.screen
    waiting = (app, screen, *screen.walk_children())
    return any(node.message_queue_size for node in waiting) or screen._layout_required or bool(screen._dirty_widgets)


def pressing(*keys: str) -> Steps:
    """Presses the keys one after another, each answered before the next."""

    async def steps(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return steps


class Album:
    """The pictures of one test: compares each with the one that is kept, and tells at the end which differ."""

    def __init__(self, snapshot: SnapshotAssertion, folder: Path) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._folder = folder

    async def compare(self, app: HmrcTuiApp, steps: Steps | None = None) -> None:
        """The app in both sizes and both themes: the same app, so that every picture is a resize too."""
        differing: list[str] = []
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            await (steps or pressing())(pilot)
            for name, size in SIZES.items():
                await pilot.resize_terminal(*size)
                for theme in THEMES:
                    app.theme = theme
                    app.open_page.renew()
                    await settle(pilot)
                    differing += self._differing(app, f"{name}-{theme}")
        assert not differing, f"these pictures differ from the kept ones: {', '.join(differing)}"

    async def once(self, app: HmrcTuiApp, steps: Steps | None = None, size: tuple[int, int] = SMALL) -> None:
        """The app in one size, and the theme it has."""
        async with app.run_test(size=size) as pilot:
            await (steps or pressing())(pilot)
            differing = self._differing(app, "")
        assert not differing, f"this picture differs from the kept one: {', '.join(differing)}"

    async def walk(self, app: HmrcTuiApp, places: Mapping[str, Sequence[str]]) -> None:
        """One app at 80×24 with its messages, a picture at each of `places`, which are reached by keys one after another."""
        differing: list[str] = []
        async with app.run_test(size=SMALL, notifications=True) as pilot:
            for name, keys in places.items():
                await pressing(*keys)(pilot)
                differing += self._differing(app, name)
        assert not differing, f"these pictures differ from the kept ones: {', '.join(differing)}"

    def _differing(self, app: HmrcTuiApp, name: str) -> list[str]:
        taken = app.export_screenshot()
        if taken == self._snapshot(name=name or None):
            return []
        file = self._folder / f"{name or 'picture'}.svg"
        file.write_text(taken)
        return [str(file)]


def toasts(pilot: Pilot[Any]) -> list[str]:
    """The messages that are shown, with their titles."""
    return [f"{toast.title}: {toast.message}".removeprefix(": ") for toast in pilot.app._notifications]
