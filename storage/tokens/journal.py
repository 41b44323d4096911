"""The write-ahead journal of the grant: what is about to be asked of HMRC, and what HMRC answered, before anything else is done with it.

A file of fixed size, filled with zeros when it is made, so that an answer fits also on a full disk. Records stand one after another,
each with its length and a CRC-32; the first that does not check is the end.
"""

import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from storage.places import private_folder
from storage.tokens.private_file import open_private, sync_folder, trouble
from storage.tokens.record import GrantRecord, WireRecord, from_wire, to_wire
from storage.tokens.store import OtherKey, Reached, TokenStoreTrouble, unwatched

SIZE = 16 * 1024
_HEAD = struct.Struct("<II")
_END = b"\0" * _HEAD.size
_SEALED_FOR = b"hmrc-tui refresh journal 1"
_sync = getattr(os, "fdatasync", os.fsync)

Action = Literal["refresh", "exchange"]


class Intent(msgspec.Struct, frozen=True, tag="intent", tag_field="entry"):
    """A refresh token or a code is about to be sent; `token` is its hash, `generation` that of the answer hoped for."""

    action: Action
    generation: int
    token: str
    at: datetime


class Unused(msgspec.Struct, frozen=True, tag="unused", tag_field="entry"):
    """HMRC surely did not use what the last intent announced."""


class Answer(msgspec.Struct, frozen=True, tag="answer", tag_field="entry"):
    """HMRC's new pair of tokens: in the clear, or sealed with a key that lies in the token store."""

    clear: WireRecord | None = None
    sealed: bytes = b""


class Committed(msgspec.Struct, frozen=True, tag="committed", tag_field="entry"):
    """The answer was written to the token store and read back."""


Entry = Intent | Unused | Answer | Committed
_decoder = msgspec.json.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class JournalState:
    """What the entries come to: an answer that is not in the store yet, and what it answers, or a request of unknown fate."""

    answer: Answer | None = None
    in_doubt: Intent | None = None
    answered: Intent | None = None

    @property
    def empty(self) -> bool:
        """True where nothing is left to be done."""
        return self.answer is None and self.in_doubt is None


def state_of(entries: Sequence[Entry]) -> JournalState:
    """What `entries`, oldest first, come to."""
    answer: Answer | None = None
    in_doubt: Intent | None = None
    answered: Intent | None = None
    for entry in entries:
        match entry:
            case Intent():
                in_doubt = entry
            case Unused():
                in_doubt = None
            case Answer():
                answer, answered, in_doubt = entry, in_doubt, None
            case Committed():
                answer = answered = None
    return JournalState(answer, in_doubt, answered)


class Journal:
    """The journal behind an open descriptor. The caller holds the exclusive lock for everything but `read`."""

    def __init__(self, descriptor: int, reached: Reached = unwatched) -> None:
        self.descriptor = descriptor
        self._reached = reached

    @classmethod
    def open(cls, file: Path, reached: Reached = unwatched) -> "Journal":
        """The journal in `file`, made and filled with zeros where it is missing. Raises `TokenStoreTrouble`."""
        private_folder(file.parent)
        descriptor = open_private(file, os.O_RDWR | os.O_CREAT)
        try:
            if os.fstat(descriptor).st_size < SIZE:
                _fill(descriptor)
                sync_folder(file.parent)
        except OSError as error:
            os.close(descriptor)
            raise trouble(file, error) from None
        return cls(descriptor, reached)

    def close(self) -> None:
        """Closes the descriptor."""
        os.close(self.descriptor)

    def entries(self) -> tuple[Entry, ...]:
        """Every entry that checks, oldest first."""
        return tuple(entry for entry, _ in _parse(self._content()))

    def state(self) -> JournalState:
        """What the entries come to."""
        return state_of(self.entries())

    def append(self, entry: Entry) -> None:
        """Writes `entry` behind the last one and waits until it is on the disk. Raises `OSError`."""
        kind = type(entry).__name__.lower()
        offset = max((end for _, end in _parse(self._content())), default=0)
        payload = msgspec.json.encode(entry)
        record = _HEAD.pack(len(payload), zlib.crc32(payload)) + payload + _END
        half = len(record) // 2
        _write_at(self.descriptor, record[:half], offset)
        self._reached(f"{kind}_torn")
        _write_at(self.descriptor, record[half:], offset + half)
        self._reached(f"{kind}_written")
        _sync(self.descriptor)
        self._reached(f"{kind}_synced")

    def clear(self) -> None:
        """Overwrites everything with zeros: nothing is left to be done, and no token is left to be read."""
        self._reached("journal_clear_before")
        size = os.fstat(self.descriptor).st_size
        _write_at(self.descriptor, b"\0" * max(size, SIZE), 0)
        if size > SIZE:
            os.ftruncate(self.descriptor, SIZE)
        _sync(self.descriptor)
        self._reached("journal_clear_after")

    def _content(self) -> bytes:
        size = os.fstat(self.descriptor).st_size
        return os.pread(self.descriptor, size, 0)


def read_state(file: Path) -> JournalState:
    """What the journal in `file` comes to, read without the lock and without making it. Raises `TokenStoreTrouble`."""
    try:
        descriptor = open_private(file, os.O_RDONLY)
    except FileNotFoundError:
        return JournalState()
    try:
        return Journal(descriptor).state()
    except OSError as error:
        raise trouble(file, error) from None
    finally:
        os.close(descriptor)


def stamp(file: Path) -> int:
    """Changes whenever the journal was written: every new pair of tokens of this home passes through it."""
    with suppress(OSError):
        return file.stat().st_mtime_ns
    return 0


def answer_with(record: GrantRecord, key: bytes | None) -> Answer:
    """The entry that keeps `record`, sealed where there is a key (AES-256-GCM)."""
    if key is None:
        return Answer(clear=to_wire(record))
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return Answer(sealed=nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(to_wire(record)), _SEALED_FOR))


def record_in(answer: Answer, key: bytes | None) -> GrantRecord:
    """The record that `answer` keeps. Raises `TokenStoreTrouble` where the store in use has no key, `OtherKey` where the key is another one by now."""
    if answer.clear is not None:
        return from_wire(answer.clear)
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if key is None:
        raise TokenStoreTrouble(
            "the newest tokens wait sealed in the journal; choose the token store that was in use again"
        )
    try:
        text = AESGCM(key).decrypt(answer.sealed[:12], answer.sealed[12:], _SEALED_FOR)
        return from_wire(msgspec.json.decode(text, type=WireRecord))
    except (InvalidTag, ValueError, msgspec.DecodeError):
        raise OtherKey(
            "the newest tokens wait in the journal, sealed with another key than the token store has now; "
            "run `hmrc-tui authorise` to sign in again"
        ) from None


def _fill(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    _write_at(descriptor, b"\0" * (SIZE - size), size)
    os.fsync(descriptor)


def _write_at(descriptor: int, content: bytes, offset: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def _parse(content: bytes) -> list[tuple[Entry, int]]:
    """Each entry and the offset at which it ends."""
    found: list[tuple[Entry, int]] = []
    offset = 0
    while offset + _HEAD.size <= len(content):
        length, check = _HEAD.unpack_from(content, offset)
        payload = content[offset + _HEAD.size : offset + _HEAD.size + length]
        if length == 0 or len(payload) < length or zlib.crc32(payload) != check:
            break
        try:
            entry = _decoder.decode(payload)
        except msgspec.DecodeError:
            break
        offset += _HEAD.size + length
        found.append((entry, offset))
    return found
