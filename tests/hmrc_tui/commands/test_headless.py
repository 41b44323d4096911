"""`hmrc-tui authorise --headless`: a real Chromium at the simulator's pages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.simulator import Simulator
from storage.tokens.file import FileTokenStore
from tests.ports import free_port
from tests.simulated import control, environment_for, simulated

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), reason="there is no Chromium here"
)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def hmrc(port: int) -> Iterator[Simulator]:
    uris = [f"http://localhost:{port}/oauth/callback", "urn:ietf:wg:oauth:2.0:oob", "https://tax.example.org/callback"]
    with simulated(redirect_uris=uris) as simulator:
        yield simulator


def authorise(hmrc: Simulator, redirect_uri: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        **os.environ,
        **environment_for(hmrc),
        "HMRC_TUI_HMRC__REDIRECT_URI": redirect_uri,
        "HMRC_TUI_TEST_USER": hmrc.person.user_id,
        "HMRC_TUI_TEST_PASSWORD": hmrc.person.password,
        **changes,
    }
    return subprocess.run(
        [sys.executable, "-m", "hmrc_tui", "authorise", "--headless"],
        cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_test_user_is_signed_in_through_the_pages(hmrc: Simulator, port: int, home: Path) -> None:
    control(hmrc, "PATCH", "/unknowns", {"identity_form": True})  # a page more, as some clients met it
    told = authorise(hmrc, f"http://localhost:{port}/oauth/callback")
    assert (told.returncode, told.stdout) == (0, ""), told.stderr
    assert FileTokenStore(home / "state" / "simulator" / "token.json").read()[0] is not None
    assert hmrc.person.password not in told.stderr


@pytest.mark.parametrize("redirect_uri", ["urn:ietf:wg:oauth:2.0:oob", "https://tax.example.org/callback"])
def test_nothing_needs_to_listen(hmrc: Simulator, home: Path, redirect_uri: str) -> None:
    control(hmrc, "PATCH", "/unknowns", {"identity_form": False})
    told = authorise(hmrc, redirect_uri)
    assert told.returncode == 0, told.stderr


def test_a_wrong_password_is_said(hmrc: Simulator, port: int) -> None:
    told = authorise(hmrc, f"http://localhost:{port}/oauth/callback", HMRC_TUI_TEST_PASSWORD="wrong")
    assert told.returncode == 3
    assert "does not know this test user" in told.stderr


def test_without_a_test_user_and_a_terminal_it_is_said_what_to_set(hmrc: Simulator, port: int) -> None:
    told = authorise(hmrc, f"http://localhost:{port}/oauth/callback", HMRC_TUI_TEST_PASSWORD="")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.endswith("set HMRC_TUI_TEST_USER and HMRC_TUI_TEST_PASSWORD\n")
    assert told.stderr.count("\n") == 1
