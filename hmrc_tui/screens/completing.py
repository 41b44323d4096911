"""Completes the name of a file while it is typed."""

import asyncio
from pathlib import Path

from textual.suggester import Suggester

from hmrc_tui.bringing_in import SUFFIXES
from storage.places import from_home
from storage.troubles import BadInput


class Paths(Suggester):
    """Completes the name of a file that can be imported, or of a folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first name that begins so."""
        return await asyncio.to_thread(completed, value)


def completed(value: str) -> str | None:
    """`value` with the first name in its folder that begins so; a folder ends in a slash. None where there is none. Blocks."""
    folder, slash, begun = value.rpartition("/")
    if not begun:
        return None
    try:
        names = sorted(from_home(f"{folder}{slash}" or ".").iterdir())
        found = next(file for file in names if file.name.startswith(begun) and _is_of_use(file))
    except (OSError, BadInput, StopIteration):
        return None
    return f"{folder}{slash}{found.name}{'/' if found.is_dir() else ''}"


def _is_of_use(file: Path) -> bool:
    return file.is_dir() or file.suffix.lower() in SUFFIXES
