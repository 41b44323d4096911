"""`hmrc-tui authorise` and `hmrc-tui token`, as processes of their own against the simulator."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from daemon.simulator import Simulator
from daemon.simulator.visitor import sign_in
from storage.tokens.file import FileTokenStore
from tests.daemon.hmrc.grants import a_record
from tests.ports import free_port
from tests.simulated import ask, control, environment_for, simulated

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def hmrc(port: int) -> Iterator[Simulator]:
    with simulated(redirect_uris=[f"http://localhost:{port}/oauth/callback"]) as simulator:
        yield simulator


@dataclass(frozen=True)
class Terminal:
    """Runs commands in one home against one simulator."""

    hmrc: Simulator
    environ: dict[str, str]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "hmrc_tui", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "hmrc_tui", *arguments],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def status(self) -> dict[str, object]:
        told = self.run("token", "status", "--json")
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)

    @contextmanager
    def signing_in(self) -> Iterator[tuple["subprocess.Popen[str]", str]]:
        """`authorise --no-browser` under way, and the address that HMRC sent the browser back to."""
        with self.start("authorise", "--no-browser") as process:
            try:
                assert process.stdout
                person = self.hmrc.person
                yield process, sign_in(process.stdout.readline().strip(), person.user_id, person.password)
            finally:
                process.kill()

    def sign_in(self) -> None:
        with self.signing_in() as (process, back):
            ask("GET", back, follow_redirects=True)
            assert process.wait(30) == 0


@pytest.fixture
def terminal(hmrc: Simulator, port: int, home: Path) -> Terminal:
    ours = environment_for(hmrc) | {"HMRC_TUI_HMRC__REDIRECT_URI": f"http://localhost:{port}/oauth/callback"}
    return Terminal(hmrc, {**os.environ, **ours})


class TestAuthorise:
    def test_the_address_is_alone_on_one_line_at_once_and_the_browser_ends_it(self, terminal: Terminal) -> None:
        process = terminal.start("authorise", "--no-browser")
        assert process.stdout
        assert select.select([process.stdout], [], [], 20)[0]
        address = process.stdout.readline()
        assert address.startswith(f"{terminal.hmrc.address}/oauth/authorize?")
        assert process.poll() is None
        ask("GET", sign_in(address.strip(), terminal.hmrc.person.user_id, terminal.hmrc.person.password))
        output, talk = process.communicate(timeout=30)
        assert (process.returncode, output) == (0, "")
        assert "Signed in at HMRC until" in talk
        assert terminal.status()["state"] == "ok"

    def test_only_the_scopes_of_the_chosen_apis_are_asked_for(self, terminal: Terminal) -> None:
        terminal.environ["HMRC_TUI_HMRC__APIS"] = "individual-tax,individual-income"
        with terminal.signing_in() as (process, back):
            ask("GET", back, follow_redirects=True)
            assert process.wait(30) == 0
        [asked] = [
            one["query"]["scope"] for one in control(terminal.hmrc, "GET", "/requests?path=/oauth/authorize")[-1:]
        ]
        assert asked == "read:individual-tax read:individual-income"

    def test_the_address_can_be_pasted_and_rubbish_before_it_ends_nothing(self, terminal: Terminal) -> None:
        with terminal.signing_in() as (process, back):
            assert process.stdin
            _, talk = process.communicate(f"hello\nhttp://localhost/?code=1&state=2\n\n{back}\n", timeout=30)
            assert process.returncode == 0
            assert "no code in that" in talk
            assert "another sign-in" in talk

    def test_the_end_of_input_ends_nothing(self, terminal: Terminal) -> None:
        with terminal.signing_in() as (process, back):
            assert process.stdin
            process.stdin.close()
            time.sleep(0.2)
            assert process.poll() is None
            ask("GET", back, follow_redirects=True)
            assert process.wait(30) == 0

    def test_a_taken_port_is_said_and_pasting_still_works(self, terminal: Terminal, port: int) -> None:
        with socket.create_server(("127.0.0.1", port)), terminal.signing_in() as (process, back):
            output, talk = process.communicate(back, timeout=30)
            assert (process.returncode, output) == (0, "")
            assert f"port {port} is in use" in talk

    def test_no_permission_is_said_and_exits_3(self, terminal: Terminal) -> None:
        with terminal.signing_in() as (process, back):
            state = parse_qs(urlsplit(back).query)["state"][0]
            refused = back.partition("?")[0] + f"?error=access_denied&error_code=USER_DENIED&state={state}"
            _, talk = process.communicate(refused, timeout=30)
            assert process.returncode == 3
            assert talk.splitlines()[-1].startswith("hmrc-tui: HMRC was told not to give permission")

    def test_no_client_id_is_one_line_and_exits_2(self, terminal: Terminal) -> None:
        del terminal.environ["HMRC_TUI_HMRC__CLIENT_ID"]
        told = terminal.run("authorise", "--no-browser")
        assert (told.returncode, told.stdout) == (2, "")
        assert len(told.stderr.splitlines()) == 1
        assert "client_id" in told.stderr

    def test_ctrl_c_stops_it_cleanly(self, terminal: Terminal) -> None:
        with terminal.signing_in() as (process, _):
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=30)
            assert process.returncode == 130
            assert "Traceback" not in talk

    def test_the_other_spelling_is_the_same(self, terminal: Terminal) -> None:
        del terminal.environ["HMRC_TUI_HMRC__CLIENT_ID"]
        assert terminal.run("authorize").returncode == 2

    def test_headless_is_refused_in_production(self, terminal: Terminal) -> None:
        terminal.environ["HMRC_TUI_HMRC__ENVIRONMENT"] = "production"
        told = terminal.run("authorise", "--headless")
        assert told.returncode == 2
        assert "production" in told.stderr

    def test_the_browser_that_is_set_is_opened(self, terminal: Terminal, tmp_path: Path) -> None:
        opened = tmp_path / "opened"
        browser = tmp_path / "browser"
        browser.write_text(
            f'#!/bin/sh\necho "$1" > {opened}\nexec sleep 5 >/dev/null 2>&1\n'
        )  # it stays in the foreground
        browser.chmod(0o755)
        terminal.environ["BROWSER"] = str(browser)
        process = terminal.start("authorise")
        deadline = time.monotonic() + 20
        while not (opened.exists() and opened.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        back = sign_in(opened.read_text().strip(), terminal.hmrc.person.user_id, terminal.hmrc.person.password)
        ask("GET", back, follow_redirects=True)
        output, _ = process.communicate(timeout=30)
        assert (process.returncode, output) == (0, "")

    def test_no_secret_is_said_or_written_where_others_read(self, terminal: Terminal, home: Path) -> None:
        with terminal.signing_in() as (process, back):
            ask("GET", back, follow_redirects=True)
            output, talk = process.communicate(timeout=30)
        code = parse_qs(urlsplit(back).query)["code"][0]
        record, _ = FileTokenStore(home / "state" / "simulator" / "token.json").read()
        assert record is not None
        secrets = (
            code,
            record.access_token.reveal(),
            record.refresh_token.reveal(),
            terminal.hmrc.application.secrets[0],
        )
        assert not any(secret in output + talk for secret in secrets)
        assert all(found.stat().st_mode & 0o077 == 0 for found in [home, *home.rglob("*")])


class TestToken:
    KEYS = ("state", "store", "granted_at", "grant_expires_at", "grant_days_left", "access_expires_at")

    def test_the_state_of_a_sign_in_as_json(self, terminal: Terminal) -> None:
        assert terminal.status() == dict.fromkeys(self.KEYS) | {"state": "none"}
        terminal.sign_in()
        told = terminal.status()
        assert tuple(told) == self.KEYS
        assert (told["state"], told["store"], told["grant_days_left"]) == ("ok", "file", 546)
        granted, ends = (datetime.fromisoformat(str(told[key])) for key in ("granted_at", "grant_expires_at"))
        assert ends - granted == timedelta(days=547)
        assert str(told["granted_at"]).endswith("Z")

    def test_the_state_in_words(self, terminal: Terminal, home: Path) -> None:
        assert "Not signed in" in terminal.run("token", "status").stdout
        (home / "state" / "simulator").mkdir(parents=True, exist_ok=True)
        record = a_record(granted_at=datetime.now(UTC) - timedelta(days=530))
        terminal.environ["HMRC_TUI_TOKENS__STORE"] = "file"
        FileTokenStore(home / "state" / "simulator" / "token.json").write(record, None)
        told = terminal.run("token", "status").stdout
        assert "ends soon" in told
        assert "16 days left" in told

    def test_forgetting_says_where_to_withdraw_the_authority(self, terminal: Terminal) -> None:
        terminal.sign_in()
        told = terminal.run("token", "forget")
        assert told.returncode == 0
        assert "https://www.tax.service.gov.uk/applications-manage-authority" in told.stdout
        assert terminal.status()["state"] == "none"

    @pytest.mark.parametrize("content", [b"", b"{"])
    def test_a_damaged_token_file_is_one_line_and_stays(self, terminal: Terminal, home: Path, content: bytes) -> None:
        terminal.sign_in()
        file = home / "state" / "simulator" / "token.json"
        file.write_bytes(content)
        told = terminal.run("token", "status")
        assert (told.returncode, len(told.stderr.splitlines())) == (5, 1)
        assert "damaged" in told.stderr
        assert file.read_bytes() == content

    def test_a_token_file_that_others_can_read_is_refused_with_the_mend(self, terminal: Terminal, home: Path) -> None:
        terminal.sign_in()
        file = home / "state" / "simulator" / "token.json"
        file.chmod(0o644)
        told = terminal.run("token", "status")
        assert (told.returncode, len(told.stderr.splitlines())) == (5, 1)
        assert f"chmod 600 {file}" in told.stderr

    def test_a_setup_code_is_printed_alone(self, terminal: Terminal) -> None:
        told = terminal.run("token", "setup-code")
        assert told.returncode == 0
        assert len(told.stdout.split()) == 1
