"""Opens the interface in the person's terminal, on a session or on the demo's engine, and goes on as its guide's answer says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hmrc_tui.ahead import favour_the_screen
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.keys import read_key_map
from hmrc_tui.leaving import run_in_terminal

if TYPE_CHECKING:
    from daemon.engine import Engine
    from hmrc_tui.desk import Desk
    from hmrc_tui.session import Session


def open_interface(session: Session) -> int:
    """Opens the interface on a session until the person leaves; returns the exit status. Raises `BadInput` for a bad configuration."""
    configuration = session.configuration
    nothing_configured = configuration.file is None and not configuration.sources

    def engine() -> Engine:
        built = session.engine()
        built.give_way = app.way.give
        return built

    app = HmrcTuiApp(
        engine,
        configuration.settings,
        session.places,
        session.clock,
        key_map=read_key_map(session.places),
        first_start=nothing_configured,
        config_file=configuration.file or session.config_file,
    )
    return _run(app, session)


def run(engine: Desk, *, session: Session | None = None) -> int:
    """Opens the interface on an engine that is there, as the demo does; returns the exit status.

    With a session, keys and pictures are the person's own, and the guide writes the person's configuration and goes on with that.
    """
    app = HmrcTuiApp(
        lambda: engine,
        engine.settings,
        engine.places,
        engine.clock,
        key_map=read_key_map(session.places if session else engine.places),
        config_file=(session.config_file or session.places.config_file) if session else None,
    )
    if session is not None:
        app.pictures = session.places.data / "pictures"  # the demo's home goes with the demo
    return _run(app, session)


def _run(app: HmrcTuiApp, session: Session | None) -> int:
    app.alone = True
    favour_the_screen()
    choice = asyncio.run(run_in_terminal(app))
    if app.fault is not None:
        raise app.fault
    if choice == "again" and session is not None:
        from hmrc_tui.session import Session

        return open_interface(Session(session.environ, session.config_file, session.clock))
    if choice == "demo":
        from hmrc_tui.cli import run as command

        return command(["demo"])
    return app.return_code or 0
