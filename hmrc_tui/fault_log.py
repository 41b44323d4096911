"""Keeps what is needed to mend a fault of the program, without anything personal in it."""

import os
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from storage.places import Places, private_folder
from storage.troubles import Trouble


def keep(fault: BaseException, environ: Mapping[str, str]) -> str:
    """Appends where `fault` happened to `faults.log` in the state folder; returns the words that tell the person so.

    Only file names, line numbers and functions are kept: the message and the variables may hold figures or secrets.
    """
    try:
        folder = private_folder(Places.from_environment(environ).state)
        file = folder / "faults.log"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat()}\n")
            for one in _chain(fault):
                log.write(f"{type(one).__name__}\n")
                for frame in traceback.extract_tb(one.__traceback__):
                    log.write(f"  {frame.filename}:{frame.lineno} {frame.name}\n")
    except (OSError, Trouble):
        return "it could not be logged"
    return f"where it happened is in {file}; please report it"


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """`fault` and what it came from: by `raise … from`, while another was handled, or, in Textual's workers, as its `error`."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        within = getattr(fault, "error", None)
        fault = fault.__cause__ or fault.__context__ or (within if isinstance(within, BaseException) else None)
