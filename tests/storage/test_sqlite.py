"""The SQLite file: private, safe with many processes, and one clear line where the disk says no."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.places import Places
from storage.troubles import StorageTrouble
from tests.storage.ledgers import a_ledger, a_snapshot, an_observation

ROOT = Path(__file__).parents[2]
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
NOBODY = 65534


def test_every_file_and_folder_is_its_owners_alone(tmp_path: Path) -> None:
    os.umask(0)
    ledger = a_ledger(tmp_path / "home")
    ledger.add_observation(an_observation(1, NOON), None)
    ledger.file.copy_to(tmp_path / "home" / "data" / "copy.sqlite")
    for found in (tmp_path / "home", *(tmp_path / "home").rglob("*")):
        assert found.stat().st_mode & 0o777 == (0o700 if found.is_dir() else 0o600), found


def test_writes_go_through_a_rollback_journal_and_wait_for_the_disk(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    with ledger.file.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


def test_a_write_takes_the_lock_before_it_reads(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    with ledger.file.writing(), closing(sqlite3.connect(ledger.file.path, timeout=0, isolation_level=None)) as other:
        other.execute("SELECT count(*) FROM payslip")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_a_write_that_fails_half_way_is_wholly_undone(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    version = ledger.version()

    def write_and_fail() -> None:
        with ledger.file.writing() as connection:
            connection.execute("INSERT INTO note VALUES ('a', 'b')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert ledger.note("a") is None
    assert ledger.version() == version


def test_eight_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    a_ledger(tmp_path)
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from tests.storage.ledgers import a_ledger, an_observation\n"
        "ledger, first = a_ledger(Path(sys.argv[1])), int(sys.argv[2])\n"
        "for number in range(first, first + 25):\n"
        "    ledger.add_observation(an_observation(number, datetime.now(UTC)), None)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(number * 25)],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(8)
    ]
    for process in running:
        assert process.communicate(timeout=120)[1] == ""
    assert {each.id for each in a_ledger(tmp_path).observations()} == {f"observation-{n}" for n in range(200)}


@pytest.mark.parametrize("rounds", [6, pytest.param(100, marks=pytest.mark.soak)])
def test_a_process_that_is_killed_while_it_writes_loses_no_committed_row(tmp_path: Path, rounds: int) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from tests.storage.ledgers import a_ledger, an_observation\n"
        "ledger, number = a_ledger(Path(sys.argv[1])), int(sys.argv[2])\n"
        "while True:\n"
        "    ledger.add_observation(an_observation(number, datetime.now(UTC)), None)\n"
        "    print(number, flush=True)\n"
        "    number += 1\n"
    )
    told: set[str] = set()
    for turn in range(rounds):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(turn * 10_000)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as process:
            assert process.stdout is not None
            for _ in range(3 + turn % 7):
                told.add(f"observation-{process.stdout.readline().strip()}")
            process.kill()
            told.update(f"observation-{line.strip()}" for line in process.stdout)
    kept = [each.id for each in a_ledger(tmp_path).observations()]
    assert told <= set(kept)
    assert len(kept) == len(set(kept))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    path = Places.under(tmp_path).ledger_file("production")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(StorageTrouble, match=r"file is not a database; .* hmrc-tui restore") as trouble:
        a_ledger(tmp_path)
    assert "\n" not in str(trouble.value)


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StorageTrouble, match=r"data: .*; make the folder writable"):
        a_ledger(tmp_path)


@pytest.fixture
def anyones_folder() -> Iterator[Path]:
    """A folder that any user may enter: pytest's own are root's alone where root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_a_folder_that_may_only_be_read_serves_what_is_there_and_says_so_at_a_write(anyones_folder: Path) -> None:
    ledger = a_ledger(anyones_folder)
    ledger.add_snapshots([a_snapshot(NOON)])
    for found in [anyones_folder, *anyones_folder.rglob("*")]:
        found.chmod(0o555 if found.is_dir() else 0o444)
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        assert len(a_ledger(anyones_folder).snapshots()) == 1
        with pytest.raises(StorageTrouble, match=r"readonly.*; make the file and its folder writable"):
            ledger.add_observation(an_observation(1, NOON), None)
    finally:
        os.seteuid(before)
        for found in [anyones_folder, *anyones_folder.rglob("*")]:
            found.chmod(0o755)


def test_a_full_disk_is_one_clear_line_and_harms_nothing(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.add_snapshots([a_snapshot(NOON)])
    size = ledger.file.path.stat().st_size
    program = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from storage.troubles import StorageTrouble\n"
        "from tests.storage.ledgers import a_ledger, an_answer, an_observation\n"
        "answer = an_answer('x' * 200_000, datetime.now(UTC))\n"
        "try:\n"
        "    a_ledger(Path(sys.argv[1])).add_observation(an_observation(1, datetime.now(UTC), answer), answer)\n"
        "except StorageTrouble as trouble:\n"
        "    print(trouble, trouble.exit_status)\n"
    )

    def no_more_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=no_more_room,
        check=True,
    )
    assert "check the disk and the space left on it 5" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert len(ledger.snapshots()) == 1
    assert ledger.observations() == []
