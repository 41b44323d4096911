"""The token file: replaced as a whole, private, and never silently taken for empty. Its place is proved before a token is spent."""

import os
import stat
from pathlib import Path

import pytest

from storage.tokens.file import FileTokenStore
from storage.tokens.store import DamagedRecord, TokenStoreTrouble, WriteConflict
from tests.daemon.hmrc.grants import a_record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "token.json"


def test_what_is_written_is_read_back(file: Path) -> None:
    store = FileTokenStore(file)
    assert store.read() == (None, None)
    version = store.write(a_record(), None)
    assert store.read() == (a_record(), version)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_its_owner_can_read_it_whatever_the_umask(file: Path, mask: int) -> None:
    os.umask(mask)
    FileTokenStore(file).write(a_record(), None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0


def test_a_write_over_another_version_is_refused(file: Path) -> None:
    store = FileTokenStore(file)
    old = store.write(a_record(), None)
    store.write(a_record(generation=4), old)
    for expected in (None, old):
        with pytest.raises(WriteConflict):
            store.write(a_record(generation=5), expected)
    assert store.read()[0] == a_record(generation=4)


def test_the_steps_of_a_write_come_in_the_order_that_survives_a_crash(file: Path) -> None:
    steps: list[str] = []
    FileTokenStore(file, steps.append).write(a_record(), None)
    assert steps == ["store_tmp_written", "store_tmp_synced", "store_renamed_dir_not_synced"]


def test_what_a_crash_left_beside_it_is_overwritten(file: Path) -> None:
    store = FileTokenStore(file)
    file.parent.mkdir(mode=0o700)
    (file.parent / "token.json.new").write_bytes(b"half")
    store.write(a_record(), None)
    assert [found.name for found in file.parent.iterdir()] == ["token.json"]


@pytest.mark.parametrize("content", [b"", b"\0" * 300, b"[]", b'{"schema": 2}'])
def test_damage_is_not_emptiness(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700)
    file.write_bytes(content)
    with pytest.raises(DamagedRecord, match="authorise"):
        FileTokenStore(file).read()
    assert file.read_bytes() == content


def test_a_folder_in_its_place_is_said(file: Path) -> None:
    file.mkdir(parents=True, mode=0o700)
    with pytest.raises(TokenStoreTrouble, match="not an ordinary file"):
        FileTokenStore(file).read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_file_is_said_before_a_token_is_spent(file: Path) -> None:
    file.parent.mkdir(mode=0o500)
    with pytest.raises(TokenStoreTrouble, match="Permission denied"):
        FileTokenStore(file).probe()


def test_a_probe_leaves_nothing_behind(file: Path) -> None:
    FileTokenStore(file).probe()
    assert list(file.parent.iterdir()) == []


def test_a_file_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token.json"
    FileTokenStore(file).write(a_record(), None)
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1000)
    with pytest.raises(TokenStoreTrouble, match="belongs to another user"):
        FileTokenStore(file).read()
