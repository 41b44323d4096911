"""A file that is made once: the first process to finish it gives it to all, whatever the file system can do."""

import errno
import os
from pathlib import Path

import pytest

from daemon.fraud_headers.collect.fact import Known
from daemon.fraud_headers.device import device_id
from storage.places import Places
from storage.settings import Settings
from storage.tokens.choice import home_name
from storage.tokens.private_file import name_once


def without_links(_made: Path, _file: Path) -> None:
    raise OSError(errno.EPERM, "no hard links here")


@pytest.fixture(params=[True, False], ids=["with hard links", "without"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(os, "link", without_links)


@pytest.mark.usefixtures("links")
class TestAnyFileSystem:
    def test_what_is_there_already_stays(self, tmp_path: Path) -> None:
        made, file = tmp_path / "made", tmp_path / "file"
        made.write_text("second")
        file.write_text("first")
        name_once(made, file)
        assert file.read_text() == "first"

    def test_what_is_not_there_is_made(self, tmp_path: Path) -> None:
        made, file = tmp_path / "made", tmp_path / "file"
        made.write_text("first")
        name_once(made, file)
        assert file.read_text() == "first"

    def test_a_home_has_one_name_for_ever(self, tmp_path: Path) -> None:
        assert home_name(tmp_path / "state") == home_name(tmp_path / "state")
        assert [file.name for file in (tmp_path / "state").iterdir()] == ["home"]

    def test_a_device_has_one_id_for_ever(self, tmp_path: Path) -> None:
        first, second = (device_id(Settings(), Places.under(tmp_path)) for _ in range(2))
        assert isinstance(first, Known)
        assert first == second
