"""Dashboards on a real PostgreSQL: the old query from the column contract alone, and every query of ours, on rows that our ledger wrote."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from storage.ledger import Ledger
from storage.records import PayeReference, ReferenceLink, Snapshot, SyncRun, TaxYear
from tests.makers import EMPLOYER, REFERENCE, a_payslip, a_year_of_payslips
from tests.postgres import PostgresServer
from tests.storage.ledgers import a_ledger, a_snapshot, an_answer, an_observation

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "hmrc-tui.json"
FIRST = datetime(2024, 7, 1, 6, tzinfo=UTC)
OTHER = PayeReference("456/CD789")
RENAMED = PayeReference("999/NEW1")
OLD_QUERY = """
    SELECT DISTINCT ON (tax_year, employer_paye_ref) tax_year, employer_paye_ref, snapshot_date, gross_pay, income_tax,
      ni_contributions
    FROM hmrc_sync.tax_year_snapshot ORDER BY tax_year DESC, employer_paye_ref, snapshot_date DESC
"""


def panels(found: Any) -> Iterator[dict[str, Any]]:
    """Every panel, rows' own included."""
    for panel in found.get("panels", []):
        yield panel
        yield from panels(panel)


BOARD: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
PANELS = {panel["title"]: panel for panel in panels(BOARD)}


def run(dsn: str, statement: str, schema: str = "hmrc_sync") -> list[dict[str, Any]]:
    """The rows of a query, its variables and macros written out as Grafana does."""
    while "$__timeFilter(" in statement:
        before, _, rest = statement.partition("$__timeFilter(")
        column, _, after = rest.partition(")")
        statement = f"{before}{column} BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z'{after}"
    statement = statement.replace("${schema}", schema)
    assert "$" not in statement
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(statement).fetchall()  # pyright: ignore[reportArgumentType]


def rows(dsn: str, title: str) -> list[dict[str, Any]]:
    """What one panel shows."""
    return [row for target in PANELS[title]["targets"] for row in run(dsn, target["rawSql"])]


def a_dozen_syncs(ledger: Ledger) -> None:
    """Twelve days of one year: figures, from the fifth day revised by £100, and withdrawn from the tenth."""
    year, previous = TaxYear(2023), None
    for day in range(12):
        at = FIRST + timedelta(days=day)
        pay = "34200.00" if day < 4 else "34300.00"
        answer = an_answer(f'{{"pay": {pay}}}', at) if day < 9 else None
        for number, api in enumerate(("individual-tax", "individual-income")):
            ledger.add_observation(
                an_observation(day * 10 + number, at, answer, api=api, tax_year=year, run_id=f"run-{day}"), answer
            )
        if answer is not None and (previous is None or previous.gross_pay != Decimal(pay)):
            previous = a_snapshot(at, pay, previous=previous, year=year)
            ledger.add_snapshots([previous])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> str:
    """The address of a Postgres with everything that the dashboard looks at; no test changes it."""
    postgres = postgres_server.new_database()
    ledger = a_ledger(tmp_path_factory.mktemp("filled"), postgres)
    a_dozen_syncs(ledger)
    year = TaxYear(2023)
    slips = a_year_of_payslips(year, employer_paye_ref=None, employer="EXAMPLE LIMITED")
    removed = a_payslip(date(2023, 4, 7), id="removed")
    ledger.add_payslips([*slips, removed, *a_year_of_payslips(TaxYear(2025))], import_id="1", description="a.csv")
    ledger.remove_payslip("removed")
    latest = TaxYear(2024)
    ledger.add_snapshots(
        [
            a_snapshot(FIRST, "1000.00", "100.00", year=latest, reference=OTHER),
            Snapshot("renamed", None, latest, RENAMED, FIRST, Decimal("2850.00"), Decimal("360.20"), "Renamed plc"),
            Snapshot("pay", None, latest, PayeReference("777/NT"), FIRST, Decimal("5.00"), None, None),
        ]
    )
    ledger.add_payslips([a_payslip(date(2024, 4, 26))], import_id="2", description="b.csv")
    ledger.link(ReferenceLink(old=REFERENCE, new=RENAMED, decided_at=FIRST))
    ledger.add_observation(an_observation(900, FIRST, tax_year=TaxYear(2022)), None)
    ledger.add_run(
        SyncRun(
            id="run",
            business_date=FIRST.date(),
            started_at=FIRST,
            finished_at=FIRST,
            outcome="done",
            unattended=True,
            host="desk",
            summary="1 year changed",
        )
    )
    ledger.keep_grant_dates(datetime.now(UTC), datetime.now(UTC) + timedelta(days=100, hours=1))
    assert ledger.exchange().queued == 0
    ledger.close()
    return postgres


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> str:
    """The address of a Postgres with a sandbox schema that has no rows."""
    postgres = postgres_server.new_database()
    ledger = a_ledger(tmp_path_factory.mktemp("empty"), postgres, environment="sandbox")
    assert ledger.exchange().store == "postgres"
    ledger.close()
    return postgres


def test_the_old_query_gives_hmrcs_figures_after_a_dozen_syncs_a_revision_and_a_withdrawal(
    tmp_path: Path, postgres: str
) -> None:
    ledger = a_ledger(tmp_path, postgres)
    a_dozen_syncs(ledger)
    ledger.add_snapshots([a_snapshot(FIRST, "890.35", "-0.01", year=TaxYear(2022), reference=OTHER)])
    ledger.exchange()
    found = [tuple(row.values()) for row in run(postgres, OLD_QUERY)]
    assert found == [
        ("2023/24", REFERENCE, FIRST + timedelta(days=4), Decimal("34300.00"), Decimal("4324.00"), None),
        ("2022/23", OTHER, FIRST, Decimal("890.35"), Decimal("-0.01"), None),
    ]
    assert run(postgres, "SELECT count(*) AS calls FROM hmrc_sync.fetch_log") == [{"calls": 24}]
    ledger.close()


@pytest.mark.parametrize("title", PANELS)
def test_every_query_of_the_dashboard_runs_and_finds_something(filled: str, title: str) -> None:
    for target in PANELS[title]["targets"]:
        assert run(filled, target["rawSql"])


@pytest.mark.parametrize("title", PANELS)
def test_every_query_runs_on_a_schema_that_is_still_empty(empty: str, title: str) -> None:
    for target in PANELS[title]["targets"]:
        run(empty, target["rawSql"], "hmrc_sync_sandbox")


def test_employers_are_compared_one_by_one_on_taxable_pay(filled: str) -> None:
    found = {
        (row["Tax year"], row["PAYE reference"]): row for row in rows(filled, "Per employer: HMRC beside the payslips")
    }
    revised = found["2023/24", RENAMED]  # the reference that the person linked, under the newer
    assert (revised["HMRC pay"], revised["Payslips' taxable pay"], revised["Pay difference"]) == (
        Decimal("34300.00"),
        Decimal("34200.00"),
        Decimal("100.00"),
    )
    assert (revised["Status"], revised["Payslips"], revised["Employer"]) == ("different", 12, EMPLOYER)
    linked = found["2024/25", RENAMED]
    assert (linked["Status"], linked["Pay difference"], linked["Tax difference"]) == ("match", 0, 0)
    assert found["2024/25", OTHER]["Status"] == "no payslips"
    assert found["2025/26", RENAMED]["Status"] == "no HMRC figures"
    assert len(found) == 5


def test_a_penny_is_a_match_and_a_pound_is_rounding(tmp_path: Path, postgres: str) -> None:
    ledger = a_ledger(tmp_path, postgres)
    for year, pay in ((2020, "2850.01"), (2021, "2850.02"), (2022, "2851.00"), (2023, "2851.01"), (2024, "2848.99")):
        ledger.add_snapshots([a_snapshot(FIRST, pay, "360.20", year=TaxYear(year))])
        ledger.add_payslips([a_payslip(date(year, 4, 26))], import_id=str(year), description="a.csv")
    ledger.exchange()
    found = rows(postgres, "Per employer: HMRC beside the payslips")
    assert [row["Status"] for row in reversed(found)] == ["match", "rounding", "rounding", "different", "different"]
    assert rows(postgres, "Employers that differ by more than £1") == [{"Employers that differ": 2}]
    ledger.close()


def test_colours_rise_so_that_a_large_negative_difference_is_red() -> None:
    for panel in PANELS.values():
        configured = panel["fieldConfig"]
        found = [configured["defaults"].get("thresholds")]
        for override in configured["overrides"]:
            found += [each["value"] for each in override["properties"] if each["id"] == "thresholds"]
        for thresholds in filter(None, found):
            values = [step["value"] for step in thresholds["steps"]]
            assert values[0] is None
            assert values[1:] == sorted(values[1:])


def test_years_without_figures_and_years_that_went_are_shown(filled: str) -> None:
    without = {row["Tax year"]: row["State"] for row in rows(filled, "Years without HMRC's figures")}
    assert without == {"2025/26": "not asked yet", "2022/23": "HMRC has no data yet"}
    (gone,) = rows(filled, "Years that HMRC has withdrawn")
    assert (gone["Tax year"], gone["Gone since"]) == ("2023/24", FIRST + timedelta(days=9))
    assert gone["Last confirmed"] == FIRST + timedelta(days=8)


def test_freshness_and_the_days_of_the_sign_in_are_shown(filled: str) -> None:
    assert rows(filled, "HMRC's data last confirmed") == [{"Last confirmed": FIRST + timedelta(days=8)}]
    assert rows(filled, "Sign-in ends in") == [{"Days left": 100}]
