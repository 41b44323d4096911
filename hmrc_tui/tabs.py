"""The tabs of the interface: each is composed when it is first opened, one is shown, and keys, mouse and palette lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from hmrc_tui import actions
from hmrc_tui.actions import Scope
from hmrc_tui.key_names import named
from hmrc_tui.screens.page import Page
from hmrc_tui.shell import Shell
from hmrc_tui.widgets.frame import KeyLine, TabLine

if TYPE_CHECKING:
    from storage.clock import Clock
    from storage.places import Places

_PAGES: Mapping[Scope, str] = {
    "overview": "hmrc_tui.screens.overview:Overview",
    "payslips": "hmrc_tui.screens.payslips:Payslips",
    "history": "hmrc_tui.screens.history:History",
    "headers": "hmrc_tui.screens.headers:Headers",
    "activity": "hmrc_tui.screens.activity:Activity",
    "sign_in": "hmrc_tui.screens.sign_in:SignInPage",
}
"""Where each tab is; its module is imported when it is first opened."""


class Tabbed(Shell):
    """A shell with tabs: the line of their names above, the line of the open one's keys below."""

    def __init__(self, places: Places, clock: Clock, key_map: Mapping[str, str] | None = None) -> None:
        """`key_map` has keys of the person's own, by the id of their action."""
        super().__init__(places, clock)
        self.key_map = dict(key_map or {})
        self.page: Scope = "overview"
        self._tabs, self._keys = TabLine(), KeyLine(self.key_map)
        self._frame = Container(id="pages")
        self._pages: dict[Scope, Page] = {}
        if self.key_map:
            self.set_keymap(self.key_map)

    def compose_tabs(self) -> ComposeResult:
        """The frame and the Overview alone: other tabs when they are first opened."""
        from hmrc_tui.screens.overview import Overview

        self._pages["overview"] = Overview()
        yield self._tabs
        with self._frame:
            yield self._pages["overview"]
        yield self._keys

    @property
    def open_page(self) -> Page:
        """The tab that is open."""
        return self._pages[self.page]

    def naming_keys(self, text: str) -> str:
        """A text of ours that names keys by their actions, as `{sync} asks HMRC`, with the keys in force."""
        return named(text, self.key_map)

    @property
    def rest_of_message(self) -> str:
        """What stands at the end of a message that was shortened."""
        return self.naming_keys("… {messages} tells all")

    @on(TabLine.Picked)
    async def tab_picked(self, message: TabLine.Picked) -> None:
        """Opens the tab that was clicked."""
        await self.action_show(message.page)

    @on(KeyLine.Picked)
    async def key_picked(self, message: KeyLine.Picked) -> None:
        """Does what was clicked in the line of keys."""
        await self.perform(message.action)

    async def perform(self, action: actions.Action) -> None:
        """Does `action` as its key would, on its own tab."""
        if action.name.startswith("show_"):
            await self.action_show(cast("Scope", action.name.removeprefix("show_")))
            return
        if action.scope in actions.PAGES and action.scope != self.page:
            await self.action_show(action.scope)
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
        self.take_up()

    def take_up(self) -> None:
        """Shows the open tab as things are now, with its keys, and gives it the keyboard."""
        self._keys.choose(self.page)
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
        """Closes what is open, else leaves the page's filter, else goes to the Overview; one step at a time, messages first."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.put_messages_away:
            return
        elif not self.open_page.leave() and self.page != "overview":
            await self.action_show("overview")

    def action_help(self) -> None:
        """Shows what every key of this page does."""
        from hmrc_tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.page, self.key_map))

    def choose_theme(self, name: str) -> None:
        """Changes the colours, of what is drawn by hand too."""
        super().choose_theme(name)
        self.open_page.renew()
