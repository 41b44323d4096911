"""Ten thousand amounts from HMRC's JSON through SQLite and Postgres and back: not a penny differs."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.hmrc import schemas
from daemon.hmrc.errors import UnreadableAnswer
from storage.employers import PayeReference
from storage.money import LARGEST, exact, from_pence, to_pence
from storage.rows import from_postgres, from_sqlite, row_of, to_postgres, to_sqlite
from storage.tables import SNAPSHOT
from tests.postgres import PostgresServer
from tests.storage.ledgers import a_ledger, a_snapshot, drained

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
AMOUNTS = 10_000


def generated(count: int) -> list[str]:
    """Amounts as JSON writes them: whole, with one decimal or two, negative, tiny and as large as the column holds."""
    chance = random.Random(890.35)
    made: list[str] = []
    for _ in range(count):
        pence = chance.choice([chance.randrange(100), chance.randrange(10**7), chance.randrange(10**12)])
        sign = "-" if pence and chance.random() < 0.2 else ""
        decimals = chance.choice([0, 1, 2])
        whole, rest = divmod(pence, 100)
        made.append(f"{sign}{whole}" + (f".{rest:02d}"[: decimals + 1] if decimals else ""))
    return made


def test_ten_thousand_amounts_go_from_json_to_sqlite_to_postgres_and_back(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    texts = generated(AMOUNTS)
    employments = ", ".join(
        f'{{"employerPayeReference": "1/{number}", "payFromEmployment": {text}}}' for number, text in enumerate(texts)
    )
    body = f'{{"pensionsAnnuitiesAndOtherStateBenefits": {{}}, "employments": [{employments}]}}'
    answer = schemas.read("individual-income", body)
    assert isinstance(answer, schemas.IncomeSummary)
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    one.add_snapshots(
        a_snapshot(
            NOON + timedelta(microseconds=number),
            str(employment.pay_from_employment),
            text,
            reference=PayeReference(employment.employer_paye_reference),
        )
        for number, (employment, text) in enumerate(zip(answer.employments, texts, strict=True))
    )
    assert drained(one).queued == 0
    while len(other.snapshots()) < AMOUNTS:
        assert other.exchange().store == "postgres"
    in_postgres = postgres_server.query(
        "SELECT gross_pay::text, income_tax::text FROM hmrc_sync.tax_year_snapshot ORDER BY snapshot_date", dsn=postgres
    )
    expected = [exact(Decimal(text)) for text in texts]
    assert [Decimal(pay) for pay, _ in in_postgres] == [Decimal(tax) for _, tax in in_postgres] == expected
    for ledger in (one, other):
        assert [snapshot.gross_pay for snapshot in ledger.snapshots()] == expected
        assert [str(snapshot.income_tax) for snapshot in ledger.snapshots()] == [str(amount) for amount in expected]
        ledger.close()


@pytest.mark.parametrize("amount", ["1.005", "0.001", "-3.999", "1e-3"])
def test_a_third_decimal_is_refused_at_every_border(amount: str) -> None:
    body = (
        '{"pensionsAnnuitiesAndOtherStateBenefits": {}, "employments": '
        f'[{{"employerPayeReference": "1/A", "payFromEmployment": {amount}}}]}}'
    )
    with pytest.raises(UnreadableAnswer):
        schemas.read("individual-income", body)
    row = row_of(SNAPSHOT, a_snapshot(NOON))
    row["gross_pay"] = Decimal(amount)
    with pytest.raises(ValueError, match="more than two decimals"):
        to_sqlite(SNAPSHOT, row)
    with pytest.raises(ValueError, match="more than two decimals"):
        to_postgres(SNAPSHOT, row)


@settings(max_examples=300, deadline=None)
@given(st.decimals(min_value=-LARGEST, max_value=LARGEST, places=2))
def test_any_amount_is_itself_after_either_engine(amount: Decimal) -> None:
    row = row_of(SNAPSHOT, a_snapshot(NOON))
    row["gross_pay"] = amount
    assert from_sqlite(SNAPSHOT, to_sqlite(SNAPSHOT, row))["gross_pay"] == exact(amount)
    assert from_postgres(SNAPSHOT, to_postgres(SNAPSHOT, row))["gross_pay"] == exact(amount)
    assert from_pence(to_pence(amount)) == exact(amount)


@settings(max_examples=200, deadline=None)
@given(st.datetimes(min_value=datetime(1945, 1, 1), max_value=datetime(2199, 12, 31), timezones=st.timezones()))  # noqa: DTZ001
def test_any_moment_is_itself_to_the_microsecond_and_sorts_as_text(moment: datetime) -> None:
    row = row_of(SNAPSHOT, a_snapshot(moment))
    place = SNAPSHOT.names.index("snapshot_date")
    assert from_sqlite(SNAPSHOT, to_sqlite(SNAPSHOT, row))["snapshot_date"] == moment.astimezone(UTC)
    later = row_of(SNAPSHOT, a_snapshot(moment.astimezone(UTC) + timedelta(microseconds=1)))
    assert to_sqlite(SNAPSHOT, row)[place] < to_sqlite(SNAPSHOT, later)[place]
