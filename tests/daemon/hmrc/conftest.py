"""What the tests of the wire share: retries that do not wait."""

import pytest

from daemon.hmrc import client


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once; how long they wait is not what the test is about."""
    monkeypatch.setattr(client, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(client, "LONGEST_WAIT", 0.0)
