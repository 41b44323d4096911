"""What the tests of the interface share."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.hmrc_tui.pictures import Album


@pytest.fixture
def album(snapshot: SnapshotAssertion, tmp_path: Path) -> Album:
    """Compares pictures of the interface with those that are kept."""
    return Album(snapshot, tmp_path)
