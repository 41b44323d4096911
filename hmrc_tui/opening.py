"""Opens the interface in the person's terminal, on a session or on the demo's engine, and goes on as its guide's answer says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hmrc_tui.ahead import favour_the_screen
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.keys import read_key_map
from hmrc_tui.leaving import run_in_terminal
from hmrc_tui.session import Session

if TYPE_CHECKING:
    from daemon.engine import Engine


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
    return _go_on(_shown(app), app, session)


def open_demo(session: Session) -> int:
    """Opens the interface on a made-up person until the person leaves; returns the exit status. Raises `Trouble`.

    Keys and pictures are the person's own, and the guide writes the person's configuration and goes on with that.
    """
    from hmrc_tui.demo import MADE_UP, demonstration, unwinding_on_signals

    session.narrate(MADE_UP)
    with unwinding_on_signals(), demonstration(session.clock) as engine:
        app = HmrcTuiApp(
            lambda: engine,
            engine.settings,
            engine.places,
            engine.clock,
            key_map=read_key_map(session.places),
            config_file=session.config_file or session.places.config_file,
        )
        app.pictures = session.places.data / "pictures"  # the demo's home goes with the demo
        answer = _shown(app)
    return _go_on(answer, app, session)


def _shown(app: HmrcTuiApp) -> str | None:
    """The guide's answer, if the person left by it. Raises what the interface failed of."""
    app.alone = True
    favour_the_screen()
    answer = asyncio.run(run_in_terminal(app))
    if app.fault is not None:
        raise app.fault
    return answer


def _go_on(answer: str | None, app: HmrcTuiApp, session: Session) -> int:
    match answer:
        case "again":
            return open_interface(Session(session.environ, session.config_file, session.clock))
        case "demo":
            return open_demo(session)
        case _:
            return app.return_code or 0
