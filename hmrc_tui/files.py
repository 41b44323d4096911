"""Files that the interface writes: only their owner can read them, and each appears whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from storage.places import private_folder
from storage.troubles import StorageTrouble


def write_private(file: Path, text: str) -> None:
    """Writes `text` to `file` with mode 0600, making its folder where it is missing. Raises `StorageTrouble`."""
    folder = private_folder(file.parent)
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=f".{file.name}.", delete=False) as opened:
            draft = Path(opened.name)
            try:
                opened.write(text)
                opened.close()
                draft.replace(file)
            finally:
                with suppress(OSError):  # half of it may have been written, and it may be a secret
                    draft.unlink(missing_ok=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be written"
        raise StorageTrouble(f"{file}: {reason}; choose another place") from None
