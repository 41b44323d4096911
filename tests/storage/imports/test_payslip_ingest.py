"""payslip_ingest as a live source: read from a real PostgreSQL in every version it had, mirrored, and missed without harm."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storage.imports import ingest_database
from storage.imports.ingest_database import read_database
from storage.imports.payslip_ingest import MirrorReport, refresh_mirror, refuse_mirrored
from storage.ledger import Ledger
from storage.records import Payslip
from storage.secret import Secret
from storage.settings import PayslipSettings, Settings
from storage.tax_year import TaxYear
from storage.troubles import BadInput
from tests.makers import REFERENCE, StoppedClock, a_p60, a_payslip
from tests.postgres import PostgresServer
from tests.storage.imports.ingest import Ingest
from tests.storage.ledgers import a_ledger, a_snapshot

NOW = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)


def settings_for(dsn: str, file: Path | None = None) -> Settings:
    return Settings(payslips=PayslipSettings(database=Secret(dsn), database_file=str(file) if file else None))


def refreshed(ledger: Ledger, ingest: Ingest | str, clock: StoppedClock | None = None) -> MirrorReport:
    dsn = ingest if isinstance(ingest, str) else ingest.dsn
    return refresh_mirror(settings_for(dsn), ledger, clock or StoppedClock(NOW))


def the_slip(ledger: Ledger) -> Payslip:
    (slip,) = ledger.payslips()
    return slip


def test_nothing_is_asked_where_no_database_is_configured(tmp_path: Path) -> None:
    assert refresh_mirror(Settings(), a_ledger(tmp_path), StoppedClock()) == MirrorReport("off")


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 8])
def test_every_version_is_read_and_what_it_lacks_is_told_once(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str, version: int
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres, version), a_ledger(tmp_path)
    ingest.add(7)
    report = refreshed(ledger, ingest)
    assert (report.state, report.payslips, report.changed, report.trouble) == ("read", 1, 1, None)
    if version < 3:
        assert "this database has no payslip.bonus, payslip.pension_sacrifice, payslip.taxable_pay" in report.notes[0]
    if version < 5:
        assert "p60_reference" in report.notes[0]
    else:
        assert report.notes == ()
    assert refreshed(ledger, ingest).notes == ()


def test_a_slip_of_the_old_layout_has_no_taxable_pay_and_none_is_made_up(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7, rsu_vest="1000.00", rsu_offset="1000.00")
    refreshed(ledger, ingest)
    slip = the_slip(ledger)
    assert (slip.taxable_pay, slip.gross_pay, slip.income_tax) == (None, Decimal("3000.00"), Decimal("360.20"))
    assert (slip.source, slip.source_id) == ("payslip_ingest", "payslip_ingest:7")
    assert (slip.notional_pay, slip.pension_kind) == (None, None), (
        "rsu_vest means two things, so nothing is read from it"
    )
    assert slip.warnings == ()


def test_a_stored_zero_may_mean_not_printed_but_zero_tax_is_zero(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7, income_tax="0", national_insurance="0", taxable_pay="2850.00", ytd_tax_paid="0.00", bonus="0")
    refreshed(ledger, ingest)
    slip = the_slip(ledger)
    assert (slip.pension_employee, slip.bonus, slip.national_insurance, slip.student_loan) == (None, None, None, None)
    assert (slip.income_tax, slip.ytd_tax, slip.taxable_pay) == (Decimal("0.00"), Decimal("0.00"), Decimal("2850.00"))


def test_a_row_changed_or_gone_there_is_changed_or_gone_here_and_comes_back(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    ingest.add(8, "2024-05-26")
    refreshed(ledger, ingest)
    ingest.query("UPDATE payslip_ingest.payslip SET taxable_pay = 2850.00 WHERE paperless_doc_id = 7")
    ingest.query("DELETE FROM payslip_ingest.payslip WHERE paperless_doc_id = 8")
    assert refreshed(ledger, ingest).changed == 1
    assert the_slip(ledger).taxable_pay == Decimal("2850.00")
    ingest.add(8, "2024-05-26")
    refreshed(ledger, ingest)
    assert [slip.pay_date for slip in ledger.payslips()] == [date(2024, 4, 26), date(2024, 5, 26)]
    assert refreshed(ledger, ingest).changed == 0


def test_the_same_pdf_under_two_documents_stays_two_slips_for_the_reconciliation_to_find(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    ingest.add(8)
    assert refreshed(ledger, ingest).payslips == len(ledger.payslips()) == 2


def test_an_invented_slip_is_left_out_with_a_note_and_the_rest_is_read(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    ingest.add(8, "1900-01-01", gross_pay="0", net_pay="0", income_tax="0", national_insurance="0")
    ingest.add(9, "2024-06-26", gross_pay="0", net_pay="0", income_tax="0", national_insurance="0")
    report = refreshed(ledger, ingest)
    assert report.payslips == 1
    assert report.notes == (
        "payslip_ingest: document 8 was left out: 1900-01-01 is before PAYE began; correct the date",
        "payslip_ingest: document 9 was left out: every amount is zero or missing",
    )


def test_an_amount_that_is_none_is_left_out_with_a_note_that_may_stand_in_a_log(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.query("ALTER TABLE payslip_ingest.payslip ALTER net_pay TYPE text, ALTER student_loan TYPE double precision")
    ingest.add(7, student_loan="12.5")
    ingest.add(8, net_pay="2345.678")
    ingest.add(9, income_tax="NaN")
    report = refreshed(ledger, ingest)
    assert [slip.student_loan for slip in ledger.payslips()] == [Decimal("12.50")]
    assert report.notes == (
        "payslip_ingest: document 8 was left out: its net_pay is no amount in pounds and pence",
        "payslip_ingest: document 9 was left out: its income_tax is no amount in pounds and pence",
    )


def test_what_payslip_ingest_says_against_a_slip_is_kept_as_its_warning(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7, validated=False, tax_year="2023/24")
    refreshed(ledger, ingest)
    assert the_slip(ledger).warnings == (
        "payslip_ingest: the amounts of this slip did not add up when it was read",
        "payslip_ingest: filed under 2023/24, and its pay date is in 2024-25",
    )


def test_a_mirrored_slip_is_removed_at_its_source(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    refreshed(ledger, ingest)
    with pytest.raises(BadInput, match="remove payslip_ingest:7 there"):
        refuse_mirrored(the_slip(ledger))
    refuse_mirrored(a_payslip())


def test_p60s_are_mirrored_and_one_that_was_imported_too_is_one(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add_p60(70)
    assert refreshed(ledger, ingest).p60s == 1
    (p60,) = ledger.p60s()
    assert (p60.tax_year, p60.pay, p60.tax_code) == (TaxYear(2024), Decimal("34200.00"), "1257L")
    assert p60.national_insurance == Decimal("1873.92")
    ingest.query("DELETE FROM payslip_ingest.p60_reference")
    refreshed(ledger, ingest)
    assert ledger.p60s() == []


def test_an_employers_name_stands_for_the_reference_that_hmrc_gave_it_and_is_remembered(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7, employer="EXAMPLE LIMITED")
    refreshed(ledger, ingest)
    assert the_slip(ledger).employer_paye_ref is None
    ledger.add_snapshots([a_snapshot(NOW, year=TaxYear(2023))])
    refreshed(ledger, ingest)
    assert the_slip(ledger).employer_paye_ref == REFERENCE
    assert (ledger.note("employer_references") or "").endswith('"example":"123/AB456"}')


def test_a_name_with_two_references_is_never_guessed_but_the_years_own_is_used(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    ingest.add(8, "2022-04-26", tax_year="2022/23")
    other = type(REFERENCE)("999/Z1")
    ledger.add_p60s(
        [a_p60(TaxYear(2024)), a_p60(TaxYear(2023), employer_paye_ref=other)], import_id="1", description="two"
    )
    refreshed(ledger, ingest)
    assert [slip.employer_paye_ref for slip in ledger.payslips()] == [None, REFERENCE]


def test_while_the_database_is_away_the_mirror_serves_and_says_so(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    refreshed(ledger, ingest)
    postgres_server.stop()
    try:
        report = refreshed(ledger, ingest, StoppedClock(NOW + timedelta(hours=1)))
    finally:
        postgres_server.start()
    assert (report.state, report.payslips, report.read_at) == ("away", 1, NOW)
    assert report.trouble is not None
    assert report.trouble.startswith("payslip_ingest is away (Postgres: ")
    assert report.trouble.endswith("; its payslips are as of 2025-07-01T09:00:00Z")
    assert len(ledger.payslips()) == 1
    assert refreshed(ledger, ingest).state == "read", "one that refuses at once is asked again at once"


def test_a_frozen_database_holds_nobody_for_long(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    clock = StoppedClock(NOW)
    postgres_server.freeze()
    try:
        started = time.monotonic()
        assert refreshed(ledger, ingest, clock).state == "away"
        assert time.monotonic() - started < 20
        report = refreshed(ledger, ingest, clock)
    finally:
        postgres_server.thaw()
    assert report.trouble == "payslip_ingest is away (it was away a moment ago); it was never read from this machine"
    clock.moment += timedelta(minutes=1)
    assert refreshed(ledger, ingest, clock).state == "read"


@pytest.mark.parametrize(
    ("dsn", "reason"),
    [
        ("postgresql://user:hunter2@127.0.0.1:1/nowhere", "Postgres: "),
        ("user=x password=hunter2 nonsense", "[payslips] database is not a Postgres address"),
    ],
)
def test_an_address_that_cannot_work_is_told_without_its_password(tmp_path: Path, dsn: str, reason: str) -> None:
    report = refreshed(a_ledger(tmp_path), dsn)
    assert report.state == "away"
    assert reason in (report.trouble or "")
    assert "hunter2" not in (report.trouble or "")


def test_a_database_without_the_table_says_so(tmp_path: Path, postgres: str) -> None:
    report = refreshed(a_ledger(tmp_path), postgres)
    assert "no table payslip_ingest.payslip that this user may read" in (report.trouble or "")


def test_the_address_is_read_again_from_its_file_and_nothing_can_be_written(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    ingest = Ingest(postgres_server, postgres)
    ingest.add(7)
    file = tmp_path / "dsn"
    file.write_text("postgresql://nobody@127.0.0.1:1/x")
    settings = settings_for("postgresql://nobody@127.0.0.1:1/x", file)
    ledger = a_ledger(tmp_path)
    assert refresh_mirror(settings, ledger, StoppedClock(NOW)).state == "away"
    file.write_text(ingest.dsn + "\n")
    assert refresh_mirror(settings, ledger, StoppedClock(NOW)).state == "read"
    file.unlink()
    assert refresh_mirror(settings, ledger, StoppedClock(NOW)).state == "away"


def test_the_connection_is_read_only(postgres_server: PostgresServer, postgres: str) -> None:
    import psycopg

    from storage.imports import ingest_database

    Ingest(postgres_server, postgres)
    with (
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ingest_database._connected(settings_for(postgres)) as connection,  # pyright: ignore[reportPrivateUsage]
    ):
        connection.execute("DELETE FROM payslip_ingest.payslip")
    assert read_database(settings_for(postgres)).payslips == []


def test_a_table_of_more_rows_than_one_persons_is_refused_and_the_mirror_stays(
    tmp_path: Path, postgres_server: PostgresServer, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of them in no order would tell every other day that payslips were removed."""
    ingest, ledger = Ingest(postgres_server, postgres), a_ledger(tmp_path)
    ingest.add(7)
    assert refreshed(ledger, ingest).state == "read"
    monkeypatch.setattr(ingest_database, "MOST_ROWS", 0)
    report = refreshed(ledger, ingest)
    assert report.trouble is not None
    assert "payslip_ingest.payslip has over 0 rows" in report.trouble
    assert len(ledger.payslips()) == 1
