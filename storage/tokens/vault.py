"""The grant in Vault, the lease by which machines that share it refresh one at a time, and the values that Vault keeps for us."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta

import msgspec

from storage.secret import Secret
from storage.settings import Settings
from storage.tokens.record import GrantRecord, decode_mapping, to_wire
from storage.tokens.store import (
    DamagedRecord,
    Lease,
    Reached,
    TokenStoreTrouble,
    Version,
    WriteConflict,
    journal_key_in,
    new_journal_key,
    unwatched,
)
from storage.tokens.vault_client import Vault

LEASE = timedelta(seconds=180)
"""How long a refresh may take, at the very most, before another machine may begin one."""
STATIC = ("client_id", "client_secret", "webhook_token", "device_id", "utr")
"""What an existing secret at `[vault] path` may hold for us, under the names that `[vault] …_key` give; it is only ever read."""


def static_secrets(settings: Settings) -> Mapping[str, Secret]:
    """Those of `STATIC` that Vault has, by our name for them. Raises `TokenStoreTrouble`, `BadInput`."""
    values = Vault(settings.vault).read(settings.vault.path).values or {}
    found = {name: values.get(getattr(settings.vault, f"{name}_key")) for name in STATIC}
    return {name: Secret(value) for name, value in found.items() if isinstance(value, str) and value}


def static_secret(settings: Settings, key: str) -> Secret | None:
    """One of `STATIC`, or `None` where Vault does not have it."""
    return static_secrets(settings).get(key)


class VaultTokenStore:
    """The secret `<path>/<environment>/grant`, each write checked against the version it replaces."""

    name = "vault"

    def __init__(self, settings: Settings, reached: Reached = unwatched) -> None:
        self._vault = Vault(settings.vault)
        self._folder = f"{settings.vault.path}/{settings.environment}"
        self._reached = reached

    def read(self) -> tuple[GrantRecord | None, Version]:
        """The record in Vault; `None` and a version where it was deleted there."""
        found = self._vault.read(self._grant)
        if found.values is None:
            return None, found.version
        try:
            return decode_mapping(found.values), found.version
        except ValueError:
            raise DamagedRecord(
                f"the secret {self._grant} in Vault is not a sign-in of ours; run `hmrc-tui authorise` to sign in again"
            ) from None

    def write(self, record: GrantRecord, expected: Version) -> Version:
        """A new version over `expected`."""
        version = self._vault.write(self._grant, msgspec.to_builtins(to_wire(record)), _number(expected))
        self._reached("vault_put_answered")
        return version

    def probe(self) -> None:
        """Raises where the write that must follow a refresh would fail."""
        self._vault.prove_writable(self._grant)

    def forget(self) -> None:
        """Deletes the record and the journal's key, with every earlier version: what any home's journal still has is then unreadable."""
        for path in (self._grant, self._key_path):
            self._vault.delete(path)

    def set_aside(self) -> str:
        """Marks the damaged version as deleted: Vault keeps it, and can undelete it."""
        self._vault.hide(self._grant)
        return f"{self._grant}, an earlier version"

    def journal_key(self) -> bytes | None:
        """The key that seals the journal on disk: made at random once, and only Vault has it.

        Read anew each time: another home may have forgotten the sign-in, its key included, and signed in again.
        """
        kept = self._vault.read(self._key_path)
        if kept.values is None:
            with suppress(WriteConflict):  # another machine made it meanwhile
                self._vault.write(self._key_path, {"key": new_journal_key()}, kept.version)
            kept = self._vault.read(self._key_path)
        return journal_key_in((kept.values or {}).get("key"), f"the secret {self._key_path} in Vault")

    def lease(self, holder: str) -> Lease:
        """The lease document beside the grant."""
        return VaultLease(self._vault, f"{self._folder}/refresh-lease", holder)

    @property
    def _grant(self) -> str:
        return f"{self._folder}/grant"

    @property
    def _key_path(self) -> str:
        return f"{self._folder}/journal-key"


class VaultLease:
    """A document that names who refreshes now, and which token a home began to spend. Its age is told by Vault's own two times, never by
    a clock of ours.

    A home that died in the middle may have HMRC's answer in its journal, where no other home can see it. So the mark of what it spends
    outlives its lease: whoever takes the lease over knows that this token must not be shown to HMRC again.
    """

    def __init__(self, vault: Vault, path: str, holder: str) -> None:
        self._vault, self._path, self._holder = vault, path, holder
        self._version: int | None = None
        self._document = _LeaseDocument()

    def take(self) -> bool:
        """Takes or renews the lease; one that this home left behind is ours, because the lock on this machine is held."""
        found = self._vault.read(self._path)
        document = _lease_in(found.values)
        if self._version is not None and found.version != self._version:
            return False  # it was taken over meanwhile, and perhaps given back since
        young = found.created_at is None or found.asked_at is None or found.asked_at - found.created_at < LEASE
        if document.holder not in {"", self._holder} and young:
            return False
        return self._put(replace(document, holder=self._holder), found.version)

    def spend(self, token: str) -> bool:
        """Marks `token` as being spent by this home, and renews the lease."""
        if self._version is None:
            return False
        marked = _LeaseDocument(self._holder, token, self._holder, socket.gethostname())
        return self._put(marked, self._version)

    def spent_by(self, token: str) -> str | None:
        """The machine of another home that marked `token`."""
        known = self._document
        return known.machine or "another machine" if known.spends == token and known.spender != self._holder else None

    def release(self, *, told: bool) -> None:
        """Names nobody any more; where that fails, the lease ends by itself. The mark stays unless it is this home's and `told`."""
        if self._version is not None:
            clean = told and self._document.spender == self._holder
            with suppress(TokenStoreTrouble, WriteConflict):
                self._put(_LeaseDocument() if clean else replace(self._document, holder=""), self._version)
            self._version = None

    def _put(self, document: "_LeaseDocument", over: int) -> bool:
        try:
            self._version = self._vault.write(self._path, asdict(document), over)
        except WriteConflict:
            return False
        self._document = document
        return True


@dataclass(frozen=True, slots=True)
class _LeaseDocument:
    """`holder` refreshes now. `spender`, on `machine`, began to spend the token of the hash `spends`. Homes are named by `home_name`."""

    holder: str = ""
    spends: str = ""
    spender: str = ""
    machine: str = ""


def _lease_in(values: Mapping[str, object] | None) -> _LeaseDocument:
    known = {name: value for name, value in (values or {}).items() if isinstance(value, str)}
    return _LeaseDocument(*(known.get(field.name, "") for field in fields(_LeaseDocument)))


def _number(version: Version) -> int:
    return version if isinstance(version, int) else 0
