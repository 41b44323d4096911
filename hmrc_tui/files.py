"""Files that the interface writes: only their owner can read them, and each appears whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from storage.places import private_folder
from storage.troubles import StorageTrouble


def write_private(file: Path, text: str) -> None:
    """Writes `text` to `file` with mode 0600, making its folder where it is missing. Raises `StorageTrouble`."""
    folder = private_folder(file.parent)
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=f".{file.name}.", delete=False) as draft:
            draft.write(text)
        Path(draft.name).replace(file)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be written"
        raise StorageTrouble(f"{file}: {reason}; choose another place") from None
