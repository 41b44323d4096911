"""What the interface writes is private, whole, and leaves nothing beside it where it cannot be."""

import resource
import stat
from pathlib import Path

import pytest

from hmrc_tui.files import write_private
from storage.troubles import StorageTrouble


def test_a_file_is_its_owners_alone_and_replaces_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "secret"
    for text in ("first", "second\n"):
        write_private(file, text)
    assert file.read_text() == "second\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret"]


def test_without_room_there_is_neither_half_a_file_nor_a_draft_of_it(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StorageTrouble, match="choose another place"):
            write_private(tmp_path / "secret", "hush " * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(StorageTrouble, match="Is a directory"):
        write_private(tmp_path / "secret", "hush")
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
