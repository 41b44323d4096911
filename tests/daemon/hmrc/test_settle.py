"""Bringing the token store up to the journal: the newer of two holds, and nothing is forgotten before it is seen to be kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.hmrc.settle import keep_answer, settle
from storage.secret import Secret
from storage.tokens.file import FileTokenStore
from storage.tokens.journal import Intent, Journal, answer_with
from storage.tokens.record import GrantRecord, token_hash
from storage.tokens.store import TokenStoreTrouble, Version
from tests.daemon.hmrc.grants import a_record

BEFORE = a_record()
AFTER = a_record(
    generation=4, access_token=Secret("made-up-access-token-4"), refresh_token=Secret("made-up-refresh-token-4")
)


class Forgetful(FileTokenStore):
    """A store that says that it wrote, and keeps what it had."""

    def write(self, record: GrantRecord, expected: Version) -> Version:
        return super().write(BEFORE, expected)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """The journal after HMRC answered a refresh of `BEFORE`."""
    journal = Journal.open(tmp_path / "state" / "journal")
    journal.append(Intent("refresh", 4, token_hash(BEFORE.refresh_token), datetime(2025, 7, 1, tzinfo=UTC)))
    journal.append(answer_with(AFTER, None))
    yield journal
    journal.close()


def a_store(tmp_path: Path, kind: type[FileTokenStore] = FileTokenStore, has: GrantRecord = BEFORE) -> FileTokenStore:
    FileTokenStore(tmp_path / "token.json").write(has, None)
    return kind(tmp_path / "token.json")


def test_an_answer_that_only_the_journal_had_is_moved_into_the_store(journal: Journal, tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert settle(store, journal)[0] == AFTER
    assert store.read()[0] == AFTER
    assert journal.state().empty


def test_a_store_that_has_something_newer_keeps_it(journal: Journal, tmp_path: Path) -> None:
    newer = replace(AFTER, generation=5, refresh_token=Secret("made-up-refresh-token-5"))
    store = a_store(tmp_path, has=newer)
    assert settle(store, journal)[0] == newer
    assert store.read()[0] == newer
    assert journal.state().empty


def test_an_answer_that_the_store_did_not_keep_stays_in_the_journal(journal: Journal, tmp_path: Path) -> None:
    store = a_store(tmp_path, Forgetful)
    with pytest.raises(TokenStoreTrouble, match="did not keep the new tokens; they are safe in the journal"):
        keep_answer(store, journal, store.read()[1], lambda _point: None)
    assert journal.state().answer == answer_with(AFTER, None)
