"""Every tab in the other themes and without colour, as pictures at 80×24; that they can be read is computed beside them."""

from pathlib import Path

import pytest

from tests.hmrc_tui.everywhere import PLACES, an_app_with_everything
from tests.hmrc_tui.pictures import Album


@pytest.fixture(autouse=True)
def one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path("/home/sam"))


@pytest.mark.parametrize("theme", ["high-contrast", "colour-blind"])
async def test_every_tab_in_the_other_themes(
    album: Album, home: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    await album.walk(an_app_with_everything(home, theme, monkeypatch), PLACES)


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_tab_without_colour(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    await album.walk(an_app_with_everything(home, theme, monkeypatch), PLACES)
