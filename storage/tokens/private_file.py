"""Files that only their owner may read: opened, checked and replaced so that a crash leaves the old or the new, never a half."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from storage.places import private_folder
from storage.tokens.store import Reached, TokenStoreTrouble, unwatched


def open_private(file: Path, flags: int) -> int:
    """A descriptor of `file`, mode 0600 where it is made now.

    Raises `FileNotFoundError`, and `TokenStoreTrouble` where others can read it, it is somebody else's, or a symbolic link.
    """
    try:
        descriptor = os.open(file, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise trouble(file, error) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        mend = f"{file} is not an ordinary file; move it away"
    elif found.st_uid != os.geteuid() and os.geteuid() != 0:
        mend = f"{file} belongs to another user; run as that user or move it away"
    elif stat.S_IMODE(found.st_mode) & 0o077:
        mend = f"{file} can be read by others and is not used; make it private with: chmod 600 {file}"
    else:
        return descriptor
    os.close(descriptor)
    raise TokenStoreTrouble(mend)


def read_private(file: Path) -> bytes | None:
    """All of `file`; `None` where there is none. Raises `TokenStoreTrouble`."""
    try:
        descriptor = open_private(file, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        try:
            return stream.read()
        except OSError as error:
            raise trouble(file, error) from None


def replace_private(file: Path, content: bytes, reached: Reached = unwatched) -> None:
    """Puts `content` in the place of `file`: written beside it, on the disk, renamed, and the folder on the disk too.

    The caller holds the lock that lets one process write. Raises `TokenStoreTrouble`; then `file` is as it was.
    """
    private_folder(file.parent)
    beside = file.with_name(file.name + ".new")
    try:
        _write_beside(beside, content, reached)
        beside.replace(file)
        reached("store_renamed_dir_not_synced")
        sync_folder(file.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise trouble(file, error) from None


def _write_beside(beside: Path, content: bytes, reached: Reached) -> None:
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        reached("store_tmp_written")
        os.fsync(stream.fileno())
    reached("store_tmp_synced")


def prove_writable(file: Path, size: int) -> None:
    """Writes and removes `size` bytes beside `file`: what is about to be kept there will fit. Raises `TokenStoreTrouble`."""
    private_folder(file.parent)
    beside = file.with_name(file.name + ".probe")
    try:
        _write_beside(beside, b"\0" * size, unwatched)
    except OSError as error:
        raise trouble(file, error) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def name_once(made: Path, file: Path) -> None:
    """Gives the finished file `made` the name `file` where nothing has it yet; what another process put there meanwhile stays.

    Raises `OSError`. Where the file system has no hard links, two processes in the same moment may both see their own there.
    """
    try:
        os.link(made, file)
    except FileExistsError:
        return
    except OSError:
        if not file.exists():
            made.replace(file)


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in `folder` lasting."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def trouble(file: Path, error: OSError) -> TokenStoreTrouble:
    """What the system said about `file`, in one line."""
    reason = os.strerror(error.errno) if error.errno else "it cannot be used"
    return TokenStoreTrouble(f"{file}: {reason}; free or repair the place, or set HMRC_TUI_HOME")
