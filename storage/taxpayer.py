"""Whose ledger it is: a hash of the UTR under a random key, so that two people's figures never meet. No UTR is stored."""

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

from storage.outbox import keep_state, state
from storage.secret import Secret

_KEY, _HASH = "taxpayer_key", "taxpayer_hash"


@dataclass(frozen=True, slots=True)
class Owner:
    """The taxpayer of a ledger: the random key (hex) and HMAC-SHA256 of the UTR under it (hex)."""

    key: str
    digest: str

    @classmethod
    def of(cls, taxpayer: Secret) -> "Owner":
        """A new owner for a ledger that has none."""
        key = secrets.token_hex(32)
        return cls(key, _digest(key, taxpayer))

    def is_of(self, taxpayer: Secret) -> bool:
        """Whether this is that taxpayer."""
        return hmac.compare_digest(self.digest, _digest(self.key, taxpayer))


def owner(connection: sqlite3.Connection) -> Owner | None:
    """The ledger's owner; None while nobody's UTR was ever given."""
    key, digest = state(connection, _KEY), state(connection, _HASH)
    return Owner(key, digest) if key and digest else None


def keep_owner(connection: sqlite3.Connection, whose: Owner) -> None:
    """Makes `whose` the ledger's owner."""
    keep_state(connection, _KEY, whose.key)
    keep_state(connection, _HASH, whose.digest)


def suffix(taxpayer: Secret) -> str:
    """What sets a test person's own sandbox ledger apart in file and schema names; the same on every machine.

    Used for made-up people only: in production another taxpayer is refused, never given a name.
    """
    return hashlib.sha256(b"hmrc-tui test person " + _digits(taxpayer)).hexdigest()[:8]


def _digest(key: str, taxpayer: Secret) -> str:
    return hmac.new(bytes.fromhex(key), _digits(taxpayer), hashlib.sha256).hexdigest()


def _digits(taxpayer: Secret) -> bytes:
    """The ten digits alone: people write a UTR with spaces, and with a K at its end."""
    return "".join(character for character in taxpayer.reveal() if character.isdecimal()).encode()
