"""The one-time code that proves to the service's sign-in page that whoever opens it can also read this machine's terminal."""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from storage.clock import Clock
from storage.secret import Secret
from storage.tokens.private_file import open_private, read_private, replace_private

LIFETIME = timedelta(minutes=10)


class _Kept(msgspec.Struct, frozen=True):
    """What is kept of a code: its hash and its end, never the code."""

    hash: str
    expires_at: datetime


def issue(folder: Path, clock: Clock) -> Secret:
    """A new code, good for ten minutes and one use; it replaces any before. `folder` is the environment's state folder."""
    code = Secret(secrets.token_urlsafe(24))
    kept = _Kept(_hash(code.reveal()), clock.now() + LIFETIME)
    with _locked(folder):
        replace_private(_file(folder), msgspec.json.encode(kept))
    return code


def redeem(folder: Path, given: str, clock: Clock) -> bool:
    """True, once, for the code that was issued last and has not ended. A wrong one spends nothing."""
    with _locked(folder):
        content = read_private(_file(folder))
        if content is None:
            return False
        try:
            kept = msgspec.json.decode(content, type=_Kept)
        except msgspec.DecodeError:
            return False
        if clock.now() >= kept.expires_at:
            _file(folder).unlink(missing_ok=True)
            return False
        if not hmac.compare_digest(_hash(given).encode(), kept.hash.encode()):
            return False
        _file(folder).unlink(missing_ok=True)
        return True


def _file(folder: Path) -> Path:
    return folder / "setup-code"


def _hash(code: str) -> str:
    return hashlib.sha256(b"hmrc-tui setup code " + code.encode("utf-8", "surrogateescape")).hexdigest()


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """One redeems at a time, so that a code given twice at once counts once."""
    descriptor = open_private(folder / "setup-code.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
