"""Taking an import back: what was done here is not told as if somebody else had done it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from storage.books import ImportRecord
from tests.hmrc_tui.pictures import an_app, pressing, toasts
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk


class Remembering(StillLedger):
    """A ledger that, as the real one, keeps an import that was taken back, marked as such."""

    def undo_import(self, import_id: str) -> int:
        self.kept_imports = [replace(one, undone=one.undone or one.id == import_id) for one in self.kept_imports]
        return 12


async def test_an_import_of_an_earlier_start_that_is_taken_back_here_was_not_taken_back_elsewhere(home: Path) -> None:
    ledger = Remembering()
    ledger.kept_imports = [ImportRecord("import-1", NOW - timedelta(days=1), "payslips from year.csv", 12, 0, 0, False)]
    async with an_app(a_desk(home, ledger=ledger)).run_test() as pilot:
        await pressing("2", "U", "enter", "y")(pilot)
        assert ledger.kept_imports[0].undone
        assert toasts(pilot) == ["The import was taken back"]
