"""The status strip: the two lines that are always visible. Its countdowns tick only when their text changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hmrc_tui.views import overview as view
from hmrc_tui.widgets.text import Told
from storage.secret import Secret, masked

if TYPE_CHECKING:
    from textual.timer import Timer

    from hmrc_tui.desk import Known
    from storage.clock import Clock

REVEALED_FOR = 10.0
"""Seconds for which an identifier is shown when asked for."""


class StatusStrip(Told):
    """Environment, store, freshness, next run, both countdowns, the masked UTR, and a running sync."""

    DEFAULT_CSS = """
    StatusStrip { height: 2; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, environment: str, utr: Secret | None, clock: Clock) -> None:
        super().__init__(id="strip")
        self._environment, self._utr, self._clock = environment, utr, clock
        self._known: Known | None = None
        self._progress: view.Progress | None = None
        self._revealed = False
        self._ticker: Timer | None = None
        self._masker: Timer | None = None

    def show(self, known: Known, progress: view.Progress | None) -> None:
        """Shows what is known now."""
        self._known, self._progress = known, progress
        self.tick()

    def tick(self) -> None:
        """Tells the time that is left, and sleeps until that changes."""
        if self._known is None or not self.is_attached:
            return
        now = self._clock.now()
        utr = self._utr.reveal() if self._utr else ""
        shown = utr if self._revealed else masked(utr)
        self.tell(view.status_strip(self._known, self._environment, shown, self._progress, now))
        if self._ticker is not None:
            self._ticker.stop()
        self._ticker = self.set_timer(view.next_tick(self._known, now), self.tick)

    def reveal(self) -> bool:
        """Shows the UTR for ten seconds from now, also where it is shown already; False where there is none."""
        if not self._utr:
            return False
        self._revealed = True
        self.tick()
        if self._masker is not None:
            self._masker.stop()
        self._masker = self.set_timer(REVEALED_FOR, self.mask)
        return True

    def mask(self) -> None:
        """Masks the UTR again."""
        self._revealed = False
        self.tick()
