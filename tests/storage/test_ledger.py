"""The ledger on one machine: what is written is read back, to the penny and the microsecond, and repeating a write changes nothing."""

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storage.records import Acceptance, PayeReference, Payment, ReferenceLink, SyncRun, TaxYear, ValidatorVerdict
from tests.makers import REFERENCE, StoppedClock, a_p60, a_payslip, a_year_of_payslips
from tests.storage.ledgers import YEAR, a_ledger, a_snapshot, an_answer, an_observation

NOON = datetime(2025, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def an_acceptance(**changes: object) -> Acceptance:
    values: dict[str, object] = {
        "tax_year": YEAR,
        "employer": "123/AB456",
        "note": "agreed with payroll",
        "pay_difference": Decimal("412.00"),
        "tax_difference": None,
        "decided_at": NOON,
    }
    return Acceptance(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def a_run(finished_at: datetime | None = None, **changes: object) -> SyncRun:
    values: dict[str, object] = {
        "id": "run-1",
        "business_date": date(2025, 7, 1),
        "started_at": NOON,
        "finished_at": finished_at,
        "outcome": "done",
        "unattended": True,
        "host": "desk",
        "summary": "3 years unchanged",
    }
    return SyncRun(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def test_an_observation_is_read_back_as_it_was(tmp_path: Path) -> None:
    ledger, answer = a_ledger(tmp_path), an_answer('{"employments": []}', NOON)
    answered, unanswered = an_observation(1, NOON, answer), an_observation(2, NOON + timedelta(seconds=1))
    ledger.add_observation(answered, answer)
    ledger.add_observation(unanswered, None)
    assert ledger.observations() == [answered, unanswered]
    assert ledger.observations(YEAR) == [answered, unanswered]
    assert ledger.observations(TaxYear(2020)) == []
    assert ledger.answers([answer.answer_hash]) == {answer.answer_hash: answer.body}


def test_an_answer_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    ledger, answer = a_ledger(tmp_path), an_answer("{}", NOON)
    for number in range(3):
        ledger.add_observation(an_observation(number, NOON, answer), answer)
    assert len(ledger.observations()) == 3
    assert ledger.answers([answer.answer_hash, "unknown"]) == {answer.answer_hash: "{}"}


def test_figures_that_go_a_b_a_leave_three_snapshots(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    first = a_snapshot(NOON)
    second = a_snapshot(NOON + timedelta(days=1), "34300.00", previous=first)
    third = a_snapshot(NOON + timedelta(days=2), previous=second)
    assert ledger.add_snapshots([first, second, third]) == 3
    assert ledger.add_snapshots([third]) == 0
    assert ledger.snapshots(YEAR) == [first, second, third]


def test_a_snapshot_is_dated_after_the_one_it_follows_though_the_clock_went_back(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    first = a_snapshot(NOON)
    ledger.add_snapshots([first])
    ledger.add_snapshots([a_snapshot(NOON - timedelta(hours=1), "34300.00", previous=first)])
    assert [snapshot.gross_pay for snapshot in ledger.snapshots()] == [Decimal("34200.00"), Decimal("34300.00")]


def test_a_third_decimal_is_refused_and_nothing_of_the_batch_is_kept(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    with pytest.raises(ValueError, match="more than two decimals"):
        ledger.add_payslips(
            [a_payslip(), a_payslip(date(2024, 5, 26), taxable_pay=Decimal("1.005"))], import_id="1", description="x"
        )
    assert ledger.payslips() == []
    assert ledger.imports() == []


def test_a_payslip_is_read_back_with_everything_it_holds(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    slip = a_payslip(
        pension_kind="net_pay",
        income_tax=Decimal("-12.30"),
        warnings=("YTD step", "net"),
        source="a.csv",
        imported_at=NOON,
    )
    ledger.add_payslips([slip], import_id="1", description="a.csv")
    assert ledger.payslips() == [slip]


def test_a_payslip_imported_twice_is_one(tmp_path: Path) -> None:
    ledger, slips = a_ledger(tmp_path), a_year_of_payslips(TaxYear(2024))
    assert ledger.add_payslips(slips, import_id="1", description="a.csv").new == 12
    version = ledger.version()
    again = ledger.add_payslips([*slips, slips[0]], import_id="2", description="b.csv")
    assert (again.new, again.known, again.changed) == (0, 13, 0)
    assert ledger.version() == version
    assert [record.id for record in ledger.imports()] == ["1"]


def test_a_payslip_whose_source_corrected_it_takes_the_new_values(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.add_payslips([a_payslip()], import_id="1", description="a.csv")
    corrected = a_payslip(taxable_pay=Decimal("2900.00"))
    done = ledger.add_payslips([corrected], import_id="2", description="a.csv")
    assert (done.new, done.known, done.changed) == (0, 1, 1)
    assert [slip.taxable_pay for slip in ledger.payslips()] == [Decimal("2900.00")]
    assert ledger.undo_import("2") == 1
    assert [slip.taxable_pay for slip in ledger.payslips()] == [Decimal("2850.00")]


def test_when_both_imports_that_brought_a_payslip_are_undone_it_is_gone_in_either_order(tmp_path: Path) -> None:
    for order in (("1", "2"), ("2", "1")):
        ledger = a_ledger(tmp_path / order[0])
        ledger.add_payslips([a_payslip()], import_id="1", description="a.csv")
        ledger.add_payslips([a_payslip(taxable_pay=Decimal("2900.00"))], import_id="2", description="a.csv")
        for import_id in order:
            ledger.undo_import(import_id)
        assert ledger.payslips() == []


def test_a_removed_payslip_comes_back_when_it_is_imported_again(tmp_path: Path) -> None:
    ledger, slips = a_ledger(tmp_path), a_year_of_payslips(TaxYear(2024))
    ledger.add_payslips(slips, import_id="1", description="a.csv")
    assert ledger.remove_payslip(slips[3].id)
    assert not ledger.remove_payslip(slips[3].id)
    assert not ledger.remove_payslip("unknown")
    assert len(ledger.payslips()) == 11
    assert ledger.add_payslips(slips, import_id="2", description="a.csv").new == 1
    assert [slip.pay_date for slip in ledger.payslips()] == [slip.pay_date for slip in slips]


def test_an_import_is_undone_and_can_be_made_again(tmp_path: Path) -> None:
    ledger, slips = a_ledger(tmp_path), a_year_of_payslips(TaxYear(2024))
    payment = Payment(
        id="payment-1", pay_date=date(2024, 4, 26), taxable_pay=Decimal("2850.00"), income_tax=Decimal("360.20")
    )
    ledger.add_payslips(slips[:6], import_id="1", description="a.csv")
    ledger.add_payslips(slips, import_id="2", description="b.csv")
    ledger.add_p60s([a_p60(TaxYear(2024))], import_id="2", description="b.csv")
    ledger.add_payments([payment], import_id="2", description="b.csv")
    made = {record.id: record for record in ledger.imports()}["2"]
    assert (made.payslips, made.p60s, made.payments, made.undone) == (6, 1, 1, False)
    assert ledger.undo_import("2") == 8
    assert len(ledger.payslips()) == 6
    assert (ledger.p60s(), ledger.payments()) == ([], [])
    assert {record.id: record.undone for record in ledger.imports()} == {"1": False, "2": True}
    assert ledger.undo_import("2") == 0
    assert ledger.add_payslips(slips, import_id="3", description="b.csv").new == 6


def test_a_p60_can_be_removed(tmp_path: Path) -> None:
    ledger, p60 = a_ledger(tmp_path), a_p60(TaxYear(2024), imported_at=NOON)
    ledger.add_p60s([p60], import_id="1", description="p60.pdf")
    assert ledger.p60s() == [p60]
    assert ledger.remove_p60(p60.id)
    assert ledger.p60s() == []


def test_a_mirror_follows_its_source(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    of_file = a_payslip(date(2023, 5, 1), source="a.csv")
    slips = [a_payslip(day.pay_date, source="payslip_ingest") for day in a_year_of_payslips(TaxYear(2024))]
    ledger.add_payslips([of_file], import_id="1", description="a.csv")
    assert ledger.replace_mirror("payslip_ingest", slips).new == 12
    assert ledger.replace_mirror("payslip_ingest", slips).known == 12
    corrected = a_payslip(slips[0].pay_date, source="payslip_ingest", net_pay=Decimal("1.00"))
    done = ledger.replace_mirror("payslip_ingest", [corrected, *slips[2:]])
    assert (done.new, done.known, done.changed) == (0, 11, 1)
    assert [slip.id for slip in ledger.payslips()] == [of_file.id, corrected.id, *(slip.id for slip in slips[2:])]


def test_a_mirrored_payslip_that_went_and_came_back_is_there_again(tmp_path: Path) -> None:
    ledger, slip = a_ledger(tmp_path), a_payslip(source="payslip_ingest")
    for there in ([slip], [], [slip]):
        ledger.replace_mirror("payslip_ingest", there)
    assert [known.id for known in ledger.payslips()] == [slip.id]


def test_a_mirrored_payslip_that_the_person_removed_stays_removed_until_it_changes_there(tmp_path: Path) -> None:
    ledger, slip = a_ledger(tmp_path), a_payslip(source="payslip_ingest")
    ledger.replace_mirror("payslip_ingest", [slip])
    ledger.remove_payslip(slip.id)
    ledger.replace_mirror("payslip_ingest", [slip])
    assert ledger.payslips() == []
    ledger.replace_mirror("payslip_ingest", [a_payslip(source="payslip_ingest", net_pay=Decimal("1.00"))])
    assert len(ledger.payslips()) == 1


def test_a_decision_holds_until_it_is_replaced_or_withdrawn(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.accept(an_acceptance())
    ledger.accept(an_acceptance())
    later = an_acceptance(pay_difference=Decimal("413.00"))
    ledger.accept(later)
    ledger.accept(an_acceptance(employer="456/CD789"))
    assert ledger.acceptances() == [later, an_acceptance(employer="456/CD789")]
    assert ledger.withdraw_acceptance(YEAR, "123/AB456")
    assert not ledger.withdraw_acceptance(YEAR, "123/AB456")
    assert [acceptance.employer for acceptance in ledger.acceptances()] == ["456/CD789"]


def test_a_link_holds_until_it_is_undone(tmp_path: Path) -> None:
    ledger, newer = a_ledger(tmp_path), PayeReference("999/ZZ")
    link = ReferenceLink(old=REFERENCE, new=newer, decided_at=NOON)
    ledger.link(link)
    assert ledger.links() == [link]
    assert not ledger.unlink(newer, REFERENCE)
    assert ledger.unlink(REFERENCE, newer)
    assert ledger.links() == []


def test_linking_anew_replaces_the_old_link_for_good(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    wrong = ReferenceLink(old=REFERENCE, new=PayeReference("1/A"), decided_at=NOON)
    right = ReferenceLink(old=REFERENCE, new=PayeReference("2/B"), decided_at=NOON)
    ledger.link(wrong)
    ledger.link(right)
    assert not ledger.unlink(wrong.old, wrong.new)
    assert ledger.links() == [right]


def test_a_runs_end_takes_the_place_of_its_start(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.add_run(a_run(outcome="failed", summary="killed before its end"))
    ended = a_run(NOON + timedelta(minutes=1))
    ledger.add_run(ended)
    later = a_run(id="run-2", started_at=NOON + timedelta(days=1))
    ledger.add_run(later)
    assert ledger.runs() == [later, ended]
    assert ledger.runs(1) == [later]


def test_the_last_verdict_of_a_connection_method_is_kept(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    for code in ("INVALID_HEADERS", "VALID_HEADERS"):
        verdict = ValidatorVerdict(
            connection_method="DESKTOP_APP_DIRECT",
            asked_at=NOON,
            code=code,
            body="{}",
            headers=(("a", "b"), ("c", "d")),
        )
        ledger.keep_verdict(verdict)
    assert ledger.verdict("DESKTOP_APP_DIRECT") == verdict
    assert ledger.verdict("BATCH_PROCESS_DIRECT") is None


def test_notes_are_this_machines(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    assert ledger.note("theme") is None
    ledger.keep_note("theme", "light")
    ledger.keep_note("theme", "dark")
    assert a_ledger(tmp_path).note("theme") == "dark"


def test_the_version_rises_when_another_ledger_wrote_and_only_then(tmp_path: Path) -> None:
    one, other = a_ledger(tmp_path), a_ledger(tmp_path)
    before = one.version()
    one.keep_note("theme", "dark")
    assert one.version() == before
    other.add_snapshots([a_snapshot(NOON)])
    assert one.version() > before


def test_without_postgres_nothing_is_said_to_wait(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    ledger.add_snapshots([a_snapshot(NOON)])
    status = ledger.exchange()
    assert (status.store, status.configured, status.queued, status.trouble) == ("sqlite", False, 0, None)


def test_decisions_made_with_a_clock_that_runs_behind_still_win(tmp_path: Path) -> None:
    ahead, behind = StoppedClock(NOON + timedelta(days=400)), StoppedClock(NOON)
    a_ledger(tmp_path, clock=ahead).accept(an_acceptance(note="first"))
    ledger = a_ledger(tmp_path, clock=behind)
    ledger.accept(an_acceptance(note="second"))
    assert [acceptance.note for acceptance in ledger.acceptances()] == ["second"]
    assert ledger.withdraw_acceptance(YEAR, "123/AB456")
    assert ledger.acceptances() == []


def test_many_threads_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)

    def write(thread: int) -> None:
        for number in range(10):
            ledger.add_observation(an_observation(thread * 10 + number, NOON), None)
            ledger.observations()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({observation.id for observation in ledger.observations()}) == 60


def test_what_was_told_is_known_until_it_is_over_and_again_when_it_comes_back(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path)
    for state in ("2026-07-01", "2026-07-01", "2026-07-09"):
        ledger.keep_alert_told("address", "stale", state)
    ledger.keep_alert_told("another", "stale", "2026-07-01")
    assert ledger.alerts_told("address") == {"stale": "2026-07-09"}
    ledger.keep_alert_told("address", "stale", None)
    assert (ledger.alerts_told("address"), ledger.alerts_told("another")) == ({}, {"stale": "2026-07-01"})
    ledger.keep_alert_told("address", "stale", "2026-07-09")
    assert ledger.alerts_told("address") == {"stale": "2026-07-09"}
