"""The grant in the operating system's keyring. A keyring may hang for minutes, so every question to it has a limit and a thread of its own."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from storage.tokens.record import GrantRecord, decode, encode
from storage.tokens.store import (
    DamagedRecord,
    Lease,
    NoLease,
    TokenStoreTrouble,
    Version,
    WriteConflict,
    journal_key_in,
    new_journal_key,
)

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "hmrc-tui"
PROBE_SECONDS = 3.0
SECONDS = 30.0
"""For a question that may make the person unlock their keyring first."""
T = TypeVar("T")
_MEND = 'unlock it, or set [tokens] store = "file"'


def works() -> bool:
    """True where there is a keyring that keeps what it is given; asked within three seconds."""
    try:
        _within(PROBE_SECONDS, _try_out)
    except TokenStoreTrouble:
        return False
    return True


class KeyringTokenStore:
    """Two items of the keyring for one environment of one home: the record, and the key that seals the journal."""

    name = "keyring"

    def __init__(self, environment: str, home: str) -> None:
        self._item = f"{environment} {home}"
        self._key: bytes | None = None

    def read(self) -> tuple[GrantRecord | None, Version]:
        """The record in the keyring."""
        content = _get(self._item)
        if content is None:
            return None, None
        try:
            return decode(content.encode()), _version(content)
        except ValueError:
            raise DamagedRecord(
                f"the keyring's item {SERVICE}/{self._item} is damaged; run `hmrc-tui authorise` to sign in again"
            ) from None

    def write(self, record: GrantRecord, expected: Version) -> Version:
        """Replaces the item where it is still at `expected`: a keyring cannot compare by itself, the lock must hold."""
        content = _get(self._item)
        if (None if content is None else _version(content)) != expected:
            raise WriteConflict
        new = encode(record).decode()
        _set(self._item, new)
        return _version(new)

    def probe(self) -> None:
        """Writes, reads and deletes an item."""
        _within(SECONDS, _try_out)

    def forget(self) -> None:
        """Deletes both items."""
        for item in (self._item, self._key_item):
            if _get(item) is not None:
                _delete(item)
        self._key = None

    def set_aside(self) -> str:
        """Renames the damaged item."""
        aside = f"{self._item} damaged"
        content = _get(self._item)
        if content is not None:
            _set(aside, content)
            _delete(self._item)
        return f"{SERVICE}/{aside}"

    def journal_key(self) -> bytes | None:
        """The key that seals the journal on disk, made at random once."""
        if self._key is None:
            kept = _get(self._key_item)
            if kept is None:
                kept = new_journal_key()
                _set(self._key_item, kept)
            self._key = journal_key_in(kept, f"the keyring's item {SERVICE}/{self._key_item}")
        return self._key

    def lease(self, holder: str) -> Lease:  # noqa: ARG002 - the interface has it
        """No lease: a keyring belongs to one machine."""
        return NoLease()

    @property
    def _key_item(self) -> str:
        return f"{self._item} journal key"


def _version(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _keyring() -> "KeyringBackend":
    import keyring

    backend = keyring.get_keyring()
    if backend.priority <= 0:
        raise TokenStoreTrouble(f"there is no keyring here; {_MEND}")
    return backend


def _get(item: str) -> str | None:
    return _within(SECONDS, lambda: _keyring().get_password(SERVICE, item))


def _set(item: str, content: str) -> None:
    def put() -> None:
        _keyring().set_password(SERVICE, item, content)

    _within(SECONDS, put)


def _delete(item: str) -> None:
    def delete() -> None:
        _keyring().delete_password(SERVICE, item)

    _within(SECONDS, delete)


def _try_out() -> None:
    item, content = f"probe {secrets.token_hex(4)}", secrets.token_hex(8)
    backend = _keyring()
    backend.set_password(SERVICE, item, content)
    try:
        if backend.get_password(SERVICE, item) != content:
            raise TokenStoreTrouble(f"the keyring does not keep what it is given; {_MEND}")
    finally:
        backend.delete_password(SERVICE, item)


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives. Raises `TokenStoreTrouble` where it fails, or is not done in time; then its thread is left behind."""
    result: list[T] = []
    failure: list[Exception] = []

    def attempt() -> None:
        try:
            result.append(work())
        except Exception as error:  # noqa: BLE001 - keyring backends raise whatever their desktop does
            failure.append(error)

    thread = threading.Thread(target=attempt, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TokenStoreTrouble(f"the keyring did not answer within {seconds:g} seconds; {_MEND}")
    if failure:
        if isinstance(failure[0], TokenStoreTrouble):
            raise failure[0]
        raise TokenStoreTrouble(f"the keyring failed ({type(failure[0]).__name__}); {_MEND}")
    return result[0]
