"""Reads headers from text: a line `Name: value` each, as they stand on the wire."""

from collections.abc import Mapping

from storage.troubles import BadInput


def read_lines(raw: bytes, where: str) -> Mapping[str, str]:
    """The `Gov-*` headers under their names as first spelt; others, such as Authorization, are passed over and never shown.

    A header that comes twice is joined by commas, as HTTP does. Blank lines and lines beginning with `#` are skipped.
    Bytes that are not UTF-8 become replacement characters, which the check finds. Raises `BadInput` with the line.
    """
    found: dict[str, tuple[str, str]] = {}
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n"), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or not name:
            raise BadInput(f"{where}: line {number} is not a header; write it as 'Name: value'")
        key = name.lower()
        if key.startswith("gov-"):
            first, before = found.get(key, (name, ""))
            found[key] = (first, f"{before},{value}" if key in found else value)
    return dict(found.values())
