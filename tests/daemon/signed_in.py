"""An engine on a simulator, with a person signed in, in a home of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from daemon.engine import Engine, build_engine
from daemon.hmrc.grant import open_grant
from daemon.hmrc.pace import Pace
from daemon.simulator import Simulator
from storage.clock import Clock, SystemClock
from storage.places import Places
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, Settings
from tests.simulated import VERIFIER, code_for, control, settings_for, simulated


def sign_in(simulator: Simulator, settings: Settings, places: Places, clock: Clock | None = None) -> None:
    """The ready-made person signs in, and the grant is kept under `places`."""
    grant = open_grant(settings, places, clock or SystemClock())
    grant.exchange_code(Secret(code_for(simulator)), Secret(VERIFIER), DEFAULT_REDIRECT_URI)


@contextmanager
def engine_on_a_simulator(
    home: Path, *, signed_in: bool = True, hurried: bool = True, **hmrc: Any
) -> Iterator[tuple[Engine, Simulator]]:
    """An engine and its HMRC; `hurried` lets it send a thousand requests a second, and the simulator does not throttle."""
    with simulated(throttle=not hurried) as simulator:
        settings, places = settings_for(simulator, **hmrc), Places.under(home)
        if signed_in:
            sign_in(simulator, settings, places)
        pace = Pace(places.state_folder(settings.environment) / "pace", requests=1000) if hurried else None
        yield build_engine(settings, places, SystemClock(), pace=pace), simulator


def figures(simulator: Simulator, tax_year: str, pay: str, tax: str, reference: str = "123/AB456") -> None:
    """Has the simulator know one employment of the ready-made person in a tax year."""
    year = {"employments": [{"reference": reference, "name": "Example Ltd", "pay": pay, "tax": tax}]}
    control(simulator, "PUT", f"/years/{simulator.person.utr}/{tax_year}", year)


def withdraw(simulator: Simulator, tax_year: str) -> None:
    """Has HMRC process the year's return: its figures go."""
    control(simulator, "DELETE", f"/years/{simulator.person.utr}/{tax_year}")
