"""The grant in a file that only its owner may read."""

import hashlib
from pathlib import Path

from storage.tokens.private_file import prove_writable, read_private, replace_private, sync_folder, trouble
from storage.tokens.record import GrantRecord, decode, encode
from storage.tokens.store import DamagedRecord, Lease, NoLease, Reached, Version, WriteConflict, unwatched

_ROOM = 16 * 1024
"""Bytes that are proved to fit before a token is spent: far more than a record takes."""


class FileTokenStore:
    """`token.json`, mode 0600, replaced as a whole; its version is a hash of its bytes."""

    name = "file"

    def __init__(self, file: Path, reached: Reached = unwatched) -> None:
        self._file = file
        self._reached = reached

    def read(self) -> tuple[GrantRecord | None, Version]:
        """The record in the file. Raises `DamagedRecord` where the file cannot be understood, a zero-length one included."""
        content = read_private(self._file)
        if content is None:
            return None, None
        try:
            return decode(content), _version(content)
        except ValueError:
            raise DamagedRecord(
                f"{self._file} is damaged; it is kept as it is: run `hmrc-tui authorise` to sign in again"
            ) from None

    def write(self, record: GrantRecord, expected: Version) -> Version:
        """Replaces the file where it is still at `expected`; the caller holds the exclusive lock."""
        content = read_private(self._file)
        if (None if content is None else _version(content)) != expected:
            raise WriteConflict
        new = encode(record)
        replace_private(self._file, new, self._reached)
        return _version(new)

    def probe(self) -> None:
        """Proves that the folder takes a file of a record's size."""
        prove_writable(self._file, _ROOM)

    def forget(self) -> None:
        """Deletes the file, and what an interrupted write may have left beside it."""
        try:
            for file in (self._file, self._file.with_name(self._file.name + ".new")):
                file.unlink(missing_ok=True)
            if self._file.parent.is_dir():
                sync_folder(self._file.parent)
        except OSError as error:
            raise trouble(self._file, error) from None

    def set_aside(self) -> str:
        """Renames the damaged file to `token.json.damaged`."""
        aside = self._file.with_name(self._file.name + ".damaged")
        try:
            self._file.replace(aside)
            aside.chmod(0o600)
        except OSError as error:
            raise trouble(self._file, error) from None
        return str(aside)

    def journal_key(self) -> bytes | None:
        """None: the journal lies beside the file, with the same mode."""
        return None

    def lease(self, holder: str) -> Lease:  # noqa: ARG002 - the interface has it
        """No lease: the lock on this machine is enough."""
        return NoLease()


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
