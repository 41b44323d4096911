"""Texts name the keys in force: with every key moved, no text of a tab, a message or the guide still names a key of before."""

import re
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

import hmrc_tui
from daemon.reconcile.model import Reconciliation
from hmrc_tui import actions
from hmrc_tui.key_names import named
from hmrc_tui.views.pieces import in_force, keyed, line, spoken
from hmrc_tui.widgets.filter_line import FilterLine
from hmrc_tui.widgets.text import Told
from tests.hmrc_tui.pictures import an_app, pressing, settle, toasts
from tests.hmrc_tui.still_desk import NO_GRANT, StillLedger, a_desk, a_story

MOVED = {
    "sync": "f2",
    "guide": "f3",
    "reread": "f4",
    "cancel_sync": "f5",
    "show_sign_in": "f6",
    "show_payslips": "f7",
    "payslips.import_file": "f8",
    "payslips.paste_table": "f9",
    "payslips.undo_import": "f10",
    "sign_in.sign_in": "f11",
    "sign_in.forget": "f12",
    "history.calls": "ctrl+y",
    "list.export": "ctrl+e",
    "back": "ctrl+n",
}


def said(pilot: Pilot[Any]) -> str:
    """All the text that the open screen tells."""
    return "\n".join(spoken(told.told) for told in pilot.app.screen.query(Told))


def test_a_text_names_each_key_as_it_is_and_as_it_was_moved() -> None:
    text = "{sync} asks, then {payslips.import_file}"
    assert named(text, {}) == "s asks, then i"
    assert spoken([line(keyed(text))]) == "s asks, then i"
    assert spoken(in_force([line(keyed(text), " [hmrc] {sync}")], MOVED)) == "f2 asks, then f8 [hmrc] {sync}"


def test_every_action_that_a_text_names_is_one() -> None:
    sources = sorted(Path(hmrc_tui.__file__).parent.rglob("*.py"))
    found = {
        name
        for source in sources
        for naming in re.findall(r'(?:keyed|naming_keys|_to_do)\(\s*"([^"]*)"', source.read_text("utf-8"))
        for name in re.findall(r"\{([a-z_.]+)\}", naming)
    }
    assert found
    assert found <= actions.ids()


@pytest.mark.parametrize(
    ("tab", "says"),
    [
        ("1", ("f6 Sign in at HMRC", "f2 Ask HMRC", "f7 Import your payslips, then f8 and", "f3 opens the first")),
        ("f7", ("f8 Import a file", "f9 Paste the payment table")),
        ("3", ("f2 asks HMRC now",)),
        ("5", ("f2 asks HMRC now", "f2 starts one")),
        ("f6", ("f11 opens HMRC's sign-in page", "f12 forgets it")),
    ],
)
async def test_an_empty_tab_names_the_moved_keys(home: Path, tab: str, says: tuple[str, ...]) -> None:
    desk = a_desk(home, told=Reconciliation(()), grant_report=NO_GRANT)
    desk.ledger.kept_runs = []
    async with an_app(desk, key_map=MOVED).run_test() as pilot:
        await pressing(tab)(pilot)
        for part in says:
            assert part in said(pilot)


async def test_the_guide_the_heading_and_the_filter_name_the_moved_keys(home: Path) -> None:
    async with an_app(a_desk(home), key_map=MOVED).run_test() as pilot:
        await pressing("f3")(pilot)
        assert "f3 opens this again" in said(pilot)
        await pressing("escape", "slash")(pilot)
        assert "^n shows all" in pilot.app.query_one(FilterLine).query_one("Input").placeholder  # type: ignore[attr-defined]
        await pressing("ctrl+n", "p")(pilot)
        assert "^n: all · of Acme Widgets plc" in said(pilot)


async def test_messages_and_the_overviews_banner_name_the_moved_keys(home: Path) -> None:
    desk = a_desk(home, told=a_story(), grant_report=NO_GRANT, ledger=StillLedger())
    async with an_app(desk, key_map=MOVED).run_test(notifications=True) as pilot:
        await settle(pilot)
        assert "f6 signs in" in said(pilot)
        desk.syncing = True
        await pressing("f2", "y")(pilot)
        assert any("f5 stops it" in told for told in toasts(pilot))
        assert any("^e exports" in told for told in toasts(pilot))
