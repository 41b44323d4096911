"""`hmrc-tui sync` on HMRC's simulator: its JSON, its words, and its exit status for every ending."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daemon.hmrc import client
from daemon.hmrc.pace import Pace
from daemon.simulator import Simulator
from daemon.years import current_year
from hmrc_tui import cli
from storage.clock import SystemClock
from storage.ledger import open_ledger
from storage.places import Places
from storage.records import TaxYear
from storage.settings import DEFAULT_VERSIONS
from tests.daemon.signed_in import figures, sign_in, withdraw
from tests.inbox import Inbox
from tests.makers import UTR, a_payslip
from tests.simulated import control, environment_for, settings_for, simulated

CURRENT = current_year(SystemClock())
LAST = CURRENT.previous


@dataclass
class Done:
    """What the command left."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def outcomes(self) -> dict[str, str]:
        return {year["tax_year"]: year["outcome"] for year in self.document["years"]}


class Person:
    """Somebody at a terminal, with HMRC's simulator on the other side."""

    def __init__(self, simulator: Simulator, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.simulator, self.home, self._capsys = simulator, home, capsys

    def sign_in(self) -> None:
        sign_in(self.simulator, settings_for(self.simulator), Places.under(self.home))

    def sync(self, *arguments: str) -> Done:
        status = cli.run(["sync", *arguments])
        captured = self._capsys.readouterr()
        assert UTR not in captured.out + captured.err
        return Done(status, captured.out, captured.err)

    def fault(self, **fault: Any) -> None:
        control(self.simulator, "POST", "/faults", {"times": None, **fault})


@pytest.fixture
def stranger(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """A configured person who has not signed in; requests go as fast as they can."""
    monkeypatch.setattr(client, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(client, "LONGEST_WAIT", 0.0)
    monkeypatch.setitem(Pace.__init__.__kwdefaults__ or {}, "requests", 1000)
    with simulated() as simulator:
        for name, value in environment_for(simulator).items():
            monkeypatch.setenv(name, value)
        yield Person(simulator, home, capsys)


@pytest.fixture
def person(stranger: Person) -> Person:
    """The same person, signed in, with figures at HMRC for the last year."""
    stranger.sign_in()
    figures(stranger.simulator, LAST.hmrc, "34200.00", "4324.00")
    return stranger


class TestTheReport:
    def test_the_json_is_the_contracted_one(self, person: Person) -> None:
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert done.status == 0
        assert list(done.document) == ["environment", "started_at", "finished_at", "store", "queued", "years"]
        assert (done.document["environment"], done.document["store"], done.document["queued"]) == (
            "simulator",
            "sqlite",
            0,
        )
        assert done.document["started_at"].endswith("Z")
        (year,) = done.document["years"]
        assert list(year) == ["tax_year", "outcome", "apis"]
        assert (year["tax_year"], year["outcome"]) == (LAST.hmrc, "new")
        assert set(year["apis"]) == set(DEFAULT_VERSIONS)
        assert year["apis"]["individual-tax"] == {"outcome": "ok", "status": 200, "code": None}
        assert year["apis"]["individual-benefits"] == {"outcome": "no_data", "status": 404, "code": "NOT_FOUND"}

    def test_standard_output_carries_the_result_and_standard_error_the_talk(self, person: Person) -> None:
        done = person.sync("--tax-year", LAST.hmrc)
        assert done.out == f"{LAST}  new        HMRC has figures for this year now\nKept on this machine.\n"
        assert done.err == f"asking HMRC (simulator) for {LAST}\n"

    def test_what_went_wrong_stands_below_its_year(self, person: Person) -> None:
        person.fault(
            action="respond", status=403, body='{"code":"RESOURCE_FORBIDDEN","message":"m"}', path="/individual-income"
        )
        done = person.sync("--tax-year", LAST.hmrc)
        assert done.status == 0
        assert "individual-income: the application is not subscribed" in done.out
        assert "[RESOURCE_FORBIDDEN]" in done.out

    def test_a_timers_call_sends_alerts_once_and_a_persons_none(
        self, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        year = ("--tax-year", LAST.hmrc)
        with Inbox() as inbox:
            monkeypatch.setenv("HMRC_TUI_ALERTS__URLS", inbox.address)
            person.sync(*year)
            assert inbox.received == []
            figures(person.simulator, LAST.hmrc, "34201.00", "4324.00")
            for _ in range(2):
                assert person.sync(*year, "--unattended").status == 0
        assert inbox.received[0] == f"HMRC changed its figures for tax year {LAST}"
        assert len(set(inbox.received)) == len(inbox.received)


class TestWhichYears:
    def test_the_open_ones_without_a_word(self, person: Person, home: Path) -> None:
        done = person.sync("--json")
        assert list(done.outcomes) == [TaxYear(CURRENT.start - back).hmrc for back in (4, 3, 2, 1)]
        ledger = open_ledger(settings_for(person.simulator), Places.under(home), SystemClock())
        ledger.add_payslips([a_payslip(LAST.begins)], import_id="i", description="d")
        assert list(person.sync("--json", "--unattended").outcomes) == [LAST.hmrc]
        assert [run.unattended for run in ledger.runs()] == [True, False]

    def test_several_and_in_both_spellings(self, person: Person) -> None:
        done = person.sync("--tax-year", LAST.database, "--tax-year", "current", "--tax-year", "previous", "--json")
        assert done.outcomes == {LAST.hmrc: "new", CURRENT.hmrc: "not_yet"}

    def test_the_current_one_is_not_yet_and_a_success(self, person: Person) -> None:
        done = person.sync("--tax-year", "current", "--json")
        assert (done.status, done.outcomes) == (0, {CURRENT.hmrc: "not_yet"})

    def test_an_unknown_one_is_one_clear_line_and_nothing_is_asked(self, person: Person) -> None:
        done = person.sync("--tax-year", "2023-25")
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert "2023-25" in done.err
        assert not [each for each in control(person.simulator, "GET", "/requests") if "summary" in each["path"]]


class TestTheExitStatus:
    def test_a_postgres_that_is_away_is_told_and_is_no_failure(
        self, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", "postgresql://nobody@127.0.0.1:9/nowhere")
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.document["store"], done.outcomes) == (0, "sqlite", {LAST.hmrc: "new"})
        assert done.document["queued"] > 5
        assert f"Connection refused): everything is kept in SQLite, and {done.document['queued']} rows wait" in done.err
        assert "rows wait for Postgres" in person.sync("--tax-year", LAST.hmrc).out

    @pytest.mark.parametrize("address", ["nonsense", "postgresql://me:hunter2@example.org:port/db"])
    def test_a_postgres_address_that_is_none_is_told_as_what_it_is(
        self, person: Person, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        monkeypatch.setenv("HMRC_TUI_STORAGE__POSTGRES", address)
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.document["store"]) == (0, "sqlite")
        assert "[storage] postgres: not a Postgres address" in done.err
        assert "hunter2" not in done.err
        assert cli.run(["daemon"]) == 2

    def test_figures_that_change_and_go_are_no_failure(self, person: Person) -> None:
        year = ("--tax-year", LAST.hmrc, "--json")
        person.sync(*year)
        figures(person.simulator, LAST.hmrc, "34200.01", "4324.00")
        assert person.sync(*year).outcomes == {LAST.hmrc: "changed"}
        withdraw(person.simulator, LAST.hmrc)
        gone = person.sync(*year)
        assert (gone.status, gone.outcomes) == (0, {LAST.hmrc: "gone"})

    def test_3_without_a_sign_in(self, stranger: Person) -> None:
        done = stranger.sync("--json")
        assert (done.status, done.out) == (3, "")
        assert "hmrc-tui authorise" in done.err

    def test_3_where_the_sign_in_has_no_scope_for_anything(self, person: Person) -> None:
        person.fault(action="respond", status=403, body='{"code":"INVALID_SCOPE","message":"m"}', path="/individual")
        person.fault(action="respond", status=403, body='{"code":"INVALID_SCOPE","message":"m"}', path="/national")
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.outcomes) == (3, {LAST.hmrc: "failed"})
        assert "sign in again" in done.err

    def test_4_where_a_year_is_partial_and_the_report_is_there_all_the_same(self, person: Person) -> None:
        person.fault(action="respond", status=500, path="/individual-tax")
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.outcomes) == (4, {LAST.hmrc: "partial"})
        assert done.document["years"][0]["apis"]["individual-tax"]["status"] == 500
        assert "HMRC's platform failed (500)" in done.err
        assert "Traceback" not in done.err

    @pytest.mark.parametrize(
        "fault",
        [{"action": "cut"}, {"action": "respond", "status": 200, "body": "<html></html>", "content_type": "text/html"}],
    )
    def test_4_where_an_answer_is_cut_or_a_page(self, fault: dict[str, Any], person: Person) -> None:
        person.fault(**fault, path="/individual-tax")
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.outcomes) == (4, {LAST.hmrc: "partial"})

    def test_4_where_hmrc_is_not_there(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HMRC_TUI_HMRC__API_URL", "http://localhost:9")
        done = person.sync("--tax-year", LAST.hmrc, "--json")
        assert (done.status, done.outcomes) == (4, {LAST.hmrc: "failed"})
        assert "cannot be reached" in done.err

    def test_2_without_a_utr(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HMRC_TUI_HMRC__UTR")
        done = person.sync()
        assert done.status == 2
        assert "[hmrc] utr" in done.err

    def test_3_where_others_can_read_the_sign_in(self, person: Person, home: Path) -> None:
        (kept,) = home.rglob("token.json")
        kept.chmod(0o644)
        done = person.sync("--tax-year", LAST.hmrc)
        assert (done.status, done.out) == (3, "")
        assert f"chmod 600 {kept}" in done.err.splitlines()[-1]

    def test_5_where_the_ledger_cannot_be_made(self, stranger: Person, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "data").write_text("a file where a folder should be")
        assert stranger.sync().status == 5


def test_interrupted_it_stops_between_two_calls_and_keeps_what_came(person: Person, home: Path) -> None:
    person.fault(action="delay", seconds=0.3)
    process = subprocess.Popen(
        [sys.executable, "-m", "hmrc_tui", "sync", "--tax-year", "open"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
    )
    ledger = open_ledger(settings_for(person.simulator), Places.under(home), SystemClock())
    while not ledger.observations():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "hmrc-tui: stopped"
    assert ledger.runs()[0].outcome == "cancelled"
    assert 0 < len(ledger.observations()) < 20
