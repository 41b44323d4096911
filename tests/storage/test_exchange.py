"""Sharing through Postgres: what one machine writes the others have, once, whoever wrote when."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from storage.employers import PayeReference
from storage.ledger import Ledger
from storage.merge import BATCH, Merge
from storage.postgres import Session
from storage.records import Acceptance, Payment, ReferenceLink, SyncRun, TaxYear, ValidatorVerdict
from storage.rows import Row
from storage.tables import SHARED, Table
from tests.makers import REFERENCE, StoppedClock, a_p60, a_payslip, a_year_of_payslips
from tests.postgres import PostgresServer
from tests.storage.ledgers import YEAR, a_ledger, a_snapshot, an_answer, an_observation, drained

NOON = datetime(2025, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def fill(ledger: Ledger) -> None:
    """One of everything that travels."""
    answer = an_answer('{"employments": []}', NOON)
    ledger.add_observation(an_observation(1, NOON, answer), answer)
    ledger.add_snapshots([a_snapshot(NOON, "-0.01", None)])
    ledger.add_payslips(a_year_of_payslips(TaxYear(2024)), import_id="1", description="a.csv")
    ledger.remove_payslip(ledger.payslips()[0].id)
    ledger.add_p60s([a_p60(TaxYear(2024))], import_id="1", description="a.csv")
    payment = Payment(id="p", pay_date=date(2024, 4, 26), taxable_pay=Decimal("1.10"), income_tax=Decimal("0.00"))
    ledger.add_payments([payment], import_id="1", description="a.csv")
    ledger.accept(
        Acceptance(
            tax_year=YEAR, employer="x", note="ü", pay_difference=None, tax_difference=Decimal("-9.99"), decided_at=NOON
        )
    )
    ledger.link(ReferenceLink(old=REFERENCE, new=PayeReference("9/Z"), decided_at=NOON))
    ledger.add_run(
        SyncRun(
            id="r",
            business_date=date(2025, 7, 1),
            started_at=NOON,
            finished_at=NOON,
            outcome="done",
            unattended=True,
            host="desk",
        )
    )
    ledger.keep_verdict(
        ValidatorVerdict(connection_method="M", asked_at=NOON, code="VALID", body="{}", headers=(("a", "b"),))
    )
    ledger.keep_grant_dates(NOON, NOON + timedelta(days=547))


def everything(ledger: Ledger) -> list[object]:
    """All that can be read from a ledger."""
    return [
        ledger.observations(),
        ledger.answers(each.answer_hash or "" for each in ledger.observations()),
        ledger.snapshots(),
        ledger.payslips(),
        ledger.p60s(),
        ledger.payments(),
        ledger.acceptances(),
        ledger.links(),
        ledger.runs(),
        ledger.verdict("M"),
        ledger.imports(),
    ]


def test_a_second_machine_has_all_that_the_first_wrote(tmp_path: Path, postgres: str) -> None:
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    fill(one)
    waiting = one.status().queued
    assert waiting > len(SHARED)
    status = one.exchange()
    assert (status.store, status.queued, status.set_aside, status.trouble) == ("postgres", 0, 0, None)
    assert status.contacted_at == one.clock.now()
    version = other.version()
    other.exchange()
    assert everything(other) == everything(one)
    assert other.version() > version
    assert other.note("anything") is None
    one.close()
    other.close()


def test_two_machines_that_write_at_once_end_with_the_same_rows(tmp_path: Path, postgres: str) -> None:
    ledgers = [a_ledger(tmp_path / str(number), postgres) for number in range(3)]

    def work(number: int) -> None:
        ledger = ledgers[number]
        for turn in range(4):
            for row in range(10):
                ledger.add_observation(an_observation(number * 1000 + turn * 10 + row, NOON), None)
            ledger.exchange()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, range(3)))
    for ledger in ledgers:
        assert ledger.exchange().store == "postgres"
    seen = [{each.id for each in ledger.observations()} for ledger in ledgers]
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 120
    for ledger in ledgers:
        ledger.close()


def test_two_processes_share_one_file_and_one_postgres(tmp_path: Path, postgres: str) -> None:
    interface, daemon = a_ledger(tmp_path, postgres), a_ledger(tmp_path, postgres)
    interface.add_observation(an_observation(1, NOON), None)
    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(lambda ledger: ledger.exchange(), [interface, daemon]))
    assert [status.store for status in statuses] == ["postgres", "postgres"]
    assert interface.status().queued == 0
    interface.close()
    daemon.close()


def test_the_same_snapshot_seen_by_two_machines_is_one_row(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    for name in ("one", "other"):
        ledger = a_ledger(tmp_path / name, postgres)
        ledger.add_snapshots([a_snapshot(NOON if name == "one" else NOON + timedelta(seconds=3))])
        ledger.exchange()
        ledger.close()
    assert postgres_server.query("SELECT count(*) FROM hmrc_sync.tax_year_snapshot", dsn=postgres) == [(1,)]


def test_a_later_decision_wins_whichever_machine_made_it(tmp_path: Path, postgres: str) -> None:
    clocks = StoppedClock(NOON + timedelta(days=3)), StoppedClock(NOON)
    one, other = (a_ledger(tmp_path / str(number), postgres, clock=clock) for number, clock in enumerate(clocks))
    one.add_payslips([a_payslip()], import_id="1", description="a.csv")
    one.exchange()
    other.exchange()
    assert other.remove_payslip(a_payslip().id)
    other.exchange()
    one.exchange()
    assert one.payslips() == other.payslips() == []
    one.close()
    other.close()


def test_what_was_kept_before_postgres_was_configured_is_pushed_at_the_first_contact(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    fill(a_ledger(tmp_path))
    ledger = a_ledger(tmp_path, postgres)
    assert ledger.exchange().queued == 0
    assert postgres_server.query("SELECT count(*) FROM hmrc_sync.payslip", dsn=postgres) == [(13,)]
    ledger.close()


def test_a_new_postgres_is_filled_from_this_machine(tmp_path: Path, postgres_server: PostgresServer) -> None:
    first, second = postgres_server.new_database(), postgres_server.new_database()
    ledger = a_ledger(tmp_path, first)
    fill(ledger)
    ledger.exchange()
    ledger.close()
    moved = a_ledger(tmp_path, second)
    assert moved.exchange().store == "postgres"
    for table in SHARED:
        statement = f"SELECT count(*) FROM hmrc_sync.{table.name}"
        assert postgres_server.query(statement, dsn=first) == postgres_server.query(statement, dsn=second), table.name
    moved.close()


def test_rows_that_a_restored_postgres_lost_are_pushed_again(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    fill(ledger)
    ledger.exchange()
    postgres_server.query("DELETE FROM hmrc_sync.payslip WHERE arrived > 4", dsn=postgres)
    assert ledger.exchange().queued == 0
    assert postgres_server.query("SELECT count(*) FROM hmrc_sync.payslip", dsn=postgres) == [(13,)]
    ledger.close()


def test_rows_that_this_machine_lost_are_pulled_again(tmp_path: Path, postgres: str) -> None:
    ledger = a_ledger(tmp_path, postgres)
    fill(ledger)
    ledger.exchange()
    with ledger.file.writing() as connection:
        connection.execute("DELETE FROM fetch_log")
    ledger.exchange()
    assert len(ledger.observations()) == 1
    ledger.close()


CONSTRAINT = "ALTER TABLE hmrc_sync.fetch_log ADD CHECK (duration_ms < 1000)"
TRIGGER = """
    CREATE FUNCTION refuse() RETURNS trigger AS $$
    BEGIN IF NEW.duration_ms >= 1000 THEN RAISE 'no'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER refuse BEFORE INSERT ON hmrc_sync.fetch_log FOR EACH ROW EXECUTE FUNCTION refuse()
"""


@pytest.mark.parametrize("refusal", [CONSTRAINT, TRIGGER], ids=["constraint", "trigger"])
def test_a_row_that_postgres_refuses_is_set_aside_and_shown_and_stops_no_other(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer, refusal: str
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    postgres_server.query(refusal, dsn=postgres)
    for number in range(40):
        ledger.add_observation(an_observation(number, NOON, duration_ms=5000 if number in {7, 23} else 1), None)
    status = ledger.exchange()
    assert (status.store, status.queued, status.set_aside) == ("postgres", 0, 2)
    assert postgres_server.query("SELECT count(*) FROM hmrc_sync.fetch_log", dsn=postgres) == [(38,)]
    assert [row.row_id for row in ledger.set_aside()] == ["observation-7", "observation-23"]
    assert all(row.reason.startswith("Postgres: ") for row in ledger.set_aside())
    assert ledger.exchange().set_aside == 2
    assert len(ledger.observations()) == 40
    postgres_server.query(
        "DROP TRIGGER IF EXISTS refuse ON hmrc_sync.fetch_log; "
        "ALTER TABLE hmrc_sync.fetch_log DROP CONSTRAINT IF EXISTS fetch_log_duration_ms_check",
        dsn=postgres,
    )
    assert ledger.try_refused_again() == 2
    status = ledger.exchange()
    assert (status.queued, status.set_aside) == (0, 0)
    ledger.close()


def test_a_text_that_postgres_cannot_hold_is_set_aside(tmp_path: Path, postgres: str) -> None:
    ledger = a_ledger(tmp_path, postgres)
    answer = an_answer("a\x00b", NOON)
    ledger.add_observation(an_observation(1, NOON, answer), answer)
    status = ledger.exchange()
    assert (status.store, status.queued, status.set_aside) == ("postgres", 0, 1)
    assert ledger.set_aside()[0].table == "answer"
    ledger.close()


def test_a_postgres_newer_than_the_program_is_refused_and_nothing_is_pushed(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    postgres_server.query("UPDATE hmrc_sync.alembic_version SET version_num = '0009'", dsn=postgres)
    ledger.add_observation(an_observation(1, NOON), None)
    status = ledger.exchange()
    assert (status.store, status.queued) == ("sqlite", 1)
    assert "newer hmrc-tui" in (status.trouble or "")
    ledger.close()


def test_only_one_machine_gets_a_days_run(tmp_path: Path, postgres: str) -> None:
    clock = StoppedClock(NOON)
    one, other = (a_ledger(tmp_path / name, postgres, clock=clock) for name in ("one", "other"))
    day, lease = date(2025, 7, 1), timedelta(minutes=10)
    assert one.claim_run(day, "one", lease) is True
    assert other.claim_run(day, "other", lease) is False
    assert one.claim_run(day, "one", lease) is True
    clock.moment += timedelta(minutes=11)
    assert other.claim_run(day, "other", lease) is True
    assert one.claim_run(day, "one", lease) is False
    assert a_ledger(tmp_path / "alone").claim_run(day, "alone", lease) is None
    one.close()
    other.close()


def test_what_waits_goes_in_batches_and_not_row_by_row(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    ledger.add_snapshots(a_snapshot(NOON, f"{number}.01") for number in range(2 * BATCH + 1))
    push, sizes = Session.push, list[int]()

    def counted(session: Session, table: Table, rows: Sequence[Row]) -> None:
        sizes.append(len(rows))
        push(session, table, rows)

    monkeypatch.setattr(Session, "push", counted)
    assert drained(ledger).queued == 0
    assert sizes == [BATCH, BATCH, 1]
    ledger.close()


def test_moments_and_money_in_postgres_are_what_they_are(tmp_path: Path, postgres: str) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.add_snapshots([a_snapshot(NOON, "9999999999.99", "-0.01")])
    ledger.exchange()
    with psycopg.connect(postgres) as connection:
        found = connection.execute(
            "SELECT tax_year, employer_paye_ref, snapshot_date, gross_pay, income_tax, ni_contributions "
            "FROM hmrc_sync.tax_year_snapshot"
        ).fetchall()
    assert found == [("2023/24", "123/AB456", NOON, Decimal("9999999999.99"), Decimal("-0.01"), None)]
    ledger.close()


def test_the_timer_is_one_machines_until_it_is_heard_of_no_more(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    long, ended = timedelta(minutes=5), timedelta(0)
    assert one.timer_is_anothers("one") is False
    assert [one.claim_timer("one", long), other.claim_timer("other", long)] == [True, False]
    assert [one.timer_is_anothers("one"), other.timer_is_anothers("other")] == [False, True]
    assert one.claim_timer("one", ended) is True
    assert other.timer_is_anothers("other") is False
    assert [other.claim_timer("other", long), one.claim_timer("one", long)] == [True, False]
    postgres_server.stop()
    assert one.claim_timer("one", long) is one.timer_is_anothers("one") is None
    postgres_server.start()
    one.close()
    other.close()


def test_a_contact_to_which_nothing_is_new_looks_into_no_table(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.add_observation(an_observation(1, NOON), None)
    ledger.exchange()
    asked: list[str] = []
    arrived_after = Session.arrived_after

    def asking(session: Session, table: Table, mark: int, limit: int) -> list[tuple[str, int]]:
        asked.append(table.name)
        return arrived_after(session, table, mark, limit)

    monkeypatch.setattr(Session, "arrived_after", asking)
    assert ledger.exchange().store == "postgres"
    assert asked == []
    other = a_ledger(tmp_path / "other", postgres)
    other.add_observation(an_observation(2, NOON), None)
    other.exchange()
    ledger.exchange()
    assert set(asked) == {"fetch_log"}
    assert len(ledger.observations()) == 2
    ledger.close()
    other.close()


def test_what_another_tells_during_a_contact_comes_with_the_rows_that_it_is_about(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else this machine would know that a difference was told, find none, and have it told again."""
    ledger, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    other.keep_alert_told("address", "stale", "2026-07-01")
    other.exchange()
    arrived_after = Session.arrived_after

    def interrupted(session: Session, table: Table, mark: int, limit: int) -> list[tuple[str, int]]:
        monkeypatch.setattr(Session, "arrived_after", arrived_after)
        other.add_observation(an_observation(1, NOON), None)
        other.keep_alert_told("address", "difference:2023-24:1", "412")
        other.exchange()
        return arrived_after(session, table, mark, limit)

    monkeypatch.setattr(Session, "arrived_after", interrupted)
    monkeypatch.setattr(Merge, "_make_even", lambda *_: None)  # which a contact that runs out of time does not reach
    ledger.exchange()
    assert (list(ledger.alerts_told("address")), ledger.observations()) == (["stale"], [])
    ledger.exchange()
    assert set(ledger.alerts_told("address")) == {"stale", "difference:2023-24:1"}
    assert len(ledger.observations()) == 1
    ledger.close()
    other.close()
