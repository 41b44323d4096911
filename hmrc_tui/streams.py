"""The standard streams as a command needs them: there, and no fault of the program where nobody takes what it says."""

import errno
import os
import sys
from io import TextIOWrapper

_NOT_TAKEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""What a write to standard output may fail with where it goes to a file or a device."""


def open_missing() -> None:
    """Opens those of descriptors 0, 1 and 2 that are closed on the null device.

    Else the next file, such as the ledger or the journal of the sign-in, would get their number, and what is said to the person would end
    in it, or on standard output.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number is this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def write_every_character() -> None:
    """Lets standard output name a character by its number where its encoding lacks it, as standard error does anyway.

    Else a tick, or an employer's name, would end a command under a locale such as en_GB.ISO-8859-1. UTF-8 stays strict: what it cannot
    write is no text (`not_text`).
    """
    if isinstance(sys.stdout, TextIOWrapper) and not sys.stdout.encoding.lower().startswith("utf"):
        sys.stdout.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Sends what standard output still holds nowhere: the interpreter must not complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def not_taken(error: OSError) -> str | None:
    """Why standard output did not take the result; None where the error is about something else."""
    if error.filename is not None or error.errno not in _NOT_TAKEN:
        return None
    return f"standard output: {os.strerror(error.errno)}; see that what it goes to can be written"


def not_text(error: UnicodeEncodeError) -> bool:
    """True where the command line held bytes that are no UTF-8: Python hands them over as halves of characters."""
    return any("\udc80" <= each <= "\udcff" for each in error.object[error.start : error.end])
