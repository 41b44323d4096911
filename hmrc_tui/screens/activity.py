"""Tab 5, the Activity: the runs of the sync, and its calls as they are made."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message

from daemon.events import Event
from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import activity as activity_view
from hmrc_tui.views.pieces import Line, keyed, line, quiet, strong
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.records import Observation, SyncRun
from storage.troubles import Trouble

_RUNS = 200
_NOTHING: tuple[Line, ...] = (line(keyed("No sync has run yet. {sync} asks HMRC now.", "quiet")),)
_NOT_SET_UP: tuple[Line, ...] = (
    line(keyed("HMRC is not set up, and so not asked. For somebody in Self Assessment {guide} sets it up.", "quiet")),
)
_FILTERED: tuple[Line, ...] = (line(quiet("No run holds what the filter asks for.")),)


class Activity(ListPage):
    """What is going on, the runs, and the calls of the marked run; those of a running sync as they come."""

    SCOPE: ClassVar[Scope] = "activity"
    DEFAULT_CSS = """
    Activity #now { height: auto; min-height: 2; max-height: 4; padding: 0 1; background: $surface; }
    Activity Rows { height: auto; max-height: 40%; }
    Activity #calls { height: 1fr; padding: 0 1; background: $surface; scrollbar-size-vertical: 1; }
    Activity #calls Told { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("activity"))

    class Read(Message):
        """The runs and their calls were read."""

        def __init__(self, runs: Sequence[SyncRun], calls: Mapping[str, Sequence[Observation]]) -> None:
            super().__init__()
            self.runs = runs
            self.calls = calls

    def __init__(self) -> None:
        super().__init__(id="activity")
        self._runs: dict[str, SyncRun] = {}
        self._calls: Mapping[str, Sequence[Observation]] = {}
        self._nothing: tuple[Line, ...] = (line(quiet("Reading the runs …")),)

    def compose(self) -> ComposeResult:
        """What is going on, the runs, the calls."""
        yield Told(wraps=True, id="now")
        yield Rows(activity_view.columns, id="rows")
        with VerticalScroll(id="calls", can_focus=False):
            yield Told(wraps=True)

    def renew(self) -> None:
        """Reads the runs in a thread."""
        self._show_now()
        if self.interface.is_open:
            self.in_thread(self._read, "activity")
        elif self.unopened:
            self.post_message(Changed(self.unopened, failed=True))

    def _read(self) -> None:
        try:
            runs = self.desk.ledger.runs(_RUNS)
            calls: dict[str, list[Observation]] = {run.id: [] for run in runs}
            for call in self.desk.ledger.observations():
                if call.run_id in calls:
                    calls[call.run_id].append(call)
        except Trouble as trouble:
            self.post_message(Changed(str(trouble), failed=True))
            return
        self.post_message(self.Read(runs, calls))

    @on(Read)
    def runs_read(self, message: Read) -> None:
        """Shows the runs."""
        newest, marked = next(iter(self._runs), None), self.rows.current
        on_newest = marked is not None and marked.key == newest
        self._runs = {run.id: run for run in message.runs}
        self._calls = message.calls
        self._nothing = _NOTHING if self.known.hmrc_set_up else _NOT_SET_UP
        self.rows.show(activity_view.items(message.runs, self.interface.clock.now()))
        if on_newest and message.runs:
            self.rows.go_to(message.runs[0].id)
        self._show_calls()

    @on(Changed)
    def not_read(self, message: Changed) -> None:
        """Says why the runs cannot be shown."""
        self._nothing = (
            line(strong("✗ The runs could not be read. ", "bad")),
            line(message.said),
            (),
            line(keyed("{reread} reads them again.")),
        )
        self._show_calls()

    def heard(self, event: Event) -> None:  # noqa: ARG002 - all of them are shown together
        """Shows a sync as it goes on."""
        self._show_now()
        self._show_calls()

    def _show_now(self) -> None:
        interface = self.interface
        now = activity_view.now_lines(
            interface.heard,
            syncing=interface.progress is not None,
            next_run=self.known.next_run,
            watches=self.known.watches,
            hmrc_set_up=self.known.hmrc_set_up,
            now=interface.clock.now(),
        )
        self.query_one("#now", Told).tell(now)

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Shows the calls of the marked run."""
        self._show_calls()

    def _show_calls(self) -> None:
        told: Sequence[Line]
        run = self._runs.get(self.rows.current.key) if self.rows.current else None
        if self.interface.progress is not None:
            told = list(activity_view.live_lines(self.interface.heard))
        elif run is not None:
            told = self._in_full(run)
        else:
            told = _FILTERED if self._runs else self._nothing
        self.query_one("#calls Told", Told).tell(told)

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the marked run in full."""
        from hmrc_tui.screens.telling import Telling

        run = self._runs.get(self.rows.current.key) if self.rows.current else None
        if run is not None:
            self.app.push_screen(Telling("A run of the sync", self._in_full(run)))

    def _in_full(self, run: SyncRun) -> Sequence[Line]:
        return list(activity_view.run_lines(run, self._calls.get(run.id, ()), self.interface.clock.now()))
