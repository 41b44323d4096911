"""Keys as they are printed, and texts that name them: each names the key in force, which a person may have moved."""

import re
from collections.abc import Mapping

from hmrc_tui import actions
from hmrc_tui.actions import Action

SHOWN: Mapping[str, str] = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "escape": "Esc",
    "enter": "Enter",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
"""What is printed for a key, by Textual's name of it, where that is not the name itself."""
_NAMED = re.compile(r"\{([a-z_.]+)\}")


def key_of(action: Action, key_map: Mapping[str, str]) -> str:
    """The action's first key as it is printed: `?`, `Esc`, `s`."""
    return shown(key_map.get(action.id, action.keys).split(",")[0])


def keys_of(action: Action, key_map: Mapping[str, str]) -> str:
    """All of the action's keys as they are printed: `↓ j`."""
    return " ".join(shown(key) for key in key_map.get(action.id, action.keys).split(","))


def shown(key: str) -> str:
    """A key as it is printed."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return SHOWN.get(key, key)


def named(text: str, key_map: Mapping[str, str]) -> str:
    """A text of ours with a key for each action's id in braces: `{sync} asks HMRC` is `s asks HMRC`. Raises `KeyError` for another id."""
    return _NAMED.sub(lambda found: key_of(actions.by_id(found[1]), key_map), text)
