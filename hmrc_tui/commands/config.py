"""`hmrc-tui config`: write a configuration to start from, or show the one in force and where each value came from."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from hmrc_tui.session import Session
from storage.places import private_folder
from storage.troubles import BadInput, StorageTrouble


@click.group()
def config() -> None:
    """Write a configuration to start from, or show the one in force."""


@config.command(short_help="Write a configuration to start from.")
@click.option("--force", is_flag=True, help="Replace a configuration that is already there.")
@click.pass_obj
def init(session: Session, force: bool) -> None:
    """Write a configuration to start from, with every key explained.

    It goes to the usual place, or to the FILE of `hmrc-tui --config FILE config init`.
    """
    file = session.config_file or session.places.config_file
    text = _example()
    try:
        if file.exists() and not force:
            raise BadInput(
                f"{file} is already there; change it with an editor, replace it with --force, "
                "or write another one to read: hmrc-tui --config example.toml config init"
            )
        private_folder(file.parent)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(descriptor, 0o600)  # one that is replaced may have been open to others
            stream.write(text)
    except OSError as error:
        raise StorageTrouble(f"{file}: {os.strerror(error.errno or 0)}; name another place with --config") from None
    click.echo(str(file))
    session.narrate(
        "Fill in [hmrc] environment, client_id, client_secret and utr; docs/credentials.md tells where they come from."
    )


@config.command(short_help="Show every value in force.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def show(session: Session, as_json: bool) -> None:
    """Show every value in force and where it came from; secrets are masked."""
    configuration = session.configuration
    rows: list[dict[str, object]] = []
    for table in msgspec.structs.fields(type(configuration.settings)):
        content: msgspec.Struct = getattr(configuration.settings, table.name)
        for field in msgspec.structs.fields(content):
            key = f"{table.name}.{field.name}"
            value = _shown(getattr(content, field.name))
            rows.append({"key": key, "value": value, "source": configuration.sources.get(key, "default")})
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode({"file": str(configuration.file or ""), "values": rows})))
        return
    for row in rows:
        click.echo(f"{row['key']} = {row['value']}    # {row['source']}")


def _example() -> str:
    """The documented example: inside the installed package, or at the top of a checkout."""
    packaged = files("hmrc_tui").joinpath("config.example.toml")
    return (packaged if packaged.is_file() else Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")


def _shown(value: Any) -> Any:
    """A value as it may be seen: secrets masked, at any depth."""
    if type(value) is tuple:
        return [_shown(part) for part in cast("tuple[Any, ...]", value)]
    return value if value is None or type(value) in {str, int, dict} else str(value)
