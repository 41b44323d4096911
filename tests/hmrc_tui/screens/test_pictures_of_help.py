"""The guide to the first start, the help, the palette and the questions as pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hmrc_tui.pictures import SIZES, SMALL, an_app, pressing
from tests.hmrc_tui.still_desk import NO_GRANT, StillLedger, a_desk

Compare = Callable[..., bool]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_guide_to_the_first_start(snap_compare: Compare, home: Path, size: str, theme: str) -> None:
    app = an_app(a_desk(home, ledger=StillLedger(), grant_report=NO_GRANT), theme, first_start=True)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing())


@pytest.mark.parametrize("size", SIZES)
def test_guide_asks_for_credentials(snap_compare: Compare, home: Path, size: str) -> None:
    app = an_app(a_desk(home), first_start=True)
    steps = pressing("3", *"abc", "enter", *"secret", "enter", *"12345", "enter")
    assert snap_compare(app, terminal_size=SIZES[size], run_before=steps)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", ["1", "6"])
def test_help_of_a_page(snap_compare: Compare, home: Path, page: str, size: str) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SIZES[size], run_before=pressing(page, "question_mark"))


def test_asking_for_the_note_of_an_acceptance(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("a", "enter"))


def test_asking_which_reference_it_became(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("L", "j"))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_row_in_full(snap_compare: Compare, home: Path, theme: str) -> None:
    assert snap_compare(
        an_app(a_desk(home), theme), terminal_size=SIZES["120x40"], run_before=pressing("k", "k", "enter")
    )


def test_palette(snap_compare: Compare, home: Path) -> None:
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("colon", *"acc"))
