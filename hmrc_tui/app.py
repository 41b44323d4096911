"""The terminal interface: one Textual app around the engine; workers read and post a message, and one handler shows it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.timer import Timer

from hmrc_tui import actions, themes, view
from hmrc_tui.actions import Scope
from hmrc_tui.desk import Desk, Known, know
from hmrc_tui.keys import bindings, read_key_map
from hmrc_tui.last_seen import LastSeen, recall, remember
from hmrc_tui.leaving import run_in_terminal
from hmrc_tui.screens.page import Page
from hmrc_tui.widgets.frame import KeyLine, TabLine
from hmrc_tui.widgets.text import Told
from storage.clock import Clock
from storage.places import Places
from storage.secret import masked
from storage.troubles import SignInNeeded, StorageTrouble, Trouble

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from daemon.events import Event, SyncFinished, YearOutcome
    from hmrc_tui.session import Session
    from storage.settings import Settings

REVEALED_FOR = 10.0
"""Seconds for which an identifier is shown when asked for."""
CLOSE_WITHIN = 3.0
"""Seconds that the engine gets to close when the person leaves."""
CONNECTION_METHOD = "DESKTOP_APP_DIRECT"
_ON_SCREEN = {"difference", "grant", "stale", "outbox"}
"""What alerts tell to people elsewhere, and the screen shows anyway."""
_PAGES: Mapping[Scope, str] = {
    "overview": "hmrc_tui.screens.overview:Overview",
    "payslips": "hmrc_tui.screens.payslips:Payslips",
    "history": "hmrc_tui.screens.history:History",
    "headers": "hmrc_tui.screens.headers:Headers",
    "activity": "hmrc_tui.screens.activity:Activity",
    "sign_in": "hmrc_tui.screens.sign_in:SignInPage",
}
"""Where each tab is; its module is imported when it is first opened."""


class HmrcTuiApp(App[str]):
    """The interface. Its result says how to go on: nothing, `demo`, or `again` after the configuration was written."""

    TITLE = "hmrc-tui"
    ENABLE_COMMAND_PALETTE = False  # The registry has its own way in; Textual's offers a screenshot that masks nothing.
    CSS = """
    #strip { height: 2; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    #pages { height: 1fr; }
    Toast { max-width: 70; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("app"))

    class Opened(Message):
        """The engine is there."""

        def __init__(self, desk: Desk) -> None:
            super().__init__()
            self.desk = desk

    class Read(Message):
        """The ledger was read."""

        def __init__(self, known: Known) -> None:
            super().__init__()
            self.known = known

    class Heard(Message):
        """The engine told of an event; it may come from any thread."""

        def __init__(self, event: Event) -> None:
            super().__init__()
            self.event = event

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        settings: Settings,
        places: Places,
        clock: Clock,
        *,
        key_map: Mapping[str, str] | None = None,
        first_start: bool = False,
    ) -> None:
        super().__init__()
        self.settings, self.places, self.clock = settings, places, clock
        self.key_map = dict(key_map or {})
        self.known = Known(now=clock.now())
        self.progress: view.Progress | None = None
        self.page: Scope = "overview"
        self.heard: list[Event] = []
        """What the engine told since the last sync began, for the Activity tab."""
        self._strip, self._tabs, self._keys = Told(id="strip"), TabLine(), KeyLine(self.key_map)
        self._frame = Container(id="pages")
        self._pages: dict[Scope, Page] = {}
        self.last_seen = recall(settings, places)
        """What stood on the Overview when the program was last open."""
        self._open_desk = open_desk
        self._desk: Desk | None = None
        self._first_start = first_start
        self._stop_listening: Callable[[], None] = lambda: None
        self._reading = self._stale = False
        self._revealed = False
        self._ticker: Timer | None = None
        self._own_runs: set[str] = set()
        self.animation_level = "none"
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.kept(places)
        if self.key_map:
            self.set_keymap(self.key_map)

    @property
    def desk(self) -> Desk:
        """The engine; only there once it was opened."""
        if self._desk is None:
            raise StorageTrouble("the ledger is not open yet; wait a moment")
        return self._desk

    @property
    def is_open(self) -> bool:
        """Whether the engine is there."""
        return self._desk is not None

    def compose(self) -> ComposeResult:
        """The frame and the Overview alone: other tabs when they are first opened."""
        from hmrc_tui.screens.overview import Overview

        self._pages["overview"] = Overview()
        yield self._strip
        yield self._tabs
        with self._frame:
            yield self._pages["overview"]
        yield self._keys

    def get_line_filters(self) -> list[LineFilter]:
        """With NO_COLOR no colour at all is written: Textual's own shades of grey can be unreadable."""
        return [NoColor()] if self.no_color else list(super().get_line_filters())

    def on_mount(self) -> None:
        """Shows what there is, and opens the engine after the first paint."""
        self._show_strip()
        self._keys.choose(self.page)
        self.open_page.renew()
        self.open_page.opened()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._open, thread=True, group="open")
        if self._first_start:
            self.action_guide()

    def _open(self) -> None:
        try:
            self.post_message(self.Opened(self._open_desk()))
        except Trouble as trouble:
            self.post_message(self.Read(Known(now=self.clock.now(), trouble=str(trouble))))

    @on(Opened)
    def engine_opened(self, message: Opened) -> None:
        """Listens to the engine, starts it, and reads the ledger."""
        self._desk = message.desk
        self._stop_listening = message.desk.listen(self._hear)
        self.reread()
        self.run_worker(self._start(), group="start")

    def _hear(self, event: Event) -> None:
        self.post_message(self.Heard(event))

    async def _start(self) -> None:
        try:
            await self.desk.start()
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=10)

    async def on_unmount(self) -> None:
        """Closes the engine, within a few seconds."""
        self._stop_listening()
        if self._desk is not None:
            with suppress(TimeoutError, Trouble):
                await asyncio.wait_for(self._desk.close(), CLOSE_WITHIN)

    # Reading

    def reread(self) -> None:
        """Reads the ledger in a thread; asked for again meanwhile, once more afterwards."""
        if self._desk is None:
            return
        if self._reading:
            self._stale = True
            return
        self._reading = True
        desk = self._desk
        self.run_worker(lambda: self._read(desk), thread=True, group="read")

    def _read(self, desk: Desk) -> None:
        known = know(desk, CONNECTION_METHOD)
        self.post_message(self.Read(known))
        if known.reconciliation is not None:
            seen = LastSeen(view.glance(known), view.items(known.reconciliation))
            remember(self.settings, self.places, seen)

    @on(Read)
    def ledger_read(self, message: Read) -> None:
        """Shows what was read: the strip and the open page."""
        self._reading = False
        if not self.is_running:
            return
        before, self.known = self.known, message.known
        self._tell_of_others(before)
        self._show_strip()
        self.open_page.renew()
        if self._stale:
            self._stale = False
            self.reread()

    def _tell_of_others(self, before: Known) -> None:
        run = self.known.last_run
        if before.last_run is None or run is None or run.id == before.last_run.id or run.id in self._own_runs:
            return
        self.notify(run.summary or run.outcome, title=f"Synced by {run.host}", timeout=6)

    # The engine's events

    @on(Heard)
    def engine_told(self, message: Heard) -> None:
        """Shows what the engine tells: progress in the strip, the rest by reading again."""
        from daemon.events import (
            Alerted,
            CallFinished,
            GrantChanged,
            LedgerChanged,
            StoreChanged,
            SyncFinished,
            SyncStarted,
        )

        match message.event:
            case SyncStarted() as event:
                self.heard = [event]
                self._own_runs.add(event.run_id)
                self.progress = view.Progress(0, event.calls)
            case CallFinished() as event:
                self.progress = view.Progress(event.done, event.calls)
            case SyncFinished() as event:
                self.progress = None
                self._tell_outcome(event)
                self.reread()
            case GrantChanged() | StoreChanged() | LedgerChanged():
                self.reread()
            case Alerted() as event if event.kind.partition(":")[0] not in _ON_SCREEN:
                self.notify(event.text, severity="warning", timeout=8)
            case _:
                pass
        if not isinstance(message.event, SyncStarted):
            self.heard.append(message.event)
        self._show_strip()
        self.open_page.heard(message.event)

    def _tell_outcome(self, event: SyncFinished) -> None:
        from hmrc_tui.words import OUTCOME

        if event.trouble:
            self.notify(event.trouble, title="Sync", severity="warning", timeout=8)
            return
        counted: Counter[YearOutcome] = Counter(outcome for _, outcome in event.outcomes)
        said = ", ".join(f"{count} {OUTCOME[outcome].word}" for outcome, count in counted.items())
        self.notify(said or "No tax year was due.", title="Synced", timeout=5)

    # The strip

    def _show_strip(self) -> None:
        if not self.is_running:
            return
        secret = self.settings.hmrc.utr
        utr = (secret.reveal() if self._revealed else masked(secret.reveal())) if secret else ""
        now = self.clock.now()
        self._strip.tell(view.status_strip(self.known, self.settings.environment, utr, self.progress, now))
        if self._ticker is not None:
            self._ticker.stop()
        self._ticker = self.set_timer(view.next_tick(self.known, now), self._show_strip)

    def action_reveal(self) -> None:
        """Shows the UTR for ten seconds."""
        if not self.settings.hmrc.utr:
            self.notify("No UTR is configured.", timeout=4)
            return
        self._revealed = True
        self._show_strip()
        self.set_timer(REVEALED_FOR, self.mask)

    def mask(self) -> None:
        """Masks identifiers again."""
        self._revealed = False
        self._show_strip()

    # Pages

    @property
    def open_page(self) -> Page:
        """The tab that is open."""
        return self._pages[self.page]

    @on(TabLine.Picked)
    async def tab_picked(self, message: TabLine.Picked) -> None:
        """Opens the tab that was clicked."""
        await self.action_show(message.page)

    @on(KeyLine.Picked)
    async def key_picked(self, message: KeyLine.Picked) -> None:
        """Does what was clicked in the line of keys."""
        await self.perform(message.action)

    async def perform(self, action: actions.Action) -> None:
        """Does `action` as its key would."""
        if action.name.startswith("show_"):
            await self.action_show(cast("Scope", action.name.removeprefix("show_")))
            return
        page: Any = self.open_page
        owner = self if action.scope == "app" else page.rows if action.scope == "rows" else page
        await self.run_action(action.name, owner)

    async def action_show(self, page: Scope) -> None:
        """Opens a tab, composing it when it is opened for the first time."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if page not in self._pages:
            module, _, name = _PAGES[page].partition(":")
            self._pages[page] = getattr(import_module(module), name)()
            await self._frame.mount(self._pages[page])
        self.page = page
        for name, child in self._pages.items():
            child.display = name == page
        self._tabs.choose(page)
        self._keys.choose(page)
        self.open_page.renew()
        self.open_page.opened()

    async def action_next_page(self) -> None:
        """The tab to the right."""
        await self._turn(1)

    async def action_previous_page(self) -> None:
        """The tab to the left."""
        await self._turn(-1)

    async def _turn(self, by: int) -> None:
        names = list(actions.PAGES)
        await self.action_show(names[(names.index(self.page) + by) % len(names)])

    async def action_back(self) -> None:
        """Closes what is open, else leaves the page's filter, else goes to the Overview."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif not self.open_page.leave() and self.page != "overview":
            await self.action_show("overview")

    # What can be done everywhere

    def action_sync(self) -> None:
        """Asks HMRC now."""
        if self._desk is None or self._desk.syncing:
            self.notify("A sync is running; x stops it.", timeout=4)
            return
        self.run_worker(self._sync(), group="sync")

    async def _sync(self) -> None:
        try:
            await self.desk.sync()
        except SignInNeeded as trouble:
            self.notify(str(trouble), title="Sign-in needed: press 6", severity="warning", timeout=8)
            self.reread()
        except Trouble as trouble:
            self.notify(str(trouble), title="Sync", severity="error", timeout=10)
            self.reread()

    def action_cancel_sync(self) -> None:
        """Stops the running sync."""
        if self._desk is not None and self._desk.syncing:
            self._desk.cancel_sync()
            self.notify("Stopping; what has been answered is kept.", timeout=4)

    def action_reread(self) -> None:
        """Reads the ledger again; where it could not be opened, tries that again."""
        if self._desk is None:
            self.run_worker(self._open, thread=True, group="open")
        self.reread()

    def action_next_theme(self) -> None:
        """Changes the colours, and remembers them."""
        self.choose_theme(themes.following(self.theme))

    def choose_theme(self, name: str) -> None:
        """Changes the colours to those of a theme, and remembers them."""
        self.theme = name
        themes.keep(self.places, name)
        self.open_page.renew()
        self.notify(f"Colours: {name}", timeout=2)

    def action_help(self) -> None:
        """Shows what every key of this page does."""
        from hmrc_tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.page, self.key_map))

    def action_palette(self) -> None:
        """Finds an action by its name."""
        from hmrc_tui.screens.palette import open_palette

        open_palette(self)

    def action_guide(self) -> None:
        """Opens the guide to the first start."""
        from hmrc_tui.first_start import FirstStart

        self.push_screen(FirstStart(self.places), self._guided)

    def _guided(self, choice: str | None) -> None:
        if choice in {"demo", "again"}:
            self.exit(choice)

    def action_picture(self) -> None:
        """Saves a picture of the screen, identifiers masked."""
        self.mask()
        self.call_after_refresh(self._save_picture)

    def _save_picture(self) -> None:
        from hmrc_tui.files import write_private

        file = self.places.data / "pictures" / f"hmrc-tui-{self.clock.now():%Y%m%d-%H%M%S}.svg"
        try:
            write_private(file, self.export_screenshot())
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=8)
            return
        self.notify(str(file), title="Picture saved", timeout=6)

    async def action_quit(self) -> None:
        """Leaves at once, with exit status 0."""
        self.exit()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Shows a message for a while, its brackets as they are: `[hmrc] utr` is a key, not markup."""
        del markup
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    @on(events.DescendantFocus)
    def still_cursor(self, event: events.DescendantFocus) -> None:
        """A blinking cursor would write to the terminal twice a second for ever."""
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def fault(self) -> Exception | None:
        """The fault of the program that ended the interface, if one did."""
        return self._exception

    def _handle_exception(self, error: Exception) -> None:
        """A message that comes while the screens are being taken down may look for what is gone already: that is no fault."""
        leaving = self._exit or not self._running
        if not (leaving and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Ends on a fault, to be told in one line afterwards: Textual's own report shows variables, and with them figures."""
        self._close_messages_no_wait()


def open_interface(session: Session) -> int:
    """Opens the interface on a session until the person leaves; returns the exit status. Raises `BadInput` for a bad configuration."""
    configuration = session.configuration
    nothing_configured = configuration.file is None and not configuration.sources
    app = HmrcTuiApp(
        lambda: session.engine(),
        configuration.settings,
        session.places,
        session.clock,
        key_map=read_key_map(session.places),
        first_start=nothing_configured,
    )
    return _run(app, session)


def run(engine: Desk, *, session: Session | None = None) -> int:
    """Opens the interface on an engine that is there, as the demo does; returns the exit status."""
    key_map = read_key_map(engine.places)
    return _run(HmrcTuiApp(lambda: engine, engine.settings, engine.places, engine.clock, key_map=key_map), session)


def _run(app: HmrcTuiApp, session: Session | None) -> int:
    choice = asyncio.run(run_in_terminal(app))
    if app.fault is not None:
        raise app.fault
    if choice == "again" and session is not None:
        from hmrc_tui.session import Session

        return open_interface(Session(session.environ, session.config_file, session.clock))
    if choice == "demo":
        from hmrc_tui.cli import run as command

        return command(["demo"])
    return app.return_code or 0
