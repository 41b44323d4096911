"""The terminal interface: one Textual app around the engine; workers read and post a message, and one handler shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from hmrc_tui.ahead import TOGETHER, import_what_comes_later, set_aside_what_stays
from hmrc_tui.desk import Desk, Known, know
from hmrc_tui.keys import bindings
from hmrc_tui.last_seen import LastSeen, recall, remember
from hmrc_tui.tabs import Tabbed
from hmrc_tui.views import overview as view
from hmrc_tui.views.pieces import in_force
from hmrc_tui.widgets.strip import StatusStrip
from storage.clock import Clock
from storage.places import Places
from storage.troubles import SignInNeeded, StorageTrouble, Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from daemon.events import Event
    from storage.settings import Settings

CLOSE_WITHIN = 3.0
"""Seconds that the engine gets to close when the person leaves."""
CONNECTION_METHOD = "DESKTOP_APP_DIRECT"


class HmrcTuiApp(Tabbed):
    """The interface. Its result says how to go on: nothing, `demo`, or `again` after the configuration was written."""

    TITLE = "hmrc-tui"
    CSS = """
    #pages { height: 1fr; }
    ToastRack { margin-bottom: 0; scrollbar-size-vertical: 0; }
    ToastHolder { max-width: 55; }
    Toast { width: auto; max-width: 100%; margin-top: 0; padding: 0 1; }
    CommandPalette SearchIcon { display: none; }
    CommandPalette > .command-palette--help-text { text-style: none; }
    CommandList > .option-list--option-highlighted { color: $cursor-text; background: $cursor-ground; }
    OptionList:nocolor > .option-list--option-highlighted { text-style: bold underline; }
    Input:nocolor > .input--cursor, TextArea:nocolor > .text-area--cursor { text-style: reverse; }
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
        config_file: Path | None = None,
    ) -> None:
        super().__init__(places, clock, key_map)
        self.settings = settings
        self.known = Known(now=clock.now())
        self.progress: view.Progress | None = None
        self.heard: list[Event] = []
        """What the engine told since the last sync began, for the Activity tab."""
        self._strip = StatusStrip(settings.environment, settings.hmrc.utr, clock)
        self.last_seen = recall(settings, places)
        """What stood on the Overview when the program was last open."""
        self._open_desk = open_desk
        self._desk: Desk | None = None
        self._first_start = first_start
        self._config_file = config_file or places.config_file
        self._stop_listening: Callable[[], None] = lambda: None
        self._reading = self._stale = False
        self._ahead: asyncio.Task[None] | None = None
        self.alone = False
        """Whether nothing but this app lives in the process, as in a terminal and not in a test."""
        self.own_doings: set[str] = set()
        """The runs and imports of this process, by id: nobody needs to be told of those."""

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
        """The strip over the tabs."""
        yield self._strip
        yield from self.compose_tabs()

    def on_mount(self) -> None:
        """Shows what there is, and opens the engine after the first paint."""
        self.watch_resuming()
        self._strip.show(self.known, self.progress)
        self.take_up()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._first_start:
            self.action_guide()  # a ledger is made only once the person has chosen whose
        else:
            self._open_soon()

    def _open_soon(self) -> None:
        self.run_worker(self._open, thread=True, group="open")

    def _open(self) -> None:
        try:
            desk = self._open_desk()
        except Trouble as trouble:
            self.post_message(self.Read(Known(now=self.clock.now(), trouble=str(trouble))))
        else:
            self.post_message(self.Opened(desk))

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
            await self._be_ready()
            await self.desk.start()
        except Trouble as trouble:
            self.notify(str(trouble), severity="error", timeout=10)
        self.set_aside()

    async def _be_ready(self) -> None:
        """Waits for the imports that the engine needs: in the screen's own thread they would hold up its keys."""
        if self._ahead is None:
            self._ahead = asyncio.create_task(asyncio.to_thread(import_what_comes_later, self.way))
        await asyncio.shield(self._ahead)

    def set_aside(self) -> None:
        """Sets aside what has been made so far and stays, where nothing but this app lives in the process."""
        if self.alone:
            set_aside_what_stays()

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
        self.way.give(at_least=TOGETHER if self.known.read else 0)
        self._stale = False  # whatever was told until now is read now
        known = know(desk, CONNECTION_METHOD)
        self.post_message(self.Read(known))
        if known.reconciliation is not None:
            seen = LastSeen(tuple(in_force(view.glance(known), self.key_map)), view.items(known.reconciliation))
            remember(self.settings, self.places, seen)

    @on(Read)
    def ledger_read(self, message: Read) -> None:
        """Shows what was read: the strip and the open page."""
        self._reading = False
        if not self.is_running:
            return
        before, self.known = self.known, message.known
        self._tell_of_others(before)
        self._strip.show(self.known, self.progress)
        self.open_page.renew()
        if self._stale:
            self._stale = False
            self.reread()

    def _tell_of_others(self, before: Known) -> None:
        """Says what another process or machine did since the ledger was read before."""
        if not (before.read and self.known.read):
            return
        run, brought = self.known.last_run, self.known.last_import
        if run is not None and run != before.last_run and run.id not in self.own_doings:
            self.notify(run.summary or run.outcome, title=f"Synced by {run.host}", timeout=6)
        if brought is not None and brought != before.last_import and brought.id not in self.own_doings:
            told = "Taken back elsewhere" if brought.undone else "Imported elsewhere"
            self.notify(brought.description, title=told, timeout=6)

    # The engine's events

    @on(Heard)
    def engine_told(self, message: Heard) -> None:
        """Shows what the engine tells: progress in the strip, the rest by reading again."""
        from daemon.events import SyncStarted
        from hmrc_tui.views.events import meaning

        event = message.event
        if isinstance(event, SyncStarted):
            self.heard = []
            self.own_doings.add(event.run_id)
        self.heard.append(event)
        meant = meaning(event, self.progress)
        self.progress = meant.progress
        if meant.said is not None:
            said = meant.said
            self.notify(said.text, title=said.title, severity=said.severity, timeout=said.seconds)
        if meant.read_again:
            self.reread()
        self._strip.show(self.known, self.progress)
        self.open_page.heard(event)

    def action_reveal(self) -> None:
        """Shows the UTR for ten seconds."""
        if not self._strip.reveal():
            self.notify("No UTR is configured.", timeout=4)

    def mask(self) -> None:
        """Masks identifiers again."""
        self._strip.mask()

    # What can be done everywhere

    def action_sync(self) -> None:
        """Asks HMRC now."""
        if not self.open_page.can_ask_hmrc():
            return
        if self.desk.syncing:
            self.notify(self.naming_keys("A sync is running; {cancel_sync} stops it."), timeout=4)
            return
        self.run_worker(self._sync(), group="sync")

    async def _sync(self) -> None:
        try:
            await self._be_ready()
            await self.desk.sync()
        except SignInNeeded as trouble:
            title = self.naming_keys("Sign-in needed: press {show_sign_in}")
            self.notify(str(trouble), title=title, severity="warning", timeout=8)
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
            self._open_soon()
        self.reread()

    def action_palette(self) -> None:
        """Finds an action by its name."""
        from hmrc_tui.screens.palette import open_palette

        open_palette(self)

    def action_guide(self) -> None:
        """Opens the guide to the first start."""
        from hmrc_tui.first_start import FirstStart

        self.push_screen(FirstStart(self._config_file), self._guided)

    def _guided(self, choice: str | None) -> None:
        if choice in {"demo", "again"}:
            self.exit(choice)
        elif self._desk is None:
            self._open_soon()
