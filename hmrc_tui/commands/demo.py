"""`hmrc-tui demo`: the interface, or the reconciliation, on the built-in simulator and a made-up person."""

import sys

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
    if not (as_report or as_json):
        session.require_terminal("hmrc-tui demo --report")
        from hmrc_tui.opening import open_demo

        return open_demo(session)
    from hmrc_tui.demo import MADE_UP, demonstration, unwinding_on_signals

    session.narrate(MADE_UP)
    with unwinding_on_signals(), demonstration(session.clock) as engine:
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
