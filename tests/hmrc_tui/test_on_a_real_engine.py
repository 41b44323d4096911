"""The interface on the real engine and the simulator: sign in, sync, import, explain, accept, forget."""

import asyncio
import os
from pathlib import Path
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot

from daemon.engine import build_engine
from daemon.hmrc.pace import Pace
from daemon.simulator.visitor import sign_in
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.desk import Desk
from hmrc_tui.screens.sign_in import SignInPage
from hmrc_tui.views.pieces import spoken
from hmrc_tui.widgets.rows import Rows
from hmrc_tui.widgets.text import Told
from storage.clock import SystemClock
from storage.places import Places
from storage.records import TaxYear
from tests.cores import Busy
from tests.daemon.signed_in import engine_on_a_simulator, figures
from tests.hmrc_tui.pictures import pressing
from tests.makers import pay_dates
from tests.ports import free_port
from tests.simulated import settings_for, simulated

PATIENCE = 40.0
YEAR = TaxYear(2023)


async def _until(pilot: Pilot[Any], wanted: str) -> None:
    """Waits until `wanted` can be read somewhere on the screen."""
    async with asyncio.timeout(PATIENCE):
        while wanted not in _seen(pilot):
            await pilot.pause(0.02)


def _seen(pilot: Pilot[Any]) -> str:
    told = "\n".join(spoken(told.told) for screen in pilot.app.screen_stack for told in screen.query(Told))
    rows = "\n".join(
        " ".join(cell.text for cell in item.cells.values()) for rows in pilot.app.query(Rows) for item in rows.items
    )
    toasts = "\n".join(toast.message for toast in pilot.app._notifications)
    return f"{told}\n{rows}\n{toasts}"


def _payslips(file: Path, months: int = 12) -> None:
    lines = ["pay_date,employer,employer_paye_ref,taxable_pay,income_tax"]
    lines += [f"{day},Example Ltd,123/AB456,2850.00,360.20" for day in pay_dates(YEAR)[:months]]
    file.write_text("\n".join(lines) + "\n")


def _opened(engine: Desk) -> HmrcTuiApp:
    return HmrcTuiApp(lambda: engine, engine.settings, engine.places, engine.clock)


async def test_from_the_first_sign_in_to_an_accepted_difference(home: Path, tmp_path: Path) -> None:
    uris = [f"http://localhost:{free_port()}/oauth/callback"]
    with simulated(redirect_uris=uris) as simulator:
        settings, places = settings_for(simulator, redirect_uri=uris[0]), Places.under(home)
        pace = Pace(places.state_folder(settings.environment) / "pace", requests=1000)
        engine = build_engine(settings, places, SystemClock(), pace=pace)
        figures(simulator, "2023-24", "34300.00", "4342.40")
        _payslips(tmp_path / "slips.csv")
        async with _opened(engine).run_test(size=(120, 40)) as pilot:
            await _until(pilot, "Not signed in at HMRC")

            await pressing("6", "b")(pilot)
            await _until(pilot, "You sign in at HMRC and give permission")
            page = pilot.app.query_one(SignInPage)
            async with asyncio.timeout(PATIENCE):
                while page._attempt is None or not page._attempt.address:
                    await pilot.pause(0.02)
            person = simulator.person
            back = await asyncio.to_thread(sign_in, page._attempt.address, person.user_id, person.password)
            await pressing("v", *"http://elsewhere/?code=no", "enter")(pilot)
            await _until(pilot, "that address belongs to another sign-in")
            await pressing("escape", "v")(pilot)
            pilot.app.screen.query_one("Input").post_message(Paste(back))
            await pilot.pause()
            await pressing("enter")(pilot)
            await _until(pilot, "✓ signed in")

            await pressing("1", "s")(pilot)
            await _until(pilot, "34,300.00")
            await pressing("2", "i", *"slips.csv", "enter")(pilot)
            await _until(pilot, "12 new payslips")
            await pressing("1")(pilot)
            await _until(pilot, "HMRC has £100.00 more pay and £20.00 more tax than your payslips")

            pilot.app.query_one("#overview Rows", Rows).go_to("2023-24 123/AB456")
            await pressing("a", *"overtime", "enter")(pilot)
            await _until(pilot, "You accepted it: overtime")
            assert "✓ HMRC agrees in 0 of 1   = 1 accepted" in _seen(pilot)

            await pressing("3")(pilot)
            await _until(pilot, "pay £34,300.00")
            await pressing("5")(pilot)
            await _until(pilot, "✓ done")

            await pressing("6", "f", "y")(pilot)
            await _until(pilot, "○ not signed in")
        assert engine.grant_status().state == "none"


async def test_a_key_is_answered_at_once_while_a_real_sync_runs(home: Path) -> None:
    """The sync keeps HMRC's pace of three calls a second, so that it lasts; the keys do not wait for it."""
    with engine_on_a_simulator(home, hurried=False) as (engine, simulator):
        figures(simulator, "2023-24", "34200.00", "4322.40")
        async with _opened(engine).run_test(size=(120, 40)) as pilot:
            await _until(pilot, "Nothing here yet")
            await pilot.press("s")
            await _until(pilot, "syncing ")
            loop, busy, slowest = asyncio.get_running_loop(), Busy(os.getpid()), 0.0
            while engine.syncing and slowest <= 1.0:
                begun, waited = loop.time(), busy.waited()
                await asyncio.sleep(0.005)
                slowest = max(slowest, loop.time() - begun - 0.005 - (busy.waited() - waited))
            assert slowest <= 1.0, f"the screen stood still for {slowest:.2f} s"
            await _until(pilot, "34,200.00")
