"""Which token store holds the grant: the one that is configured, or the first that works, chosen once at a sign-in and remembered."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Literal

from storage.settings import Settings
from storage.tokens.file import FileTokenStore
from storage.tokens.private_file import name_once, read_private, replace_private, trouble
from storage.tokens.store import Reached, TokenStore, TokenStoreTrouble, unwatched

StoreName = Literal["vault", "keyring", "file"]
_NAMES: tuple[StoreName, ...] = ("vault", "keyring", "file")


def chosen(settings: Settings, folder: Path) -> StoreName | None:
    """The store that holds the grant, if there is one: as configured, else as remembered in `folder`, else Vault where it has an address.

    `None` where no sign-in has chosen yet. `folder` is the environment's state folder.
    """
    if settings.tokens.store != "auto":
        return settings.tokens.store
    remembered = (read_private(folder / "token-store") or b"").decode("ascii", "replace").strip()
    for name in _NAMES:
        if name == remembered:
            return name
    return "vault" if settings.vault.address else None


def choose(settings: Settings, folder: Path) -> StoreName:
    """The store for a new sign-in, remembered before anything is kept there.

    The simulator's made-up grant never goes into the person's keyring.
    """
    name = chosen(settings, folder)
    if name is None:
        from storage.tokens.keyring import works

        name = "keyring" if settings.environment != "simulator" and works() else "file"
    if settings.tokens.store == "auto":
        replace_private(folder / "token-store", f"{name}\n".encode())
    return name


def forget_choice(folder: Path) -> None:
    """Lets the next sign-in choose anew. Raises `TokenStoreTrouble`."""
    remembered = folder / "token-store"
    try:
        remembered.unlink(missing_ok=True)
    except OSError as error:
        raise trouble(remembered, error) from None


def open_store(name: StoreName, settings: Settings, folder: Path, reached: Reached = unwatched) -> TokenStore:
    """The store called `name` for one environment of this home."""
    if name == "vault":
        from storage.tokens.vault import VaultTokenStore

        return VaultTokenStore(settings, reached)
    if name == "keyring":
        from storage.tokens.keyring import KeyringTokenStore

        return KeyringTokenStore(settings.environment, home_name(folder))
    return FileTokenStore(folder / "token.json", reached)


def home_name(folder: Path) -> str:
    """A name for this home among those that share a token store, made at random once and kept in `folder`."""
    file = folder / "home"
    known = read_private(file)
    if known is None:
        _make_once(file)
        known = read_private(file)
    if not known:
        raise TokenStoreTrouble(f"{file} is empty; delete it")
    return known.decode("ascii", "replace").strip()


def _make_once(file: Path) -> None:
    """Two processes may come here at once: the second then reads what the first made."""
    made = file.with_name(f"home.{secrets.token_hex(4)}")
    replace_private(made, secrets.token_hex(8).encode())
    try:
        name_once(made, file)
    except OSError as error:
        raise trouble(file, error) from None
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
