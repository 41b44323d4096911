"""`hmrc-tui demo`: the interface, or the reconciliation, on the built-in simulator and a made-up person."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import click

from hmrc_tui.session import Session


@click.command()
@click.option("--report", "as_report", is_flag=True, help="Print the reconciliation instead of opening the interface.")
@click.option("--json", "as_json", is_flag=True, help="Print the reconciliation as JSON.")
@click.pass_obj
def demo(session: Session, as_report: bool, as_json: bool) -> int:
    """Show everything on the built-in simulator and a made-up person.

    Nothing of yours is read, and nothing leaves this machine; only pictures that you take of it are kept.
    """
    from hmrc_tui.demo import demonstration

    if not (as_report or as_json):
        session.require_terminal("hmrc-tui demo --report")
    session.narrate("A made-up person on a built-in stand-in for HMRC: no figure here is real.")
    with _unwinding_on_signals(), demonstration(session.clock) as engine:
        if not (as_report or as_json):
            from hmrc_tui.opening import run

            return run(engine, session=session)
        try:
            reconciliation = engine.reconciliation()
        finally:
            engine.ledger.close()
    if as_json:
        from hmrc_tui.reports import reconcile_json

        click.echo(reconcile_json.report(reconciliation))
    else:
        from hmrc_tui.reports import reconcile_plain

        text = reconcile_plain.report(reconciliation)
        click.echo(reconcile_plain.in_columns(text) if sys.stdout.isatty() else text)
    return 0


@contextmanager
def _unwinding_on_signals() -> Generator[None]:
    """SIGTERM and SIGHUP end the program by unwinding it, so that the demo's home is removed then too."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
