"""Telling alerts: what is remembered between runs and restarts, and what each audience was told."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.alerts import Alert
from daemon.engine import Engine, build_engine
from daemon.events import Alerted, Event
from daemon.notify import PATIENCE_SECONDS, Message, Messenger
from daemon.telling import deliver_alerts, remember, tell_alerts, told_of
from storage.ledger import Ledger
from storage.places import Places
from storage.records import TaxYear
from storage.secret import Secret
from storage.settings import AlertSettings, HmrcSettings, Settings
from tests.inbox import Inbox
from tests.makers import UTR, StoppedClock
from tests.storage.ledgers import a_ledger

ROOT = Path(__file__).parents[2]
SIGN_IN = Alert("grant", "expired", "Sign in at HMRC again", "failure")
STALE = Alert("stale", "2026-07-01", "No figures have been confirmed", "warning")
FIGURES = "HMRC has figures now for tax year 2024-25"


@pytest.fixture
def inboxes() -> Iterator[tuple[Inbox, Inbox]]:
    with Inbox() as one, Inbox() as other:
        yield one, other


@dataclass
class Told:
    """An engine, and the alerts that its listeners heard."""

    engine: Engine
    heard: list[str]

    @property
    def ledger(self) -> Ledger:
        return self.engine.ledger


def an_engine(home: Path, *inboxes: Inbox, audience: str = "screen") -> Told:
    settings = Settings(
        hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR)),
        alerts=AlertSettings(urls=tuple(Secret(inbox.address) for inbox in inboxes)),
    )
    engine = build_engine(settings, Places.under(home), StoppedClock())
    engine.audience = audience
    heard: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Alerted):
            heard.append(event.text)

    engine.listen(hear)
    return Told(engine, heard)


def addresses(*inboxes: Inbox) -> list[Secret]:
    return [Secret(inbox.address) for inbox in inboxes]


def deliver(ledger: Ledger, addresses: Sequence[Secret], found: Sequence[Alert], patience: int = 30) -> int:
    return deliver_alerts(ledger, addresses, found, Messenger(patience), told_of(ledger, addresses))


def test_an_alert_arrives_once_at_each_address_and_an_outage_of_one_only_delays_it_there(
    home: Path, inboxes: tuple[Inbox, Inbox]
) -> None:
    one, other = inboxes
    ledger = an_engine(home).ledger
    other.statuses.append(503)
    assert deliver(ledger, addresses(one, other), [SIGN_IN]) == 1
    assert deliver(ledger, addresses(one, other), [SIGN_IN]) == 1
    assert deliver(ledger, addresses(one, other), [SIGN_IN]) == 0
    assert one.received == other.received == [SIGN_IN.text]


def test_an_address_that_hangs_keeps_no_other_waiting_and_brings_it_nothing_twice(
    home: Path, inboxes: tuple[Inbox, Inbox]
) -> None:
    hanging, other = inboxes
    ledger = an_engine(home).ledger
    hanging.open.clear()
    for _ in range(2):
        began = time.monotonic()
        deliver(ledger, addresses(hanging, other), [SIGN_IN, STALE], patience=3)
        assert time.monotonic() - began < PATIENCE_SECONDS / 2
    assert (hanging.asked, hanging.received, other.received) == (2, [], [SIGN_IN.text, STALE.text])
    hanging.open.set()
    assert deliver(ledger, addresses(hanging, other), [SIGN_IN, STALE]) == 2
    assert hanging.received == other.received == [SIGN_IN.text, STALE.text]


def test_an_address_that_is_named_twice_is_told_once(home: Path, inboxes: tuple[Inbox, Inbox]) -> None:
    one, _ = inboxes
    assert deliver(an_engine(home).ledger, addresses(one, one), [SIGN_IN]) == 1
    assert one.received == [SIGN_IN.text]


def test_closing_waits_for_no_receiver(home: Path, inboxes: tuple[Inbox, Inbox]) -> None:
    hanging, other = inboxes
    hanging.open.clear()
    messenger, ledger = Messenger(), an_engine(home).ledger
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(
            deliver_alerts, ledger, addresses(hanging), [SIGN_IN], messenger, told_of(ledger, addresses(hanging))
        )
        while not hanging.asked:
            time.sleep(0.01)
        messenger.close()
        assert sending.result(timeout=PATIENCE_SECONDS / 2) == 0
    assert deliver_alerts(ledger, addresses(other), [SIGN_IN], messenger, told_of(ledger, addresses(other))) == 0
    assert other.asked == 0


def test_a_message_that_is_being_taken_at_the_end_is_remembered_and_told_once(
    home: Path, inboxes: tuple[Inbox, Inbox]
) -> None:
    slow = inboxes[0]
    slow.hesitates = 0.4
    messenger, ledger = Messenger(grace=20), an_engine(home).ledger
    with ThreadPoolExecutor() as pool:
        known = told_of(ledger, addresses(slow))
        sending = pool.submit(deliver_alerts, ledger, addresses(slow), [SIGN_IN, STALE], messenger, known)
        while not slow.received:
            time.sleep(0.01)
        messenger.close()
        assert list(told_of(ledger, addresses(slow)).values()) == [frozenset({SIGN_IN.subject})]
        assert sending.result() == 1
    assert deliver(ledger, addresses(slow), [SIGN_IN, STALE]) == 1
    assert slow.received == [SIGN_IN.text, STALE.text]


def test_what_is_over_and_comes_back_is_told_again(home: Path, inboxes: tuple[Inbox, Inbox]) -> None:
    ledger = an_engine(home).ledger
    for found in ([SIGN_IN, STALE], [STALE], [SIGN_IN, STALE]):
        deliver(ledger, addresses(inboxes[0]), found)
    assert inboxes[0].received == [SIGN_IN.text, STALE.text, SIGN_IN.text]


def test_an_address_that_is_added_later_is_told_what_still_stands(home: Path, inboxes: tuple[Inbox, Inbox]) -> None:
    one, other = inboxes
    ledger = an_engine(home).ledger
    assert deliver(ledger, [], [SIGN_IN]) == 0
    deliver(ledger, addresses(one), [SIGN_IN])
    deliver(ledger, addresses(one, other), [SIGN_IN])
    assert one.received == other.received == [SIGN_IN.text]


@pytest.mark.parametrize("address", ["nonsense", "unknown://nowhere", "json://127.0.0.1:9"])
def test_an_address_that_cannot_be_used_takes_nothing_and_harms_nothing(home: Path, address: str) -> None:
    assert deliver(an_engine(home).ledger, [Secret(address)], [SIGN_IN]) == 0


def test_figures_are_told_after_a_restart_too_and_not_again_by_a_run_without_news(
    home: Path, inboxes: tuple[Inbox, Inbox]
) -> None:
    year = TaxYear(2024)
    remember(an_engine(home).ledger, {year: ("new", "run-1")})
    told = an_engine(home, inboxes[0])
    remember(told.ledger, {year: ("unchanged", "run-2")})
    tell_alerts(told.engine)
    tell_alerts(told.engine)
    assert inboxes[0].received == told.heard == [FIGURES]
    remember(told.ledger, {year: ("changed", "run-3")})
    tell_alerts(told.engine)
    assert inboxes[0].received[1:] == ["HMRC changed its figures for tax year 2024-25"]


def test_each_audience_is_told_once_and_only_the_timers_owner_sends(home: Path, inboxes: tuple[Inbox, Inbox]) -> None:
    remember(an_engine(home).ledger, {TaxYear(2024): ("new", "run-1")})
    screen, log = an_engine(home, inboxes[0]), an_engine(home, inboxes[0], audience="log")
    for told in (screen, log, screen, log):
        tell_alerts(told.engine, deliver=told is log)
    assert screen.heard == log.heard == inboxes[0].received == [FIGURES]


def test_machines_on_one_postgres_tell_an_address_once_but_each_of_its_own_sign_in(
    tmp_path: Path, postgres: str, inboxes: tuple[Inbox, Inbox]
) -> None:
    inbox, _ = inboxes
    one, other = (a_ledger(tmp_path / name, postgres) for name in ("one", "other"))
    assert deliver(one, addresses(inbox), [STALE, SIGN_IN]) == 2
    other.exchange()
    assert deliver(other, addresses(inbox), [STALE, SIGN_IN]) == 1
    assert inbox.received == [STALE.text, SIGN_IN.text, SIGN_IN.text]
    deliver(other, addresses(inbox), [SIGN_IN])
    for ledger in (other, one):
        ledger.exchange()
    assert deliver(one, addresses(inbox), [STALE, SIGN_IN]) == 1, "what was over on the one is told again by the other"
    for ledger in (one, other):
        ledger.close()


def test_the_plugins_never_enter_this_process_and_addresses_are_not_shown(
    home: Path, inboxes: tuple[Inbox, Inbox]
) -> None:
    script = (
        "import sys; from daemon.alerts import Alert; from daemon.notify import Messenger; from storage.secret import Secret\n"
        f"assert list(Messenger().send([(Secret({inboxes[0].address!r}), Alert('a', 'b', 'text'))])) == [0]\n"
        "assert not {'apprise', 'requests'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
    assert "hunter2" not in repr(Message("mailto://me:hunter2@example.org", "text", "info"))
