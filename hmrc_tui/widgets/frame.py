"""The frame around every page: the tabs above it and the keys below, each one line and one widget."""

from collections.abc import Mapping, Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from hmrc_tui import actions
from hmrc_tui.actions import Action, Scope
from hmrc_tui.key_names import key_of


class TabLine(Widget):
    """The six tabs with their numbers; the open one stands out by brackets too, not by colour alone."""

    DEFAULT_CSS = """
    TabLine { height: 1; background: $panel; color: $tone-quiet; }
    TabLine:hover { color: $tone-plain; }
    """

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, page: Scope) -> None:
            super().__init__()
            self.page: Scope = page

    def __init__(self) -> None:
        super().__init__()
        self._page: Scope = "overview"

    def choose(self, page: Scope) -> None:
        """Marks `page` as the open one."""
        if page != self._page:
            self._page = page
            self.refresh()

    def _labels(self) -> list[tuple[Scope, str]]:
        """Every tab by number and title; where that does not fit, the others by their numbers alone."""
        titles = list(enumerate(actions.PAGES.items(), 1))
        whole = sum(len(f" {number} {title} ") for number, (_, title) in titles) <= self.size.width
        return [
            (page, f"[{number} {title}]" if page == self._page else f" {number} {title} " if whole else f" {number} ")
            for number, (page, title) in titles
        ]

    def render(self) -> Content:
        """The tabs in a line."""
        return Content.assemble(
            *((label, "bold $tone-note" if page == self._page else "") for page, label in self._labels())
        )

    def on_click(self, event: events.Click) -> None:
        """Opens the tab under the mouse."""
        at = 0
        for page, label in self._labels():
            at += len(label)
            if event.x < at:
                self.post_message(self.Picked(page))
                return


class KeyLine(Widget):
    """The keys of the open page, from the registry; what does not fit is in the help."""

    DEFAULT_CSS = "KeyLine { height: 1; background: $panel; color: $tone-plain; }"

    class Picked(Message):
        """A key was clicked."""

        def __init__(self, action: Action) -> None:
            super().__init__()
            self.action = action

    def __init__(self, key_map: Mapping[str, str]) -> None:
        super().__init__()
        self._key_map = key_map
        self._shown: Sequence[Action] = ()
        self._left = 0

    def leave(self, cells: int) -> None:
        """Leaves so many cells on the right to a message."""
        if cells != self._left:
            self._left = cells
            self.refresh()

    def choose(self, page: Scope) -> None:
        """Shows the keys of `page`: its own first, then the program's."""
        listed = (actions.by_id("list.filter"), actions.by_id("rows.sort")) if page in actions.LIST_PAGES else ()
        self._shown = (
            tuple(a for a in actions.of(page) if a.footer) + listed + tuple(a for a in actions.of("app") if a.footer)
        )
        self.refresh()

    def _labels(self) -> list[tuple[Action, str, str]]:
        """As many keys as fit, the program's own always among them."""
        labels = [(action, key_of(action, self._key_map), action.title) for action in self._shown]
        room = self.size.width - self._left if self._left else self.size.width + 1  # the last blank may fall off
        while sum(len(key) + len(title) + 3 for _, key, title in labels) > room:
            spare = next((index for index in range(len(labels) - 1, -1, -1) if labels[index][0].scope != "app"), None)
            if spare is None:
                break
            del labels[spare]
        return labels

    def render(self) -> Content:
        """The keys in a line."""
        return Content.assemble(
            *(part for _, key, title in self._labels() for part in ((f" {key}", "bold $tone-note"), (f" {title} ", "")))
        )

    def on_click(self, event: events.Click) -> None:
        """Does what was clicked."""
        at = 0
        for action, key, title in self._labels():
            at += len(key) + len(title) + 3
            if event.x < at:
                self.post_message(self.Picked(action))
                return
