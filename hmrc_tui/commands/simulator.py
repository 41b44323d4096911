"""`hmrc-tui simulator`, the stand-in for HMRC's sandbox on its own, and `hmrc-tui sandbox-user`, a test user with test data."""

import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from hmrc_tui.session import Session
from storage.settings import SIMULATOR_PORT
from storage.troubles import BadInput, HmrcTrouble

if TYPE_CHECKING:
    from daemon.sandbox_user import SandboxUser
    from daemon.simulator import Simulator
    from storage.tax_year import TaxYear


@click.command()
@click.option("--port", default=SIMULATOR_PORT, show_default=True, help="The port to listen on; 0 takes a free one.")
@click.option("--no-throttle", is_flag=True, help="Take more than three requests in a second.")
@click.option("--clock", metavar="TIME", help="What time it is there at the start, as 2025-07-01T09:00:00Z.")
@click.option("--stopped", is_flag=True, help="Let that time stand still.")
@click.option(
    "--redirect-uri", "redirect_uris", multiple=True, metavar="URI", help="Register these instead; up to five."
)
@click.option("--happy-path", "happy_paths", multiple=True, metavar="YEAR", help="Seed HAPPY_PATH_1 for this tax year.")
@click.option(
    "--employment",
    "employments",
    multiple=True,
    type=(str, str, str, str, str),
    metavar="YEAR REF NAME PAY TAX",
    help="What HMRC has on record for one employer; again for each. Pounds.",
)
@click.option(
    "--fault", "faults", multiple=True, metavar="PATH:STATUS[:TIMES]", help="Answer these requests so instead."
)
@click.option(
    "--script", type=click.Path(path_type=Path), help="Control requests to carry out first (docs/simulator.md)."
)
@click.pass_obj
def simulator(session: Session, port: int, no_throttle: bool, script: Path | None, **options: Any) -> None:
    """Run the stand-in for HMRC's sandbox until it is stopped.

    What is printed on standard output is a configuration that leads to it. docs/simulator.md has the control address, by which
    figures, the clock and faults are set while it runs.
    """
    from daemon.simulator import Simulator

    if not 0 <= port < 65536:
        raise BadInput(f"--port {port}: use a port from 1 to 65535, or 0 for a free one")
    try:
        made = Simulator(
            port=port, clock=session.clock, throttle=not no_throttle, redirect_uris=options["redirect_uris"] or None
        )
    except ValueError as error:
        raise BadInput(f"--redirect-uri: {error}") from None
    _set_clock(made, options["clock"], options["stopped"])
    _seed(made, options["happy_paths"], options["employments"])
    _order(made, options["faults"])
    with made:
        if script is not None:
            from daemon.simulator.script import carry_out

            carry_out(made, script)
        click.echo(_leading_to(made))
        person = made.person
        session.narrate(f"Listening at {made.address}; stop it with Ctrl-C.")
        session.narrate(
            f"Sign in as the made-up {person.full_name}: user ID {person.user_id}, password {person.password}"
        )
        _wait(made)


def _set_clock(made: "Simulator", text: str | None, stopped: bool) -> None:
    if text is None:
        if stopped:
            made.model.clock.set(made.model.clock.now(), stopped=True)
        return
    try:
        moment = datetime.fromisoformat(text)
        made.model.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC), stopped=stopped)
    except (ValueError, OverflowError):
        raise BadInput(f"--clock {text}: write a time as 2025-07-01T09:00:00Z") from None


def _seed(made: "Simulator", happy_paths: Sequence[str], employments: Sequence[tuple[str, str, str, str, str]]) -> None:
    from daemon.simulator.figures import Document, Employment, WholeYear
    from daemon.simulator.happy_paths import SCENARIOS

    utr = made.person.utr or ""
    for name in happy_paths:
        for api, answers in SCENARIOS.items():
            made.model.figures.keep(api, utr, _year(name).hmrc, Document(answers["HAPPY_PATH_1"]))
    years: dict[str, list[Employment]] = {}
    for year, reference, name, pay, tax in employments:
        one = Employment(reference=reference, name=name, pay=_amount(pay), tax=_amount(tax))
        years.setdefault(_year(year).hmrc, []).append(one)
    for year, of_the_year in years.items():
        made.model.keep_year(utr, year, WholeYear(employments=tuple(of_the_year)))


def _year(text: str) -> "TaxYear":
    from storage.tax_year import TaxYear

    try:
        return TaxYear.parse(text)
    except ValueError as error:
        raise BadInput(str(error)) from None


def _amount(text: str) -> Decimal:
    from storage.money import amount_from_text

    try:
        return amount_from_text(text)
    except ValueError as error:
        raise BadInput(f"--employment: {error}") from None


def _order(made: "Simulator", faults: Sequence[str]) -> None:
    from daemon.simulator.faults import Fault

    for text in faults:
        path, _, rest = text.partition(":")
        status, _, times = rest.partition(":")
        if not path.startswith("/") or not status.isdecimal() or (times and not times.isdecimal()):
            raise BadInput(f"--fault {text}: write it as /individual-tax:503 or /oauth/token:500:3")
        if not 400 <= int(status) <= 599:
            raise BadInput(f"--fault {text}: the status must be from 400 to 599")
        made.model.faults.order(
            Fault(action="respond", path=path, status=int(status), times=int(times) if times else None)
        )


def _leading_to(made: "Simulator") -> str:
    """A configuration for the client, as TOML."""
    application = made.application
    return "\n".join(
        (
            "# A stand-in for HMRC's sandbox on this machine; the person and the application are made up.",
            "[hmrc]",
            'environment = "simulator"',
            f'api_url = "{made.address}"',
            f'www_url = "{made.address}"',
            f'client_id = "{application.client_id}"',
            f'client_secret = "{application.secrets[0]}"',
            f'redirect_uri = "{application.redirect_uris[0]}"',
            f'utr = "{made.person.utr}"',
        )
    )


def _wait(made: "Simulator") -> None:
    def stop(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        made.wait()
    except KeyboardInterrupt:
        return


@click.command("sandbox-user")
@click.option(
    "--tax-year", "names", multiple=True, metavar="YEAR", help="Seed this tax year; else the last four and this one."
)
@click.option(
    "--scenario", type=click.Choice(["HAPPY_PATH_1", "HAPPY_PATH_2"]), default="HAPPY_PATH_1", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def sandbox_user(session: Session, names: tuple[str, ...], scenario: Any, as_json: bool) -> None:
    """Make a test user at HMRC's sandbox, and seed the APIs' test data for it.

    It is a made-up person: the password is meant to be seen. HMRC removes it after 90 days without use.
    """
    from daemon.hmrc.pace import Pace
    from daemon.sandbox_user import make_sandbox_user
    from daemon.years import which_years

    settings = session.settings
    years = which_years(names or ("all",), settings, session.clock, None)
    pace = Pace(session.places.state_folder(settings.environment) / "pace")
    user = make_sandbox_user(settings, years, lambda: pace.wait_turn().sent, scenario)
    click.echo(_as_json(user) if as_json else _as_text(user))
    failed = [each for each in user.seeded if each.trouble]
    if failed:
        first = failed[0]
        raise HmrcTrouble(
            f"{len(failed)} of {len(user.seeded)} test data were not made, the first being "
            f"{first.api} {first.tax_year}: {first.trouble}"
        )


def _as_json(user: "SandboxUser") -> str:
    import msgspec

    shown = {
        "user_id": user.user_id,
        "password": user.password.reveal(),
        "full_name": user.full_name,
        "utr": user.utr,
        "nino": user.nino,
        "seeded": [{"api": each.api, "tax_year": each.tax_year.hmrc, "trouble": each.trouble} for each in user.seeded],
    }
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _as_text(user: "SandboxUser") -> str:
    years = sorted({each.tax_year for each in user.seeded if each.trouble is None})
    return "\n".join(
        (
            "A test user of HMRC's sandbox, not a real person:",
            f"  name      {user.full_name}",
            f"  user ID   {user.user_id}",
            f"  password  {user.password.reveal()}",
            f"  UTR       {user.utr}",
            f"  NINO      {user.nino}",
            f"  test data {', '.join(year.hmrc for year in years) or 'none'}",
            f'Put utr = "{user.utr}" under [hmrc], then sign in as this user with: hmrc-tui authorise',
        )
    )
