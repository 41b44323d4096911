"""The Overview as it was last seen, kept beside the ledger, so that the first paint shows figures before the ledger is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hmrc_tui.views.pieces import Cell, Item, Line, Piece
from hmrc_tui.words import Tone
from storage.troubles import StorageTrouble

if TYPE_CHECKING:
    from storage.places import Places
    from storage.settings import Settings

_FILE = "last-seen.json"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What stood on the Overview."""

    glance: tuple[Line, ...]
    items: tuple[Item, ...]


class _Kept(msgspec.Struct, frozen=True):
    """The same as it lies in its file. `taxpayer` is a digest of the UTR: another person's figures are never shown."""

    taxpayer: str
    glance: tuple[tuple[tuple[str, Tone, bool], ...], ...]
    items: tuple[tuple[str, dict[str, tuple[str, Tone]], str], ...]


def recall(settings: Settings, places: Places) -> LastSeen | None:
    """What was last seen of this environment and taxpayer; None where there is nothing, or it cannot be understood."""
    if not places.ledger_file(settings.environment).exists():
        return None
    try:
        kept = msgspec.json.decode(_file(settings, places).read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return None
    if kept.taxpayer != _taxpayer(settings):
        return None
    glance = tuple(tuple(Piece(*piece) for piece in one) for one in kept.glance)
    items = (
        Item(key, {name: Cell(*cell) for name, cell in cells.items()}, search) for key, cells, search in kept.items
    )
    return LastSeen(glance, tuple(items))


def remember(settings: Settings, places: Places, seen: LastSeen) -> None:
    """Keeps what is seen, where it changed. It can always be made again, so that it is no trouble where it cannot be written."""
    kept = _Kept(
        _taxpayer(settings),
        tuple(tuple((piece.text, piece.tone, piece.bold) for piece in one) for one in seen.glance),
        tuple(
            (item.key, {name: (str(cell.text), cell.tone) for name, cell in item.cells.items()}, item.search)
            for item in seen.items
        ),
    )
    text = msgspec.json.encode(kept).decode()
    file = _file(settings, places)
    try:
        if not file.exists() or file.read_text("utf-8") != text:
            from hmrc_tui.files import write_private

            write_private(file, text)
    except (OSError, StorageTrouble):
        return


def _taxpayer(settings: Settings) -> str:
    """A few letters that tell one taxpayer from another and nothing more."""
    utr = settings.hmrc.utr.reveal() if settings.hmrc.utr else ""
    return hashlib.sha256(f"{settings.environment}\x1f{utr}".encode()).hexdigest()[:8]


def _file(settings: Settings, places: Places) -> Path:
    return places.state / settings.environment / _FILE
