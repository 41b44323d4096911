"""The Activity tab: the newest run stays the marked one, and what went wrong is told whole."""

from pathlib import Path

from daemon.events import SyncFinished, SyncStarted
from hmrc_tui.screens.activity import Activity
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.text import Told
from storage.records import TaxYear
from tests.hmrc_tui.pictures import an_app, pressing
from tests.hmrc_tui.said import a_log
from tests.hmrc_tui.still_desk import NOW, a_desk, a_run


async def test_the_mark_follows_a_new_run_unless_it_was_put_on_an_older_one(home: Path) -> None:
    desk = a_desk(home, ledger=a_log())
    async with an_app(desk).run_test() as pilot:
        await pressing("5")(pilot)
        rows = pilot.app.query_one(Activity).rows
        desk.ledger.kept_runs.insert(0, a_run(id="new", outcome="failed"))
        await pressing("r")(pilot)
        assert rows.current is not None
        assert rows.current.key == "new"
        await pressing("j")(pilot)
        older = rows.current.key
        desk.ledger.kept_runs.insert(0, a_run(id="newer"))
        await pressing("r")(pilot)
        assert rows.current.key == older


async def test_why_a_sync_failed_is_told_whole_at_80_columns(home: Path) -> None:
    desk = a_desk(home)
    trouble = (
        "HMRC did not answer for 2024-25, 2025-26: individual-tax: HMRC cannot be reached: the connection was "
        "refused, or the host was not found or not trusted; what it did answer is kept"
    )
    async with an_app(desk).run_test(size=(80, 24)) as pilot:
        await pressing("5")(pilot)
        desk.tell(SyncStarted("live", NOW, (TaxYear(2024),), 10, False), SyncFinished("live", NOW, (), trouble))
        await pressing()(pilot)
        now = pilot.app.query_one("#now", Told)
        assert trouble in spoken(now.told)
        assert now.size.height == 4
        shown = " ".join(str(now.render()).split())
        assert shown.startswith(f"✗ {trouble}")
        assert "Next run" in shown
