"""What Activity says of the sync under way and of the next run."""

from datetime import UTC, datetime

import pytest

from hmrc_tui.views.activity import now_lines

NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
SIX = datetime(2026, 7, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("next_run", "watches", "whose"),
    [(SIX, False, False), (SIX, True, True), (None, True, False)],
)
def test_whose_the_next_run_is_is_told_where_a_daemon_has_the_timer(
    next_run: datetime | None, watches: bool, whose: bool
) -> None:
    _, told = now_lines([], syncing=False, next_run=next_run, now=NOW, watches=watches)
    text = "".join(piece.text for piece in told)
    assert text.startswith("Next run ")
    assert ("by the daemon that has the timer" in text) == whose
