"""Commands on a payslip_ingest database: read anew at each, and its mirror while it is away."""

import json
from pathlib import Path
from typing import Any

import pytest

from hmrc_tui import cli
from tests.postgres import PostgresServer
from tests.storage.imports.ingest import Ingest


@pytest.fixture
def ingest(postgres_server: PostgresServer, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """A database with one payslip, and a configuration that names it."""
    database = Ingest(postgres_server, postgres)
    database.add(7, taxable_pay="2850.00")
    monkeypatch.setenv("HMRC_TUI_PAYSLIPS__DATABASE", database.dsn)
    return database


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert cli.run(["reconcile", "--json"]) == 0
    return [row for year in json.loads(capsys.readouterr().out)["tax_years"] for row in year["rows"]]


def test_each_reconciliation_reads_the_database_anew(ingest: Ingest, capsys: pytest.CaptureFixture[str]) -> None:
    assert [(row["employer"], row["pay"]["payslips"]) for row in rows(capsys)] == [("Example Ltd", "2850.00")]
    ingest.add(8, "2024-05-26", taxable_pay="2850.00")
    assert rows(capsys)[0]["payslip_count"] == 2
    ingest.query("DELETE FROM payslip_ingest.payslip WHERE paperless_doc_id = 7")
    assert rows(capsys)[0]["payslip_count"] == 1


def test_while_the_database_is_away_its_mirror_serves_and_says_so(
    ingest: Ingest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows(capsys)[0]["payslip_count"] == 1
    monkeypatch.setenv("HMRC_TUI_PAYSLIPS__DATABASE", "postgresql://nobody:planted-password@127.0.0.1:9/none")
    assert cli.run(["payslips", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 1 or len(json.loads(said.out)["payslips"]) == 1
    assert "payslip_ingest" in said.err
    assert "planted-password" not in said.err


def test_an_export_has_an_evidence_pack(ingest: Ingest, tmp_path: Path) -> None:
    assert cli.run(["export", str(tmp_path / "export")]) == 0
    pack = tmp_path / "export" / "evidence.md"
    assert "Example Ltd" in pack.read_text()
    assert pack.stat().st_mode & 0o777 == 0o600
