"""Every action of the interface, in one registry: the key map, the footer, the help and the command palette come from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["app", "rows", "list", "overview", "payslips", "history", "headers", "activity", "sign_in"]

PAGES: Mapping[Scope, str] = {
    "overview": "Overview",
    "payslips": "Payslips",
    "history": "History",
    "headers": "Fraud headers",
    "activity": "Activity",
    "sign_in": "Sign-in",
}
"""The tabs, in the order of their keys 1 to 6."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person can do: where, by which keys, and in what words."""

    name: str
    """The method that does it, without `action_`; `show_overview` and the like show a page."""
    keys: str
    """Textual's names of its keys, with commas between."""
    title: str
    about: str
    scope: Scope = "app"
    footer: bool = False
    palette: bool = True

    @property
    def id(self) -> str:
        """Its name in the key file: `overview.accept`, `sync`."""
        name = self.name.replace("(1)", "_down").replace("(-1)", "_up")
        return name if self.scope == "app" else f"{self.scope}.{name}"


def _page_actions() -> tuple[Action, ...]:
    return tuple(
        Action(f"show_{page}", str(number), title, f"Open the {title} tab.", palette=True)
        for number, (page, title) in enumerate(PAGES.items(), start=1)
    )


ACTIONS: tuple[Action, ...] = (
    *_page_actions(),
    Action("next_page", "right_square_bracket", "Next tab", "Go to the next tab.", palette=False),
    Action("previous_page", "left_square_bracket", "Previous tab", "Go to the tab before.", palette=False),
    Action("sync", "s", "Sync", "Ask HMRC now for every open tax year.", footer=True),
    Action("cancel_sync", "x", "Stop sync", "Stop the running sync; what has been answered is kept."),
    Action("reread", "r", "Read again", "Read the ledger again."),
    Action("reveal", "u", "Show UTR", "Show the UTR for ten seconds."),
    Action("next_theme", "T", "Theme", "Change the colours: dark, light, high contrast, colour-blind safe."),
    Action("picture", "P", "Picture", "Save a picture of the screen (SVG), identifiers masked."),
    Action("messages", "M", "Messages", "Show the messages again, in full."),
    Action("guide", "ctrl+g", "First steps", "Open the guide to the first start."),
    Action("suspend_process", "ctrl+z", "Background", "Put the program into the background; `fg` brings it back."),
    Action("palette", "colon,ctrl+p", "Commands", "Find an action by its name.", palette=False),
    Action("back", "escape", "Back", "Close what is open; leave a filter; take messages away.", palette=False),
    Action("help", "question_mark,f1", "Help", "Show what every key of this screen does.", footer=True),
    Action("quit", "q,ctrl+q", "Quit", "Leave at once.", footer=True),
    # In every list
    Action("cursor_down", "down,j", "Down", "One row down.", "rows", palette=False),
    Action("cursor_up", "up,k", "Up", "One row up.", "rows", palette=False),
    Action("cursor_left", "left,h", "Left", "One column to the left.", "rows", palette=False),
    Action("cursor_right", "right,l", "Right", "One column to the right.", "rows", palette=False),
    Action("page_down", "pagedown,ctrl+f", "Page down", "One page down.", "rows", palette=False),
    Action("page_up", "pageup,ctrl+b", "Page up", "One page up.", "rows", palette=False),
    Action("first", "home,g", "First", "To the first row.", "rows", palette=False),
    Action("last", "end,G", "Last", "To the last row.", "rows", palette=False),
    Action("choose", "enter", "Open", "Open the row in full.", "rows"),
    Action("filter", "slash", "Filter", "Show only rows that contain what you type, until you leave it.", "list"),
    Action("sort", "o", "Sort", "Sort by the column that is marked; again turns it round.", "rows"),
    Action("copy", "y", "Copy", "Copy the marked cell to the clipboard (OSC 52).", "list"),
    Action("copy_row", "Y", "Copy row", "Copy the whole row, with tabs between.", "list"),
    Action("export", "e", "Export", "Write what this list shows to a file.", "list"),
    # Overview
    Action("slips", "p", "Payslips", "Show the payslips behind this row.", "overview", footer=True),
    Action("months", "m", "Months", "Show the months as bars instead of the causes, or back.", "overview", footer=True),
    Action("tax", "t", "Pay/tax", "Show tax in the columns instead of pay, or back.", "overview", footer=True),
    Action("accept", "a", "Accept", "Accept this difference with a note, or withdraw that.", "overview", footer=True),
    Action("scroll(1)", "J", "Scroll down", "Scroll the row in full down.", "overview", palette=False),
    Action("scroll(-1)", "K", "Scroll up", "Scroll the row in full up.", "overview", palette=False),
    Action("link", "L", "Link", "Say that this PAYE reference became another, or undo that.", "overview"),
    # Payslips
    Action(
        "import_file",
        "i",
        "Import",
        "Import a file or a folder: payslips, P60s, HMRC's payment table.",
        "payslips",
        footer=True,
    ),
    Action("paste_table", "v", "Paste", "Paste HMRC's payment table from your tax account.", "payslips", footer=True),
    Action(
        "papers",
        "p",
        "P60s",
        "Show the P60s instead, then the payments that HMRC's table lists, then the payslips again.",
        "payslips",
        footer=True,
    ),
    Action("breaks", "b", "Breaks", "Show only payslips with a warning, or all.", "payslips", footer=True),
    Action("remove", "d", "Remove", "Remove this payslip, P60 or payment after asking.", "payslips", footer=True),
    Action(
        "undo_import", "U", "Undo import", "Take back everything that one import brought, after asking.", "payslips"
    ),
    # History
    Action("calls", "c", "Calls", "Show every call instead of the changes, or back.", "history", footer=True),
    # Fraud headers
    Action("method", "m", "Method", "Show the headers of the next connection method.", "headers", footer=True),
    Action("validate", "v", "Ask HMRC", "Ask HMRC's own validator about these headers.", "headers", footer=True),
    # Sign-in
    Action("sign_in", "b", "Sign in", "Open HMRC's sign-in page in a browser and wait for it.", "sign_in", footer=True),
    Action("paste", "v", "Paste", "Paste the address that the browser ended at, as over SSH.", "sign_in", footer=True),
    Action("copy_address", "y", "Copy address", "Copy the sign-in address.", "sign_in", footer=True),
    Action("forget", "f", "Forget", "Forget the sign-in on this machine after asking.", "sign_in", footer=True),
)

LIST_PAGES: frozenset[Scope] = frozenset({"overview", "payslips", "history", "headers", "activity"})
"""The pages that are lists, where the actions of a list work."""


def of(*scopes: Scope) -> tuple[Action, ...]:
    """The actions of `scopes`, in the registry's order."""
    return tuple(action for action in ACTIONS if action.scope in scopes)


def by_id(identifier: str) -> Action:
    """The action of that id. Raises `KeyError` where there is none."""
    return {action.id: action for action in ACTIONS}[identifier]


def ids() -> frozenset[str]:
    """Every action's id."""
    return frozenset(action.id for action in ACTIONS)


def on_page(page: Scope) -> tuple[Action, ...]:
    """Every action that works on `page`: its own, its list's, then the program's."""
    return of(page) + (of("rows", "list") if page in LIST_PAGES else ()) + of("app")
