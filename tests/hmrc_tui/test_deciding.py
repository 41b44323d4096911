"""What a person decides about a difference: accepted, linked, and taken back."""

from decimal import Decimal
from pathlib import Path

from hmrc_tui.widgets.rows import Rows
from storage.records import PayeReference, TaxYear
from storage.troubles import StorageTrouble
from tests.hmrc_tui.pictures import an_app, pressing, settle, toasts
from tests.hmrc_tui.still_desk import ACME, a_desk, with_acme


async def test_a_difference_is_accepted_with_a_note(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("a", "enter")(pilot)
        assert desk.ledger.accepted == []
        await pressing(*"overtime", "enter")(pilot)
    (accepted,) = desk.ledger.accepted
    assert (accepted.tax_year, accepted.employer, accepted.note) == (TaxYear(2022), ACME, "overtime")
    assert (accepted.pay_difference, accepted.tax_difference) == (Decimal("412.00"), Decimal("82.40"))


async def test_an_acceptance_is_withdrawn_after_asking(home: Path) -> None:
    desk = a_desk(home, told=with_acme("accepted"))
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        pilot.app.query_one(Rows).go_to("2022-23 951/XY12Z")
        await pressing("a", "n", "a", "y")(pilot)
    assert desk.ledger.withdrawn == [(TaxYear(2022), ACME)]


async def test_what_agrees_cannot_be_accepted(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("k", "a")(pilot)
        assert "There is no difference to accept." in toasts(pilot)


async def test_references_are_linked_and_the_link_undone(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("L", "enter")(pilot)
        (link,) = desk.ledger.kept_links
        assert (link.old, link.new) == (ACME, PayeReference("123/AB456"))
        await pressing("L", "j", "j", "enter")(pilot)
        assert len(desk.ledger.kept_links) == 1
        assert any("are linked already" in said for said in toasts(pilot))
        await pressing("L", "k", "enter")(pilot)
        assert desk.ledger.kept_links == []


async def test_where_nothing_is_linked_there_is_nothing_to_undo(home: Path) -> None:
    desk = a_desk(home)
    async with an_app(desk).run_test() as pilot:
        await pressing("L", "k", "enter")(pilot)
        assert toasts(pilot) == [f"{ACME} is not linked: there is nothing to undo"]


async def test_pennies_of_rounding_can_be_accepted_too(home: Path) -> None:
    desk = a_desk(home, told=with_acme("rounding"))
    async with an_app(desk).run_test() as pilot:
        await settle(pilot)
        pilot.app.query_one(Rows).go_to("2022-23 951/XY12Z")
        await pressing("a", *"pennies", "enter")(pilot)
    assert [accepted.note for accepted in desk.ledger.accepted] == ["pennies"]


async def test_a_trouble_that_a_worker_does_not_tell_is_told_and_ends_nothing(home: Path) -> None:
    def fails() -> None:
        raise StorageTrouble("the disk is full; make room")

    app = an_app(a_desk(home))
    async with app.run_test() as pilot:
        await settle(pilot)
        app.open_page.in_thread(fails, "any")
        await settle(pilot)
        assert "the disk is full; make room" in toasts(pilot)
        assert app.is_running
