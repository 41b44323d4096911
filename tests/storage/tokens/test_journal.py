"""The write-ahead journal: what is on the disk when the process dies, and what a damaged file still tells."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.tokens.journal import (
    SIZE,
    Answer,
    Committed,
    Entry,
    Intent,
    Journal,
    JournalState,
    Unused,
    answer_with,
    read_state,
    record_in,
    state_of,
)
from storage.tokens.store import TokenStoreTrouble
from tests.daemon.hmrc.grants import a_record

INTENT = Intent("refresh", 4, "0" * 16, datetime(2025, 7, 1, tzinfo=UTC))
ANSWER = answer_with(a_record(), None)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "state" / "refresh.journal")


def reopened(journal: Journal, tmp_path: Path) -> tuple[Entry, ...]:
    journal.close()
    return Journal.open(tmp_path / "state" / "refresh.journal").entries()


def test_entries_are_read_back_in_order(journal: Journal, tmp_path: Path) -> None:
    for entry in (INTENT, ANSWER, Committed()):
        journal.append(entry)
    assert reopened(journal, tmp_path) == (INTENT, ANSWER, Committed())


def test_it_has_its_room_and_its_mode_from_the_start(journal: Journal, tmp_path: Path) -> None:
    found = (tmp_path / "state" / "refresh.journal").stat()
    assert (found.st_size, stat.S_IMODE(found.st_mode)) == (SIZE, 0o600)
    assert found.st_blocks * 512 >= SIZE
    journal.append(INTENT)
    assert (tmp_path / "state" / "refresh.journal").stat().st_size == SIZE


def test_clearing_leaves_no_token_to_be_read(journal: Journal, tmp_path: Path) -> None:
    journal.append(ANSWER)
    journal.clear()
    assert set((tmp_path / "state" / "refresh.journal").read_bytes()) == {0}


def test_every_step_of_an_entry_is_told_in_order(tmp_path: Path) -> None:
    steps: list[str] = []
    Journal.open(tmp_path / "journal", steps.append).append(INTENT)
    assert steps == ["intent_torn", "intent_written", "intent_synced"]


@pytest.mark.parametrize(
    ("entries", "state"),
    [
        ((), JournalState()),
        ((INTENT,), JournalState(in_doubt=INTENT)),
        ((INTENT, Unused()), JournalState()),
        ((INTENT, ANSWER), JournalState(answer=ANSWER, answered=INTENT)),
        ((INTENT, ANSWER, Committed()), JournalState()),
        ((INTENT, Unused(), INTENT), JournalState(in_doubt=INTENT)),
    ],
)
def test_what_the_entries_come_to(entries: tuple[Entry, ...], state: JournalState) -> None:
    assert state_of(entries) == state


@settings(deadline=None)  # it waits for the disk
@given(cut=st.integers(0, 2000))
def test_a_torn_entry_is_the_end_and_the_next_one_takes_its_place(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    file = tmp_path_factory.mktemp("torn") / "journal"
    journal = Journal.open(file)
    journal.append(INTENT)
    end = len(file.read_bytes().rstrip(b"\0"))
    journal.append(ANSWER)
    whole = len(file.read_bytes().rstrip(b"\0"))
    keep = end + cut % (whole - end)
    os.pwrite(journal.descriptor, b"\0" * (whole - keep), keep)
    assert journal.entries() == (INTENT,)
    journal.append(Unused())
    assert journal.entries() == (INTENT, Unused())
    journal.close()


@settings(deadline=None)  # it waits for the disk
@given(noise=st.binary(max_size=400))
def test_a_damaged_journal_never_makes_anything_up(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    file = tmp_path_factory.mktemp("noise") / "journal"
    journal = Journal.open(file)
    os.pwrite(journal.descriptor, noise, 0)
    assert journal.entries() == ()
    journal.append(INTENT)
    assert journal.state().in_doubt == INTENT
    journal.close()


@settings(deadline=None)  # it waits for the disk
@given(place=st.integers(8, 200), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    file = tmp_path_factory.mktemp("bit") / "journal"
    journal = Journal.open(file)
    journal.append(ANSWER)
    byte = os.pread(journal.descriptor, 1, place)[0]
    os.pwrite(journal.descriptor, bytes([byte ^ (1 << bit)]), place)
    assert journal.entries() == ()
    journal.close()


class TestSealed:
    KEY = bytes(range(32))

    def test_a_sealed_answer_holds_no_token_and_opens_with_its_key(self, journal: Journal, tmp_path: Path) -> None:
        journal.append(answer_with(a_record(), self.KEY))
        assert b"made-up" not in (tmp_path / "state" / "refresh.journal").read_bytes()
        answer = journal.state().answer
        assert answer is not None
        assert record_in(answer, self.KEY) == a_record()

    @pytest.mark.parametrize("key", [None, bytes(32)])
    def test_without_its_key_it_is_kept_and_said(self, key: bytes | None) -> None:
        with pytest.raises(TokenStoreTrouble, match="journal"):
            record_in(answer_with(a_record(), self.KEY), key)

    def test_an_answer_in_the_clear_needs_no_key(self) -> None:
        assert record_in(Answer(clear=ANSWER.clear), self.KEY) == a_record()


class TestLooking:
    def test_looking_makes_no_file(self, tmp_path: Path) -> None:
        assert read_state(tmp_path / "none") == JournalState()
        assert list(tmp_path.iterdir()) == []

    def test_a_journal_that_others_can_read_is_refused(self, journal: Journal, tmp_path: Path) -> None:
        (tmp_path / "state" / "refresh.journal").chmod(0o644)
        with pytest.raises(TokenStoreTrouble, match="chmod 600"):
            read_state(tmp_path / "state" / "refresh.journal")
