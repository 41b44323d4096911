"""Where the program's files are: XDG folders, or one folder named by `HMRC_TUI_HOME`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.troubles import BadInput, StorageTrouble

APPLICATION = "hmrc-tui"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders for configuration, data that must be kept, and state that can be made again or is this machine's."""

    config: Path
    data: Path
    state: Path

    @classmethod
    def under(cls, home: Path) -> "Places":
        """Everything below one folder, as `HMRC_TUI_HOME` asks."""
        return cls(config=home, data=home / "data", state=home / "state")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Places":
        """`HMRC_TUI_HOME` where it is set, else the XDG base directories. Raises `BadInput` where a home folder is not known."""
        home = environ.get("HMRC_TUI_HOME")
        if home:
            return cls.under(from_home(home, "HMRC_TUI_HOME").absolute())

        def base(variable: str, default: str) -> Path:
            value = environ.get(variable, "")
            chosen = Path(value) if value and Path(value).is_absolute() else _home() / default
            return chosen / APPLICATION

        return cls(
            config=base("XDG_CONFIG_HOME", ".config"),
            data=base("XDG_DATA_HOME", ".local/share"),
            state=base("XDG_STATE_HOME", ".local/state"),
        )

    @property
    def config_file(self) -> Path:
        """The configuration file that is read when none is named."""
        return self.config / "config.toml"

    @property
    def profiles(self) -> Path:
        """The folder of the person's own profiles of PDFs."""
        return self.config / "profiles"

    def ledger_file(self, environment: str, taxpayer: str | None = None) -> Path:
        """The SQLite ledger of an environment; in the sandbox each taxpayer may have a ledger of their own."""
        name = f"ledger-{environment}" + (f"-{taxpayer}" if taxpayer else "")
        return self.data / f"{name}.sqlite"

    def state_folder(self, environment: str) -> Path:
        """The folder for an environment's locks, journal and pacing, made readable by its owner only."""
        return private_folder(self.state / environment)


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a container's user without a name, and no HOME
        raise BadInput("there is no home folder; set HMRC_TUI_HOME to a folder for the program's files") from None


def from_home(written: str, where: str = "") -> Path:
    """A path as a person writes it, `~` or `~name` being a home folder. Raises `BadInput`, with the place `where` it is written."""
    told = f"{where}: {written}" if where else written
    if "\0" in written:
        raise BadInput(
            f"{told.replace(chr(0), '')}: there is a null character in it, which no name has; write it again"
        )
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise BadInput(f"{told}: no such home folder is known; write the whole path") from None


def private_folder(folder: Path) -> Path:
    """`folder`, made with mode 0700 where it was missing. Raises `StorageTrouble` where it cannot be made."""
    try:
        return make_private(folder)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "it cannot be made"
        raise StorageTrouble(f"{folder}: {reason}; make the folder writable or set HMRC_TUI_HOME") from None


def make_private(folder: Path) -> Path:
    """`folder`, made with mode 0700 where it was missing, as are those above it. Raises `OSError`."""
    for missing in (*reversed(folder.parents), folder):
        missing.mkdir(mode=0o700, exist_ok=True)
    return folder
