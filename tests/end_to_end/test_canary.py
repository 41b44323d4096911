"""No token, secret, code, UTR or NINO comes out: planted ones are looked for in all that commands say, log and write, and in every picture."""

import base64
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest

from tests.end_to_end.another_hmrc import CLIENT_ID, UTR, AnotherHmrc
from tests.end_to_end.command import ROOT, Home
from tests.end_to_end.daemons import running, runs, until
from tests.end_to_end.terminals import Pty, surroundings
from tests.ports import free_port
from tests.postgres import PostgresServer
from tests.vault_stand_in import VaultStandIn

CLIENT_SECRET, WEBHOOK_TOKEN = "canary-client-secret-5f3c1b", "canary-webhook-token-of-32-letters-8d2e"
PASSWORD, INGEST_PASSWORD, ALERT_PASSWORD = "canary-postgres-7a1f", "canary-ingest-90bc", "canary-alert-44ef"
VAULT_TOKEN, PASTED_CODE = "canary-vault-token-31dd", "canarypastedcode0123456789abcdef"
NINO = "AA000042C"
PLANTED = {
    "client secret": CLIENT_SECRET,
    "webhook token": WEBHOOK_TOKEN,
    "Postgres password": PASSWORD,
    "payslip_ingest password": INGEST_PASSWORD,
    "alert password": ALERT_PASSWORD,
    "Vault token": VAULT_TOKEN,
    "pasted code": PASTED_CODE,
    "UTR": UTR,
    "NINO": NINO,
}
KEEPERS = {"token.json", "client_secret", "slips.csv", "bad.csv"}
"""The files that have to hold a secret: the token store, and what the person wrote."""
SLIPS = f"""pay_date,employer,employer_paye_ref,taxable_pay,income_tax,NI number
2024-04-26,Example Ltd,123/AB456,2850.00,360.20,{NINO}
2024-05-26,Example Ltd,123/AB456,2850.00,360.40,{NINO}
"""
TABLE = f"""Your taxable income
Name Ida Newton, National Insurance number {" ".join((NINO[:2], NINO[2:4], NINO[4:6], NINO[6:8], NINO[8]))}, UTR {UTR}
Date Taxable income Income Tax National Insurance
26 April 2024 £2,850.00 £360.20 £156.16
"""


class EchoingHmrc(AnotherHmrc):
    """Another HMRC that remembers all it gave, and whose faults repeat what they were asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.given: set[str] = set()
        self.client_secret = CLIENT_SECRET

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        """Remembers the code."""
        answer = super().authorize(query)
        self.given |= set(self.codes)
        return answer

    def _grant(self) -> dict[str, object]:
        pair = super()._grant()
        self.given |= set(self.grants[-1].values())
        return pair

    def end_access(self) -> None:
        """Takes the access token no longer, so that it has to be refreshed."""
        self.grants[-1]["access_token"] = "another"

    def echo(self, status: int) -> tuple[int, dict[str, str]]:
        """A fault that quotes the request."""
        grant = self.grants[-1]
        message = f"failed for {UTR} ({NINO}) with Bearer {grant['access_token']} and {grant['refresh_token']}"
        return status, {"code": "SERVER_ERROR", "error": "server_error", "message": message}


@dataclass
class Watch:
    """All that was said, by what said it, and the secrets to look for."""

    hmrc: EchoingHmrc
    log: Path
    said: dict[str, str] = field(default_factory=dict[str, str])

    def hear(self, what: str, *texts: str) -> None:
        self.said[f"{len(self.said)} {what}"] = "\n".join(texts)

    def finds(self, text: str) -> list[str]:
        """The names of the secrets that stand in `text`, also in other spellings."""
        secrets = {
            **PLANTED,
            **{f"token or code {number}": each for number, each in enumerate(sorted(self.hmrc.given))},
        }
        return [name for name, secret in secrets.items() if any(spelt in text for spelt in spellings(secret))]

    def assert_nothing_came_out(self, folder: Path) -> None:
        """Neither in what was said, nor in the logs, nor in any file but those that are there to hold it."""
        assert self.hmrc.given, "HMRC gave nothing to look for"
        assert self.log.stat().st_size > 0, "nothing was logged"
        places = {**self.said, "the log of every library": self.log.read_text(errors="replace")}
        files = [file for file in folder.rglob("*") if file.is_file() and file.name not in KEEPERS]
        places |= {str(file.relative_to(folder)): file.read_bytes().decode("latin-1") for file in files}
        assert {what: found for what, text in places.items() if (found := self.finds(text))} == {}


def spellings(secret: str) -> set[str]:
    """A secret as it is, in an address, in a Basic header, and, for a NINO, with spaces."""
    basic = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    spaced = " ".join((secret[:2], secret[2:4], secret[4:6], secret[6:8], secret[8:]))
    return {secret, quote(secret, safe=""), basic, spaced if secret == NINO else secret}


@pytest.fixture
def hmrc() -> Iterator[EchoingHmrc]:
    server = EchoingHmrc()
    with server:
        server.employ("2024-25", ("123/AB456", "Example Ltd", 5800, 720.6))
        server.employ("2025-26", ("123/AB456", "Example Ltd", 34200, 4324))
        yield server


@pytest.fixture
def watch(hmrc: EchoingHmrc, tmp_path: Path) -> Watch:
    return Watch(hmrc, tmp_path / "log")


def a_home(folder: Path, hmrc: AnotherHmrc, log: Path, **more: str) -> Home:
    """An installation with every secret there is, each in the place where a person would put it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "client_secret").write_text(CLIENT_SECRET)
    home = Home.at(
        folder,
        hmrc,
        CANARY_LOG=str(log),
        HMRC_TUI_HMRC__CLIENT_SECRET_FILE=str(folder / "client_secret"),
        HMRC_TUI_SERVICE__WEBHOOK_TOKEN=WEBHOOK_TOKEN,
        HMRC_TUI_ALERTS__URLS=f"json://ida:{ALERT_PASSWORD}@127.0.0.1:9/",
        HMRC_TUI_HMRC__APIS="individual-tax,individual-income",
        HMRC_TUI_SYNC__FIRST_YEAR="2024-25",
        **more,
    )
    del home.environ["HMRC_TUI_HMRC__CLIENT_SECRET"]
    return home


def run(watch: Watch, home: Home, *arguments: str, stdin: str = "") -> int:
    """Runs a command loudly, hears all that it says, and gives its exit status."""
    with home.start(*arguments, behind=("tests.end_to_end.loud",)) as process:
        out, err = process.communicate(stdin, timeout=120)
    watch.hear(" ".join(arguments), out, err)
    assert "Traceback" not in out + err, err
    return process.returncode


def sign_in(watch: Watch, home: Home) -> int:
    """Pastes something wrong with a code in it first, and then comes back by the browser."""
    with home.start("authorise", "--no-browser", behind=("tests.end_to_end.loud",)) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        address = process.stdout.readline()
        state = parse_qs(urlsplit(address.strip()).query)["state"][0]
        process.stdin.write(f"http://localhost/oauth/callback?code={PASTED_CODE}&state=another\n")
        process.stdin.flush()
        answer = httpx2.get(address.strip(), follow_redirects=True, timeout=20, verify=False)
        out, err = process.communicate(timeout=60)
    watch.hear("authorise", out, err, answer.text, str(answer.url), *map(str, answer.headers.multi_items()))
    assert state not in err
    return process.returncode


def test_of_a_person_who_uses_every_command(
    watch: Watch, hmrc: EchoingHmrc, home: Path, tmp_path: Path, postgres_server: PostgresServer, postgres: str
) -> None:
    _, dsn = postgres_server.with_password(postgres, PASSWORD)
    away = f"postgresql://ida:{INGEST_PASSWORD}@127.0.0.1:9/payslip_ingest"
    person = a_home(home, hmrc, watch.log, HMRC_TUI_STORAGE__POSTGRES=dsn, HMRC_TUI_PAYSLIPS__DATABASE=away)
    (tmp_path / "slips.csv").write_text(SLIPS)
    (tmp_path / "bad.csv").write_text(SLIPS.replace("2850.00", "28,50.0.0"))
    assert run(watch, person, "sync") == 3
    assert sign_in(watch, person) == 0
    for command, status in {
        "sync --json": 0,
        f"payslips import {tmp_path}/slips.csv": 0,
        f"payslips import {tmp_path}/bad.csv": 2,
        "payslips list --json": 0,
        "reconcile": 0,
        "reconcile --json": 0,
        "reconcile --markdown": 0,
        "history": 0,
        "headers show": 0,
        "headers validate": 4,
        "token status": 0,
        "token status --json": 0,
        "config show": 0,
        "config show --json": 0,
        f"export {tmp_path}/exported": 0,
        f"backup {tmp_path}/kept.sqlite": 0,
        "accept 2024-25 123/AB456 --note known": 0,
        "--help": 0,
        "sync --help": 0,
    }.items():
        assert run(watch, person, *command.split()) == status, watch.said.popitem()
    assert run(watch, person, "doctor") in (0, 2), "2 where a busy machine lets a part of it wait too long"
    run(watch, person, "payments", "import", "-", "--employer", "Example Ltd", stdin=TABLE)
    hmrc.end_access()
    assert run(watch, person, "sync") == 0, "the token was refreshed"
    for status in (403, 500):
        hmrc.faults["individual-tax"] = hmrc.echo(status)
        hmrc.faults["individual-income"] = f"<html>{hmrc.echo(status)}</html>"
        run(watch, person, "sync", "--tax-year", "2024-25")
    hmrc.faults.clear()
    hmrc.token_faults.extend([hmrc.echo(400), f"<html>{hmrc.echo(500)}</html>"])
    for _ in range(2):
        hmrc.end_access()
        run(watch, person, "sync", "--tax-year", "2024-25")
    assert run(watch, person, "token", "forget") == 0
    watch.assert_nothing_came_out(tmp_path)


def test_of_a_grant_in_vault(watch: Watch, hmrc: EchoingHmrc, home: Path, tmp_path: Path) -> None:
    with VaultStandIn() as vault:
        vault.tokens[VAULT_TOKEN] = next(iter(vault.tokens.values()))
        person = a_home(
            home,
            hmrc,
            watch.log,
            HMRC_TUI_TOKENS__STORE="vault",
            HMRC_TUI_VAULT__ADDRESS=vault.address,
            HMRC_TUI_VAULT__TOKEN=VAULT_TOKEN,
        )
        assert sign_in(watch, person) == 0
        hmrc.end_access()
        assert run(watch, person, "sync") == 0
        vault.refuse = [(403, f"permission denied for {VAULT_TOKEN}")] * 40
        for arguments in (("token", "status"), ("sync",), ("doctor",)):
            assert run(watch, person, *arguments) != 0
        vault.refuse = []
        vault.sealed = True
        assert run(watch, person, "sync") != 0
    assert run(watch, person, "doctor") != 0
    watch.assert_nothing_came_out(tmp_path)


def test_of_a_daemon_that_is_asked_all_sorts_of_things(
    watch: Watch, hmrc: EchoingHmrc, home: Path, tmp_path: Path
) -> None:
    person = a_home(home, hmrc, watch.log, HMRC_TUI_SERVICE__PORT=str(free_port()))
    assert sign_in(watch, person) == 0
    assert run(watch, person, "token", "setup-code") == 0
    with running(person, behind=("tests.end_to_end.loud",)) as daemon:
        for path in (
            "/metrics",
            "/readyz",
            "/healthz",
            "/docs",
            "/openapi.json",
            f"/callback?code={PASTED_CODE}&state=unknown",
            f"/authorize?code={PASTED_CODE}",
            f"/nowhere/{UTR}?token={WEBHOOK_TOKEN}",
        ):
            answer = daemon.get(path)
            watch.hear(path, answer.text, *map(str, answer.headers.multi_items()))
        assert daemon.ask_for_a_sync(f"{WEBHOOK_TOKEN}x").status_code == 401
        hmrc.faults["individual-tax"] = hmrc.echo(500)
        assert daemon.ask_for_a_sync(WEBHOOK_TOKEN).status_code == 202
        until(lambda: sum(runs(daemon, outcome) for outcome in ("done", "failed")) > 0, 60)
        _, _, err = daemon.stop()
    watch.hear("daemon", err)
    watch.assert_nothing_came_out(tmp_path)


def test_of_a_fault_in_the_program(watch: Watch, hmrc: EchoingHmrc, home: Path, tmp_path: Path) -> None:
    secrets = f"{CLIENT_SECRET} {UTR} {NINO} Bearer {VAULT_TOKEN}"
    person = a_home(home, hmrc, watch.log, CANARY_FAULT=secrets)
    hmrc.given.add(VAULT_TOKEN)
    watch.log.write_text("begun\n")
    for arguments in (("reconcile",), ("sync",), ("doctor",), ("daemon", "--once")):
        assert run(watch, person, *arguments) != 0
    environ = {**surroundings(), **person.environ}
    with Pty(["-m", "tests.end_to_end.loud", "hmrc_tui"], environ) as terminal:
        terminal.wait_for("a fault in the program")
        assert terminal.process.wait(60) == 70
        watch.hear("the interface", terminal.written.decode(errors="replace"))
    assert "ZeroDivisionError" in (home / "state" / "faults.log").read_text()
    watch.assert_nothing_came_out(tmp_path)


def test_of_every_committed_picture() -> None:
    """No token stands in one, and no UTR or NINO but the made-up one in the pictures of it being shown, when asked for."""
    listed = subprocess.run(["git", "ls-files", "*.svg"], cwd=ROOT, capture_output=True, text=True, check=True)
    pictures = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    assert len(pictures) > 50
    secret = re.compile(rf"(?<![\w.-])\d{{10}}(?![\w.])|\b[A-Z]{{2}}\d{{6}}[A-D]\b|{CLIENT_SECRET}|\b[0-9a-f]{{32,}}\b")
    shown: dict[str, set[str]] = {}
    for picture in pictures:
        found = set(secret.findall(re.sub(r"<style.*?</style>", "", picture.read_text(), flags=re.DOTALL)))
        if found - ({UTR} if "[utr shown]" in picture.name else set()):
            shown[str(picture.relative_to(ROOT))] = found
    assert shown == {}


def test_the_canary_would_notice(watch: Watch) -> None:
    watch.hmrc.given.add("atoken")
    for name, secret in PLANTED.items():
        assert watch.finds(f"it says {secret}!") == [name]
    assert watch.finds("Bearer atoken")
    assert watch.finds("AA 00 00 42 C") == ["NINO"]
