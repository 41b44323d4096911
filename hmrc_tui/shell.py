"""How the interface behaves in a terminal, whatever it shows: its colours, its messages, its pictures, and how it ends on a fault."""

from __future__ import annotations

import textwrap
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.filter import LineFilter, NoColor
from textual.notifications import Notification, Notify
from textual.widget import MountError

from hmrc_tui import themes
from hmrc_tui.ahead import Way
from hmrc_tui.widgets.frame import KeyLine
from storage.troubles import Trouble

if TYPE_CHECKING:
    from datetime import datetime

    from textual.notifications import SeverityLevel

    from storage.clock import Clock
    from storage.places import Places


REPAINT_AFTER = 0.1
"""Seconds after coming back in which Textual itself still paints a part of the screen."""
WIDEST_MESSAGE = 55
"""Cells that a message takes at most: beside it the program's own keys stay free at 80 columns."""
_FRAME = 3
"""Cells of those that hold no letter."""
_KEYS = 25
"""Cells that the program's own keys take, on a screen that has room for them and a message."""
MOST_LINES = 6
"""Lines that all messages together take at most; the newest is always shown."""
LINES_OF_ONE = 3
"""Lines that a message takes at most, with its title: what it hides, a person may be reading."""
_REMEMBERED = 50
"""Messages that can be read again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the screen: what it says, and the room it takes."""

    notification: Notification
    text: str
    cells: int
    lines: int


@dataclass(frozen=True, slots=True)
class Remembered:
    """A message as it was given, in full. `at` is aware and in UTC."""

    at: datetime
    title: str
    text: str
    severity: SeverityLevel


class Shell(App[str]):
    """An app that is still when nothing happens, plain where colours are not wanted, and silent about what is personal."""

    ENABLE_COMMAND_PALETTE = False  # The registry has its own way in; Textual's offers a screenshot that masks nothing.

    def __init__(self, places: Places, clock: Clock) -> None:
        super().__init__()
        self.places, self.clock = places, clock
        self.pictures = places.data / "pictures"
        """The folder for pictures of the screen."""
        self.way = Way()
        """What work in threads asks before it begins."""
        self._told: deque[Remembered] = deque(maxlen=_REMEMBERED)
        self.shown: list[Shown] = []
        """The messages on the screen, the newest last."""
        self.put_messages_away = False
        """Whether the last key took messages away: the tab stays as it is then."""
        self.animation_level = "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.kept(places)

    async def on_event(self, event: events.Event) -> None:
        """Lets the answer to a key go before what threads begin; Escape takes the messages away, also over a sheet that it closes."""
        if isinstance(event, events.Key):
            self.way.key_pressed()
        if isinstance(event, events.Key) and not event.is_forwarded:  # a key that nobody took comes back up, forwarded
            self.put_messages_away = event.key == "escape" and bool(self.shown)
            if self.put_messages_away:
                self.clear_notifications()
        await super().on_event(event)

    # Colours

    def get_line_filters(self) -> list[LineFilter]:
        """With NO_COLOR no colour at all is written: Textual's own shades of grey can be unreadable."""
        return [NoColor()] if self.no_color else list(super().get_line_filters())

    def action_next_theme(self) -> None:
        """Changes the colours, and remembers them."""
        self.choose_theme(themes.following(self.theme))

    def choose_theme(self, name: str) -> None:
        """Changes the colours to those of a theme, and remembers them."""
        self.theme = name
        themes.keep(self.places, name)
        self.notify(f"Colours: {name}", timeout=2)

    # Messages and pictures

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Shows a message for a while, its brackets as they are: `[hmrc] utr` is a key, not markup.

        What fits into a line takes no more than one, beside the keys, which make room: it hides nothing that a person reads. A long one is
        shortened, and can be read again in full. A text that is shown already is not shown twice: the newer takes its place. Escape takes
        them all away.
        """
        del markup
        text, widest = message, self._widest_message()
        self._told.append(Remembered(self.clock.now(), title, text, severity))
        if title and len(title) + len(message) + len(": ") <= widest - _FRAME:
            title, message = "", f"{title}: {message}"
        message = self._shortened(title, message, max(widest - _FRAME, 1))
        lasts = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        notification = Notification(message, title, severity, lasts, markup=False)
        broken = [
            part for one in (title, *message.splitlines()) for part in textwrap.wrap(one, max(widest - _FRAME, 1))
        ]
        cells = min(max(map(len, (title, *message.splitlines())), default=0) + _FRAME, widest)
        self.post_message(Notify(notification))
        self.call_later(self._make_room, Shown(notification, text, cells, len(broken)), lasts)

    def _shortened(self, title: str, message: str, width: int) -> str:
        """The message in as few lines of `width` cells as it may take; over a sheet, from which nothing leads to the rest, the whole of it."""
        left = max(LINES_OF_ONE - len(textwrap.wrap(title, width)), 1)
        takes = sum(len(textwrap.wrap(one, width)) for one in message.splitlines())
        if takes <= left or len(self.screen_stack) > 1:
            return message
        rest = self.rest_of_message if 2 * len(self.rest_of_message) <= width else "…"
        return "\n".join(textwrap.wrap(message, width, max_lines=left, placeholder=f" {rest}"))

    @property
    def rest_of_message(self) -> str:
        """What stands at the end of a message that was shortened."""
        return "…"

    def action_messages(self) -> None:
        """Shows the messages again, in full, in place of those that still stand."""
        from hmrc_tui.screens.messages import Messages

        self.clear_notifications()
        self.push_screen(Messages(self._told))

    @property
    def _has_room_for_keys(self) -> bool:
        """Whether the screen is wide enough for a message beside the program's own keys."""
        return self.size.width >= 2 * _KEYS

    def _widest_message(self) -> int:
        """Cells that a message takes at most."""
        return min(WIDEST_MESSAGE, self.size.width - (_KEYS if self._has_room_for_keys else 0))

    def _make_room(self, new: Shown, seconds: float) -> None:
        """The keys leave their end to the newest message, which is the lowest; the same text and the oldest of too many go."""
        kept = [one for one in self.shown if one.text != new.text] + [new]
        while len(kept) > 1 and sum(one.lines for one in kept) > MOST_LINES:
            del kept[0]
        for gone in (one for one in self.shown if one not in kept):
            self._unnotify(gone.notification)
        self._now_shown(kept)
        for screen in self.screen_stack[-1:]:
            for rack in screen.query("ToastRack"):
                rack.styles.padding = (0, 0, 0, _KEYS if self._has_room_for_keys else 0)
        self.set_timer(seconds, partial(self.time_is_up, new))

    def time_is_up(self, gone: Shown) -> None:
        """The keys have its room again; the message itself is taken away by Textual."""
        self._now_shown([one for one in self.shown if one is not gone])

    def _now_shown(self, shown: list[Shown]) -> None:
        self.shown = shown
        for screen in self.screen_stack[:1]:  # none is left when a message's time runs out while the program ends
            for keys in screen.query(KeyLine):
                keys.leave(shown[-1].cells if shown else 0)

    def clear_notifications(self) -> None:
        """Takes every message away, and gives their room back to the keys."""
        super().clear_notifications()
        self._now_shown([])

    def mask(self) -> None:
        """Masks identifiers that are shown for a while."""

    def action_picture(self) -> None:
        """Saves a picture of the screen, identifiers masked."""
        self.mask()
        self.call_after_refresh(self._save_picture)

    def _save_picture(self) -> None:
        from hmrc_tui.files import write_private

        file = self.pictures / f"hmrc-tui-{self.clock.now():%Y%m%d-%H%M%S}.svg"
        try:
            write_private(file, self.export_screenshot())
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=8)
            return
        self.notify(str(file), title="Picture saved", timeout=6)

    @on(events.DescendantFocus)
    def still_cursor(self, event: events.DescendantFocus) -> None:
        """A blinking cursor would write to the terminal twice a second for ever."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False  # pyright: ignore[reportAttributeAccessIssue]

    # Leaving for a while, and coming back

    def watch_resuming(self) -> None:
        """Paints everything again when the program comes back from the background: the terminal has forgotten it."""
        self.app_resume_signal.subscribe(self, self._resumed)

    def _resumed(self, _: object) -> None:
        self.set_timer(REPAINT_AFTER, self._paint_again)

    def _paint_again(self) -> None:
        for screen in self.screen_stack:
            screen.refresh(layout=True)

    def action_suspend_process(self) -> None:
        """Goes to the background, as `^z` does in any program; `fg` comes back."""
        super().action_suspend_process()

    # Ending

    async def action_quit(self) -> None:
        """Leaves at once, with exit status 0."""
        self.exit()

    @property
    def fault(self) -> Exception | None:
        """The fault of the program that ended the interface, if one did."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """A message that comes while the screens are being taken down may look for what is gone already: that is no fault."""
        leaving = self._exit or not self._running
        if not (leaving and isinstance(error, NoMatches | MountError | NoScreen | ScreenStackError)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Ends on a fault, to be told in one line afterwards: Textual's own report shows variables, and with them figures."""
        self._close_messages_no_wait()
