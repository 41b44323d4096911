"""Tab 1, the Overview: a row for each tax year and employer, and the selected one told in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll

from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.listing import ListPage
from hmrc_tui.screens.page import Changed
from hmrc_tui.views import overview as view
from hmrc_tui.views import story
from hmrc_tui.views.pieces import BLANK, Line, keyed, line, quiet, strong
from hmrc_tui.widgets.months import Months
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told

if TYPE_CHECKING:
    from daemon.reconcile.model import Row, YearReport
    from hmrc_tui.desk import Known


def _nothing(known: Known) -> Iterator[Line]:
    """What to begin with, where there is nothing yet."""
    signed_in = known.grant is not None and known.grant.state in {"ok", "expiring"}
    yield line(strong("Nothing here yet."))
    yield BLANK
    if known.hmrc_set_up and not signed_in:
        yield _to_do("{show_sign_in} ", "Sign in at HMRC, once every 18 months")
    if known.hmrc_set_up:
        yield _to_do("{sync} ", "Ask HMRC for its figures of the past tax years")
    yield _to_do("{show_payslips} ", "Import your payslips, then {payslips.import_file} and the name of a file")
    yield _to_do("{help} ", "What every key does")
    yield BLANK
    if not signed_in:
        only = "HMRC shows pay and tax only to people in Self Assessment."
        yield line(quiet(f"{only} Without it, payslips and P60s are still compared."))
    steps = "opens the first steps" if known.hmrc_set_up else "sets HMRC up"
    yield line(keyed("`hmrc-tui demo` shows how it all looks; {guide} " + f"{steps}.", "quiet"))


def _to_do(key: str, what: str) -> Line:
    return line(keyed(key, "note", bold=True), keyed(what))


class Overview(ListPage):
    """The list of years and employers, and below it the selected row: causes and evidence, figures, and the months as bars."""

    SCOPE: ClassVar[Scope] = "overview"
    DEFAULT_CSS = """
    Overview #glance { height: auto; padding: 0 1; background: $surface; text-wrap: nowrap; text-overflow: ellipsis; }
    Overview Rows { max-height: 45%; }
    Overview #about { height: 1; padding: 0 1; background: $panel; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    Overview #detail { height: 1fr; }
    Overview #story { width: 1fr; height: 100%; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    Overview #story Told { height: auto; }
    Overview #months { display: none; width: 1fr; height: 100%; }
    Overview.-wide #months { display: block; width: 44%; }
    Overview.-months #story { display: none; }
    Overview.-months #months { display: block; width: 1fr; }
    Overview.-empty #about, Overview.-empty #months { display: none; }
    Overview.-empty #story { display: block; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("overview"))
    EXPORTS: ClassVar[str] = "CSV: what the list shows. A name that ends in .json or .md: the whole reconciliation."

    def __init__(self) -> None:
        super().__init__(id="overview")
        self._tax = False
        self._placed = False

    def compose(self) -> ComposeResult:
        """Glance, list, and the row in full."""
        yield Told(id="glance")
        yield Rows(lambda width: view.columns(width, tax=self._tax), id="rows")
        yield Told(id="about")
        with Horizontal(id="detail"):
            with VerticalScroll(id="story", can_focus=False):
                yield Told(wraps=True)
            yield Months(self.interface.way.give, id="months")

    @property
    def selected(self) -> tuple[YearReport, Row | None] | None:
        """The year and the row under the cursor."""
        item, reconciliation = self.rows.current, self.known.reconciliation
        return view.find(reconciliation, item.key) if item is not None and reconciliation is not None else None

    def renew(self) -> None:
        """Shows the reconciliation that is known now, or what there is instead of one."""
        self._fit()
        phase = view.phase(self.known)
        before = self.interface.last_seen if phase == "loading" else None
        self.show_empty(phase != "ready" and before is None)
        self.query_one("#glance", Told).tell(before.glance if before else view.glance(self.known))
        if before is not None:
            self.rows.show(before.items)
        if phase == "ready" and self.known.reconciliation is not None:
            self.rows.show(view.items(self.known.reconciliation))
            if not self._placed:
                self._placed = True
                self.rows.go_to(view.first_to_look_at(self.known.reconciliation))
            self._tell_selected()
            return
        said = {
            "loading": (line(quiet("Reading the ledger …")),),
            "failed": (
                line(strong("✗ The ledger could not be read. ", "bad")),
                line(self.known.trouble or ""),
                (),
                line(keyed("{reread} reads it again; `hmrc-tui doctor` looks for the cause.")),
            ),
        }.get(phase) or _nothing(self.known)
        self.query_one("#story Told", Told).tell(said)

    def on_resize(self) -> None:
        """Causes and months side by side where there is room."""
        self._fit()

    def _fit(self) -> None:
        wide = self.size.width >= view.WIDE
        if wide != self.has_class("-wide"):
            self.set_class(wide, "-wide")
            if view.phase(self.known) == "ready":
                self._tell_selected()
            self._draw_months()

    @on(Rows.Moved, "#rows")
    def row_changed(self) -> None:
        """Tells the row under the cursor."""
        if view.phase(self.known) != "nothing":
            self._tell_selected()

    def _tell_selected(self) -> None:
        if self.known.reconciliation is None:
            self.query_one("#story Told", Told).tell([line(quiet("Reading the ledger …"))])
            return
        selected = self.selected
        about = (line(story.title(*selected)),) if selected else ()
        told = self._story(*selected) if selected else (line(quiet("No row holds what the filter asks for.")),)
        self.query_one("#about", Told).tell(about)
        if self.query_one("#story Told", Told).tell(told):
            self.query_one("#story").scroll_home(animate=False)
            self.call_after_refresh(self._draw_months)  # the plots take longest, and the cursor must not wait for them

    def _story(self, year: YearReport, row: Row | None) -> tuple[Line, ...]:
        """The row in full; where there is room beside the months as bars, the months as figures too."""
        told = story.story(year, row, hmrc_set_up=self.known.hmrc_set_up)
        return (*told, (), *story.month_table(row)) if self.has_class("-wide") and row and row.payslips else told

    # The months

    def action_months(self) -> None:
        """Shows the months instead of the causes, or back; in a wide terminal both are there already."""
        self.toggle_class("-months")
        self._draw_months()

    def _draw_months(self) -> None:
        """Draws the months where they are seen."""
        if not self.has_class("-empty") and (self.has_class("-wide") or self.has_class("-months")):
            selected = self.selected
            self.query_one(Months).tell(selected[1] if selected else None)

    @on(Months.Imported)
    def plots_ready(self) -> None:
        """Sets the plot library aside with all else that stays."""
        self.interface.set_aside()

    # What can be done with a row

    def _chosen(self) -> Row | None:
        """The row under the cursor; where there is none, says why."""
        row = self.selected[1] if self.selected else None
        if row is None:
            loading = view.phase(self.known) == "loading"
            self.notify(
                "The ledger is being read; wait a moment." if loading else "There is no employer here.", timeout=3
            )
        return row

    @on(Rows.Chosen, "#rows")
    def row_chosen(self) -> None:
        """Opens the row in full, its months as figures too."""
        from hmrc_tui.screens.telling import Telling

        selected = self.selected
        if selected is not None:
            year, row = selected
            figures = ((), *story.month_table(row)) if row is not None and row.payslips else ()
            told = story.story(year, row, hmrc_set_up=self.known.hmrc_set_up)
            self.app.push_screen(Telling(story.title(year, row), (*told, *figures)))

    def action_scroll(self, lines: int) -> None:
        """Scrolls the row in full."""
        self.query_one("#story").scroll_relative(y=lines, animate=False)

    def action_tax(self) -> None:
        """Shows tax in the columns instead of pay, or back."""
        self._tax = not self._tax
        self.rows.reshape()

    async def action_slips(self) -> None:
        """Shows the payslips behind the row, the first that its causes name marked; its P60s or payments where it has none."""
        from hmrc_tui.screens.payslips import Payslips
        from hmrc_tui.views.papers import behind

        row = self._chosen()
        if row is None:
            return
        papers = behind(row)
        if not any(papers.values()):
            self.notify("This row has no payslips.", timeout=3)
            return
        concerned = [slip_id for cause in row.causes for slip_id in cause.payslip_ids]
        await self.interface.action_show("payslips")
        payslips = self.interface.open_page
        if isinstance(payslips, Payslips):
            payslips.only(f"{row.employer}, {row.tax_year}", papers, first=concerned)

    def exported(self, file: Path) -> str:
        """By the file's name: everything as JSON or Markdown, else the list as CSV. Blocks."""
        reconciliation = self.known.reconciliation
        if file.suffix == ".json" and reconciliation is not None:
            from hmrc_tui.reports import reconcile_json

            return reconcile_json.report(reconciliation)
        if file.suffix == ".md" and reconciliation is not None:
            from hmrc_tui.reports import reconcile_markdown

            made = self.desk.clock.now()
            return reconcile_markdown.report(reconciliation, self.desk.ledger.observations(), made=made)
        return super().exported(file)

    def action_accept(self) -> None:
        """Accepts the difference with a note, or withdraws that."""
        from hmrc_tui.screens import deciding

        row = self._chosen()
        if row is not None:
            deciding.accept(self, row)

    def action_link(self) -> None:
        """Says that the row's PAYE reference became another, or undoes that."""
        from hmrc_tui.screens import deciding

        row = self._chosen()
        if row is not None and self.known.reconciliation is not None:
            deciding.link(self, row, self.known.reconciliation)

    @on(Changed)
    def ledger_changed(self, message: Changed) -> None:
        """Says what was decided, or what went wrong, and reads again."""
        self.notify(message.said, severity="error" if message.failed else "information", timeout=6)
        self.interface.reread()
