"""The command palette: every action by its name, from the registry, in Textual's own finder."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from hmrc_tui import actions, themes
from hmrc_tui.actions import Action
from hmrc_tui.key_names import key_of

if TYPE_CHECKING:
    from hmrc_tui.app import HmrcTuiApp


class Commands(Provider):
    """Every action, those of the open page first, and the themes."""

    @property
    def _interface(self) -> "HmrcTuiApp":
        return cast("HmrcTuiApp", self.app)

    def _commands(self) -> list[tuple[str, str, Callable[[], object]]]:
        interface = self._interface
        here = actions.on_page(interface.page)
        elsewhere = (action for page in actions.PAGES if page != interface.page for action in actions.of(page))
        found: list[tuple[str, str, Callable[[], object]]] = [
            (self._name(action), action.about, partial(interface.call_later, interface.perform, action))
            for action in (*here, *elsewhere)
            if action.palette
        ]
        colours: list[tuple[str, str, Callable[[], object]]] = [
            (f"Colours: {theme.name}", "Change the colours.", partial(interface.choose_theme, theme.name))
            for theme in themes.THEMES
        ]
        return [*found, *colours]

    def _name(self, action: Action) -> str:
        """The action's title and key; of another tab's, the keys that lead to it."""
        key = key_of(action, self._interface.key_map)
        tab = actions.PAGES.get(action.scope)
        if tab is None or action.scope == self._interface.page:
            return f"{action.title} ({key})"
        opening = key_of(actions.by_id(f"show_{action.scope}"), self._interface.key_map)
        return f"{tab}: {action.title} ({opening} {key})"

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for name, about, run in self._commands():
            yield DiscoveryHit(name, run, help=about)

    async def search(self, query: str) -> Hits:
        """What matches what was typed."""
        matcher = self.matcher(query)
        for name, about, run in self._commands():
            score = max(matcher.match(name), 0.8 * (query.casefold() in about.casefold()))
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=about)


def open_palette(app: "HmrcTuiApp") -> None:
    """Opens the palette."""
    app.push_screen(CommandPalette(providers=[Commands], placeholder="Find an action …"))
