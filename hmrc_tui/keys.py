"""The keys: Textual bindings made from the registry of actions, and a person's own keys from `keys.toml`."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import msgspec
from textual.binding import Binding

from hmrc_tui import actions
from hmrc_tui.actions import Action, Scope
from hmrc_tui.key_names import SHOWN
from storage.places import Places
from storage.toml_document import toml_document
from storage.troubles import BadInput

KEY_FILE = "keys.toml"
_LONG = {shown: name for name, shown in SHOWN.items() if len(shown) == 1}
"""A person writes `?`; Textual calls that key `question_mark`."""


def bindings(scope: Scope) -> list[Binding]:
    """The bindings of a scope's actions, each with the action's id, so that a key map can move it."""
    return [
        Binding(
            action.keys,
            _method(action),
            action.title,
            show=False,
            id=action.id,
            priority=action.keys.startswith("ctrl"),
        )
        for action in actions.of(scope)
    ]


def _method(action: Action) -> str:
    return f"show('{action.name.removeprefix('show_')}')" if action.name.startswith("show_") else action.name


def read_key_map(places: Places) -> dict[str, str]:
    """A person's own keys: `keys.toml` beside the configuration, a line `"overview.accept" = "A"` for each action moved.

    Several keys stand in a list or with commas between. Raises `BadInput` where the file cannot be understood.
    """
    file = places.config / KEY_FILE
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadInput(f"{file}: {os.strerror(error.errno or 0)}; make the file readable or remove it") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file}: the file is not UTF-8 text; save it as UTF-8") from None
    document = toml_document(text, str(file))
    chosen = {identifier: _keys(value, identifier, file) for identifier, value in document.items()}
    _no_clash(chosen, file)
    return chosen


def _keys(value: object, identifier: str, file: Path) -> str:
    if identifier not in actions.ids():
        close = get_close_matches(identifier, actions.ids(), n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "; `?` in the program lists the actions"
        raise BadInput(f"{file}: unknown action {identifier!r}{meant}")
    try:
        parts = value.split(",") if isinstance(value, str) else msgspec.convert(value, list[str])
    except msgspec.ValidationError:
        parts = []
    keys = [part.strip() for part in parts]
    if not keys or not all(keys):
        raise BadInput(f'{file}: {identifier}: write a key as "a", or several as ["a", "ctrl+a"]')
    return ",".join(_LONG.get(key, key) for key in keys)


def _no_clash(chosen: Mapping[str, str], file: Path) -> None:
    """Refuses two actions of one page on one key: one of them could not be reached."""
    for page in actions.PAGES:
        taken: dict[str, str] = {}
        for action in actions.on_page(page):
            for key in chosen.get(action.id, action.keys).split(","):
                other = taken.setdefault(key, action.id)
                if other != action.id:
                    raise BadInput(f"{file}: {key!r} would be both {other} and {action.id}; choose another key")
