"""One sync against real HTTP and a real ledger: what is kept, what it is called, and what a failure leaves alone."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_changes

from daemon.events import CallFinished, CallStarted, Event, StoreChanged, SyncFinished, SyncStarted, YearFinished
from daemon.hmrc import client as client_module
from daemon.hmrc.client import HmrcClient
from daemon.hmrc.pace import Pace
from daemon.sync import Sync, SyncReport
from storage.ledger import Ledger, open_ledger
from storage.places import Places
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings
from storage.troubles import HmrcTrouble, SignInNeeded, StorageTrouble
from tests.daemon.answers import (
    EMPLOYMENT,
    INCOME,
    INSURANCE,
    TAX,
    employment_answer,
    income_answer,
    insurance_answer,
    tax_answer,
)
from tests.daemon.hmrc.pretend import NOT_FOUND, TAXPAYER, PretendHmrc, Said, Tokens
from tests.makers import REFERENCE, UTR, StoppedClock

OLD, YEAR, CURRENT = TaxYear(2022), TaxYear(2024), TaxYear(2025)
NO_DATA = Said(404, NOT_FOUND)
GOOD = {
    TAX: Said(body=tax_answer()),
    INCOME: Said(body=income_answer()),
    EMPLOYMENT: Said(body=employment_answer()),
    INSURANCE: Said(body=insurance_answer()),
}


class Desk:
    """A ledger, an HMRC that answers by year and API, and what the sync told."""

    def __init__(self, hmrc: PretendHmrc, home: Path) -> None:
        self.hmrc, self.clock, self.places = hmrc, StoppedClock(), Places.under(home)
        self.settings = Settings(hmrc=HmrcSettings(utr=TAXPAYER, api_url=hmrc.address))
        self.ledger: Ledger = open_ledger(self.settings, self.places, self.clock)
        self.says: dict[TaxYear, Mapping[str, Said]] = {}
        self.told: list[Event] = []
        self.tokens: Any = Tokens()
        hmrc.answer = self._answer

    def _answer(self, path: str) -> Said:
        _, api, _, _, _, year = path.split("/")
        return self.says.get(TaxYear.parse(year), {}).get(api, NO_DATA)

    async def sync(
        self, *years: TaxYear, run: Callable[[Sync], None] = lambda _: None, pace: Pace | None = None
    ) -> SyncReport:
        """One sync as the engine makes it, an hour after the last."""
        self.clock.moment += timedelta(hours=1)
        versions = {api: self.settings.version(api) for api in self.settings.hmrc.apis}
        pace = pace or Pace(self.places.state / "pace", requests=1000)
        async with HmrcClient(self.hmrc.address, versions, pace, self.tokens, dict, self.clock) as client:
            sync = Sync(self.settings, self.ledger, client, self.clock, TAXPAYER, self.told.append)
            run(sync)
            return await sync.run(years)

    async def outcome(self, year: TaxYear = YEAR) -> str:
        """The verdict on one year."""
        return (await self.sync(year)).years[0].outcome


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose retries do not wait."""
    monkeypatch.setattr(client_module, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(client_module, "LONGEST_WAIT", 0.0)
    with PretendHmrc() as hmrc:
        yield Desk(hmrc, tmp_path / "home")


class TestWhatIsKept:
    async def test_every_call_is_an_observation_and_each_answer_is_kept_once(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        await desk.sync(YEAR)
        kept = desk.ledger.observations(YEAR)
        assert len(kept) == 10
        assert {(each.api, each.outcome, each.status, each.code) for each in kept} == {
            *((api, "ok", 200, None) for api in GOOD),
            ("individual-benefits", "no_data", 404, "NOT_FOUND"),
        }
        hashes = {each.answer_hash for each in kept if each.answer_hash}
        assert desk.ledger.answers(hashes).keys() == hashes
        assert len(hashes) == 4

    async def test_the_figures_are_one_row_an_employer_and_only_a_change_appends(self, desk: Desk) -> None:
        for pay in ("34200.00", "34200", "36000.00", "34200.00"):
            desk.says[YEAR] = {**GOOD, INCOME: Said(body=income_answer({REFERENCE: pay}))}
            await desk.sync(YEAR)
        rows = desk.ledger.snapshots(YEAR)
        assert [row.gross_pay for row in rows] == [Decimal("34200.00"), Decimal("36000.00"), Decimal("34200.00")]
        assert {row.income_tax for row in rows} == {Decimal("4324.00")}
        assert {row.employer_name for row in rows} == {"Example Ltd"}

    async def test_a_404_never_makes_a_row(self, desk: Desk) -> None:
        await desk.sync(YEAR, CURRENT)
        assert desk.ledger.snapshots() == []
        assert len(desk.ledger.observations()) == 10

    async def test_an_answer_with_three_decimals_is_not_used_and_the_old_figures_stand(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        desk.says[YEAR] = {**GOOD, TAX: Said(body=tax_answer({REFERENCE: "4324.005"}))}
        report = await desk.sync(YEAR)
        assert report.years[0].outcome == "partial"
        assert "more than two decimals" in (report.years[0].apis[TAX].note or "")
        assert len(desk.ledger.snapshots(YEAR)) == 1
        refused = [each for each in desk.ledger.observations(YEAR) if each.outcome == "failed"]
        assert [(each.api, each.status, each.answer_hash) for each in refused] == [(TAX, 200, None)]

    async def test_the_run_is_kept_with_its_summary(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR, OLD)
        (run,) = desk.ledger.runs()
        assert (run.outcome, run.summary, run.unattended) == ("done", "1 late, 1 new", False)
        assert run.finished_at is not None


class TestTheVerdicts:
    async def test_new_unchanged_changed_gone_and_back(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        assert [await desk.outcome(), await desk.outcome()] == ["new", "unchanged"]
        desk.says[YEAR] = {**GOOD, TAX: Said(body=tax_answer({REFERENCE: "4324.01"}))}
        assert [await desk.outcome(), await desk.outcome()] == ["changed", "unchanged"]
        desk.says[YEAR] = {}
        assert [await desk.outcome(), await desk.outcome()] == ["gone", "gone"]
        desk.says[YEAR] = GOOD
        assert await desk.outcome() == "changed"
        assert len(desk.ledger.snapshots(YEAR)) == 3

    async def test_a_change_in_any_api_counts(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        desk.says[YEAR] = {**GOOD, INSURANCE: Said(body=insurance_answer("1.00"))}
        assert await desk.outcome() == "changed"
        desk.says[YEAR] = {**desk.says[YEAR], EMPLOYMENT: Said(body=employment_answer({REFERENCE: "New Name plc"}))}
        assert await desk.outcome() == "unchanged"

    async def test_not_yet_and_late_and_the_current_year(self, desk: Desk) -> None:
        desk.clock.moment = datetime(2025, 11, 30, 20, 0, tzinfo=UTC)
        assert await desk.outcome() == "not_yet"
        assert await desk.outcome(CURRENT) == "not_yet"
        desk.clock.moment = datetime(2025, 12, 1, 0, 0, tzinfo=UTC)
        assert await desk.outcome() == "late"
        assert (await desk.sync(CURRENT)).trouble is None

    async def test_years_are_told_oldest_first_each_once(self, desk: Desk) -> None:
        report = await desk.sync(CURRENT, OLD, YEAR, OLD)
        assert [year.tax_year for year in report.years] == [OLD, YEAR, CURRENT]


class TestFailures:
    async def test_one_year_that_fails_stops_no_other(self, desk: Desk) -> None:
        desk.says = {OLD: dict.fromkeys((*GOOD, "individual-benefits"), Said(500, "")), YEAR: GOOD}
        report = await desk.sync(OLD, YEAR)
        assert [year.outcome for year in report.years] == ["failed", "new"]
        assert isinstance(report.trouble, HmrcTrouble)
        assert "2022-23" in str(report.trouble)
        assert desk.ledger.runs()[0].outcome == "failed"

    async def test_one_api_that_fails_stops_no_other(self, desk: Desk) -> None:
        desk.says[YEAR] = {**GOOD, INCOME: Said(500, "")}
        report = await desk.sync(YEAR)
        assert report.years[0].outcome == "partial"
        (row,) = desk.ledger.snapshots(YEAR)
        assert (row.gross_pay, row.income_tax) == (None, Decimal("4324.00"))

    async def test_a_failure_after_figures_changes_none(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        desk.says[YEAR] = {**GOOD, TAX: Said(body="<html>")}
        assert await desk.outcome() == "partial"
        assert len(desk.ledger.snapshots(YEAR)) == 1

    async def test_without_a_subscription_the_figure_is_null_and_the_year_has_its_verdict(self, desk: Desk) -> None:
        desk.says[YEAR] = {**GOOD, INCOME: Said(403, '{"code":"RESOURCE_FORBIDDEN","message":"m"}')}
        report = await desk.sync(YEAR)
        assert (report.years[0].outcome, report.trouble) == ("new", None)
        assert report.years[0].apis[INCOME].outcome == "not_subscribed"
        assert "subscribe" in (report.years[0].apis[INCOME].note or "")
        assert desk.ledger.snapshots(YEAR)[0].gross_pay is None

    async def test_a_scope_missing_everywhere_means_sign_in_again(self, desk: Desk) -> None:
        desk.says[YEAR] = dict.fromkeys((*GOOD, "individual-benefits"), Said(403, '{"code":"INVALID_SCOPE"}'))
        report = await desk.sync(YEAR)
        assert report.years[0].outcome == "failed"
        assert isinstance(report.trouble, SignInNeeded)
        assert desk.ledger.runs()[0].outcome == "needs_sign_in"

    async def test_a_wrong_utr_is_hmrcs_refusal_and_no_question_of_signing_in(self, desk: Desk) -> None:
        desk.says[YEAR] = dict.fromkeys((*GOOD, "individual-benefits"), Said(401, '{"code":"UNAUTHORIZED"}'))
        report = await desk.sync(YEAR)
        assert isinstance(report.trouble, HmrcTrouble)
        assert "UTR" in str(report.trouble)
        assert UTR not in str(report.trouble)

    async def test_without_a_grant_it_ends_and_says_so(self, desk: Desk) -> None:
        class NoGrant(Tokens):
            @asynccontextmanager
            async def calling(self) -> Any:
                raise SignInNeeded("sign in first: hmrc-tui authorise")
                yield

        desk.tokens = NoGrant()
        with pytest.raises(SignInNeeded, match="sign in first"):
            await desk.sync(OLD, YEAR)
        assert desk.hmrc.asked == []
        assert desk.ledger.runs()[0].outcome == "needs_sign_in"
        assert isinstance(desk.told[-1], SyncFinished)

    async def test_a_platform_that_fails_everywhere_ends_soon_and_what_was_not_asked_is_no_observation(
        self, desk: Desk
    ) -> None:
        desk.says = {
            TaxYear(y): dict.fromkeys((*GOOD, "individual-benefits"), Said(503, "")) for y in range(2000, 2025)
        }
        report = await desk.sync(*desk.says)
        assert {year.outcome for year in report.years} == {"failed"}
        assert len(desk.hmrc.asked) < 60
        assert len(desk.ledger.observations()) < 25
        last = report.years[-1].apis[TAX]
        assert (last.asked, last.status, last.note) == (False, None, "not asked: HMRC had failed too often in a row")

    async def test_a_ledger_that_cannot_be_written_is_storage_trouble(self, desk: Desk) -> None:
        def full(*_: object) -> None:
            raise StorageTrouble("the disk is full; free some space")

        desk.says[YEAR] = GOOD
        with pytest.raises(StorageTrouble, match="disk is full"):
            await desk.sync(YEAR, run=lambda sync: setattr(sync.ledger, "add_observation", full))


class TestWhatItTells:
    async def test_the_story_of_a_run_call_by_call(self, desk: Desk) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(OLD, YEAR)
        kinds = [type(event) for event in desk.told]
        assert kinds[0] is SyncStarted
        assert kinds[-2:] == [StoreChanged, SyncFinished]
        assert (kinds.count(CallStarted), kinds.count(CallFinished), kinds.count(YearFinished)) == (10, 10, 2)
        finished = [event for event in desk.told if isinstance(event, CallFinished)]
        assert [(event.done, event.calls) for event in finished] == [(n, 10) for n in range(1, 11)]
        last = desk.told[-1]
        assert isinstance(last, SyncFinished)
        assert last.outcomes == ((OLD, "late"), (YEAR, "new"))

    async def test_a_cancelled_run_keeps_what_came_and_says_that_it_was_cancelled(self, desk: Desk) -> None:
        desk.says = {OLD: GOOD, YEAR: GOOD}
        desk.hmrc.seconds = 0.05
        task = asyncio.create_task(desk.sync(OLD, YEAR))
        while not any(isinstance(event, CallFinished) for event in desk.told):
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert desk.ledger.runs()[0].outcome == "cancelled"
        assert 0 < len(desk.ledger.observations()) < 10


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.daemon.test_sync import Desk, OLD, YEAR
from tests.daemon.hmrc.pretend import PretendHmrc
from types import SimpleNamespace

hmrc = SimpleNamespace(address=sys.argv[1], answer=None)
asyncio.run(Desk(hmrc, Path(sys.argv[2])).sync(OLD, YEAR))
"""


def in_a_process(desk: Desk) -> "subprocess.Popen[bytes]":
    """The same sync in a process of its own, on the same home and the same HMRC."""
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, desk.hmrc.address, str(desk.places.data.parent)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
    )


def test_killed_at_any_call_nothing_that_was_kept_is_lost_and_the_next_sync_joins_it(desk: Desk) -> None:
    desk.says = {OLD: GOOD, YEAR: GOOD}
    desk.hmrc.seconds = 0.02
    for after in (1, 4, 7, 9):
        before = len(desk.ledger.observations())
        process = in_a_process(desk)
        while len(kept := desk.ledger.observations()) < before + after and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(desk.ledger.observations()) >= len(kept)
    asyncio.run(desk.sync(OLD, YEAR))
    assert sorted(row.tax_year for row in desk.ledger.snapshots()) == [OLD, YEAR]
    unfinished = [run for run in desk.ledger.runs() if run.finished_at is None]
    assert unfinished
    assert {run.summary for run in unfinished} == {"killed before its end"}


REVISED = {
    **GOOD,
    TAX: Said(body=tax_answer({REFERENCE: "4400.00"})),
    INCOME: Said(body=income_answer({REFERENCE: "36000.00"})),
}


@pytest.mark.parametrize("death", ["killed", "stopped"])
class TestAfterARunThatDidNotEnd:
    """What a run that was killed, or stopped, had been answered was told to nobody: the next run tells it."""

    async def broken_off(self, desk: Desk, death: str, *answered: str) -> None:
        """A run that came to no end after HMRC had answered these APIs."""
        left = dict(desk.says[YEAR])
        desk.says[YEAR] = {api: left[api] for api in answered}
        desk.settings = with_changes(desk.settings, hmrc=with_changes(desk.settings.hmrc, apis=answered))
        await desk.sync(YEAR)
        run = desk.ledger.runs()[0]
        ended = {"outcome": "failed", "finished_at": None} if death == "killed" else {"outcome": "cancelled"}
        desk.ledger.add_run(replace(run, **ended))
        desk.says[YEAR] = left
        desk.settings = with_changes(desk.settings, hmrc=with_changes(desk.settings.hmrc, apis=HmrcSettings().apis))

    async def test_first_figures_are_still_new(self, desk: Desk, death: str) -> None:
        desk.says[YEAR] = GOOD
        await self.broken_off(desk, death, INCOME)
        assert [await desk.outcome(), await desk.outcome()] == ["new", "unchanged"]

    async def test_a_change_is_still_told(self, desk: Desk, death: str) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        desk.says[YEAR] = REVISED
        await self.broken_off(desk, death, INCOME, TAX)
        assert [await desk.outcome(), await desk.outcome()] == ["changed", "unchanged"]

    async def test_nothing_changed_is_unchanged(self, desk: Desk, death: str) -> None:
        desk.says[YEAR] = GOOD
        await desk.sync(YEAR)
        await self.broken_off(desk, death, INCOME)
        assert await desk.outcome() == "unchanged"

    async def test_figures_that_it_alone_saw_and_that_went_since_are_gone(self, desk: Desk, death: str) -> None:
        desk.says[YEAR] = GOOD
        await self.broken_off(desk, death, INCOME)
        desk.says[YEAR] = {}
        assert await desk.outcome() == "gone"


def test_two_processes_at_once_both_end_well_and_double_nothing(desk: Desk) -> None:
    desk.says = {OLD: GOOD, YEAR: GOOD}
    processes = [in_a_process(desk) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(desk.ledger.observations()) == 20
    assert sorted(row.tax_year for row in desk.ledger.snapshots()) == [OLD, YEAR]
    assert [run.outcome for run in desk.ledger.runs()] == ["done", "done"]


def test_a_secret_utr_stays_secret_in_the_ledger(desk: Desk) -> None:
    desk.says[YEAR] = {**GOOD, TAX: Said(500, ""), INCOME: Said(302, headers={"Location": f"http://{UTR}.example/"})}
    asyncio.run(desk.sync(YEAR))
    assert UTR.encode() not in desk.ledger.file.path.read_bytes()
    assert Secret(UTR) == TAXPAYER
