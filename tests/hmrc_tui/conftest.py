"""What the tests of the interface share."""

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hmrc_tui.app import HmrcTuiApp
from tests.hmrc_tui.pictures import Album


@pytest.fixture
def album(snapshot: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Album:
    """Compares pictures of the interface with those that are kept; what is shown for some seconds stays until it is taken."""
    told = HmrcTuiApp.notify

    def stay(app: HmrcTuiApp, message: str, **given: Any) -> None:
        told(app, message, **{**given, "timeout": 3600.0})

    monkeypatch.setattr(HmrcTuiApp, "notify", stay)
    return Album(snapshot, tmp_path)
