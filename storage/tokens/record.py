"""The grant as it is kept: two tokens, when they were obtained, and when the person signed in."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from storage.secret import Secret

GRANT_LENGTH = timedelta(days=547)
"""HMRC's authority lasts 18 months from the sign-in: 547 days in its own code (api-platform-application-domain)."""

Ended = Literal["refused", "answer_lost"]
"""Why a grant cannot be refreshed any more: HMRC refuses its refresh token, or HMRC's last answer never arrived."""


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """One generation of the grant. `granted_at` is the moment of the sign-in and survives every refresh.

    `obtained_at` is when the tokens were asked for (UTC) and `expires_in` the seconds that the access token lives from then.
    `client` is a hash of the client id that the grant belongs to. `generation` grows by one at each new pair of tokens.
    """

    generation: int
    access_token: Secret
    refresh_token: Secret
    scope: str
    obtained_at: datetime
    expires_in: int
    granted_at: datetime
    client: str
    ended: Ended | None = None

    @property
    def access_expires_at(self) -> datetime:
        """When the access token ends, by the clock of the machine that obtained it."""
        return self.obtained_at + timedelta(seconds=self.expires_in)

    @property
    def grant_expires_at(self) -> datetime:
        """When the whole authority ends and the person must sign in again."""
        return self.granted_at + GRANT_LENGTH

    def newer_than(self, other: "GrantRecord | None") -> bool:
        """True where this is a later sign-in than `other`, or a later refresh of the same one."""
        if other is None:
            return True
        return (self.granted_at, self.generation) > (other.granted_at, other.generation)


class WireRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A grant record as JSON has it: in the token file, in Vault, in the keyring, in the journal."""

    schema: Literal[1] = 1
    generation: int
    access_token: str
    refresh_token: str
    scope: str
    obtained_at: datetime
    expires_in: int
    granted_at: datetime
    client: str
    ended: Ended | None = None

    def __repr__(self) -> str:
        return f"WireRecord(generation={self.generation})"


def to_wire(record: GrantRecord) -> WireRecord:
    """`record` with its secrets in the clear, to be written to a store and nowhere else."""
    tokens: dict[str, Any] = {
        "access_token": record.access_token.reveal(),
        "refresh_token": record.refresh_token.reveal(),
    }
    return WireRecord(**{**_values(record), **tokens})


def is_token(text: str) -> bool:
    """Whether `text` can be an access or refresh token: visible US-ASCII and spaces (RFC 6749, A.12 and A.17), which HTTP can carry."""
    return bool(text) and text.isascii() and text.isprintable()


def from_wire(wire: WireRecord) -> GrantRecord:
    """The record that `wire` describes. Raises `ValueError` where it lacks a token or a time zone."""
    if not (is_token(wire.access_token) and is_token(wire.refresh_token)):
        raise ValueError("the record lacks a token")
    if wire.obtained_at.tzinfo is None or wire.granted_at.tzinfo is None:
        raise ValueError("the record lacks a time zone")
    tokens: dict[str, Any] = {"access_token": Secret(wire.access_token), "refresh_token": Secret(wire.refresh_token)}
    return GrantRecord(**{**_values(wire), **tokens})


def _values(record: GrantRecord | WireRecord) -> dict[str, Any]:
    """What both forms of a record have, under the one name that each value has in both."""
    return {field.name: getattr(record, field.name) for field in fields(GrantRecord)}


def encode(record: GrantRecord) -> bytes:
    """`record` as JSON, secrets in the clear."""
    return msgspec.json.encode(to_wire(record))


def decode(text: bytes) -> GrantRecord:
    """The record that JSON `text` holds. Raises `ValueError` where it is damaged; the message quotes nothing of it."""
    try:
        return from_wire(msgspec.json.decode(text, type=WireRecord))
    except (msgspec.DecodeError, ValueError):
        raise ValueError("not a grant record") from None


def decode_mapping(data: dict[str, Any]) -> GrantRecord:
    """The record that a JSON object, already parsed, holds. Raises `ValueError` where it is damaged."""
    try:
        return from_wire(msgspec.convert(data, WireRecord))
    except (msgspec.ValidationError, ValueError):
        raise ValueError("not a grant record") from None


def token_hash(token: Secret) -> str:
    """What the journal keeps of a token, enough to know it again: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:16]


def client_hash(client_id: Secret) -> str:
    """What the record keeps of the client id that the grant belongs to."""
    return hashlib.sha256(b"hmrc-tui client " + client_id.reveal().encode()).hexdigest()[:16]
