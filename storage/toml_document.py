"""Reads TOML as the person wrote it: whatever cannot be read is one line that says what is wrong, and never a traceback."""

import tomllib
from typing import Any

from storage.troubles import BadInput


def toml_document(text: str, name: str, *, points_as_text: bool = False) -> dict[str, Any]:
    """The tables of `text`, which `name` tells apart in a message. `points_as_text`: a number with a point stays as it is written.

    Raises `BadInput` where it is no TOML, and where tables or numbers are beyond all measure.
    """
    try:
        return tomllib.loads(text, parse_float=str if points_as_text else float)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name}: not valid TOML: {error}") from None
    except RecursionError:
        raise BadInput(f"{name}: not valid TOML: tables within tables without end") from None
    except ValueError:  # what `int` says of more digits than it reads
        raise BadInput(f"{name}: not valid TOML: a number has far too many digits") from None
