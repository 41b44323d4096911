"""What the rules share: reading a key-value structure or a list, and saying what is wrong with how it is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from daemon.fraud_headers import messages
from daemon.fraud_headers.encoding import decode, is_encoded, is_placeholder, read_list, read_pairs
from daemon.fraud_headers.verdict import Complaint, error, warning


def writing(texts: Iterable[str], not_encoded: str = messages.INVALID_FORMAT) -> Iterator[Complaint]:
    """What is wrong with how `texts` are encoded, and whether one is a placeholder."""
    seen = tuple(texts)
    if not all(map(is_encoded, seen)):
        yield error(not_encoded)
    elif any("+" in text for text in seen):
        yield warning(messages.PLUS_SIGN)
    if any(map(is_placeholder, seen)):
        yield error(messages.PLACEHOLDER)


def key_values(value: str, known: Sequence[str] = ()) -> tuple[Mapping[str, str], list[Complaint]]:
    """The decoded pairs of one key-value structure, and what is wrong with how it is written.

    `known` are the only keys that the structure can have, where the specification lists them. Pairs that cannot be read
    are left out; a key that comes twice is an error there, because its two values cannot both hold.
    """
    pairs = read_pairs(value)
    complaints: list[Complaint] = []
    if any(text is None or not key for key, text in pairs):
        encoded = any(text is None and "=" in decode(key) for key, text in pairs)
        complaints.append(error(messages.SEPARATOR_ENCODED if encoded else messages.NOT_KEY_VALUE))
    readable = [(key, text) for key, text in pairs if key and text is not None]
    complaints += writing([part for pair in readable for part in pair], messages.NOT_ENCODED)
    decoded = {decode(key): decode(text) for key, text in readable}
    if known:
        swallowed = [key for key in known if key not in decoded and _holds_key(decoded.values(), key)]
        if swallowed:
            complaints.append(error(messages.SEPARATOR_ENCODED))
        if len(decoded) < len(readable):
            complaints.append(error(messages.INVALID_FORMAT))
    return decoded, complaints


def key_value_list(value: str, known: Sequence[str]) -> tuple[list[Mapping[str, str]], list[Complaint]]:
    """The structures of a list of key-value structures, and what is wrong with how they are written, each said once."""
    structures: list[Mapping[str, str]] = []
    complaints: list[Complaint] = []
    for item in read_list(value):
        if not item:
            complaints.append(error(messages.INVALID_FORMAT))
            continue
        pairs, faults = key_values(item, known)
        structures.append(pairs)
        complaints += faults
    return structures, once(complaints)


def plain_list(value: str) -> tuple[list[str], list[Complaint]]:
    """The decoded values of a list, and what is wrong with how it is written: a list has no empty values."""
    items = read_list(value)
    complaints = list(writing(items))
    if not all(items):
        complaints.append(error(messages.INVALID_FORMAT))
    return [decode(item) for item in items if item], once(complaints)


def lacking(structures: Iterable[Mapping[str, str]], key: str, complaint: Complaint) -> Iterator[Complaint]:
    """`complaint`, once, if a structure has no value under `key`."""
    if any(not structure.get(key) for structure in structures):
        yield complaint


def once(complaints: Iterable[Complaint]) -> list[Complaint]:
    """The complaints without repetitions, in order."""
    return list(dict.fromkeys(complaints))


def _holds_key(values: Iterable[str], key: str) -> bool:
    return any(f"&{key}=" in value for value in values)
