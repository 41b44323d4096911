"""The grant in Vault, the lease by which machines that share it refresh one at a time, and the values that Vault keeps for us."""

import base64
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import msgspec

from storage.secret import Secret
from storage.settings import Settings
from storage.tokens.record import GrantRecord, decode_mapping, to_wire
from storage.tokens.store import DamagedRecord, Lease, Reached, TokenStoreTrouble, Version, WriteConflict, unwatched
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
        self._key: bytes | None = None

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
        """Deletes the record and the journal's key, with every earlier version."""
        for path in (self._grant, self._key_path):
            self._vault.delete(path)
        self._key = None

    def set_aside(self) -> str:
        """Marks the damaged version as deleted: Vault keeps it, and can undelete it."""
        self._vault.hide(self._grant)
        return f"{self._grant}, an earlier version"

    def journal_key(self) -> bytes | None:
        """The key that seals the journal on disk: made at random once, and only Vault has it."""
        if self._key is None:
            kept = self._vault.read(self._key_path)
            if kept.values is None:
                with suppress(WriteConflict):  # another machine made it meanwhile
                    made = base64.b64encode(os.urandom(32)).decode()
                    self._vault.write(self._key_path, {"key": made}, kept.version)
                kept = self._vault.read(self._key_path)
            self._key = _key_in(kept.values)
        return self._key

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
    """A document that names who refreshes now. Its age is told by Vault's own two times, never by a clock of ours."""

    def __init__(self, vault: Vault, path: str, holder: str) -> None:
        self._vault, self._path, self._holder = vault, path, holder
        self._version: int | None = None

    def take(self) -> bool:
        """Takes or renews the lease; one that this home left behind is ours, because the lock on this machine is held."""
        found = self._vault.read(self._path)
        other = (found.values or {}).get("holder") not in {None, "", self._holder}
        if other and (found.created_at is None or found.asked_at is None or found.asked_at - found.created_at < LEASE):
            return False
        try:
            self._version = self._vault.write(self._path, {"holder": self._holder}, found.version)
        except WriteConflict:
            return False
        return True

    def release(self) -> None:
        """Names nobody any more; where that fails, the lease ends by itself."""
        if self._version is not None:
            with suppress(TokenStoreTrouble, WriteConflict):
                self._vault.write(self._path, {"holder": ""}, self._version)
            self._version = None


def _number(version: Version) -> int:
    return version if isinstance(version, int) else 0


def _key_in(values: Mapping[str, object] | None) -> bytes:
    try:
        key = base64.b64decode(str((values or {})["key"]), validate=True)
    except (KeyError, ValueError):
        key = b""
    if len(key) != 32:
        raise TokenStoreTrouble("the journal's key in Vault is damaged; delete the secret journal-key there")
    return key
