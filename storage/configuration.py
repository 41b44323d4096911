"""Reads the configuration: a TOML file, then `HMRC_TUI_<TABLE>__<KEY>`, any secret also from the file that `<key>_file` names."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from storage.places import Places, from_home
from storage.secret import Secret
from storage.settings import Settings, faults, relative_to
from storage.toml_document import toml_document
from storage.troubles import BadInput

PREFIX = "HMRC_TUI_"
_PATHS = {"jwt_path"}
"""Keys whose value is a path."""
_TABLES: dict[str, type[msgspec.Struct]] = {f.name: f.type for f in msgspec.structs.fields(Settings)}


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings, the file they were read from, where each value came from, and warnings for the person."""

    settings: Settings
    file: Path | None
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()


def load(places: Places, environ: Mapping[str, str], file: Path | None = None) -> Configuration:
    """Reads the configuration from `file`, else `HMRC_TUI_CONFIG`, else the default place where a file lies there.

    The environment wins over the file. Raises `BadInput` with one line that says what, where, and the mend.
    """
    named = environ.get("HMRC_TUI_CONFIG")
    chosen = file or (from_home(named, "HMRC_TUI_CONFIG") if named else None)
    if chosen is None and _is_there(places.config_file):
        chosen = places.config_file
    values: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    warnings: list[str] = []
    if chosen is not None:
        warnings += _read_file(chosen, values, sources)
    _read_environment(environ, values, sources)
    warnings += _unread(environ)
    settings = _convert(values, sources)
    for key, mend in faults(settings):
        raise BadInput(f"{sources.get(key, 'configuration')}: {_shown(key)}: {mend}")
    return Configuration(settings, chosen, sources, tuple(warnings))


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise BadInput(f"{file.parent}: {reason}; make the folder yours, or set HMRC_TUI_HOME to one that is") from None


def _read_file(file: Path, values: dict[str, dict[str, Any]], sources: dict[str, str]) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        readable = stat.S_IMODE(file.stat().st_mode) & 0o077
    except OSError as error:
        raise BadInput(f"{file}: {os.strerror(error.errno or 0)}; name another file with --config") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file}: the file is not UTF-8 text; save it as UTF-8") from None
    for table, content in toml_document(text, str(file)).items():
        if table not in _TABLES:
            raise BadInput(f"{file}: unknown table [{table}]{_nearest(table, _TABLES)}")
        if not isinstance(content, dict):
            raise BadInput(f"{file}: {table} must be a table, written [{table}]")
        for key, value in content.items():  # pyright: ignore[reportUnknownVariableType]
            _put(values, sources, table, str(key), value, str(file), file.parent)  # pyright: ignore[reportUnknownArgumentType]
    return [f"{file} can be read by others; make it private with: chmod 600 {file}"] if readable else []


def _read_environment(environ: Mapping[str, str], values: dict[str, dict[str, Any]], sources: dict[str, str]) -> None:
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        table, *rest = variable[len(PREFIX) :].lower().split("__")
        if table not in _TABLES:
            raise BadInput(f"{variable}: unknown table {table!r}{_nearest(table, _TABLES)}")
        if table == "hmrc" and len(rest) == 2 and rest[0] == "versions":
            versions = values.setdefault("hmrc", {}).setdefault("versions", {})
            if isinstance(versions, dict):  # else the file is wrong, and that is said of it
                versions[rest[1].replace("_", "-")] = text
                sources["hmrc.versions"] = variable
            continue
        key = "__".join(rest)
        if not key.endswith("_file") and not _is_text(text):
            raise BadInput(f"{variable}: the value is not UTF-8 text")
        field_type = get_type_hints(_TABLES[table]).get(key)
        _put(values, sources, table, key, _from_text(text, field_type, variable), variable, Path.cwd())


def _unread(environ: Mapping[str, str]) -> list[str]:
    """A warning for each variable that was surely meant for us: `HMRC_TUI_SYNC_AT` lacks one of its two underscores."""
    found: list[str] = []
    for variable in sorted(environ):
        table, _, key = variable.removeprefix(PREFIX).lower().partition("_")
        names = get_type_hints(_TABLES[table]) if table in _TABLES else {}
        # Kubernetes itself sets these two in every pod beside a service called hmrc-tui.
        its_own = "KUBERNETES_SERVICE_HOST" in environ and (table, key) in {("service", "host"), ("service", "port")}
        ours = variable.startswith(PREFIX) and "__" not in variable and key.removesuffix("_file") in names
        if ours and not its_own:
            found.append(f"{variable} is not read; did you mean {PREFIX}{table.upper()}__{key.upper()}?")
    return found


def _is_text(value: str) -> bool:
    """False where the environment held bytes that are no UTF-8: Python hands them over as halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _put(
    values: dict[str, dict[str, Any]],
    sources: dict[str, str],
    table: str,
    key: str,
    value: Any,
    source: str,
    folder: Path,
) -> None:
    """Keeps one value; `<key>_file` is read here, and stands for `<key>`."""
    hints = get_type_hints(_TABLES[table])
    where = f"{source}: [{table}] {key}"
    if key.endswith("_file") and _may_stand_in_a_file(hints.get(key.removesuffix("_file"))):
        if not isinstance(value, str):
            raise BadInput(f"{where}: expected the name of a file")
        if not value:
            return  # as a container's environment leaves what nobody set
        file = relative_to(folder, value, where)
        if key in hints:
            values.setdefault(table, {})[key] = str(file)
        value = _secret_file(file, where)
        key = key.removesuffix("_file")
        if get_origin(hints[key]) is tuple:
            value = [line.strip() for line in value.splitlines() if line.strip()]
    elif key not in hints:
        raise BadInput(f"{source}: unknown key {key!r} in [{table}]{_nearest(key, hints)}")
    else:
        # This value holds now: it is not read again from a file that was named elsewhere.
        values.get(table, {}).pop(f"{key}_file", None)
    if value == "" and _is_optional(hints[key]):
        value = None  # as a container's environment leaves what nobody set; an empty address would be taken for a default one
    if key in _PATHS and isinstance(value, str):
        value = str(relative_to(folder, value, where))
    values.setdefault(table, {})[key] = value
    sources[f"{table}.{key}"] = source


def _secret_file(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not UTF-8 text"
        raise BadInput(f"{where}: {file}: {reason}") from None


def secret_file(configuration_source: str, file: Path) -> Secret:
    """The secret that stands in `file`, read again: database passwords rotate while the program runs."""
    return Secret(_secret_file(file, configuration_source))


def _is_secret(hint: Any) -> bool:
    return hint is Secret or (_is_optional(hint) and Secret in get_args(hint))


def _may_stand_in_a_file(hint: Any) -> bool:
    """Any secret, and a list of them: one on each line."""
    return _is_secret(hint) or (get_origin(hint) is tuple and Secret in get_args(hint))


def _from_text(text: str, hint: Any, variable: str) -> Any:
    """A value of the environment, which is always text, as the type that its key has."""
    if hint is None or _is_secret(hint):
        return text
    if get_origin(hint) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()] if text.strip() else []
    try:
        return msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"{variable}: {_reason(error)}; {_mend(hint)}") from None


def _convert(values: dict[str, dict[str, Any]], sources: dict[str, str]) -> Settings:
    tables: dict[str, Any] = {}
    for table, content in values.items():
        for key, value in content.items():
            hint = get_type_hints(_TABLES[table])[key]
            lenient = get_origin(hint) is tuple and sources.get(f"{table}.{key}", "").startswith(PREFIX)
            try:
                content[key] = msgspec.convert(value, hint, strict=not lenient, dec_hook=_decode_secret)
            except msgspec.ValidationError as error:
                where = sources.get(f"{table}.{key}", "configuration")
                raise BadInput(f"{where}: [{table}] {key}: {_reason(error)}; {_mend(hint)}") from None
        tables[table] = _TABLES[table](**content)
    return Settings(**tables)


def _decode_secret(expected: type, value: Any) -> Any:
    if expected is Secret and isinstance(value, str):
        return Secret(value.strip())
    raise (
        NotImplementedError if expected is not Secret else msgspec.ValidationError("Expected `str`, got another type")
    )


def _reason(error: msgspec.ValidationError) -> str:
    text = str(error).split(" - at ")[0]
    return text[:1].lower() + text[1:].replace("`", "")


def _mend(hint: Any) -> str:
    """How a value of the type `hint` is written."""
    kind = next(each for each in (*get_args(hint), hint) if each is not NoneType) if _is_optional(hint) else hint
    if get_origin(kind) is Literal:
        return f"choose from {', '.join(get_args(kind))}"
    if get_origin(kind) is tuple:
        return (
            'write a list, as in ["…", "…"]'
            if str in get_args(kind)
            else "write a list of whole numbers, as in [30, 7]"
        )
    if get_origin(kind) is dict:
        return "write a table of its own, with each value in quotation marks"
    if kind is int:
        return "write a whole number without quotation marks"
    return "write it in quotation marks" if kind in {str, Secret} else "write an amount, as in 0.01"


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in {UnionType, Union}


def _shown(key: str) -> str:
    table, _, name = key.partition(".")
    return f"[{table}] {name}"


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"
