"""The device's id: a UUID made once and kept for ever, or given by Vault so that a container keeps it without a volume."""

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from storage.places import Places, private_folder
from storage.secret import Secret
from storage.settings import Settings
from storage.tokens.private_file import name_once
from storage.troubles import StorageTrouble, Trouble

FILE_NAME = "device-id"
VaultReader = Callable[[Settings, str], Secret | None]
"""Reads one value that Vault keeps for us; None where it has none. Raises a `Trouble` where Vault is away."""


def device_id(settings: Settings, places: Places, read_vault: VaultReader | None = None) -> Fact[str]:
    """Vault's id where `[vault] address` is set and its secret has one, else the one in the data folder, made if missing.

    Vault's id is kept in the data folder too, so that a device does not change its id while Vault is away. An id that
    could not be kept is never sent: the next run would have another.
    """
    file = places.data / FILE_NAME
    try:
        given = _from_vault(settings, read_vault)
    except Trouble as trouble:
        kept = _read(file)
        return (
            kept
            if isinstance(kept, Known)
            else Unknown(f"Vault could not be asked for it ({trouble})", "make Vault reachable")
        )
    try:
        if given is not None:
            _keep(file, given, replace=True)
            return Known(given)
        if not file.exists():
            _keep(file, str(uuid.uuid4()), replace=False)
    except StorageTrouble as trouble:
        return (
            Known(given)
            if given is not None
            else Unknown(f"a new id could not be kept ({trouble})", "give the data folder a place that lasts")
        )
    return _read(file)


def _from_vault(settings: Settings, read_vault: VaultReader | None) -> str | None:
    if not settings.vault.address:
        return None
    if read_vault is None:
        from storage.tokens.vault import static_secret

        read_vault = static_secret
    secret = read_vault(settings, "device_id")
    if secret is None or not secret.reveal().strip():
        return None
    text = secret.reveal().strip()
    if _uuid(text) is None:
        raise StorageTrouble(f"{settings.vault.device_id_key} in Vault is not a UUID; put one there or remove the key")
    return _uuid(text)


def _uuid(text: str) -> str | None:
    """A UUID as it is written in the header; None where `text` is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _read(file: Path) -> Fact[str]:
    try:
        kept = _uuid(file.read_text("ascii").strip())
    except OSError as error:
        return Unknown(f"{file}: {os.strerror(error.errno or 0)}", "make the file readable")
    except UnicodeDecodeError:
        kept = None
    return Known(kept) if kept else Unknown(f"{file} does not hold a UUID", "delete the file to have a new id made")


def _keep(file: Path, text: str, *, replace: bool) -> None:
    """Writes the id whole or not at all. Without `replace`, an id that another process made meanwhile stays."""
    if replace and isinstance(kept := _read(file), Known) and kept.value == text:
        return
    private_folder(file.parent)
    draft = file.with_name(f".{FILE_NAME}.{os.getpid()}.{uuid.uuid4().hex}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            draft.replace(file)
        else:
            name_once(draft, file)
    except OSError as error:
        raise StorageTrouble(f"{file}: {os.strerror(error.errno or 0)}") from None
    finally:
        with suppress(OSError):  # where nothing can be written, nothing lies there, and that was told
            draft.unlink(missing_ok=True)
