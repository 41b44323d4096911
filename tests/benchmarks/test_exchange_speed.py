"""Rows that waited while Postgres was away arrive at two thousand a second and more once it is back."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.storage.ledgers import a_ledger, a_snapshot, drained

pytestmark = pytest.mark.benchmark_gate
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
ROWS_A_SECOND = 2000


def test_draining_takes_more_than_two_thousand_rows_a_second(tmp_path: Path, postgres: str) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    rates: list[float] = []
    for turn in range(3):  # the best of three: other processes share this machine's cores
        ledger.add_snapshots(
            a_snapshot(NOON + timedelta(seconds=number), f"{turn}.{number}") for number in range(10, 100)
        )
        ledger.add_snapshots(a_snapshot(NOON, f"{number}.{turn}") for number in range(3000))
        waiting = ledger.status().queued
        began = time.perf_counter()
        assert drained(ledger).queued == 0
        rates.append(waiting / (time.perf_counter() - began))
    print(f"\nrows a second: {max(rates):.0f}")
    assert max(rates) > ROWS_A_SECOND
    ledger.close()
