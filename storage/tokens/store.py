"""What every token store can do; where they cannot, which trouble it is."""

import base64
import os
from collections.abc import Callable
from typing import Protocol

from storage.tokens.record import GrantRecord
from storage.troubles import StorageTrouble

_KEY_BYTES = 32
Version = int | str | None
"""What a store's content is at: `None` where nothing was ever kept there. Opaque to everybody but the store."""

Reached = Callable[[str], None]
"""Told the name of each step of the protocol as it is reached; in the program it does nothing."""


def unwatched(_point: str) -> None:
    """Nobody watches the steps."""


class TokenStoreTrouble(StorageTrouble):
    """The grant could not be read from, or written to, where it is kept."""


class DamagedRecord(TokenStoreTrouble):
    """Something is kept, and it cannot be understood: damaged is not the same as empty."""


class OtherKey(TokenStoreTrouble):
    """The journal's answer is sealed with a key that the token store does not have any more: nobody can ever read it."""


class WriteConflict(Exception):
    """The store's content is no longer the version that a write was meant to replace."""


def new_journal_key() -> str:
    """A key to seal the journal with, made at random, as it is kept."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


def journal_key_in(kept: object, where: str) -> bytes:
    """The key that is kept as `kept`. Raises `TokenStoreTrouble`, which says `where` it lies, if that is no key of ours."""
    try:
        key = base64.b64decode(kept, validate=True) if isinstance(kept, str) else b""
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise TokenStoreTrouble(f"the journal's key is damaged; delete {where}")
    return key


class Lease(Protocol):
    """The right to refresh, among machines that share a store, and what they tell each other about the token that they spend."""

    def take(self) -> bool:
        """Tries once to take the lease, or to renew it where it is ours. False: another machine holds it."""
        ...

    def spend(self, token: str) -> bool:
        """Says, before it is sent, that this home spends the refresh token of that hash. False: the lease is lost."""
        ...

    def spent_by(self, token: str) -> str | None:
        """The machine that began to spend the token of that hash and never told how it ended; None where none did, or this home."""
        ...

    def release(self, *, told: bool) -> None:
        """Gives the lease back; never raises. `told`: no answer of HMRC's can be anywhere but in the store."""
        ...


class NoLease:
    """The lease of a store that only this machine uses: always free."""

    def take(self) -> bool:
        """True."""
        return True

    def spend(self, token: str) -> bool:  # noqa: ARG002 - the interface has it
        """True: there is nobody to tell."""
        return True

    def spent_by(self, token: str) -> str | None:  # noqa: ARG002 - the interface has it
        """None: there is no other machine."""
        return None

    def release(self, *, told: bool) -> None:
        """Nothing to give back."""


class TokenStore(Protocol):
    """One place where the grant of one environment is kept. Every method blocks; use from one thread at a time."""

    name: str

    def read(self) -> tuple[GrantRecord | None, Version]:
        """The record and its version. Raises `DamagedRecord`, `TokenStoreTrouble`."""
        ...

    def write(self, record: GrantRecord, expected: Version) -> Version:
        """Replaces what is at version `expected`. Raises `WriteConflict` where something else is there by now."""
        ...

    def probe(self) -> None:
        """Proves that a write would succeed now. Raises `TokenStoreTrouble` where it would not."""
        ...

    def forget(self) -> None:
        """Deletes the record, damaged or not. Raises `TokenStoreTrouble`."""
        ...

    def set_aside(self) -> str:
        """Moves a damaged record out of the way, keeping it; says where it is now."""
        ...

    def journal_key(self) -> bytes | None:
        """32 bytes to seal the journal with, kept where the grant is; `None` where the journal is as safe as the store."""
        ...

    def lease(self, holder: str) -> Lease:
        """The lease for a refresh by `holder`, the name of this home."""
        ...
