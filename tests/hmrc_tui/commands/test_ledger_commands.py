"""`history`, `export`, `backup`, `restore` and `migrate` as a person calls them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.ledger import Ledger
from storage.records import TaxYear
from tests.daemon.answers import employment_answer, income_answer, tax_answer
from tests.hmrc_tui.commands.conftest import Run
from tests.makers import UTR, a_payslip
from tests.postgres import PostgresServer, conninfo_database
from tests.storage.ledgers import a_ledger, an_answer, an_observation

START = datetime(2024, 6, 7, 6, tzinfo=UTC)
YEAR = TaxYear(2023)


@pytest.fixture
def ledger(home: Path) -> Ledger:
    """The simulator's ledger of the commands' home, with a year that came, changed and went, and one not yet there."""
    ledger = a_ledger(home, environment="simulator", utr=None)
    story: list[tuple[str, str | None]] = [
        ("individual-employment", employment_answer()),
        ("individual-tax", None),
        ("individual-income", income_answer({"123/AB456": "34200.00"})),
        ("individual-tax", tax_answer({"123/AB456": "4324.00"})),
        ("individual-income", income_answer({"123/AB456": "34300.00"})),
        ("individual-income", income_answer({"123/AB456": "34300.0"})),
        ("individual-income", None),
        ("individual-tax", None),
    ]
    for number, (api, body) in enumerate(story):
        at = START + timedelta(days=number)
        answer = an_answer(body, at, api) if body else None
        ledger.add_observation(an_observation(number, at, answer, api=api, tax_year=YEAR), answer)
    ledger.add_observation(an_observation(99, START, tax_year=TaxYear(2024)), None)
    return ledger


def test_the_history_is_told_in_words(ledger: Ledger, run: Run) -> None:
    text = run("history", "--tax-year", "2023-24")
    assert (
        "2023-24  first seen 2024-06-09 06:00 UTC, last confirmed 2024-06-12 06:00 UTC, gone since 2024-06-14 06:00 UTC"
        in text
    )
    assert "2024-06-08 06:00 UTC  Individual Tax: no data\n" in text
    assert (
        "2024-06-09 06:00 UTC  Individual Income: first figures\n      Example Ltd (123/AB456): pay £34,200.00\n"
        in text
    )
    assert (
        "2024-06-11 06:00 UTC  Individual Income: changed; the same once more, last 2024-06-12 06:00 UTC\n"
        "      Example Ltd (123/AB456): pay £34,200.00 → £34,300.00 (+£100.00)\n"
    ) in text
    assert "2024-06-14 06:00 UTC  Individual Tax: gone: HMRC has no data any more\n" in text
    assert "2024-25" not in text


def test_the_history_as_json_has_both_figures_of_a_change(ledger: Ledger, run: Run) -> None:
    years = {year["tax_year"]: year for year in run.json("history")["tax_years"]}
    assert list(years) == ["2024-25", "2023-24"]
    assert years["2023-24"]["gone_at"] == "2024-06-14T06:00:00Z"
    changed = next(each for each in years["2023-24"]["statements"] if each["kind"] == "changed")
    assert changed["at"] == "2024-06-11T06:00:00Z"
    assert changed["changes"] == [
        {
            "api": "individual-income",
            "figure": "pay",
            "employer_paye_ref": "123/AB456",
            "employer": "Example Ltd",
            "before": "34200.00",
            "after": "34300.00",
        }
    ]


@pytest.mark.parametrize("names", [["2023/24"], ["2023-24", "2024-25"]])
def test_the_history_of_chosen_years(ledger: Ledger, run: Run, names: list[str]) -> None:
    options = [part for name in names for part in ("--tax-year", name)]
    found = [year["tax_year"] for year in run.json("history", *options)["tax_years"]]
    assert found == sorted((TaxYear.parse(name).hmrc for name in names), reverse=True)


def test_any_two_moments_are_compared(ledger: Ledger, run: Run) -> None:
    found = run.json("history", "--tax-year", "2023-24", "--from", "2024-06-09", "--to", "2024-06-11T06:00Z")
    (year,) = found["tax_years"]
    assert (found["from"], found["to"]) == ("2024-06-09T23:59:59Z", "2024-06-11T06:00:00Z")
    assert [(each["figure"], each["before"], each["after"]) for each in year["changes"]] == [
        ("pay", "34200.00", "34300.00"),
        ("tax", None, "4324.00"),
    ]
    text = run("history", "--from", "2024-06-12")
    assert "Example Ltd (123/AB456): pay was £34,300.00, tax was £4,324.00" in text
    assert "2024-25\n  no difference\n" in text


def test_a_history_of_nothing_says_what_to_do(run: Run) -> None:
    assert run("history") == "HMRC was not asked yet: hmrc-tui sync\n"
    assert run.json("history") == {"tax_years": []}


def test_a_year_that_hmrc_was_not_asked_about_is_said_by_its_name(ledger: Ledger, run: Run) -> None:
    never = "HMRC was not asked about this tax year yet: hmrc-tui sync --tax-year"
    assert run("history", "--tax-year", "2019-20") == f"2019-20  {never} 2019-20\n"
    text = run("history", "--tax-year", "2019-20", "--tax-year", "2023-24", "--tax-year", "2025-26")
    assert text.startswith(f"2025-26  {never} 2025-26\n\n2023-24  first seen")
    assert text.endswith(f"\n\n2019-20  {never} 2019-20\n")
    assert run("history", "--tax-year", "2019-20", "--from", "2024-06-09").endswith(f"\n2019-20\n  {never} 2019-20\n")
    assert run.json("history", "--tax-year", "2019-20") == {"tax_years": []}


@pytest.mark.parametrize(
    "options",
    [
        ["--tax-year", "2023-25"],
        ["--tax-year", "soon"],
        ["--from", "yesterday"],
        ["--from", "2024-13-01"],
        ["--from", "0001-01-01T00:00+05:00"],
        ["--from", "2024-06-09", "--to", "2024-06-01"],
        ["--to", "2024-06-09"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(run: Run, options: list[str]) -> None:
    assert run("history", *options, status=2) == ""
    assert len(run.errors.splitlines()) == 1
    assert run.errors.startswith("hmrc-tui: ")


def test_a_backup_is_made_and_restored(
    ledger: Ledger, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add_payslips([a_payslip()], import_id="1", description="a.csv")
    file = tmp_path / "backup.sqlite"
    assert str(file) in run("backup", str(file))
    run("backup", str(file), status=2)
    monkeypatch.setenv("HMRC_TUI_HOME", str(tmp_path / "other"))
    assert run("restore", str(file)).endswith("here already: 0, kept though the backup lacks them: 0\n")
    assert len(run.json("history")["tax_years"]) == 2
    assert run("restore", str(file)).startswith("Rows restored: 0, ")


def test_a_restore_of_nonsense_is_one_line_and_exit_2(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    (tmp_path / "nonsense").write_text("nonsense")
    run("restore", str(tmp_path / "nonsense"), status=2)
    assert len(run.errors.splitlines()) == 1
    assert len(ledger.observations()) == 9


def test_another_taxpayers_backup_is_exit_2(
    home: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HMRC_TUI_HMRC__ENVIRONMENT", "production")
    monkeypatch.setenv("HMRC_TUI_HMRC__UTR", UTR)
    run("backup", str(tmp_path / "backup.sqlite"))
    monkeypatch.setenv("HMRC_TUI_HMRC__UTR", "1234567895")
    run("history", status=2)
    monkeypatch.setenv("HMRC_TUI_HOME", str(tmp_path / "other"))
    run("restore", str(tmp_path / "backup.sqlite"), status=2)
    assert "1234567895" not in run.errors
    assert UTR not in run.errors


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [
        ("a-file", 2, "a-file is not an empty folder; name a new one"),
        ("a-file/below", 5, "a-file is not a folder; name another place"),
        ("/proc/nothing", 5, "/proc/nothing: No such file or directory; choose a place that can be read and written"),
    ],
)
def test_a_place_that_cannot_take_an_export_is_said_with_its_mend(
    ledger: Ledger, run: Run, tmp_path: Path, place: str, status: int, said: str
) -> None:
    (tmp_path / "a-file").touch()
    assert run("export", str(tmp_path / place), status=status) == ""
    assert run.errors.endswith(f"{said}\n")
    assert run.errors.count("\n") == 1


def test_an_export_never_holds_the_sign_in(home: Path, ledger: Ledger, run: Run, tmp_path: Path) -> None:
    token = "a-planted-refresh-token"
    for folder in (home, home / "data", home / "state" / "simulator"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "grant.json").write_text(token)
    run("export", str(tmp_path / "export"))
    run("backup", str(tmp_path / "backup.sqlite"))
    assert "fetch_log: 9" in run("export", str(tmp_path / "second"))
    written = [file for file in (tmp_path / "export").rglob("*") if file.is_file()]
    assert len(written) > 20
    for file in [*written, tmp_path / "backup.sqlite"]:
        assert token.encode() not in file.read_bytes()


def test_migrating_is_idempotent(home: Path, run: Run, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("migrate").endswith("ledger-simulator.sqlite: ready\n")
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", postgres)
    first = run("migrate")
    assert "Postgres: schema hmrc_sync_simulator ready" in first
    assert run("migrate") == first


def test_migrating_a_postgres_that_is_away_is_exit_5_and_the_sqlite_is_ready(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", "postgresql://nobody:planted-password@127.0.0.1:9/none")
    assert "ledger-simulator.sqlite: ready" in run("migrate", status=5)
    assert len(run.errors.splitlines()) == 1
    assert "nothing is lost" in run.errors
    assert "planted-password" not in run.errors


@pytest.mark.parametrize("state", ["refusing connections", "with another password", "frozen"])
def test_an_init_container_does_not_wait_for_a_postgres_that_cannot_be_reached(
    run: Run, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    address = "postgresql://nobody:planted-password@127.0.0.1:9/none"
    if state != "refusing connections":
        _, right = postgres_server.with_password(postgres, "a-password")
        address = right if state == "frozen" else right.replace("a-password", "planted-password")
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", address)
    if state == "frozen":
        postgres_server.freeze()
    try:
        assert run("migrate", "--if-reachable").endswith("ledger-simulator.sqlite: ready\n")
    finally:
        postgres_server.thaw()
    (line,) = run.errors.splitlines()
    assert "nothing is lost" in line
    assert "planted-password" not in line


def test_an_init_container_stops_at_a_schema_that_cannot_be_brought_up(
    run: Run, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", postgres)
    assert "Postgres: schema hmrc_sync_simulator ready" in run("migrate", "--if-reachable")
    postgres_server.query("UPDATE hmrc_sync_simulator.alembic_version SET version_num = '9999'", dsn=postgres)
    run("migrate", "--if-reachable", status=5)
    assert "newer hmrc-tui" in run.errors
    user, may_not_create = postgres_server.with_password(postgres_server.new_database(), "a-password")
    postgres_server.query(f"REVOKE CREATE ON DATABASE {conninfo_database(may_not_create)} FROM {user}")
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", may_not_create)
    run("migrate", "--if-reachable", status=5)
    assert "permission denied" in run.errors


def test_migrating_tries_refused_rows_again_and_names_those_still_refused(
    home: Path, run: Run, postgres: str, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", postgres)
    run("migrate")
    postgres_server.query("ALTER TABLE hmrc_sync_simulator.fetch_log ADD CHECK (duration_ms < 100)", dsn=postgres)
    a_ledger(home, environment="simulator", utr=None).add_observation(an_observation(1, START), None)
    run("migrate")
    assert "refused: a row of fetch_log: Postgres: " in run.errors
    postgres_server.query(
        "ALTER TABLE hmrc_sync_simulator.fetch_log DROP CONSTRAINT fetch_log_duration_ms_check", dsn=postgres
    )
    run("migrate")
    assert "Rows that Postgres had refused and that wait again: 1" in run.errors
    assert "refused: a row" not in run.errors


def test_a_disk_that_cannot_be_written_is_exit_5(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "data").write_text("a file where the folder should be")
    run("history", status=5)
    assert len(run.errors.splitlines()) == 1
