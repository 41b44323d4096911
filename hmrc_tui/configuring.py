"""The configuration that the guide writes: a new file, or the few lines of one that is there, everything else in it left as it is."""

import json
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hmrc_tui.files import write_private
from storage.troubles import BadInput, StorageTrouble

Way = Literal["demo", "sandbox", "production", "payslips"]
FIELDS: Mapping[str, tuple[str, bool]] = {
    "client_id": ("Client ID", False),
    "client_secret": ("Client secret", True),
    "utr": ("UTR: the ten digits of your Self Assessment reference", True),
}
"""What the form asks for: its title, and whether it is hidden while it is typed."""
_TABLE = re.compile(r"\s*\[")
_HMRC = re.compile(r"\s*\[\s*hmrc\s*\]\s*(?:#.*)?")
_HEADING = "# Every key, explained, into a file beside this one: hmrc-tui --config example.toml config init\n[hmrc]\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written: the configuration, and the client secret in a file of its own beside it."""

    file: Path
    text: str
    lines: tuple[str, ...]
    """The lines that are new or changed, as they may be shown: without secrets."""
    before: str | None
    """The configuration that is there now; None where there is none."""
    secret_file: Path | None = None
    secret: str = ""

    @property
    def kept(self) -> Path:
        """Where the configuration of before is kept."""
        return self.file.with_name(f"{self.file.name}.before")


def fault(values: Mapping[str, str], way: Way) -> str:
    """What is wrong with the values that were typed, in one line; nothing where they will do.

    In the sandbox the UTR may come later: making the test user who has one needs the application's credentials first.
    """
    utr = values.get("utr", "")
    later = way == "sandbox" and not utr
    missing = [name for key, (name, _) in FIELDS.items() if not values.get(key) and key != "utr"]
    if missing:
        return f"Missing: {missing[0]}."
    ten_digits = len(utr) == 10 and utr.isascii() and utr.isdecimal()
    return "" if later or ten_digits else "A UTR has ten digits."


def plan(file: Path, way: Way, values: Mapping[str, str]) -> Plan:
    """What to write for a way. Raises `BadInput` where the configuration that is there cannot be changed line by line, `StorageTrouble`."""
    before = _text(file)
    keys = {"environment": "production" if way == "payslips" else way}
    keys |= {key: values[key] for key in ("client_id", "utr") if values.get(key)}
    secret = values.get("client_secret", "")
    secret_file = _secret_file(file, way, secret) if secret else None
    if secret_file is not None:
        keys["client_secret_file"] = secret_file.name
    text = _HEADING + _lines(keys) if before is None else _changed(before, keys, file)
    shown = tuple(
        f'{key} = "…{value[-2:]}"' if key == "utr" else f"{key} = {_quoted(value)}" for key, value in keys.items()
    )
    return Plan(file, text, shown, before, secret_file, secret)


def write(planned: Plan) -> None:
    """Writes it, readable by its owner only; the configuration of before is kept beside it. Raises `StorageTrouble`."""
    if planned.before is not None and planned.before != planned.text:
        write_private(planned.kept, planned.before)
    if planned.secret_file is not None:
        write_private(planned.secret_file, planned.secret + "\n")
    write_private(planned.file, planned.text)


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise StorageTrouble(f"{file} cannot be read; make it readable, or remove it") from None


def _secret_file(file: Path, way: Way, secret: str) -> Path:
    """A file of its own for each secret: another environment's is not written over."""
    first = file.with_name("client_secret")
    if not first.exists() or _text(first) == f"{secret}\n":
        return first
    return file.with_name(f"client_secret_{way}")


def _quoted(value: str) -> str:
    """A TOML string: as JSON has it, apart from what TOML wants escaped and JSON does not."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(keys: Mapping[str, str]) -> str:
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in keys.items())


def _changed(text: str, keys: Mapping[str, str], file: Path) -> str:
    """The same text with these keys of `[hmrc]`, comments and all else as they were.

    What comes of it is read again: where it does not say exactly what was meant, nothing is changed.
    """
    try:
        wanted: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file}: not valid TOML: {error}; correct it with an editor first") from None
    table: dict[str, Any] = deepcopy(wanted.get("hmrc", {}))
    if "client_secret_file" in keys:
        table.pop("client_secret", None)
    wanted["hmrc"] = table | dict(keys)
    changed = _with_lines(text, keys)
    try:
        right = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise BadInput(
            f"{file} is written in a way that is not changed by itself; put these lines under [hmrc] with an editor"
        )
    return changed


def _with_lines(text: str, keys: Mapping[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    at = next((number for number, line in enumerate(lines) if _HMRC.fullmatch(line.rstrip("\r\n"))), None)
    if at is None:
        return f"{text.rstrip()}\n\n[hmrc]\n{_lines(keys)}" if text.strip() else f"[hmrc]\n{_lines(keys)}"
    end = next((number for number in range(at + 1, len(lines)) if _TABLE.match(lines[number])), len(lines))
    replaced = keys.keys() | ({"client_secret"} if "client_secret_file" in keys else set[str]())
    stays = [line for line in lines[at + 1 : end] if line.partition("=")[0].strip() not in replaced]
    heading = lines[at] if lines[at].endswith("\n") else f"{lines[at]}\n"
    return "".join([*lines[:at], heading, _lines(keys), *stays, *lines[end:]])
