"""Reads the file that a person named, or what is piped into the program: whole, of a sane size, or refused in one line."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from storage.shown_text import one_line
from storage.troubles import BadInput

LARGEST_FILE = 50_000_000
"""Bytes; whatever the program reads on request is far smaller."""
_OPENED_BY_THE_SHELL = {Path("/dev/fd"), Path("/proc/self/fd"), Path("/dev")}


def file_content(file: Path) -> bytes:
    """The bytes of `file`, which may be a pipe that the shell opened. Raises `BadInput` where it cannot be read or is far too large."""
    try:
        kind = file.stat().st_mode
        piped = stat.S_ISFIFO(kind) and file.parent in _OPENED_BY_THE_SHELL
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind) or piped):
            raise BadInput(f"{file}: this is not a file but a pipe or device; write its content into a file")
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{file}: {os.strerror(error.errno or 0)}; name a file that can be read") from None
    return _moderate(content, str(file))


def piped_content(stream: BinaryIO, name: str) -> bytes:
    """All that `stream`, called `name` in a message, gives. Raises `BadInput` where that is far too much or cannot be read."""
    try:
        return _moderate(stream.read(LARGEST_FILE + 1), name)
    except OSError as error:
        raise BadInput(f"{name}: {os.strerror(error.errno or 0)}; name a file instead") from None


def shown_name(file: Path) -> str:
    """The name under which the program speaks of `file`: somebody else may have chosen it."""
    return one_line(file.name)


def _moderate(content: bytes, name: str) -> bytes:
    if len(content) > LARGEST_FILE:
        raise BadInput(
            f"{name}: it is larger than {LARGEST_FILE // 1_000_000} MB, and so not what is wanted here; name another"
        )
    return content
