"""The demo: the built-in simulator, a made-up person and a temporary home, all the way from HTTP to an engine with a story in it."""

import asyncio
import csv
import io
import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from storage.clock import Clock, london_date
from storage.places import Places
from storage.records import P60, Acceptance, TaxYear

if TYPE_CHECKING:
    from daemon.engine import Engine
    from daemon.simulator import Simulator
    from daemon.simulator.clock import SettableClock
    from hmrc_tui.demo_person import Story
    from storage.settings import Settings

FIRST_SYNC, CORRECTION, WITHDRAWAL = timedelta(days=100), timedelta(days=60), timedelta(days=30)
"""How long ago the person signed in and synced first, HMRC corrected a figure, and a year was withdrawn."""
UNHURRIED = 1000
"""Requests a second: the built-in simulator has no limit, so the demo need not wait for one."""
MADE_UP = "A made-up person on a built-in stand-in for HMRC: no figure here is real."


@contextmanager
def demonstration(base: Clock) -> Generator["Engine"]:
    """An engine on the built-in simulator in which the story has happened; its home is removed at the end.

    100 days ago the made-up person signed in through the sign-in pages and synced; since then HMRC has corrected one figure and withdrawn
    a year; today they imported their payslips, synced again and accepted a difference. Raises a `Trouble` where a step fails.
    """
    from daemon.engine import build_engine
    from daemon.hmrc.pace import Pace
    from daemon.simulator import Simulator
    from daemon.simulator.clock import SettableClock
    from hmrc_tui.demo_person import story

    told = story(london_date(base.now()))
    clock = SettableClock(base)
    with (
        TemporaryDirectory(prefix="hmrc-tui-demo-", ignore_cleanup_errors=True) as folder,
        Simulator(clock=clock, throttle=False) as simulator,
    ):
        places = Places.under(Path(folder))
        settings = settings_for(simulator)
        pace = Pace(places.state_folder(settings.environment) / "pace", requests=UNHURRIED)
        _put_on_record(simulator, told, base.now())
        engine = build_engine(settings, places, clock, pace=pace)
        asyncio.run(_happen(engine, simulator, told, clock))
        yield build_engine(settings, places, clock, pace=pace)


@contextmanager
def unwinding_on_signals() -> Generator[None]:
    """SIGTERM and SIGHUP end the program by unwinding it, so that the demo's home is removed then too."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def settings_for(simulator: "Simulator") -> "Settings":
    """Settings that lead to the simulator, as its ready-made application and person; the sign-in is kept in a file of the demo's home."""
    from storage.secret import Secret
    from storage.settings import HmrcSettings, Settings, TokenSettings

    application, person = simulator.application, simulator.person
    return Settings(
        hmrc=HmrcSettings(
            environment="simulator",
            client_id=Secret(application.client_id),
            client_secret=Secret(application.secrets[0]),
            utr=Secret(person.utr or ""),
            redirect_uri=application.redirect_uris[0],
            api_url=simulator.address,
            www_url=simulator.address,
        ),
        tokens=TokenSettings(store="file"),
    )


def _put_on_record(simulator: "Simulator", told: "Story", now: datetime) -> None:
    """Gives the simulated HMRC its figures, and the moments at which they change and go."""
    utr, long_ago = simulator.person.utr or "", datetime(2000, 1, 1, tzinfo=UTC)
    with simulator.model.lock:
        for year, figures in told.hmrc.items():
            before = told.earlier.get(year)
            simulator.model.keep_year(utr, year.hmrc, before or figures, since=long_ago)
            if before is not None:
                simulator.model.keep_year(utr, year.hmrc, figures, since=now - CORRECTION)
        simulator.model.withdraw_year(utr, told.withdrawn.hmrc, since=now - WITHDRAWAL)


async def _happen(engine: "Engine", simulator: "Simulator", told: "Story", clock: "SettableClock") -> None:
    """What happened before the person opens the program; the engine is closed at the end."""
    clock.advance(-FIRST_SYNC)
    try:
        await asyncio.to_thread(_sign_in, engine, simulator)
        first_day = london_date(clock.now())
        await engine.sync([year for year in told.years if year.ends < first_day])
        clock.follow()
        await asyncio.to_thread(_import, engine, told)
        await engine.sync(told.years)
        await asyncio.to_thread(_accept, engine, *told.accepted)
    finally:
        await engine.close()


def _sign_in(engine: "Engine", simulator: "Simulator") -> None:
    """Through the simulator's pages, and the code exchange, as anybody signs in."""
    from daemon.hmrc.credentials import client_credentials
    from daemon.hmrc.endpoints import scopes
    from daemon.hmrc.oauth import Attempt, code_from_callback, sign_in_address
    from daemon.simulator.visitor import sign_in

    settings, person = engine.settings, simulator.person
    attempt = Attempt.begin(settings.redirect_uri)
    client_id, _ = client_credentials(settings)
    address = sign_in_address(settings, client_id, scopes(settings.hmrc.apis), attempt)
    back = sign_in(address, person.user_id, person.password)
    engine.grant.exchange_code(code_from_callback(back, attempt), attempt.verifier, attempt.redirect_uri)


def _import(engine: "Engine", told: "Story") -> None:
    """The payslips and P60s, through the files that a person would import."""
    from storage.imports.canonical import write_canonical_csv
    from storage.imports.intake import read_payslips, store_payslips
    from storage.imports.p60s import read_p60s, store_p60s

    slips = read_payslips(write_canonical_csv(told.payslips).encode(), "payslips.csv", told.today)
    store_payslips(engine.ledger, [slips], engine.clock)
    p60s = read_p60s(_p60_file(told.p60s).encode(), "p60.csv", told.today)
    store_p60s(engine.ledger, [p60s], engine.clock)


def _p60_file(p60s: Sequence[P60]) -> str:
    from storage.imports.fields import P60_FIELDS
    from storage.imports.p60s import p60_fields

    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, P60_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(p60_fields(p60) for p60 in p60s)
    return text.getvalue()


def _accept(engine: "Engine", year: TaxYear, reference: str) -> None:
    from hmrc_tui.demo_person import NOTE

    rows = [row for report in engine.reconciliation([year]).tax_years for row in report.rows]
    row = next(row for row in rows if row.employer_paye_ref == reference)
    engine.ledger.accept(
        Acceptance(
            tax_year=year,
            employer=row.key,
            note=NOTE,
            pay_difference=row.pay.difference,
            tax_difference=row.tax.difference,
            decided_at=engine.clock.now(),
        )
    )
