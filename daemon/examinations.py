"""What the doctor looks at: one function a thing, each giving findings with their mend."""

import os
import platform
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from daemon.doctor import Examination, Finding, Patient, State
from storage import __version__
from storage.troubles import BadInput, Trouble

MAKE_WRITABLE = "make it writable, or set HMRC_TUI_HOME"
MEGABYTE = 1_048_576
LEAST_ROOM = 50
"""Megabytes on the disk of the ledger with fewer of which a person is warned; with less than one nothing can be kept."""
LARGEST_CLOCK_ERROR = 60
"""Seconds between this machine's clock and HMRC's before it is worth a word."""


def _versions(_patient: Patient) -> Iterator[Finding]:
    import sqlite3
    from importlib.metadata import version

    libraries = ", ".join(f"{name} {version(name)}" for name in ("textual", "httpx2", "psycopg", "apscheduler"))
    python = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    yield Finding("versions", "ok", f"hmrc-tui {__version__}, {python}, SQLite {sqlite3.sqlite_version}, {libraries}")


def _files(patient: Patient) -> Iterator[Finding]:
    places = patient.places
    for name, folder in (("data", places.data), ("state and logs", places.state)):
        try:
            yield _folder(name, folder)
        except PermissionError:
            yield Finding(name, "problem", f"{folder} cannot be looked at", MAKE_WRITABLE)


def _folder(name: str, folder: Path) -> Finding:
    if not folder.exists():
        above = next(parent for parent in folder.parents if parent.exists())
        if not os.access(above, os.W_OK | os.X_OK):
            return Finding(name, "problem", f"{folder} cannot be made: {above} cannot be written", MAKE_WRITABLE)
        return Finding(name, "ok", f"{folder} (made when needed)")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(name, "problem", f"{folder} cannot be written", MAKE_WRITABLE)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding(name, "warning", f"{folder} can be entered by others", f"chmod 700 {folder}")
    return Finding(name, "ok", str(folder))


def _ledger(patient: Patient) -> Iterator[Finding]:
    ledger = patient.open_ledger()
    size, room = ledger.file.path.stat().st_size / MEGABYTE, ledger.file.room() / MEGABYTE
    if room < LEAST_ROOM:
        text = f"{ledger.file.path}, and only {room:.1f} MB are left on its disk"
        yield Finding("ledger", "problem" if room < 1 else "warning", text, "free some space")
    else:
        yield Finding("ledger", "ok", f"{ledger.file.path}, {size:.1f} MB")


def _configuration(patient: Patient) -> Iterator[Finding]:
    file = patient.configuration.file
    text = f"{file or 'no file, defaults and environment only'}; environment {patient.settings.environment}"
    warnings = patient.configuration.warnings
    mend = "hmrc-tui config init writes one to start from" if file is None else ""
    yield Finding("configuration", "warning" if warnings else "ok", "; ".join([text, *warnings]), mend)


def _credentials(patient: Patient) -> Iterator[Finding]:
    from daemon.hmrc.credentials import client_credentials
    from daemon.taxpayer import taxpayer

    if _payslips_alone(patient):
        mend = "with Self Assessment: register an application at HMRC's Developer Hub and set client_id, client_secret and utr"
        text = "none: payslips and P60s are compared with each other, and HMRC is not asked"
        yield Finding("credentials", "warning", text, mend)
        return
    client_credentials(patient.settings)
    try:
        taxpayer(patient.settings)
    except BadInput:
        mend = "set [hmrc] utr; without Self Assessment there is none, and payslips and P60s still reconcile"
        yield Finding("credentials", "warning", "an application, but no UTR", mend)
    else:
        yield Finding("credentials", "ok", "an application's client id and secret, and a UTR")


def _payslips_alone(patient: Patient) -> bool:
    """Whether nothing was given that HMRC could be asked with, as somebody without Self Assessment leaves it."""
    settings = patient.settings
    given = (settings.hmrc.client_id, settings.hmrc.client_secret, settings.hmrc.utr, settings.vault.address)
    return not any(given)


def _sign_in(patient: Patient) -> Iterator[Finding]:
    from daemon.hmrc.grant import open_grant

    if _payslips_alone(patient):
        yield Finding("sign-in", "unused", "not without credentials")
        return
    status = open_grant(patient.settings, patient.places, patient.clock).status()
    told: dict[str, tuple[State, str, str]] = {
        "none": ("problem", "never signed in", "hmrc-tui authorise"),
        "ok": ("ok", f"signed in, {status.grant_days_left} days left", ""),
        "expiring": ("warning", f"signed in, only {status.grant_days_left} days left", "hmrc-tui authorise"),
        "expired": ("problem", "the sign-in has ended after 18 months", "hmrc-tui authorise"),
        "needs_sign_in": ("problem", "HMRC no longer accepts the sign-in", "hmrc-tui authorise"),
    }
    state, text, mend = told[status.state]
    where = f", kept in the {status.store} store" if status.store and status.state != "none" else ""
    yield Finding("sign-in", state, text + where, mend)


def _hmrc(patient: Patient) -> Iterator[Finding]:
    from daemon.hmrc.transport import TransportError, request

    host = urlsplit(patient.settings.api_url).netloc
    try:
        headers = {"Accept": "application/vnd.hmrc.1.0+json"}
        reply = request("GET", f"{patient.settings.api_url}/hello/world", headers=headers, read_seconds=10)
    except TransportError as error:
        simulator = patient.settings.environment == "simulator" and not patient.settings.hmrc.api_url
        mend = "start it: hmrc-tui simulator" if simulator else "check the network, a proxy, and HMRC's status page"
        yield Finding("HMRC", "problem", f"{host} cannot be reached: {error}", mend)
        yield Finding("clock", "unused", "cannot be compared with HMRC's")
        return
    yield Finding("HMRC", "ok", f"{host} answers (status {reply.status})")
    yield from _clock_against(reply.headers.get("date"), patient.clock.now())


def _clock_against(date_header: str | None, now: datetime) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(date_header or "").astimezone(UTC)
    except ValueError:
        yield Finding("clock", "unused", "cannot be compared: HMRC did not tell the time")
        return
    apart = round((now - theirs).total_seconds())
    if abs(apart) > LARGEST_CLOCK_ERROR:
        way = "ahead of" if apart > 0 else "behind"
        mend = "set the clock, or switch time synchronisation on"
        yield Finding("clock", "warning", f"this machine is {abs(apart)} seconds {way} HMRC", mend)
    else:
        yield Finding("clock", "ok", "agrees with HMRC's")


def _subscriptions(patient: Patient) -> Iterator[Finding]:
    try:
        ledger = patient.open_ledger()
    except Trouble:
        yield Finding("subscriptions", "unused", "cannot be told without the ledger")
        return
    latest = {observation.api: observation for observation in ledger.observations()}
    missing = [api for api in patient.settings.hmrc.apis if api in latest and latest[api].outcome == "not_subscribed"]
    never = [api for api in patient.settings.hmrc.apis if api not in latest]
    if missing:
        mend = "subscribe the application to them at HMRC's Developer Hub"
        yield Finding("subscriptions", "problem", f"the application lacks {', '.join(missing)}", mend)
    elif never:
        yield Finding("subscriptions", "unused", f"not asked yet: {', '.join(never)}", "hmrc-tui sync")
    else:
        yield Finding("subscriptions", "ok", f"{len(patient.settings.hmrc.apis)} APIs have answered")


def _header_gate(patient: Patient) -> Iterator[Finding]:
    from daemon.fraud_headers.current import built_for
    from daemon.fraud_headers.gate import judge

    ledger = patient.open_ledger()
    name = "fraud-prevention headers"
    for method in ("DESKTOP_APP_DIRECT", "BATCH_PROCESS_DIRECT"):
        built = built_for(method, patient.settings, patient.places, patient.clock)
        verdict = judge(patient.settings, built, ledger.verdict(method))
        for reason in verdict.refusals:
            yield Finding(name, "problem", f"{method}: {reason}", "hmrc-tui headers show tells what to do")
        for warning in verdict.warnings:
            yield Finding(name, "warning", f"{method}: {warning}")
        if not verdict.refusals and not verdict.warnings:
            yield Finding(name, "ok", f"{method}: {len(built.headers)} headers, fit for production")


def _postgres(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.storage.postgres:
        yield Finding("Postgres", "unused", "not configured; everything is kept in SQLite")
        return
    from storage.postgres import address_of

    try:
        address_of(patient.settings)
    except BadInput as trouble:
        yield Finding("Postgres", "problem", str(trouble), "correct it: no contact can work until then")
        return
    status = patient.open_ledger().exchange()
    if status.store == "postgres":
        text = f"answers; schema {patient.settings.schema}; {status.queued} rows wait, {status.set_aside} set aside"
        yield Finding("Postgres", "warning" if status.set_aside else "ok", text)
    else:
        mend = "nothing is lost: they arrive when it is back; check [storage] postgres"
        yield Finding("Postgres", "warning", f"{status.trouble or 'away'}; {status.queued} rows wait", mend)


def _payslip_database(patient: Patient) -> Iterator[Finding]:
    name = "payslip database"
    if not patient.settings.payslips.database:
        yield Finding(name, "unused", "not configured; payslips are imported")
        return
    from storage.imports.ingest_database import IngestAway, read_database

    try:
        rows = read_database(patient.settings)
    except IngestAway as away:
        mend = "what was read before serves until it is back; check [payslips] database"
        yield Finding(name, "warning", str(away), mend)
    else:
        lacking = f"; this version lacks {', '.join(rows.missing)}" if rows.missing else ""
        yield Finding(name, "ok", f"answers; {len(rows.payslips)} payslips, {len(rows.p60s)} P60s{lacking}")


def _alerts(patient: Patient) -> Iterator[Finding]:
    addresses = patient.settings.alerts.urls
    if not addresses:
        yield Finding("alerts", "unused", "no [alerts] urls: only this program's screens and log tell")
        return
    from daemon.notify import Messenger

    known = Messenger().understood(addresses)
    unknown = [str(number) for number, right in enumerate(known, 1) if not right]
    if unknown:
        which = f"{'address' if len(unknown) == 1 else 'addresses'} {', '.join(unknown)} of {len(addresses)}"
        mend = "write it as https://github.com/caronc/apprise describes"
        yield Finding("alerts", "problem", f"[alerts] urls: Apprise does not understand {which}", mend)
    else:
        yield Finding("alerts", "ok", f"{len(addresses)} {'address' if len(addresses) == 1 else 'addresses'}")


def _vault(patient: Patient) -> Iterator[Finding]:
    if not patient.settings.vault.address:
        yield Finding("Vault", "unused", "not configured")
        return
    from storage.tokens.vault import VaultTokenStore

    host = urlsplit(patient.settings.vault.address).netloc
    try:
        VaultTokenStore(patient.settings).probe()
    except Trouble as trouble:
        yield Finding("Vault", "problem", str(trouble), "check [vault]")
    else:
        yield Finding("Vault", "ok", f"{host} can be read and written")


def _callback_port(patient: Patient) -> Iterator[Finding]:
    parts = urlsplit(patient.settings.redirect_uri)
    if parts.hostname != "localhost":
        yield Finding("callback", "ok", f"signing in comes back to {parts.hostname or 'a page to copy the code from'}")
        return
    port = parts.port or 80
    reason = _in_use("127.0.0.1", port)
    if reason:
        mend = "end what uses it, or sign in with authorise --no-browser and paste the address"
        yield Finding("callback", "warning", f"port {port} cannot be listened on: {reason}", mend)
    else:
        yield Finding("callback", "ok", f"port {port} is free")


def _service_port(patient: Patient) -> Iterator[Finding]:
    from daemon.health import answers

    service = patient.settings.service
    reason = _in_use(service.host, service.port)
    if not reason:
        yield Finding("service", "ok", f"no daemon listens here; {service.host} port {service.port} is free for one")
    elif answers(service.port):
        yield Finding("service", "ok", f"a daemon listens on port {service.port}")
    else:
        mend = "end what uses it, or set [service] port"
        yield Finding("service", "warning", f"port {service.port} cannot be listened on: {reason}", mend)


def _in_use(host: str, port: int) -> str | None:
    """Why this port cannot be listened on; None where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or "it cannot be used"  # a name that is not known has no number of the system's
    return None


def _terminal(_patient: Patient) -> Iterator[Finding]:
    import shutil
    import sys

    if not sys.stdout.isatty():
        yield Finding("terminal", "unused", "output goes to no terminal")
        return
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower()
    if size.columns < 80 or size.lines < 24:
        yield Finding("terminal", "warning", f"{size.columns}×{size.lines}", "make it 80×24 or larger")
    elif "utf" not in encoding:
        yield Finding("terminal", "warning", f"encoding {encoding or 'unknown'}", "use a UTF-8 locale")
    else:
        yield Finding("terminal", "ok", f"{size.columns}×{size.lines}, {os.environ.get('TERM', 'unknown')}")


EXAMINATIONS: tuple[Examination, ...] = (
    Examination("versions", _versions),
    Examination("files", _files),
    Examination("ledger", _ledger),
    Examination("configuration", _configuration),
    Examination("credentials", _credentials, "see that Vault can be reached: check [vault] address"),
    Examination("sign-in", _sign_in, "see that the token store can be reached: check [tokens] and [vault]"),
    Examination("HMRC", _hmrc, "check the network, a proxy, and HMRC's status page"),
    Examination("subscriptions", _subscriptions),
    Examination("fraud-prevention headers", _header_gate),
    Examination("Postgres", _postgres, "nothing is lost: rows arrive when it is back; check [storage] postgres"),
    Examination("payslip database", _payslip_database, "check [payslips] database"),
    Examination("Vault", _vault, "see that Vault can be reached: check [vault] address"),
    Examination("alerts", _alerts),
    Examination("callback", _callback_port),
    Examination("service", _service_port),
    Examination("terminal", _terminal),
)
"""In the order in which a person would mend them."""
