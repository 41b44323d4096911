"""What the tabs that show a list have in common: filter, copy, export, and Escape to leave the filter."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.message import Message

from hmrc_tui.keys import bindings
from hmrc_tui.screens.page import Page
from hmrc_tui.views.pieces import Cell
from hmrc_tui.widgets.rows import Rows
from storage.places import from_home
from storage.troubles import Trouble

if TYPE_CHECKING:
    from hmrc_tui.widgets.filter_line import FilterLine


class Exported(Message):
    """A file was written: `said` is its name, or why it could not be."""

    def __init__(self, said: str, *, failed: bool = False) -> None:
        super().__init__()
        self.said = said
        self.failed = failed


class ListPage(Page):
    """A page whose main part is a list with the id `rows`."""

    EXPORTS: ClassVar[str] = "CSV: what the list shows, filtered and sorted as it is."

    BINDINGS: ClassVar[list[BindingType]] = list(bindings("list"))

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one("#rows", Rows)

    def opened(self) -> None:
        """Gives the keyboard to the list; while there is none to see, the page itself takes it."""
        self.screen.set_focus(self if self.can_focus else self.rows, scroll_visible=False)

    def show_empty(self, empty: bool) -> None:
        """Shows that there is nothing to list, or the list. The keyboard stays on this page either way."""
        if empty == self.can_focus and empty == self.has_class("-empty"):
            return
        self.set_class(empty, "-empty")
        self.rows.display = not empty
        self.can_focus = empty
        if self.interface.page == self.SCOPE and len(self.app.screen_stack) == 1:
            self.opened()

    def leave(self) -> bool:
        """Closes the filter, where one is in use."""
        if not self.rows.narrowed and not self.query("FilterLine"):
            return False
        self.query("FilterLine").remove()
        self.rows.narrow("")
        self.rows.focus()
        return True

    async def action_filter(self) -> None:
        """Shows the line in which a filter is typed."""
        from hmrc_tui.widgets.filter_line import FilterLine

        if not self.query(FilterLine):
            await self.mount(FilterLine(self.rows.narrowed, self.interface.naming_keys("{back}")))
        self.query_one("FilterLine Input").focus()

    def on_filter_line_changed(self, message: "FilterLine.Changed") -> None:
        """Filters while it is typed."""
        self.rows.narrow(message.text)

    def on_filter_line_kept(self) -> None:
        """Back to the list, the filter in force."""
        if not self.rows.narrowed:
            self.leave()
        self.rows.focus()

    def action_copy(self) -> None:
        """Copies the marked cell by OSC 52, which also works over SSH."""
        marked = self.rows.marked
        if marked is not None:
            self._copy(marked[1].text, marked[0].title)

    def action_copy_row(self) -> None:
        """Copies the row, a tab between its cells."""
        item = self.rows.current
        if item is not None:
            self._copy(
                "\t".join(item.cells[column.name].text for column in self.rows.columns if column.name in item.cells),
                "row",
            )

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text.replace("−", "-"))
        elsewhere = self.interface.naming_keys("{list.export} exports to a file")
        self.notify(f"Copied {what} (OSC 52; {elsewhere})", timeout=3)

    @property
    def export_name(self) -> str:
        """What the file of an export is called after."""
        return self.SCOPE

    def action_export(self) -> None:
        """Asks for a file and writes what the list shows."""
        from hmrc_tui.screens.asking import AskText
        from hmrc_tui.views.pieces import line, quiet

        suggested = f"hmrc-tui-{self.export_name}-{self.interface.clock.now():%Y%m%d}.csv"
        about = [line(quiet(self.EXPORTS))]
        question = AskText("Export to the file", about, value=str(Path.cwd() / suggested), check=_writable)
        self.app.push_screen(question, self._export)

    def _export(self, name: str | None) -> None:
        if name:
            file = from_home(name.strip())
            self.in_thread(lambda: self._write(file), "export")

    def _write(self, file: Path) -> None:
        from hmrc_tui.files import write_private

        try:
            write_private(file, self.exported(file))
        except Trouble as trouble:
            self.post_message(Exported(str(trouble), failed=True))
        else:
            self.post_message(Exported(str(file)))

    def on_exported(self, message: "Exported") -> None:
        """Says where it was written, or why not."""
        if message.failed:
            self.notify(message.said, severity="error", timeout=8)
        else:
            self.notify(message.said, title="Exported", timeout=5)

    def exported(self, file: Path) -> str:  # noqa: ARG002 - other pages go by its name
        """What the list shows, as CSV."""
        import csv
        import io

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = self.rows.columns
        writer.writerow([column.name for column in columns])
        for item in self.rows.items:
            writer.writerow([_bare(item.cells.get(column.name, Cell())) for column in columns])
        return text.getvalue()


def _bare(cell: Cell) -> str:
    """A cell as a spreadsheet reads it: words without their glyph, amounts without separators, nothing for what is not known.

    What it would take for a formula has an apostrophe before it.
    """
    plain = (cell.order if isinstance(cell.order, str) else cell.text).replace("−", "-").removesuffix("†")
    number = plain.replace(",", "").removeprefix("+")
    if number.replace(".", "", 1).removeprefix("-").isdecimal():
        return number
    if plain == "–":
        return ""
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@", "\t", "\r")) else plain


def _writable(name: str) -> str:
    if not name.strip():
        return "Name a file."
    try:
        file = from_home(name.strip())
        if file.is_dir():
            return "That is a folder; name a file in it."
        return "There is such a file already; name another." if file.exists() else ""
    except OSError as error:
        return f"{os.strerror(error.errno or 0)}; name another file."
    except Trouble as trouble:
        return str(trouble)
