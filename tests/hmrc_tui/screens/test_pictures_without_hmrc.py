"""The tabs of somebody who chose payslips alone as pictures, and the messages read again, in both sizes and both themes."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.hmrc_tui.pictures import Album, an_app, pressing, settle
from tests.hmrc_tui.still_desk import a_desk, a_desk_without_hmrc

LONG = "row 7 of payslips-2024.csv: the column pay_date is missing; add it, or name the file's own columns in a mapping file (--mapping)"


@pytest.mark.parametrize("tab", ["1", "3", "5", "6"])
async def test_a_tab_without_hmrc(album: Album, home: Path, tab: str) -> None:
    await album.compare(an_app(a_desk_without_hmrc(home, papers=True)), pressing(tab))


async def test_nothing_yet_without_hmrc(album: Album, home: Path) -> None:
    await album.compare(an_app(a_desk_without_hmrc(home, papers=False)))


@pytest.mark.parametrize("read_again", [False, True])
async def test_a_long_message(album: Album, home: Path, read_again: bool) -> None:
    async def steps(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        pilot.app.notify(LONG, title="Import", severity="error", timeout=3600)
        await pressing(*("escape", "M") if read_again else ())(pilot)

    await album.compare(an_app(a_desk(home)), steps)
