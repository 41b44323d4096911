"""Reads the file that a person named: whole, of a sane size, or refused in one line."""

import os
import stat
from pathlib import Path

from storage.troubles import BadInput

LARGEST_FILE = 50_000_000
"""Bytes; a payslip file is far smaller."""
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
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{file}: the file is larger than {LARGEST_FILE // 1_000_000} MB; it cannot be a payslip file")
    return content
