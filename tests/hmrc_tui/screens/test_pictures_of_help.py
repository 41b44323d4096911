"""The guide to the first start, the help, the palette and the questions as pictures, in both sizes and both themes."""

from pathlib import Path

import pytest

from tests.hmrc_tui.pictures import Album, an_app, never_opened, pressing
from tests.hmrc_tui.still_desk import NO_GRANT, StillLedger, a_desk


async def test_guide_to_the_first_start(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home, ledger=StillLedger(), grant_report=NO_GRANT), first_start=True))


async def test_guide_asks_for_credentials(album: Album, home: Path) -> None:
    steps = pressing("3", *"abc", "enter", *"secret", "enter", *"12345", "enter")
    await album.compare(an_app(a_desk(home), first_start=True), steps)


async def test_guide_asks_before_it_changes_a_configuration(
    album: Album, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    monkeypatch.chdir(home)
    Path("config.toml").write_text("[sync]\n")
    app = an_app(a_desk(home), config_file=Path("config.toml"))
    await album.compare(app, pressing("ctrl+g", "4"))


@pytest.mark.parametrize("page", ["1", "2", "3", "4", "5", "6"])
async def test_help_of_a_page(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    await album.compare(never_opened(a_desk(home)), pressing(page, "question_mark"))


async def test_asking_for_the_note_of_an_acceptance(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home)), pressing("a", "enter"))


async def test_asking_which_reference_it_became(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home)), pressing("L", "j"))


async def test_asking_where_to_export_to(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path("/home/sam"))
    await album.compare(an_app(a_desk(home)), pressing("e"))


async def test_a_row_in_full(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home)), pressing("k", "k", "enter"))


async def test_palette(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk(home)), pressing("colon", *"acc"))
