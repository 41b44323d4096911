"""Runs the real command in a process of its own, as a person or a timer would."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.end_to_end.another_hmrc import CLIENT_ID, CLIENT_SECRET, UTR, AnotherHmrc
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Home:
    """One person's installation: a folder, and the environment that names the server to talk to."""

    folder: Path
    environ: dict[str, str]

    @classmethod
    def at(cls, folder: Path, hmrc: AnotherHmrc, **more: str) -> "Home":
        """An installation configured for that server."""
        environ = {
            "HMRC_TUI_HOME": str(folder),
            "HMRC_TUI_HMRC__ENVIRONMENT": "sandbox",
            "HMRC_TUI_HMRC__API_URL": hmrc.address,
            "HMRC_TUI_HMRC__WWW_URL": hmrc.address,
            "HMRC_TUI_HMRC__CLIENT_ID": CLIENT_ID,
            "HMRC_TUI_HMRC__CLIENT_SECRET": CLIENT_SECRET,
            "HMRC_TUI_HMRC__UTR": UTR,
            "HMRC_TUI_HMRC__REDIRECT_URI": f"http://localhost:{free_port()}/oauth/callback",
            "HMRC_TUI_TOKENS__STORE": "file",
            **more,
        }
        return cls(folder, environ)

    def start(self, *arguments: str, behind: tuple[str, ...] = (), **options: Any) -> "subprocess.Popen[str]":
        """The command, started, also `behind` another module that runs it; its streams are pipes unless told otherwise."""
        given: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **options,
        }
        environ = {**os.environ, **self.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", *behind, "hmrc_tui", *arguments], text=True, env=environ, **given
        )

    def run(self, *arguments: str, timeout: float = 120, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """The command, run to its end."""
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(stdin, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def json(self, *arguments: str, status: int = 0) -> Any:
        """The command's JSON, its exit status asserted."""
        done = self.run(*arguments, "--json")
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def sign_in(self) -> None:
        """Signs in without a browser: the address from standard output is followed, HMRC's redirect reaches the loopback."""
        with self.start("authorise", "--no-browser") as process:
            assert process.stdout is not None
            assert process.stdin is not None
            process.stdin.close()
            address = process.stdout.readline().strip()
            httpx2.get(address, follow_redirects=True, timeout=20)
            status = process.wait(30)
            assert process.stderr is not None
            assert status == 0, process.stderr.read()
