"""The main job on another server that speaks HMRC's protocol: sign in, sync, import, reconcile, a change, a withdrawal."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.tax_year import TaxYear
from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.command import Home

LAST = TaxYear.containing(datetime.now(UTC).date()).previous
CURRENT = LAST.next
SLIPS = f"""pay_date,employer,employer_paye_ref,gross_pay,taxable_pay,income_tax,national_insurance,net_pay
{LAST.start}-04-26,Example Ltd,123/AB456,3000.00,2850.00,360.20,156.16,2333.64
{LAST.start}-05-26,Example Ltd,123/AB456,3000.00,2850.00,360.40,156.16,2333.44
{LAST.start}-06-26,Sample plc,456/AB456,1000.00,1000.00,0.00,0.00,1000.00
"""


@pytest.fixture
def hmrc() -> Iterator[AnotherHmrc]:
    with AnotherHmrc() as server:
        server.employ(LAST.hmrc, ("123/AB456", "Example Ltd", 5700, 720.6), ("456/AB456", "Sample plc", 1000, 0))
        yield server


@pytest.fixture
def signed_in(hmrc: AnotherHmrc, home: Path) -> Home:
    person = Home.at(home, hmrc)
    person.sign_in()
    return person


def imported(person: Home, text: str = SLIPS) -> None:
    file = person.folder / "slips.csv"
    file.write_text(text)
    done = person.run("payslips", "import", str(file))
    assert done.returncode == 0, done.stderr


def outcome(person: Home, year: str) -> str:
    (synced,) = person.json("sync", "--tax-year", year)["years"]
    return synced["outcome"]


def test_the_main_job(hmrc: AnotherHmrc, signed_in: Home) -> None:
    token = signed_in.json("token", "status")
    assert (token["state"], token["store"], token["grant_days_left"]) == ("ok", "file", 546)

    report = signed_in.json("sync", "--tax-year", LAST.hmrc)
    assert (report["environment"], report["store"], report["queued"]) == ("sandbox", "sqlite", 0)
    (year,) = report["years"]
    assert (year["tax_year"], year["outcome"]) == (LAST.hmrc, "new")
    assert year["apis"]["individual-tax"] == {"outcome": "ok", "status": 200, "code": None}
    assert year["apis"]["national-insurance"] == {"outcome": "no_data", "status": 404, "code": "NOT_FOUND"}

    imported(signed_in)
    checked = signed_in.run("reconcile", "--check", "--json")
    assert checked.returncode == 0, checked.stdout
    (reconciled,) = json.loads(checked.stdout)["tax_years"]
    assert reconciled["state"] == "available"
    rows = {row["employer_paye_ref"]: row for row in reconciled["rows"]}
    assert rows["123/AB456"]["status"] == "match"
    assert rows["123/AB456"]["pay"] == {"hmrc": "5700.00", "payslips": "5700.00", "p60": None, "difference": "0.00"}
    assert rows["123/AB456"]["tax"]["hmrc"] == "720.60"
    assert rows["123/AB456"]["employer"] == "Example Ltd"
    assert rows["456/AB456"]["status"] == "match"

    assert outcome(signed_in, LAST.hmrc) == "unchanged"
    hmrc.employ(LAST.hmrc, ("123/ab456 ", "Example Limited", 5700.00, 720.60), ("456/AB456", "Sample plc", 1000, 0))
    assert outcome(signed_in, LAST.hmrc) == "unchanged"
    hmrc.employ(LAST.hmrc, ("123/AB456", "Example Ltd", 5700, 720.61), ("456/AB456", "Sample plc", 1000, 0))
    assert outcome(signed_in, LAST.hmrc) == "changed"
    history = signed_in.run("history", "--json").stdout
    assert "720.60" in history
    assert "720.61" in history

    hmrc.withdraw(LAST.hmrc)
    assert outcome(signed_in, LAST.hmrc) == "gone"
    assert outcome(signed_in, LAST.hmrc) == "gone"
    (reconciled,) = signed_in.json("reconcile", "--tax-year", LAST.database)["tax_years"]
    assert reconciled["state"] == "gone"
    assert {row["pay"]["hmrc"] for row in reconciled["rows"]} == {"5700.00", "1000.00"}

    assert outcome(signed_in, "current") == "not_yet"


def test_an_employer_whom_hmrc_lacks_and_one_whom_the_payslips_lack_fail_the_check(
    hmrc: AnotherHmrc, signed_in: Home
) -> None:
    hmrc.employ(LAST.hmrc, ("123/AB456", "Example Ltd", 5700, 720.6), ("999/ZZ999", "Other Ltd", 50, 1))
    imported(signed_in)
    signed_in.json("sync", "--tax-year", "previous")
    done = signed_in.run("reconcile", "--check", "--json")
    assert done.returncode == 1
    statuses = {row["employer_paye_ref"]: row["status"] for row in json.loads(done.stdout)["tax_years"][0]["rows"]}
    assert statuses == {"123/AB456": "match", "456/AB456": "payslips_only", "999/ZZ999": "hmrc_only"}
    for reference in ("456/AB456", "999/ZZ999"):
        assert signed_in.run("accept", LAST.hmrc, reference, "--note", "known").returncode == 0
    assert signed_in.run("reconcile", "--check").returncode == 0
    assert signed_in.run("accept", LAST.hmrc, "999/ZZ999", "--undo").returncode == 0
    assert signed_in.run("reconcile", "--check").returncode == 1


def test_the_same_file_twice_is_the_same_slips(signed_in: Home) -> None:
    imported(signed_in)
    imported(signed_in)
    assert len(signed_in.json("payslips", "list")) == 3 or len(signed_in.json("payslips", "list")["payslips"]) == 3


@pytest.mark.parametrize("body", ['{"employments": [', "<html>Technical difficulties</html>", '{"employments": 7}'])
def test_an_answer_that_is_not_one_is_a_failed_call(hmrc: AnotherHmrc, signed_in: Home, body: str) -> None:
    hmrc.faults["individual-tax"] = body
    (year,) = signed_in.json("sync", "--tax-year", LAST.hmrc, status=4)["years"]
    assert year["outcome"] == "partial"
    assert year["apis"]["individual-tax"]["outcome"] == "failed"
    assert year["apis"]["individual-income"]["outcome"] == "ok"


def test_three_decimals_are_an_error_and_never_rounded(hmrc: AnotherHmrc, signed_in: Home) -> None:
    hmrc.employ(LAST.hmrc, ("123/AB456", "Example Ltd", 5700.005, 720.6))
    done = signed_in.run("sync", "--tax-year", LAST.hmrc, "--json")
    assert done.returncode == 4
    (year,) = json.loads(done.stdout)["years"]
    assert year["apis"]["individual-income"]["outcome"] == "failed"
    assert "5700.00" not in signed_in.run("history", "--json").stdout


def test_an_api_that_is_not_subscribed_never_makes_a_year_partial(hmrc: AnotherHmrc, signed_in: Home) -> None:
    hmrc.faults["individual-income"] = (
        403,
        {
            "code": "RESOURCE_FORBIDDEN",
            "message": "The application is not subscribed to the API which it is attempting to invoke",
        },
    )
    report = signed_in.json("sync", "--tax-year", LAST.hmrc)
    (year,) = report["years"]
    assert (year["outcome"], year["apis"]["individual-income"]["outcome"]) == ("new", "not_subscribed")
    (reconciled,) = signed_in.json("reconcile", "--tax-year", LAST.hmrc)["tax_years"]
    assert {row["pay"]["hmrc"] for row in reconciled["rows"]} == {None}


def test_without_a_sign_in_a_sync_says_so(hmrc: AnotherHmrc, home: Path) -> None:
    done = Home.at(home, hmrc).run("sync")
    assert done.returncode == 3
    assert "authorise" in done.stderr.splitlines()[-1]


def test_a_wrong_scope_means_sign_in_again(hmrc: AnotherHmrc, signed_in: Home) -> None:
    for api in (
        "individual-tax",
        "individual-income",
        "individual-employment",
        "individual-benefits",
        "national-insurance",
    ):
        hmrc.faults[api] = (
            403,
            {
                "code": "INVALID_SCOPE",
                "message": "Can not access the required resource. Ensure this token has all the required scopes.",
            },
        )
    assert signed_in.run("sync", "--tax-year", LAST.hmrc).returncode == 3


def test_another_taxpayers_figures_are_refused_by_hmrc_without_a_refresh(hmrc: AnotherHmrc, signed_in: Home) -> None:
    other = Home(signed_in.folder, {**signed_in.environ, "HMRC_TUI_HMRC__UTR": "1097172564"})
    (year,) = other.json("sync", "--tax-year", LAST.hmrc, status=4)["years"]
    assert year["outcome"] == "failed"
    assert {call["outcome"] for call in year["apis"].values()} == {"unauthorised"}
    assert hmrc.refreshes == 0


def test_an_access_token_that_died_is_refreshed_once(hmrc: AnotherHmrc, signed_in: Home) -> None:
    hmrc.access_token = "another-one-altogether"
    assert outcome(signed_in, LAST.hmrc) == "new"
    assert (hmrc.refreshes, hmrc.reused) == (1, 0)
    before = signed_in.json("token", "status")["granted_at"]
    hmrc.access_token = "and-again"
    assert outcome(signed_in, LAST.hmrc) == "unchanged"
    assert signed_in.json("token", "status")["granted_at"] == before


def test_a_token_endpoint_that_is_throttled_or_broken_costs_no_sign_in(hmrc: AnotherHmrc, signed_in: Home) -> None:
    hmrc.access_token = "dead"
    hmrc.token_faults.extend([(429, {"code": "MESSAGE_THROTTLED_OUT", "message": "throttled"})] * 30)
    done = signed_in.run("sync", "--tax-year", LAST.hmrc)
    assert done.returncode == 4, done.stderr
    hmrc.token_faults.clear()
    assert outcome(signed_in, LAST.hmrc) == "new"
    assert hmrc.reused == 0


def test_the_pace_is_kept_by_two_syncs_at_once(hmrc: AnotherHmrc, signed_in: Home) -> None:
    hmrc.delay = 0.2
    years = [f"{start}-{(start + 1) % 100:02d}" for start in range(LAST.start - 2, LAST.start + 1)]
    arguments = [argument for year in years for argument in ("--tax-year", year)]
    with signed_in.start("sync", *arguments) as one, signed_in.start("sync", *arguments) as two:
        for process in (one, two):
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
    assert hmrc.most_in_a_second() <= 3


def test_a_person_and_a_timer_tell_hmrc_who_they_are(hmrc: AnotherHmrc, signed_in: Home) -> None:
    signed_in.json("sync", "--tax-year", LAST.hmrc)
    assert {headers["gov-client-connection-method"] for _, path, headers in hmrc.requests if "/sa/" in path} == {
        "DESKTOP_APP_DIRECT"
    }
    hmrc.requests.clear()
    signed_in.json("sync", "--unattended")
    assert {headers["gov-client-connection-method"] for _, path, headers in hmrc.requests if "/sa/" in path} == {
        "BATCH_PROCESS_DIRECT"
    }


def test_everything_that_was_made_can_be_read_by_its_owner_only(signed_in: Home) -> None:
    signed_in.json("sync", "--tax-year", LAST.hmrc)
    imported(signed_in)
    for made in [signed_in.folder, *signed_in.folder.rglob("*")]:
        assert made.stat().st_mode & 0o077 == 0, made


def test_a_token_file_that_others_can_read_is_refused_and_is_no_usable_sign_in(signed_in: Home) -> None:
    (token_file,) = [file for file in signed_in.folder.rglob("token*.json") if file.is_file()]
    token_file.chmod(0o644)
    done = signed_in.run("sync", "--tax-year", LAST.hmrc)
    assert done.returncode == 3
    assert "chmod 600" in done.stderr.splitlines()[-1]
    token_file.chmod(0o600)
    assert outcome(signed_in, LAST.hmrc) == "new"
