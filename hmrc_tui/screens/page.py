"""What every tab has in common: it is composed when first opened, reads in a thread, and one handler shows what was read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical
from textual.message import Message

from hmrc_tui.actions import Scope
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.events import Event
    from hmrc_tui.app import HmrcTuiApp
    from hmrc_tui.desk import Desk, Known


class Changed(Message):
    """A change of the ledger was made, or failed: `said` tells in a line."""

    def __init__(self, said: str, *, failed: bool = False) -> None:
        super().__init__()
        self.said = said
        self.failed = failed


class Page(Vertical):
    """One tab. Its actions come from the registry, its data through `read`, which runs in a thread."""

    SCOPE: ClassVar[Scope] = "app"

    DEFAULT_CSS = "Page { height: 1fr; background: $background; }"

    @property
    def interface(self) -> HmrcTuiApp:
        """The app, with its own type."""
        return cast("HmrcTuiApp", self.app)

    @property
    def desk(self) -> Desk:
        """The engine."""
        return self.interface.desk

    @property
    def known(self) -> Known:
        """What is known at the moment."""
        return self.interface.known

    @property
    def unopened(self) -> str | None:
        """Why the ledger could not be opened; None where it is open, or being opened."""
        return None if self.interface.is_open else self.known.trouble

    def is_ready(self) -> bool:
        """Whether the ledger is open; where it is not, says so."""
        if not self.interface.is_open:
            why = "could not be opened: {reread} tries again" if self.unopened else "is being opened; wait a moment"
            self.notify(self.interface.naming_keys(f"The ledger {why}."), severity="warning", timeout=4)
        return self.interface.is_open

    def can_ask_hmrc(self) -> bool:
        """Whether the ledger is open and HMRC is set up; where not, says so."""
        if not self.is_ready():
            return False
        if not self.known.hmrc_set_up:
            how = "HMRC is not set up: {guide} does that. Payslips and P60s need nothing of it."
            self.notify(self.interface.naming_keys(how), severity="warning", timeout=6)
        return self.known.hmrc_set_up

    def renew(self) -> None:
        """Shows what is known now: called when the page is opened, and while it is open whenever something changed."""

    def heard(self, event: Event) -> None:
        """Something happened in the engine while the page was open."""

    def opened(self) -> None:
        """Takes the keyboard."""

    def leave(self) -> bool:
        """Escape: closes what is open within the page; False where nothing was."""
        return False

    def in_thread(self, work: Callable[[], object], group: str) -> None:
        """Runs `work` in a thread; it posts a message with what it found. A trouble that it does not tell itself is told, and ends nothing."""

        def attempt() -> None:
            try:
                work()
            except Trouble as trouble:
                self.call_later(partial(self.notify, str(trouble), severity="error", timeout=8))

        self.run_worker(attempt, thread=True, group=group)

    def change(self, work: Callable[[], object], said: str) -> None:
        """Makes a change of the ledger in a thread; `Changed` tells that it was made, or why not."""

        def attempt() -> None:
            try:
                work()
            except Trouble as trouble:
                self.post_message(Changed(str(trouble), failed=True))
            else:
                self.post_message(Changed(said))

        self.in_thread(attempt, "change")
