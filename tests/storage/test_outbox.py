"""What waits for Postgres: exactly the rows that were written here and that it has not taken."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import outbox
from storage.ledger import Ledger
from storage.tables import FETCH_LOG, PAYSLIP
from tests.makers import a_payslip
from tests.storage.ledgers import a_ledger, an_observation

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Three calls and one payslip that wait."""
    ledger = a_ledger(tmp_path)
    for number in range(3):
        ledger.add_observation(an_observation(number, NOON), None)
    ledger.add_payslips([a_payslip()], import_id="1", description="a.csv")
    return ledger


def waiting(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.file.reading() as connection:
        return connection.execute("SELECT table_name, row_id FROM outbox ORDER BY sequence").fetchall()


def test_only_what_was_delivered_no_longer_waits(ledger: Ledger) -> None:
    with ledger.file.writing() as connection:
        outbox.delivered(connection, FETCH_LOG, ["observation-1"])
    assert [row_id for table, row_id in waiting(ledger) if table == "fetch_log"] == ["observation-0", "observation-2"]
    assert [table for table, _ in waiting(ledger)].count("payslip") == 1


def test_the_id_of_a_row_of_another_table_delivers_nothing(ledger: Ledger) -> None:
    before = waiting(ledger)
    with ledger.file.writing() as connection:
        outbox.delivered(connection, PAYSLIP, ["observation-1"])
    assert waiting(ledger) == before


def test_what_came_from_postgres_does_not_wait_to_go_there(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.file.reading() as connection:
        batch = outbox.next_batch(connection, 10)
    assert batch is not None
    other = a_ledger(tmp_path / "other")
    with other.file.writing() as connection:
        assert [outbox.insert(connection, batch[0], row, queue=False) for row in batch[1]] == [True] * 3
    assert waiting(other) == []
    assert len(other.observations()) == 3


def test_a_row_that_is_known_does_not_wait_again(ledger: Ledger) -> None:
    before = waiting(ledger)
    ledger.add_observation(an_observation(1, NOON), None)
    assert waiting(ledger) == before
