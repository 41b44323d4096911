"""Export, backup and restore: everything comes back, nothing newer is lost, and neither a stranger's nor a damaged file gets in."""

import csv
import errno
import json
import os
import resource
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.archive import back_up, export, restore
from storage.records import TaxYear
from storage.tables import SHARED
from storage.troubles import BadInput, StorageTrouble
from tests.makers import a_payslip, a_year_of_payslips
from tests.postgres import PostgresServer
from tests.storage.ledgers import a_ledger, a_snapshot, an_answer, an_observation
from tests.storage.test_exchange import everything, fill

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
OTHER = "1234567895"


def test_a_backup_brings_everything_back_on_a_new_machine(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "old")
    fill(ledger)
    rows = back_up(ledger, tmp_path / "backup.sqlite")
    fresh = a_ledger(tmp_path / "new")
    done = restore(fresh, tmp_path / "backup.sqlite")
    assert (done.new, done.known, done.kept) == (rows, 0, 0)
    assert everything(fresh) == everything(ledger)
    assert restore(fresh, tmp_path / "backup.sqlite").new == 0


def test_a_backup_is_private_and_holds_nothing_of_this_machine(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    ledger.keep_note("device", "a-secret-of-this-machine")
    fill(ledger)
    back_up(ledger, tmp_path / "backup.sqlite")
    assert (tmp_path / "backup.sqlite").stat().st_mode & 0o777 == 0o600
    assert b"a-secret-of-this-machine" not in (tmp_path / "backup.sqlite").read_bytes()
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith("backup")] == ["backup.sqlite"]


def test_restoring_keeps_what_is_newer_here(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    slips = a_year_of_payslips(TaxYear(2024))
    ledger.add_payslips(slips, import_id="1", description="a.csv")
    back_up(ledger, tmp_path / "backup.sqlite")
    ledger.add_payslips([a_payslip(id="newer")], import_id="2", description="b.csv")
    ledger.remove_payslip(slips[0].id)
    before = everything(ledger)
    done = restore(ledger, tmp_path / "backup.sqlite")
    assert (done.new, done.kept) == (0, 3)
    assert everything(ledger) == before


def test_a_restored_row_waits_for_postgres_too(tmp_path: Path, postgres: str, postgres_server: PostgresServer) -> None:
    ledger = a_ledger(tmp_path / "old")
    fill(ledger)
    back_up(ledger, tmp_path / "backup.sqlite")
    fresh = a_ledger(tmp_path / "new", postgres)
    fresh.exchange()
    restore(fresh, tmp_path / "backup.sqlite")
    assert fresh.exchange().queued == 0
    assert postgres_server.query("SELECT count(*) FROM hmrc_sync.payslip", dsn=postgres) == [(13,)]
    fresh.close()


def test_another_taxpayers_backup_is_refused(tmp_path: Path) -> None:
    theirs = a_ledger(tmp_path / "theirs", utr=OTHER)
    fill(theirs)
    back_up(theirs, tmp_path / "backup.sqlite")
    ledger = a_ledger(tmp_path / "mine")
    with pytest.raises(BadInput, match="another taxpayer's ledger; nothing was restored"):
        restore(ledger, tmp_path / "backup.sqlite")
    assert ledger.payslips() == []
    unsure = a_ledger(tmp_path / "mine", utr=None)
    with pytest.raises(BadInput, match=r"there is no telling whether .* is this taxpayer's"):
        restore(unsure, tmp_path / "backup.sqlite")


def test_a_ledger_that_was_nobodys_becomes_the_backups_taxpayers(tmp_path: Path) -> None:
    fill(ledger := a_ledger(tmp_path / "old"))
    back_up(ledger, tmp_path / "backup.sqlite")
    restore(a_ledger(tmp_path / "new", utr=None), tmp_path / "backup.sqlite")
    assert len(a_ledger(tmp_path / "new").payslips()) == 11
    with pytest.raises(BadInput):
        a_ledger(tmp_path / "new", utr=OTHER)


def test_a_backup_of_another_environment_is_refused(tmp_path: Path) -> None:
    back_up(a_ledger(tmp_path, environment="sandbox"), tmp_path / "backup.sqlite")
    with pytest.raises(BadInput, match="is a backup of sandbox, and this is production"):
        restore(a_ledger(tmp_path), tmp_path / "backup.sqlite")


@pytest.mark.parametrize(
    "damage", ["cut short", "overwritten", "empty", "text", "another database", "newer", "missing"]
)
def test_a_damaged_file_is_one_clear_line_and_leaves_what_was_there(tmp_path: Path, damage: str) -> None:
    ledger, file = a_ledger(tmp_path / "home"), tmp_path / "backup.sqlite"
    fill(ledger)
    back_up(ledger, file)
    sound = file.read_bytes()
    match damage:
        case "cut short":
            file.write_bytes(sound[: len(sound) // 2])
        case "overwritten":
            file.write_bytes(sound[:8192] + b"\xff" * 16384 + sound[24576:])
        case "empty":
            file.write_bytes(b"")
        case "text":
            file.write_text("this is no database" * 500)
        case "another database":
            file.unlink()
            connection = sqlite3.connect(file)
            connection.execute("CREATE TABLE something (id)")
            connection.close()
        case "newer":
            connection = sqlite3.connect(file, isolation_level=None)
            connection.execute("UPDATE alembic_version SET version_num = '0042'")
            connection.close()
        case _:
            file.unlink()
    before = everything(ledger)
    with pytest.raises(BadInput) as trouble:
        restore(ledger, file)
    assert str(file) in str(trouble.value)
    assert "\n" not in str(trouble.value)
    assert everything(ledger) == before
    assert not [left for left in (tmp_path / "home" / "data").iterdir() if "restoring" in left.name]


def test_another_digit_in_an_amount_is_damage_though_sqlite_finds_the_file_sound(tmp_path: Path) -> None:
    ledger, file = a_ledger(tmp_path / "home"), tmp_path / "backup.sqlite"
    ledger.add_payslips([a_payslip(employer="Example Ltd 7777")], import_id="one", description="payslips.csv")
    back_up(ledger, file)
    sound = file.read_bytes()
    assert sound.count(b"Ltd 7777") == 1
    file.write_bytes(sound.replace(b"Ltd 7777", b"Ltd 7787"))
    other = a_ledger(tmp_path / "other", utr=None)
    with pytest.raises(BadInput, match="is damaged; nothing was restored"):
        restore(other, file)
    assert other.payslips() == []
    file.write_bytes(sound)
    assert restore(other, file).new > 0


def test_a_backup_that_somebody_went_on_working_in_is_none_the_worse(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    fill(ledger)
    file = tmp_path / "moved" / "data" / ledger.file.path.name
    file.parent.mkdir(parents=True)
    back_up(ledger, file)
    moved = a_ledger(tmp_path / "moved")
    moved.add_payslips([a_payslip(id="later", employer="Later Ltd")], import_id="two", description="more.csv")
    assert restore(ledger, file).new > 0
    assert "Later Ltd" in {slip.employer for slip in ledger.payslips()}


def test_a_backup_never_replaces_a_file(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    (tmp_path / "backup.sqlite").write_text("an older backup")
    with pytest.raises(BadInput, match="is there already"):
        back_up(ledger, tmp_path / "backup.sqlite")
    with pytest.raises(BadInput, match="is not a folder"):
        back_up(ledger, tmp_path / "nowhere" / "backup.sqlite")
    assert (tmp_path / "backup.sqlite").read_text() == "an older backup"


def test_a_backup_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(StorageTrouble, match="see that the disk has space"):
            back_up(ledger, tmp_path / "backup.sqlite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in tmp_path.iterdir()] == ["home"]


def test_a_place_that_cannot_be_written_is_told_as_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = a_ledger(tmp_path / "home")

    def read_only(_file: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))  # said even of a file that is not there

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(StorageTrouble, match="Read-only file system"):
        back_up(ledger, tmp_path / "backup.sqlite")


def test_a_backup_is_taken_while_another_process_writes(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    with ledger.file.writing():
        back_up(a_ledger(tmp_path / "home"), tmp_path / "backup.sqlite")
    assert restore(ledger, tmp_path / "backup.sqlite").new == 0


def test_an_export_has_every_row_readable_and_every_raw_answer(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    fill(ledger)
    answer = an_answer('{"class1": {"totalNICableEarnings": 17.00}}', NOON, "national-insurance")
    ledger.add_observation(an_observation(2, NOON, answer), answer)
    ledger.add_snapshots([a_snapshot(NOON, "890.35", "-0.10", year=TaxYear(2022))])
    folder = tmp_path / "export"
    written = export(ledger, folder)
    assert set(written) == {table.name for table in SHARED}
    with (folder / "tax_year_snapshot.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["tax_year"], row["gross_pay"], row["income_tax"]) for row in rows] == [
        ("2023-24", "-0.01", ""),
        ("2022-23", "890.35", "-0.10"),
    ]
    assert rows[1]["snapshot_date"] == "2025-07-01T12:00:00Z"
    exported = json.loads((folder / "acceptance.json").read_text("utf-8"))
    assert (exported[0]["note"], exported[0]["tax_difference"], exported[0]["withdrawn"]) == ("ü", "-9.99", False)
    raw = {file.read_text("utf-8") for file in (folder / "answers").iterdir()}
    assert raw == {answer.body, '{"employments": []}'}
    for found in [folder, *folder.rglob("*")]:
        assert found.stat().st_mode & 0o777 == (0o700 if found.is_dir() else 0o600), found


def test_an_export_goes_into_an_empty_folder_only(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    (tmp_path / "export").mkdir()
    export(ledger, tmp_path / "export")
    with pytest.raises(BadInput, match="not an empty folder"):
        export(ledger, tmp_path / "export")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="not an empty folder"):
        export(ledger, tmp_path / "file")
    with pytest.raises(StorageTrouble):
        export(ledger, tmp_path / "file" / "below")


def test_an_export_that_finds_no_room_names_its_file_and_not_the_ledger(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path / "home")
    ledger.add_payslips(a_year_of_payslips(TaxYear(2024)), import_id="1", description="a.csv")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StorageTrouble, match=f"^{tmp_path}/export/.*: File too large; choose a place"):
            export(ledger, tmp_path / "export")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
