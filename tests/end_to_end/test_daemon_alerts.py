"""Who is told what by the real daemon, from HMRC's first figures to the end of the sign-in: each thing once, to a real address."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.end_to_end.another_hmrc import AnotherHmrc
from tests.end_to_end.daemons import TOMORROW, WallClock, install, jumping, metric, running, runs, until
from tests.inbox import Inbox
from tests.postgres import PostgresServer

SLIP = "pay_date,employer,employer_paye_ref,taxable_pay,income_tax\n2025-04-26,Example Ltd,123/AB456,33911.63,4300.17\n"
APPEARED = "HMRC has figures now for tax year 2025-26"
CHANGED = "HMRC changed its figures for tax year 2025-26"
WENT = "HMRC no longer has figures for tax year 2025-26; what it said before is kept"
DIFFERENT = "A difference in tax year 2025-26 is neither explained nor accepted: open hmrc-tui to see it"
SIGN_IN = "Sign in at HMRC again: nothing can be asked until then"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as open_inbox:
        yield open_inbox


def told_exactly(inbox: Inbox, *expected: str) -> None:
    """Waits until so many have arrived, and compares; each step of a story is checked with all before it."""
    until(lambda: len(inbox.received) >= len(expected), 90)
    assert sorted(inbox.received) == sorted(expected)


def days_left(days: int) -> str:
    return f"The sign-in at HMRC ends in {days} day{'' if days == 1 else 's'}: sign in again before then"


def test_each_thing_is_told_once_and_again_only_when_it_changes(
    hmrc: AnotherHmrc, home: Path, tmp_path: Path, inbox: Inbox
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    person = jumping(install(home, hmrc, HMRC_TUI_ALERTS__URLS=inbox.address), clock)
    (tmp_path / "slips.csv").write_text(SLIP)
    assert person.run("payslips", "import", str(tmp_path / "slips.csv")).returncode == 0
    with running(person) as daemon:
        until(lambda: metric(daemon, "hmrc_tui_timer_owner") == 1, 60)

        def next_morning(days: int) -> datetime:
            clock.set(moment := TOMORROW + timedelta(days=days, minutes=11))
            before = runs(daemon)
            until(lambda: runs(daemon) > before, 90)
            return moment

        next_morning(0)
        told = [APPEARED, DIFFERENT]
        told_exactly(inbox, *told)
        hmrc.employ("2025-26", ("123/AB456", "Example Ltd", 34201, 4324))
        next_morning(1)
        told += [CHANGED, DIFFERENT]
        told_exactly(inbox, *told)
        assert person.run("accept", "2025-26", "123/AB456", "--note", "asked the employer").returncode == 0
        hmrc.withdraw("2025-26")
        next_morning(2)
        told += [WENT]
        told_exactly(inbox, *told)
        last_confirmed = (TOMORROW + timedelta(days=1)).date().isoformat()
        told += [f"No figures have been confirmed by HMRC since {last_confirmed}"]
        next_morning(9)
        told_exactly(inbox, *told)
        status, _, log = daemon.stop()
    assert (status, "Traceback" in log) == (0, False)
    assert not any(
        private in text for text in inbox.received for private in ("Example", "123/AB456", "288", "2234567890")
    )


def countdown(inbox: Inbox) -> list[str]:
    return [text for text in inbox.received if "ends in" in text]


@pytest.mark.parametrize(
    "days", [(29, 0), pytest.param((29, 13, 6, 2, 0), marks=pytest.mark.soak)], ids=["first and last", "each"]
)
def test_the_end_of_the_sign_in_is_told_at_the_thresholds_and_when_it_has_come(
    hmrc: AnotherHmrc, home: Path, tmp_path: Path, inbox: Inbox, days: tuple[int, ...]
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    person = jumping(install(home, hmrc, HMRC_TUI_ALERTS__URLS=inbox.address, HMRC_TUI_SYNC__AT="23:59"), clock)
    ends = datetime.fromisoformat(person.json("token", "status")["grant_expires_at"])
    with running(person) as daemon:
        for number, left in enumerate(days, 1):
            clock.set(ends - timedelta(days=left + 1) + timedelta(hours=1))
            until(lambda number=number: len(countdown(inbox)) >= number, 90)
        clock.set(ends + timedelta(minutes=1))
        until(lambda: SIGN_IN in inbox.received, 90)
        daemon.stop()
    assert countdown(inbox) == [days_left(left) for left in days]
    assert inbox.received.count(SIGN_IN) == 1


def test_rows_that_wait_a_day_for_postgres_are_told_once(
    hmrc: AnotherHmrc, home: Path, tmp_path: Path, inbox: Inbox, postgres_server: PostgresServer, postgres: str
) -> None:
    clock = WallClock(tmp_path)
    clock.set(TOMORROW)
    person = jumping(
        install(home, hmrc, HMRC_TUI_ALERTS__URLS=inbox.address, HMRC_TUI_STORAGE__POSTGRES=postgres), clock
    )
    postgres_server.stop()
    try:
        with running(person) as daemon:
            daemon.ask_for_a_sync()
            until(lambda: runs(daemon) == 1, 60)
            until(lambda: (metric(daemon, "hmrc_tui_outbox_rows") or 0) > 0, 60)
            clock.set(TOMORROW + timedelta(days=1, hours=3))
            until(lambda: any("have waited for Postgres since" in text for text in inbox.received), 90)
            clock.set(TOMORROW + timedelta(days=2, hours=3))
            until(lambda: runs(daemon) == 3, 90)
            daemon.stop()
    finally:
        postgres_server.start()
    assert sum("have waited for Postgres since" in text for text in inbox.received) == 1
